"""An index from messages to ticks: 12 bytes a message instead of an index in the database.

Every tick would otherwise touch a second tree; finding a message again is rare, and its place is
known from the one pass over the journal at start. Of earlier runs of numbers only the part is kept
that was carried into this one.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from fixgw.journal.sealed_index import SealedIndex
from fixgw.model.ranges import Range, Ranges

MSG_SEQ_NUM_MAX = 2**32 - 1

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

    def forget_to(self, last: int) -> None:
        """Forget the messages up to number *last*."""
        end = bisect_right(self.seq_nums, last)
        del self.seq_nums[:end], self.ticks[:end]

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
        self.sealed: list[SealedIndex] = []
        """The indexes of sealed segments, the oldest first: their messages may be here too."""

    def use(self, indexes: Iterable[SealedIndex]) -> None:
        """Look up the messages of sealed segments in *indexes*, all that there are now."""
        indexes = list(indexes)
        there = {one.segment.first for one in indexes}
        self.sealed = [one for one in self.sealed if one.segment.first in there]
        for one in indexes:
            self.seal(one)

    def seal(self, index: SealedIndex) -> None:
        """Have the messages of a sealed segment looked up in *index*, and no longer here."""
        if any(one.segment.first == index.segment.first for one in self.sealed):
            return
        self.sealed.append(index)
        self.sealed.sort(key=lambda one: one.segment.first)
        for (session, epoch), (_, last) in index.runs.items():
            run = self._runs.get(session)
            if run is not None and run.epoch == epoch:
                run.forget_to(last)

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
        found = set[int]()
        count = 0
        for one in self.sealed:
            if count >= limit:
                break
            if one.overlaps((session, epoch), begin, end):
                positions = one.messages((session, epoch), begin, end)[1][:limit]
                found.update(positions)
                count += len(positions)
        if run is not None and count < limit:
            found.update(run.ticks_of(begin, end, limit))
        return sorted(found)

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
        for one in self.sealed:
            _add_numbers(ranges, one.messages((session, epoch), begin, MSG_SEQ_NUM_MAX)[0])
        run = self._runs.get(session)
        if run is not None and run.epoch == epoch:
            _add_numbers(ranges, run.seq_nums[bisect_left(run.seq_nums, begin):])
        return ranges


def _add_numbers(ranges: Ranges, seq_nums: "array[int]") -> None:
    """Add rising numbers to *ranges*."""
    if not seq_nums:
        return
    first = expected = seq_nums[0]
    for seq_num in seq_nums:
        if seq_num != expected:
            ranges.add(first, expected - 1)
            first = seq_num
        expected = seq_num + 1
    ranges.add(first, expected - 1)
