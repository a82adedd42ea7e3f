"""Reports that outlive their numbers: carried into the run of numbers after a reset.

They are not copied. The new run has numbers that refer to the stored originals; when written, each
gets its new MsgSeqNum(34), a new SendingTime(52) and PossResend(97)=Y (FIX 4.4 volume 2: the
content may have been sent before under another number; ExecID(17) identifies it). A reset after a
reset leads to the same originals, never to a reference to a reference.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from fixgw.model.ranges import Range

Origin = tuple[int, int, int]
"""Messages by their original numbers: epoch, first and last MsgSeqNum(34)."""


class StoredAt(NamedTuple):
    """The place where the messages of some numbers are stored."""

    epoch: int
    begin: int
    end: int
    shift: int
    """The offset to add to a stored message's number."""


class CarriedOver:
    """The messages of earlier runs that one run of numbers has been given."""

    __slots__ = ("first", "end", "origins", "_starts")

    def __init__(self, first: int = 0, origins: Iterable[Origin] = ()) -> None:
        self.first = first
        """The first number that stands for an earlier message."""
        self.origins = list(origins)
        self._starts: list[int] = []
        for _, origin_first, origin_last in self.origins:
            self._starts.append(first)
            first += origin_last - origin_first + 1
        self.end = first
        """The number after the last of them."""

    def __contains__(self, seq_num: int) -> bool:
        return self.first <= seq_num < self.end

    def source(self, epoch: int, begin: int, end: int) -> StoredAt:
        """Return where the first of the numbers *begin* to *end*, of run *epoch*, are stored."""
        if end < self.first or begin >= self.end:
            return StoredAt(epoch, begin, end, 0)
        if begin < self.first:
            return StoredAt(epoch, begin, self.first - 1, 0)
        number = bisect_right(self._starts, begin) - 1
        of_epoch, origin_first, origin_last = self.origins[number]
        shift = self._starts[number] - origin_first
        return StoredAt(of_epoch, begin - shift, min(end - shift, origin_last), shift)

    def originals(self, epoch: int, ranges: Iterable[Range]) -> list[Origin]:
        """Return, in order, the messages that numbers of run *epoch* refer to: their own, or
        earlier ones."""
        found: list[Origin] = []
        for begin, end in ranges:
            while begin <= end:
                source = self.source(epoch, begin, end)
                begin = source.end + source.shift + 1
                if found and found[-1][0] == source.epoch and found[-1][2] + 1 == source.begin:
                    found[-1] = source.epoch, found[-1][1], source.end
                else:
                    found.append((source.epoch, source.begin, source.end))
        return found
