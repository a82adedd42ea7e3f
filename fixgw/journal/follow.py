"""The journal as others read it: tick by tick, from any number on, while the gateway writes.

Read-only, from any process, without a lock that anybody waits for. Only durable ticks are shown:
what a reader has seen is never taken back. A follower survives that segments are sealed and
dropped, and that the gateway is started again.
"""

import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from fixgw.journal.files import reporting
from fixgw.journal.segments import Reader, Record, damaged, segments, whole
from fixgw.journal.tick import Tick, decode
from fixgw.model.errors import JournalError

DURABLE = "durable"
"""File with the number of the last durable tick."""

ALL_DURABLE = 2**64 - 1
"""In that file: whatever is written is durable."""

NUMBER = struct.Struct("<Q")


class Follower:
    """The ticks after one number, as they come."""

    def __init__(self, directory: Path, after: int = 0) -> None:
        check(directory)
        self.after = after
        """Number of the last tick that was given out."""
        self.skipped = 0
        """Ticks that were asked for and are in no segment any more."""
        self._directory = directory
        self.reader: Reader | None = None
        """The reader of the segment of the last record; None before the first."""

    def read(self) -> Iterator[Tick]:
        """Yield the durable ticks that have come since the last call."""
        for record in self.records():
            yield readable(self._directory, record.number, decode, record.tick)

    def records(self) -> Iterator[Record]:
        """Yield the same as records."""
        through = durable(self._directory)
        while self.after < through:
            reader = self.reader or self._open(self.after + 1)
            if reader is None:
                return
            for record in reader:
                if record.number > through:
                    reader.offset -= record.size
                    return
                if record.number > self.after:
                    self.skipped += record.number - self.after - 1
                    self.after = record.number
                    yield record
            if not self._move_on(reader):
                return

    def close(self) -> None:
        if self.reader is not None:
            self.reader.close()
            self.reader = None

    def _move_on(self, reader: Reader) -> bool:
        """Go on to the next segment, if there is one; return False if there is not."""
        later = [one for one in segments(self._directory) if one.first > reader.segment.first]
        if not later:
            return False
        if reader.size > reader.offset:
            # It was sealed after we had read to its end; what came in between is next.
            if whole(reader.rest(), 0, 0) is None:
                raise damaged(
                    self._directory, reader.segment.path, f"tick {self.after + 1} cannot be read"
                )
            return True
        self.close()
        return self._open(later[0].first) is not None

    def _open(self, number: int) -> Reader | None:
        """Open the segment that holds tick *number*, or the first one after it."""
        while found := segments(self._directory):
            holding = [one for one in found if one.first <= number]
            try:
                self.reader = Reader(holding[-1] if holding else found[0])
            except FileNotFoundError:
                continue  # it was dropped since
            return self.reader
        return None


def follow(directory: Path, after: int = 0) -> Iterator[Tick]:
    """Yield the durable ticks after number *after* that are there now. Raises JournalError."""
    follower = Follower(directory, after)
    try:
        yield from follower.read()
    finally:
        follower.close()


def check(directory: Path) -> None:
    """Raise JournalError unless *directory* is a journal."""
    if directory.is_file():
        raise JournalError(
            f"journal {directory}: this is a file, and a journal is a directory. If it is the "
            "journal of an older fixgw, `fixgw run` brings it over"
        )
    if not directory.is_dir():
        raise JournalError(f"journal {directory}: there is none yet; `fixgw run` makes it")


def durable(directory: Path) -> int:
    """Return the number of the last durable tick of the journal."""
    try:
        written = (directory / DURABLE).read_bytes()
    except FileNotFoundError:
        return ALL_DURABLE
    except OSError as error:
        with reporting(directory):
            raise error
    return int(NUMBER.unpack(written)[0]) if len(written) == NUMBER.size else ALL_DURABLE


T = TypeVar("T")


def readable(
    directory: Path, number: int, decoded: Callable[[bytes | memoryview], T],
    tick: bytes | memoryview,
) -> T:
    """Return *tick* decoded. Raises JournalError."""
    try:
        return decoded(tick)
    except msgspec.MsgspecError as error:
        raise JournalError(
            f"journal {directory}: tick {number} cannot be read ({error}); restore the journal "
            "from a copy, or start with the version of fixgw that wrote it"
        ) from None
