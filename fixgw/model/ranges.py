"""Sets of whole numbers that come in long runs, such as MsgSeqNum(34), kept as closed ranges.

Ranges rise, do not overlap, and adjacent ones are merged, so that equal sets look equal. The
commonest operation, adding a number above all others, takes as long as appending to a list. A set
never holds its numbers one by one.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from operator import itemgetter

Range = tuple[int, int]
"""The first and the last number; each number between belongs to it."""

_first, _last = itemgetter(0), itemgetter(1)


class Ranges:
    """A set of whole numbers. Iteration yields its ranges in rising order."""

    __slots__ = ("_ranges",)

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        """*ranges* in any order; they may overlap."""
        self._ranges: list[Range] = []
        self.update(ranges)

    def __iter__(self) -> Iterator[Range]:
        return iter(self._ranges)

    def __len__(self) -> int:
        """Return the number of ranges; `count` has the number of numbers."""
        return len(self._ranges)

    def __contains__(self, number: int) -> bool:
        at = bisect_left(self._ranges, number, key=_last)
        return at < len(self._ranges) and self._ranges[at][0] <= number

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranges) and self._ranges == other._ranges

    def __repr__(self) -> str:
        return f"Ranges({self._ranges})"

    @property
    def count(self) -> int:
        """Number of numbers in the set."""
        return sum(last - first + 1 for first, last in self._ranges)

    @property
    def first(self) -> int:
        """The lowest number of a set that is not empty."""
        return self._ranges[0][0]

    @property
    def last(self) -> int:
        """The highest number of a set that is not empty."""
        return self._ranges[-1][1]

    def add(self, first: int, last: int) -> None:
        """Add *first* to *last*; nothing if *last* is below *first*."""
        ranges = self._ranges
        if last < first:
            return
        behind = ranges[-1][1] + 1 if ranges else first - 1
        if first > behind:
            ranges.append((first, last))
            return
        if first == behind:
            ranges[-1] = ranges[-1][0], last
            return
        begin = bisect_left(ranges, first - 1, key=_last)
        end = bisect_right(ranges, last + 1, key=_first)
        if begin < end:
            first, last = min(first, ranges[begin][0]), max(last, ranges[end - 1][1])
        ranges[begin:end] = [(first, last)]

    def update(self, ranges: Iterable[Range]) -> None:
        """Add all *ranges*, which may be those of another set."""
        for first, last in ranges:
            self.add(first, last)

    def remove(self, first: int, last: int) -> None:
        """Remove *first* to *last*, as far as they are present; nothing if *last* is below."""
        ranges = self._ranges
        begin = bisect_left(ranges, first, key=_last)
        end = bisect_right(ranges, last, key=_first)
        if begin >= end or last < first:
            return
        left: list[Range] = []
        if ranges[begin][0] < first:
            left.append((ranges[begin][0], first - 1))
        if ranges[end - 1][1] > last:
            left.append((last + 1, ranges[end - 1][1]))
        ranges[begin:end] = left

    def remove_below(self, number: int) -> None:
        """Remove every number below *number*."""
        ranges = self._ranges
        if not ranges or ranges[0][0] >= number:
            return
        if ranges[-1][1] < number:
            ranges.clear()
        else:
            self.remove(ranges[0][0], number - 1)

    def within(self, first: int, last: int) -> "Ranges":
        """Return the numbers from *first* to *last* that are in the set, as a set."""
        found = Ranges()
        if last < first:
            return found
        begin = bisect_left(self._ranges, first, key=_last)
        end = bisect_right(self._ranges, last, key=_first)
        found._ranges = [
            (max(first, each_first), min(last, each_last))
            for each_first, each_last in self._ranges[begin:end]
        ]
        return found

    def clear(self) -> None:
        """Remove every number."""
        self._ranges.clear()
