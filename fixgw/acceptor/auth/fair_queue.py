"""The queue of Logons that wait for a check: known clients first, then strangers, then those
refused lately.

Pure. Among equals each address takes its turn: a flood from one address delays only itself. When
the queue is full, sources refused lately are turned away first, and a known client never for a
stranger; among equals the newest of the address with the most waiting.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from fixgw.runtime.admission import Standing

T = TypeVar("T", bound=Hashable)


class FairQueue(Generic[T]):
    """A queue per address, and an order among the queues."""

    def __init__(self, waiting_max: int) -> None:
        self._waiting_max = waiting_max
        self._lines: dict[Standing, _Line[T]] = {each: _Line() for each in reversed(Standing)}
        """Best-known sources first."""

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def add(self, who: T, source: Hashable, standing: Standing) -> T | None:
        """Queue *who*; return the entry that is turned away for it, if any, which may be *who*."""
        self._lines[standing].add(who, source)
        if len(self) <= self._waiting_max:
            return None
        return next(line for line in reversed(self._lines.values()) if len(line)).drop()

    def discard(self, who: T, source: Hashable, standing: Standing) -> None:
        """Remove *who*, if it is queued."""
        self._lines[standing].discard(who, source)

    def next(self) -> T | None:
        """Return the next entry, or None."""
        return next((line.next() for line in self._lines.values() if len(line)), None)


class _Line(Generic[T]):
    """The queues of some addresses: take the first of the first address, then the next
    address's."""

    def __init__(self) -> None:
        self._queues: OrderedDict[Hashable, list[T]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, who: T, source: Hashable) -> None:
        self._queues.setdefault(source, []).append(who)
        self._count += 1

    def next(self) -> T | None:
        if not self._queues:
            return None
        source, queue = self._queues.popitem(last=False)
        who = queue.pop(0)
        self._count -= 1
        if queue:
            self._queues[source] = queue
        return who

    def discard(self, who: T, source: Hashable) -> None:
        queue = self._queues.get(source, [])
        if who in queue:
            queue.remove(who)
            self._count -= 1
            if not queue:
                del self._queues[source]

    def drop(self) -> T:
        source = max(self._queues, key=lambda each: len(self._queues[each]))
        queue = self._queues[source]
        who = queue.pop()
        self._count -= 1
        if not queue:
            del self._queues[source]
        return who
