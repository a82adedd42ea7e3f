"""Reports that outlive the numbers they had: carried into the run that comes after a reset.

They are not copied. The new run has numbers that stand for the stored
originals; written, each gets its new MsgSeqNum(34), a new SendingTime(52)
and PossResend(97)=Y (FIX 4.4 volume 2: the content may have been sent
before under another number; ExecID(17) tells). A reset after a reset leads
to the same originals, never to a chain.
"""

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from fixgw.model.ranges import Range

Origin = tuple[int, int, int]
"""Messages as they were numbered first: epoch, first and last MsgSeqNum(34)."""


class StoredAt(NamedTuple):
    """Where the messages of some numbers are stored."""

    epoch: int
    begin: int
    end: int
    shift: int
    """What is to be added to a stored message's number."""


class CarriedOver:
    """What one run of numbers has been given of earlier ones."""

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
        """One behind the last of them."""

    def __contains__(self, seq_num: int) -> bool:
        return self.first <= seq_num < self.end

    def source(self, epoch: int, begin: int, end: int) -> StoredAt:
        """Where the first of the numbers *begin* to *end*, of run *epoch*, are stored."""
        if end < self.first or begin >= self.end:
            return StoredAt(epoch, begin, end, 0)
        if begin < self.first:
            return StoredAt(epoch, begin, self.first - 1, 0)
        number = bisect_right(self._starts, begin) - 1
        of_epoch, origin_first, origin_last = self.origins[number]
        shift = self._starts[number] - origin_first
        return StoredAt(of_epoch, begin - shift, min(end - shift, origin_last), shift)

    def originals(self, epoch: int, ranges: Iterable[Range]) -> list[Origin]:
        """What numbers of run *epoch* stand for, in order: themselves, or earlier messages."""
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
