"""One file of names: 8-byte hashes, sorted, behind a header of one page.

A file never changes, and appears whole or not at all. Its header says what its ticks and days are,
and which files were merged into it: those are not read any more, even if they are still there.
"""

import fnmatch
import mmap
import os
import sys
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from fixgw.journal.durable import telling, whole_file, write_all
from fixgw.model.errors import JournalError

PATTERN = "names-*.u64"

HASH_BYTES = 8

MAGIC = b"FXNAMES1"
HEADER_BYTES = 4096
"""A page, so that the hashes begin at one."""

BUCKETS_BITS_MAX = 12
"""A large file is searched in 4,096 buckets, …"""

BUCKET_BITS = 4
"""… and a small one in buckets of 16 hashes or so."""

REBUILT = (
    "put its last backup in its place, or delete all of names-*.u64: they are made again from the "
    'file of closed orders (docs/operating.md, "Closed orders")'
)
"""The remedy for a file that is damaged or missing."""

READ_AGAIN = "check that disk (permissions), and try again: nothing on record is lost"


class NamesHeader(Struct, array_like=True):
    """The beginning of a file of names."""

    first: int
    """The first tick whose filed orders are here, …"""
    last: int
    """… and the last one."""
    first_day: int
    """The first day on which one of them ended (days since 1970, UTC), …"""
    last_day: int
    """… and the last one; 0 if there is no name."""
    count: int = 0
    """The number of hashes."""
    checksum: int = 0
    """crc32 of the hashes."""
    merged: list[tuple[str, int]] = []
    """The files that went into this one: name and checksum."""
    byte_order: str = sys.byteorder


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(NamesHeader).decode


class NamesFile:
    """One file of names, mapped and checked."""

    def __init__(self, path: Path) -> None:
        """Read all of it, in some 0.4 ms a megabyte. Raise JournalError, or FileNotFoundError."""
        self.path = path
        with _telling(path):
            self.header, content = _mapped(path)
        # This reads every page, as MAP_POPULATE would, and lets other threads run meanwhile.
        if zlib.crc32(content) != self.header.checksum:
            raise _damaged(path, "its checksum is wrong")
        self.hashes = content.cast("Q")
        self._shift, self._starts = _buckets(self.hashes)

    def has(self, wanted: int) -> bool:
        """Return True if *wanted* is one of the hashes."""
        starts, bucket = self._starts, wanted >> self._shift
        end = starts[bucket + 1]
        at = bisect_left(self.hashes, wanted, starts[bucket], end)
        return at < end and self.hashes[at] == wanted


def _buckets(hashes: Sequence[int]) -> tuple[int, list[int]]:
    """Return by how many bits a hash is shifted to give its bucket, and where each bucket begins. A
    search within a few pages takes half as long as one in all of the file."""
    bits = max(0, min(BUCKETS_BITS_MAX, len(hashes).bit_length() - BUCKET_BITS))
    left = HASH_BYTES * 8 - bits
    starts = [0]
    for bucket in range(1, 1 << bits):
        starts.append(bisect_left(hashes, bucket << left, starts[-1]))
    return left, [*starts, len(hashes)]


def _mapped(path: Path) -> tuple[NamesHeader, memoryview]:
    """Return the header of a file and the bytes of its hashes. Raise OSError or JournalError."""
    with path.open("rb") as file:
        header = _header(path, file.read(HEADER_BYTES))
        size = os.fstat(file.fileno()).st_size
        if size != HEADER_BYTES + header.count * HASH_BYTES:
            raise _damaged(path, "its length is wrong")
        mapped = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ)
    return header, memoryview(mapped)[HEADER_BYTES:]


def _header(path: Path, page: bytes) -> NamesHeader:
    """Return the header that *page* is. Raise JournalError."""
    prefix = len(MAGIC) + 8
    length, checksum = (
        int.from_bytes(page[at:at + 4], "little") for at in (len(MAGIC), len(MAGIC) + 4)
    )
    body = page[prefix:prefix + length]
    if page[:len(MAGIC)] != MAGIC or zlib.crc32(body) != checksum:
        raise _damaged(path, "this is no file of names")
    header = _decode(body)
    if header.byte_order != sys.byteorder:
        raise _damaged(path, f"it was written by a {header.byte_order}-endian machine")
    return header


def _page(header: NamesHeader) -> bytes:
    body = _encode(header)
    assert len(body) <= HEADER_BYTES - len(MAGIC) - 8, "too many files were merged"
    lengths = len(body).to_bytes(4, "little") + zlib.crc32(body).to_bytes(4, "little")
    return (MAGIC + lengths + body).ljust(HEADER_BYTES, b"\0")


def _damaged(path: Path, reason: str) -> JournalError:
    return JournalError(f"{path}: {reason}; {REBUILT}")


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    """Turn an error of the file system into one clear sentence, unless the file is gone."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        raise JournalError(f"{path}: {error.strerror or error}; {READ_AGAIN}") from error


def listed(directory: Path) -> dict[Path, NamesHeader]:
    """Return the files of *directory* that are not part of another one, in the order of their
    ticks. Raise JournalError, or FileNotFoundError."""
    headers: dict[Path, NamesHeader] = {}
    with telling(directory, READ_AGAIN):
        names = fnmatch.filter(os.listdir(directory), PATTERN)
    for path in map(directory.joinpath, names):
        with _telling(path), path.open("rb") as file:
            headers[path] = _header(path, file.read(HEADER_BYTES))
    parts = {part for header in headers.values() for part in header.merged}
    whole = [path for path, header in headers.items() if (path.name, header.checksum) not in parts]
    whole.sort(key=lambda path: (headers[path].first, headers[path].last))
    return {path: headers[path] for path in whole}


def write_file(directory: Path, header: NamesHeader, blocks: Iterable["array[int]"]) -> Path:
    """Write the file of *blocks*, which rise, and return it. *header* says what it is, but for the
    count and the checksum. Raise JournalError."""
    path = directory / f"names-{header.first:020}-{header.last:020}.u64"
    # It may be put in the place of one of its parts: that is no part of it then.
    merged = [part for part in header.merged if part[0] != path.name]
    header = replace(header, count=0, checksum=0, merged=merged)
    with telling(path), whole_file(path) as descriptor:
        os.lseek(descriptor, HEADER_BYTES, os.SEEK_SET)
        for block in blocks:
            content = memoryview(block).cast("B")
            header.checksum = zlib.crc32(content, header.checksum)
            header.count += len(block)
            write_all(descriptor, content)
        os.lseek(descriptor, 0, os.SEEK_SET)
        write_all(descriptor, _page(header))
    return path
