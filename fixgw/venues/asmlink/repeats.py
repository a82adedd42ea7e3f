"""Events of one order that both the stream and the webhooks report: each execution once.

"Each payload includes a unique event_id" (document, "Idempotency"): an event_id known from one
source is known, whatever time, price or quantity the other source gives it. Events with different
ids are the same execution if time, price and quantity are equal; an unreadable time equals any. The
number of equal executions is the larger of the two sources' counts. Pure.
"""

from collections import Counter
from decimal import Decimal

from fixgw.venues.asmlink.parse import Source, Tell

OTHER: dict[Source, Source] = {"stream": "webhook", "webhook": "stream"}


class Equals:
    """The events of one price and one quantity."""

    def __init__(self) -> None:
        self.events: list[Tell] = []
        self._paired = 0
        """Told by both ways under one name."""
        self._at: dict[Source, Counter[int]] = {"stream": Counter(), "webhook": Counter()}
        """Of the others: how many each way told of each moment."""
        self._timed: Counter[Source] = Counter()
        """Their sums."""
        self._untimed: Counter[Source] = Counter()
        self._common = 0
        """Pairs of those, by their time."""

    def add(self, event: Tell) -> None:
        """One that no other is known to be."""
        self.events.append(event)
        self._change(event, 1)

    def pair(self, event: Tell) -> None:
        """Count *event*, added before, as reported by the other source too."""
        self._change(event, -1)
        self._paired += 1

    def executions(self) -> int:
        """The least number of executions that explains the events."""
        untimed = self._untimed.copy()
        same = self._common
        for source, other in OTHER.items():
            pairs = min(self._timed[source] - self._common, untimed[other])
            untimed[other] -= pairs
            same += pairs
        same += min(untimed["stream"], untimed["webhook"])
        return self._paired + self._timed.total() + self._untimed.total() - same

    def _change(self, event: Tell, by: int) -> None:
        if not event.timed:
            self._untimed[event.source] += by
            return
        self._common -= self._same(event.at)
        self._timed[event.source] += by
        self._at[event.source][event.at] += by
        self._common += self._same(event.at)

    def _same(self, at: int) -> int:
        return min(each[at] for each in self._at.values())


class Repeats:
    """All events of one order that report an execution."""

    def __init__(self) -> None:
        self.contradiction = ""
        """Two ways tell different quantities under one event_id."""
        self._first: dict[str, Tell] = {}
        """By event_id: as it was told first."""
        self._equals: dict[tuple[Decimal, Decimal], Equals] = {}
        self._new: set[str] = set()
        """Names that stand for an execution."""

    def news(self, event: Tell) -> Tell | None:
        """Return the execution that is new with *event*, which its source has not reported before.
        """
        first = self._first.setdefault(event.event_id, event)
        group = self._equals.setdefault((first.price, first.quantity), Equals())
        before = group.executions()
        if first is event:
            group.add(event)
        else:
            group.pair(first)
            if first.quantity != event.quantity:
                self.contradiction = (
                    f"event {event.event_id!r} is told with {first.quantity} and {event.quantity}"
                )
        if group.executions() == before:
            return None
        new = event
        if first is not event:
            # What is new is one that was taken for what *event* turns out to be.
            new = next((each for each in group.events if each.event_id not in self._new), first)
        self._new.add(new.event_id)
        return new
