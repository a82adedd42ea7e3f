"""Who waits for a turn, and who is next: known clients, strangers, then who was refused lately.

Pure. Among equals one of each address in turn: a flood from one address waits behind itself and
nobody else. When no more may wait, who was refused lately is turned away first, a known client
never for a stranger; among equals the newest of the address that has the most waiting.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from fixgw.runtime.admission import Standing

T = TypeVar("T", bound=Hashable)


class Turns(Generic[T]):
    """A queue for each address, and an order among them."""

    def __init__(self, waiting_max: int) -> None:
        self._waiting_max = waiting_max
        self._lines: dict[Standing, _Line[T]] = {each: _Line() for each in reversed(Standing)}
        """Who is known best, first."""

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def add(self, who: T, source: Hashable, standing: Standing) -> T | None:
        """Let *who* wait; returns who is turned away for it, which may be *who*, if anybody."""
        self._lines[standing].add(who, source)
        if len(self) <= self._waiting_max:
            return None
        return next(line for line in reversed(self._lines.values()) if len(line)).drop()

    def discard(self, who: T, source: Hashable, standing: Standing) -> None:
        """*who* waits no longer, if it did."""
        self._lines[standing].discard(who, source)

    def next(self) -> T | None:
        """Whose turn it is; None: nobody waits."""
        return next((line.next() for line in self._lines.values() if len(line)), None)


class _Line(Generic[T]):
    """The queues of some addresses; the first of the first is next, then it is the next one's."""

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
