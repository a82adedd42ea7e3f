"""Segments that are no longer needed: compressed into the archive with a checksum, then deleted
whole.

A segment is deleted only when its archived copy is on the disk under its own name and has been read
back and compared. A file in the archive is never overwritten and never changes; `sha256sum -c`
checks it, and `zstd -d` makes the segment of it.
"""

import hashlib
import os
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import zstandard

from fixgw.journal.durable import remove, telling, whole_file, write_all
from fixgw.journal.files import DIRECTORY_MODE
from fixgw.journal.segments import Segment, sync
from fixgw.model.errors import JournalError

DIRECTORY = "archive"
"""Its name in the directory of the journal."""

INDEX_SUFFIX = ".sent"
ARCHIVED_SUFFIX = ".zst"
SUM_SUFFIX = ".sha256"

LEVEL = 9
"""Of compression: nobody waits for it, and the files may be kept for years."""

CHUNK_BYTES = 1 << 17
DAY_MS = 86_400_000

NAME = re.compile(r"\d{8}-\d+\.ticks\.zst(?:\.sha256)?")

DIFFERS = (
    "it differs from the segment of that name, which is kept. Check that disk; move the file "
    "elsewhere, and the next attempt makes it again"
)
READ_AGAIN = "name a file of the archive that can be read, with its .sha256 beside it"
OTHER_COPY = "put another copy of it in its place, with its .sha256"


class SealedSegment(NamedTuple):
    """A segment that is not written any more, and how far it goes."""

    segment: Segment
    last: int
    """Number of its last tick."""
    last_ms: int
    """The time of that tick, Unix milliseconds."""


def may_go(
    sealed: SealedSegment,
    *,
    now_ms: int,
    keep_days: int,
    snapshots: Collection[int],
    needed: Collection[int],
) -> bool:
    """Return True if nothing in a segment is needed any more.

    *snapshots* are the ticks of those that a start may begin with: each must do without the
    segment, as any but one may be damaged. *needed* are the ticks of messages that a client may
    still be sent: unconfirmed ones, and those carried into a new run of its numbers.
    """
    return (
        sealed.last_ms <= now_ms - keep_days * DAY_MS
        and bool(snapshots)
        and sealed.last <= min(snapshots)
        and not any(sealed.segment.first <= tick <= sealed.last for tick in needed)
    )


# ------------------------------------------------------------------------------- into it


def retire(segment: Segment, archive: Path) -> Path:
    """Put *segment* into the directory *archive*, and delete it and its index; return the archived
    file. After an interruption, call it again. Raise JournalError; then the segment is still there.
    """
    path = archive / f"{_date(segment.begun_ms)}-{segment.path.name}{ARCHIVED_SUFFIX}"
    with telling(path):
        archive.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
        sync(archive.parent)
        if not path.exists():
            with whole_file(path) as descriptor:
                _compress(segment.path, descriptor)
                os.fsync(descriptor)
                _check_copy(path, descriptor, segment.path)
        elif segment.path.exists():
            with path.open("rb") as archived:
                _check_copy(path, archived.fileno(), segment.path)
    with telling(segment.path):
        remove(segment.path.with_suffix(INDEX_SUFFIX))
        remove(segment.path)
    return path


def _date(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y%m%d}"


def _compress(segment: Path, descriptor: int) -> None:
    compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compressobj()
    with segment.open("rb") as file:
        for chunk in _chunks(file.fileno()):
            write_all(descriptor, compressor.compress(chunk))
    write_all(descriptor, compressor.flush())


def _check_copy(path: Path, descriptor: int, segment: Path) -> None:
    """Read the archived file back, and put its checksum beside it. Raise JournalError unless it
    holds exactly what *segment* does."""
    # It comes from the disk then, and not from memory.
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.lseek(descriptor, 0, os.SEEK_SET)
    digest = hashlib.sha256()
    decompressor = zstandard.ZstdDecompressor().decompressobj()
    with segment.open("rb") as original:
        for chunk in _chunks(descriptor):
            digest.update(chunk)
            if not _is_next(original, decompressor, chunk):
                raise JournalError(f"{path}: {DIFFERS}")
        if not decompressor.eof or original.read(1):
            raise JournalError(f"{path}: {DIFFERS}")
    with whole_file(_sum_of(path)) as sum_file:
        write_all(sum_file, _line(digest.hexdigest(), path))


def _is_next(original: BinaryIO, decompressor: Any, chunk: bytes) -> bool:
    """Return True if *chunk* is what the next part of *original* was compressed to."""
    try:
        content = decompressor.decompress(chunk)
    except zstandard.ZstdError:
        return False
    return bool(content == original.read(len(content)))


def _chunks(descriptor: int) -> Iterator[bytes]:
    while chunk := os.read(descriptor, CHUNK_BYTES):
        yield chunk


def _sum_of(path: Path) -> Path:
    return path.with_name(path.name + SUM_SUFFIX)


def _line(digest: str, path: Path) -> bytes:
    """Return what `sha256sum` prints."""
    return f"{digest}  {path.name}\n".encode()


# ----------------------------------------------------------------------------- out of it


def read_archived(path: Path) -> Iterator[bytes]:
    """Return the bytes of the segment that the archived file at *path* was made of, in parts, after
    its checksum was found right. Raise JournalError."""
    with telling(path, READ_AGAIN), path.open("rb") as file:
        digest = hashlib.sha256()
        for chunk in _chunks(file.fileno()):
            digest.update(chunk)
        if _sum_of(path).read_bytes() != _line(digest.hexdigest(), path):
            raise JournalError(f"{path}: its checksum is wrong; {OTHER_COPY}")
        file.seek(0)
        decompressor = zstandard.ZstdDecompressor().decompressobj()
        try:
            for chunk in _chunks(file.fileno()):
                yield decompressor.decompress(chunk)
        except zstandard.ZstdError as error:
            raise JournalError(f"{path}: {error}; {OTHER_COPY}") from error


def prune(archive: Path, keep_received_days: int, now_ms: int) -> list[Path]:
    """Delete the files of the directory *archive* all of whose ticks are older than
    *keep_received_days*, and return them; 0 keeps all for good. Raise JournalError."""
    if not keep_received_days or not archive.is_dir():
        return []
    # A file is named by the day of its first tick, and its last one may be of the day after.
    oldest_kept = _date(now_ms - (keep_received_days + 1) * DAY_MS)
    with telling(archive):
        # A checksum comes after its file, and one that was left alone goes too.
        old = [
            archive / name
            for name in sorted(os.listdir(archive))
            if NAME.fullmatch(name) and name < oldest_kept
        ]
        for path in old:
            remove(path)
    return [path for path in old if path.suffix == ARCHIVED_SUFFIX]
