"""Where the messages of a sealed segment are: one small file beside it.

Written once, when the segment is sealed, and read in parts: the head at a start, the rest when a
client asks for old messages. Derived from the segment, and made again if it is missing.
"""

import zlib
from array import array
from bisect import bisect_left, bisect_right

import msgspec

from fixgw.journal.durable import telling, whole_file, write_all
from fixgw.journal.follow import readable
from fixgw.journal.segments import Reader, Segment
from fixgw.journal.tick import Sent, decode_sent
from fixgw.model.errors import JournalError

SUFFIX = ".sent"

LENGTH_BYTES = 4

Run = tuple[int, int]
"""Id of a session, and epoch."""


class _Head(msgspec.Struct, array_like=True):
    """The runs of numbers in the file, in the order of their arrays."""

    last: int
    """Number of the last tick of the segment."""
    last_ms: int
    """Its time, Unix milliseconds."""
    runs: list[tuple[int, int, int, int, int]]
    """Session, epoch, first and last MsgSeqNum(34), number of messages."""
    checksum: int
    """CRC-32 of the arrays."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Head).decode


class SealedIndex:
    """The index of one sealed segment."""

    def __init__(self, segment: Segment) -> None:
        """Read the head. Raise JournalError, and FileNotFoundError if there is none."""
        self.segment = segment
        self._path = segment.path.with_suffix(SUFFIX)
        with open(self._path, "rb") as file:
            length = int.from_bytes(file.read(LENGTH_BYTES), "little")
            try:
                head = _decode(file.read(length))
            except msgspec.MsgspecError as error:
                raise JournalError(f"{self._path}: {error}; delete it, it is made again") from None
        self.last, self.last_ms = head.last, head.last_ms
        self._checksum = head.checksum
        self._arrays_at = LENGTH_BYTES + length
        self.runs: dict[Run, tuple[int, int]] = {}
        """First and last MsgSeqNum(34) of each run."""
        self._places: dict[Run, tuple[int, int]] = {}
        offset = 0
        for session, epoch, first, last, count in head.runs:
            self.runs[session, epoch] = first, last
            self._places[session, epoch] = offset, count
            offset += 12 * count

    def overlaps(self, run: Run, begin: int, end: int) -> bool:
        """Return True if messages *begin* to *end* of *run* may be in the segment."""
        found = self.runs.get(run)
        return found is not None and found[0] <= end and begin <= found[1]

    def messages(self, run: Run, begin: int, end: int) -> tuple["array[int]", "array[int]"]:
        """Return the numbers from *begin* to *end* that have messages, and their positions."""
        seq_nums, positions = array("I"), array("Q")
        if self.overlaps(run, begin, end):
            offset, count = self._places[run]
            with telling(self._path), open(self._path, "rb") as file:
                file.seek(self._arrays_at + offset)
                seq_nums.frombytes(file.read(4 * count))
                positions.frombytes(file.read(8 * count))
            first, last = bisect_left(seq_nums, begin), bisect_right(seq_nums, end)
            seq_nums, positions = seq_nums[first:last], positions[first:last]
        return seq_nums, positions


def make(segment: Segment) -> SealedIndex:
    """Write the index of *segment*, which is sealed. Raise JournalError."""
    runs: dict[Run, tuple["array[int]", "array[int]"]] = {}
    last = last_ms = 0
    reader = Reader(segment)
    try:
        for record in reader:
            tick = readable(segment.path.parent, record.number, decode_sent, record.tick)
            last, last_ms = tick.number, tick.at
            note(runs, record.position, tick.sent)
    finally:
        reader.close()
    arrays = b"".join(
        seq_nums.tobytes() + positions.tobytes() for seq_nums, positions in runs.values()
    )
    head = _encode(_Head(last, last_ms, [
        (session, epoch, seq_nums[0], seq_nums[-1], len(seq_nums))
        for (session, epoch), (seq_nums, _) in runs.items()
    ], zlib.crc32(arrays)))
    path = segment.path.with_suffix(SUFFIX)
    with telling(path), whole_file(path) as descriptor:
        write_all(descriptor, len(head).to_bytes(LENGTH_BYTES, "little") + head + arrays)
    return SealedIndex(segment)


def note(
    runs: dict[Run, tuple["array[int]", "array[int]"]], position: int, sent: list[Sent]
) -> None:
    """Add the messages of the tick at *position* to *runs*."""
    for session, epoch, seq_num in sent:
        found = runs.get((session, epoch))
        if found is None:
            found = runs[session, epoch] = array("I"), array("Q")
        found[0].append(seq_num)
        found[1].append(position)


def opened_or_made(segment: Segment) -> SealedIndex:
    """Return the index of *segment*; make it if it is missing or unreadable. Raise JournalError."""
    try:
        return SealedIndex(segment)
    except (FileNotFoundError, JournalError):
        return make(segment)
