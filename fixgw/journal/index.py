"""Which tick holds a message: 12 bytes a message instead of an index in the database.

Every tick would otherwise touch a second tree; finding a message again is
rare, and its place is known from the one pass over the journal at start.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable


class _Run:
    """The stored messages of one session since its numbers last started."""

    __slots__ = ("epoch", "seq_nums", "ticks")

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.seq_nums = array("I")
        self.ticks = array("Q")


class SentIndex:
    """For each session the numbers of its messages, rising, and their ticks."""

    def __init__(self) -> None:
        self._runs: dict[int, _Run] = {}

    def add(self, tick: int, sent: Iterable[tuple[int, int, int]]) -> None:
        """*tick* holds these messages: (session, epoch, MsgSeqNum(34)), rising."""
        for session, epoch, seq_num in sent:
            run = self._runs.get(session)
            if run is None or run.epoch != epoch:
                run = self._runs[session] = _Run(epoch)
            run.seq_nums.append(seq_num)
            run.ticks.append(tick)

    def ticks(self, session: int, epoch: int, begin: int, end: int, limit: int) -> list[int]:
        """The ticks, rising, of the first *limit* messages from *begin* to *end*."""
        run = self._runs.get(session)
        if run is None or run.epoch != epoch:
            return []
        first = bisect_left(run.seq_nums, begin)
        last = bisect_right(run.seq_nums, end)
        return sorted(set(run.ticks[first:min(last, first + limit)]))
