"""The embedded journal engine: ticks in files that are only ever appended to, the segments.

A segment is a head and then records, one for each tick, each with a checksum and written by one
write. A record once written never changes, and only the end of the last segment is ever cut: a tick
that was torn by the death of the machine, which nobody was told of. A tick that was on the disk is
never cut; if one is damaged, nothing starts. Knows files and bytes: what is in a tick is
`journal.tick`'s.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from fixgw.journal.files import RESTORING, reporting
from fixgw.model.errors import JournalError

VERSION = 5
"""Version of the journal: of the layout of a segment, and of the names and meaning of the events
in `model.events`, `model.session_events`, `model.venue_events` and `model.refusals`. 1 to 4 were
SQLite databases (`journal.old_database`)."""

SUFFIX = ".ticks"

MAGIC = b"fixgw ticks\n"
HEAD = struct.Struct("<12sIQQQI")
"""Of a segment: MAGIC, VERSION, its first tick, its position, Unix ms when it was begun, CRC-32."""

MARK = b"\xabTK\xba"
RECORD = struct.Struct("<4sIIQQ")
"""Of a record: MARK, length of the tick in bytes, CRC-32 of what follows that, number of the tick,
highest number known to be on the disk when it was written."""

CHECKED_FROM = 12
"""Offset in a record of what its checksum covers."""

TICK_BYTES_MAX = 1 << 30
"""Maximum length of one tick: a length above this is none."""

READ_BYTES = 1 << 20
"""Bytes that a reader takes from a segment at once."""


class Segment(NamedTuple):
    """One file of the journal."""

    path: Path
    first: int
    """Number of its first tick."""
    position: int
    """Position of its first byte in the whole journal: of all bytes ever written to it."""
    begun_ms: int
    """Unix milliseconds."""


class Record(NamedTuple):
    """A tick as it is on file."""

    number: int
    durable: int
    """The highest number known to be on the disk when this one was written."""
    position: int
    """Of the record in the whole journal."""
    tick: memoryview | bytes

    @property
    def size(self) -> int:
        """Its length on file, in bytes."""
        return RECORD.size + len(self.tick)


def segment_path(directory: Path, first: int) -> Path:
    """Return the file of the segment that begins with tick *first*."""
    return directory / f"{first:020d}{SUFFIX}"


def head(first: int, position: int, begun_ms: int) -> bytes:
    """Return the head of a segment."""
    start = HEAD.pack(MAGIC, VERSION, first, position, begun_ms, 0)[:-4]
    return start + struct.pack("<I", zlib.crc32(start))


def record(number: int, durable: int, tick: bytes) -> bytes:
    """Return *tick* as it is written to a segment."""
    numbers = struct.pack("<QQ", number, durable)
    checksum = zlib.crc32(tick, zlib.crc32(numbers))
    return b"".join((MARK, struct.pack("<II", len(tick), checksum), numbers, tick))


def segments(directory: Path) -> list[Segment]:
    """Return the segments in *directory*, the oldest first.

    One whose head is not whole holds nothing, and is left out: its making was interrupted.
    """
    found = []
    with reporting(directory):
        names = sorted(each for each in os.listdir(directory) if each.endswith(SUFFIX))
        for name in names:
            try:
                with open(directory / name, "rb") as file:
                    start = file.read(HEAD.size)
            except FileNotFoundError:
                continue  # archived since it was listed
            segment = _segment(directory / name, start)
            if segment is not None:
                found.append(segment)
    return found


def _segment(path: Path, start: bytes) -> Segment | None:
    if len(start) < HEAD.size:
        return None
    magic, version, first, position, begun_ms, checksum = HEAD.unpack(start)
    if magic != MAGIC or checksum != zlib.crc32(start[:-4]):
        return None
    if version > VERSION:
        raise JournalError(
            f"journal {path.parent}: version {version}, and this fixgw knows {VERSION} at most; "
            "run the fixgw that wrote it, or a newer one"
        )
    return Segment(path, first, position, begun_ms)


class Reader:
    """The records of one segment, from the beginning or from a position, as far as they are
    whole. May be asked again when the file has grown."""

    def __init__(self, segment: Segment, offset: int = HEAD.size) -> None:
        self.segment = segment
        self.offset = offset
        """Where the next record begins in the file."""
        try:
            self._file = open(segment.path, "rb", buffering=0)
        except FileNotFoundError:
            raise
        except OSError as error:
            with reporting(segment.path.parent):
                raise error

    def close(self) -> None:
        self._file.close()

    @property
    def size(self) -> int:
        """Length of the file, in bytes."""
        return os.fstat(self._file.fileno()).st_size

    def rest(self) -> bytes:
        """Return what follows at `offset`."""
        with reporting(self.segment.path.parent):
            return os.pread(self._file.fileno(), self.size - self.offset, self.offset)

    def __iter__(self) -> Iterator[Record]:
        """Yield the records from `offset` on, which moves; stop at the first that is not whole."""
        buffer, start = b"", 0
        while True:
            found = whole(buffer, start, self.segment.position + self.offset)
            if found is None:
                more = self._more(buffer, start)
                if more is None:
                    return
                buffer, start = more, 0
                continue
            start += found.size
            self.offset += found.size
            yield found

    def _more(self, buffer: bytes, start: int) -> bytes | None:
        """Return what is read from `offset` on, more than the rest of *buffer* from *start*."""
        rest = len(buffer) - start
        wanted = READ_BYTES
        if rest >= RECORD.size:
            length = RECORD.unpack_from(buffer, start)[1]
            if length <= TICK_BYTES_MAX:
                wanted = max(wanted, RECORD.size + length)
        with reporting(self.segment.path.parent):
            more = os.pread(self._file.fileno(), wanted, self.offset)
        return more if len(more) > rest else None


def whole(buffer: bytes, start: int, position: int) -> Record | None:
    """Return the record that begins at *start*; None if it is not there, or not whole."""
    end = start + RECORD.size
    if end > len(buffer):
        return None
    mark, length, checksum, number, durable = RECORD.unpack_from(buffer, start)
    if mark != MARK or end + length > len(buffer):
        return None
    view = memoryview(buffer)
    if zlib.crc32(view[start + CHECKED_FROM:end + length]) != checksum:
        return None
    return Record(number, durable, position, view[end:end + length])


def at(path: Path, offset: int) -> Record:
    """Return the record at *offset* of the segment at *path*. Raises JournalError, and
    FileNotFoundError."""
    with open(path, "rb", buffering=0) as file, reporting(path.parent):
        start = os.pread(file.fileno(), 4096, offset)
        if len(start) >= RECORD.size:
            missing = RECORD.size + RECORD.unpack_from(start)[1] - len(start)
            if 0 < missing <= TICK_BYTES_MAX:
                start += os.pread(file.fileno(), missing, offset + len(start))
    found = whole(start, 0, 0)
    if found is None:
        raise damaged(path.parent, path, "a record in it cannot be read")
    return found


def damaged(directory: Path, path: Path, text: str) -> JournalError:
    """Return the error for a damaged journal."""
    return JournalError(
        f"journal {directory}: {path.name} is damaged: {text}. Keep the whole directory, put the "
        f"last backup in its place, and ask the venues about what came after it ({RESTORING})"
    )


# ------------------------------------------------------------------------- the end of it


class End(NamedTuple):
    """Where the journal ends."""

    last: int
    """Number of the last tick; 0: there is none."""
    durable: int
    """The highest number known to be on the disk."""
    segment: Segment | None
    """The segment that is written next."""
    size: int
    """Its length in bytes."""
    cut: int
    """Bytes that were cut off: torn ticks."""


def find_end(directory: Path) -> End:
    """Return where the journal ends, after torn ticks were cut off. For its one writer only.

    Raises JournalError if a tick that was on the disk is damaged.
    """
    _remove_unbegun(directory)
    found = segments(directory)
    if not found:
        return End(0, 0, None, 0, 0)
    claims = 0
    first = len(found) - 1
    # What the ticks of a segment claim to be on the disk needs no look; in doubt, look at more.
    while True:
        claims = max(claims, _claims(found[first]))
        if first == 0 or claims + 1 >= found[first].first:
            break
        first -= 1
    return _cut(directory, found, first)


def _claims(segment: Segment) -> int:
    reader = Reader(segment)
    try:
        return max((each.durable for each in reader), default=0)
    finally:
        reader.close()


def _cut(directory: Path, found: list[Segment], first: int) -> End:
    last, claims = found[first].first - 1, 0
    for index in range(first, len(found)):
        segment = found[index]
        reader = Reader(segment)
        for each in reader:
            if each.number != last + 1:
                raise damaged(
                    directory, segment.path, f"tick {each.number} follows on {last}"
                )
            last, claims = each.number, max(claims, each.durable)
        reader.close()
        size = os.path.getsize(segment.path)
        torn = size - reader.offset
        follows = found[index + 1].first if index + 1 < len(found) else 0
        if torn or (follows and follows != last + 1):
            claimed = max(
                [claims, _claims_after(segment, reader.offset)]
                + [_claims(each) for each in found[index + 1:]]
            )
            if claimed > last:
                raise damaged(
                    directory, segment.path,
                    f"tick {last + 1} cannot be read, and {claimed} ticks were on the disk",
                )
            with reporting(directory):
                os.truncate(segment.path, reader.offset)
                for later in found[index + 1:]:
                    torn += os.path.getsize(later.path)
                    later.path.unlink()
                sync(segment.path)
                sync(directory)
            return End(last, claims, segment, reader.offset, torn)
    return End(last, claims, found[-1], size, 0)


def _claims_after(segment: Segment, offset: int) -> int:
    """Return what whole records behind a torn one claim to be on the disk."""
    with reporting(segment.path):
        rest = segment.path.read_bytes()[offset:]
    claims, start = 0, rest.find(MARK)
    while start >= 0:
        found = whole(rest, start, 0)
        if found is not None:
            claims = max(claims, found.durable)
        start = rest.find(MARK, start + 1)
    return claims


def _remove_unbegun(directory: Path) -> None:
    """Remove the last file if its head was never whole: nothing was written behind it."""
    with reporting(directory):
        names = sorted(each for each in os.listdir(directory) if each.endswith(SUFFIX))
        for name in names[-1:]:
            path = directory / name
            start = path.read_bytes()[:HEAD.size] if path.stat().st_size < HEAD.size + 1 else None
            if start is not None and _segment(path, start) is None:
                path.unlink()
                sync(directory)


def sync(path: Path) -> None:
    """Have the file or directory at *path* on the disk. Raises OSError."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
