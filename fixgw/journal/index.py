"""An index from messages to ticks: 12 bytes a message instead of an index in the database.

Every tick would otherwise touch a second tree; finding a message again is rare, and its place is
known from the one pass over the journal at start. Of earlier runs of numbers only the part is kept
that was carried into this one.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fixgw.model.ranges import Range, Ranges

Origin = tuple[int, int, int]
"""Messages by their original numbers: epoch, first and last MsgSeqNum(34)."""


class _Run:
    """The stored messages of one session from one start of its numbers to the next."""

    __slots__ = ("epoch", "seq_nums", "ticks")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.seq_nums = array("I")
        self.ticks = array("Q")

    def ticks_of(self, begin: int, end: int, limit: int) -> list[int]:
        first = bisect_left(self.seq_nums, begin)
        last = bisect_right(self.seq_nums, end)
        return sorted(set(self.ticks[first:min(last, first + limit)]))

    def only(self, ranges: Iterable[Range]) -> "_Run":
        """Return the part of it that is in *ranges*."""
        kept = _Run(self.epoch)
        for begin, end in Ranges(ranges):
            first, last = bisect_left(self.seq_nums, begin), bisect_right(self.seq_nums, end)
            kept.seq_nums += self.seq_nums[first:last]
            kept.ticks += self.ticks[first:last]
        return kept


class CarriedMessages(NamedTuple):
    """Messages from MsgSeqNum(34) `first` on, of run `epoch`, refer to `origins`."""

    epoch: int
    first: int
    origins: Sequence[Origin]

    @property
    def last(self) -> int:
        """The last number that refers to one of them."""
        return self.first - 1 + sum(last - first + 1 for _, first, last in self.origins)


class SentIndex:
    """By session: the numbers of its messages, rising, and their ticks."""

    def __init__(self) -> None:
        self._runs: dict[int, _Run] = {}
        self._earlier: dict[int, dict[int, _Run]] = {}
        """By session: the runs before that one, by epoch, as far as they were carried."""
        self._carried: dict[int, CarriedMessages] = {}

    def add(self, tick: int, sent: Iterable[tuple[int, int, int]]) -> None:
        """Note that *tick* holds these messages: (session, epoch, MsgSeqNum(34)), rising."""
        for session, epoch, seq_num in sent:
            run = self._runs.get(session)
            if run is None or run.epoch != epoch:
                run = self._begin(session, epoch)
            run.seq_nums.append(seq_num)
            run.ticks.append(tick)

    def carry(self, session: int, epoch: int, first: int, origins: Sequence[Origin]) -> None:
        """Note that numbers of run *epoch* refer to *origins*. To be called before `add` for that
        tick."""
        self._carried[session] = CarriedMessages(epoch, first, origins)

    def _begin(self, session: int, epoch: int) -> _Run:
        """Begin a new run; of those before it only the carried part is kept."""
        before = self._runs.get(session)
        earlier = self._earlier.pop(session, {})
        if before is not None:
            earlier[before.epoch] = before
        run = self._runs[session] = _Run(epoch)
        carried = self._carried.get(session)
        # A tick may begin more than one run: the last carrying counts, and may come yet.
        if carried is not None and carried.epoch >= epoch:
            self._earlier[session] = {
                of: earlier[of].only((a, b) for each, a, b in carried.origins if each == of)
                for of in {of for of, _, _ in carried.origins} & set(earlier)
            }
        else:
            self._carried.pop(session, None)
        return run

    def ticks(self, session: int, epoch: int, begin: int, end: int, limit: int) -> list[int]:
        """Return the ticks, rising, of the first *limit* messages from *begin* to *end*."""
        run = self._runs.get(session)
        if run is None or run.epoch != epoch:
            run = self._earlier.get(session, {}).get(epoch)
        return [] if run is None else run.ticks_of(begin, end, limit)

    def carried(self, session: int, epoch: int) -> CarriedMessages | None:
        """Return the earlier messages that run *epoch* was given."""
        carried = self._carried.get(session)
        return carried if carried is not None and carried.epoch == epoch else None

    def numbers_from(self, session: int, epoch: int, begin: int) -> Ranges:
        """Return the numbers of run *epoch* from *begin* on that have messages, carried ones
        too."""
        ranges = Ranges()
        carried = self.carried(session, epoch)
        if carried is not None and carried.last >= begin:
            ranges.add(max(carried.first, begin), carried.last)
        run = self._runs.get(session)
        if run is not None and run.epoch == epoch:
            first, expected = begin, begin
            for seq_num in run.seq_nums[bisect_left(run.seq_nums, begin):]:
                if seq_num != expected:
                    ranges.add(first, expected - 1)
                    first = seq_num
                expected = seq_num + 1
            ranges.add(first, expected - 1)
        return ranges
