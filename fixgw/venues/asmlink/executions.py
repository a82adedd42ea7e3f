"""The executions of one order, added up from three sources that report the same fills.

The reply to an order, the stream and the webhooks all describe each fill, in any order, late, or
twice. The result is the fold of all reports in the order they arrived, so the same stored reports
give the same fills after a restart. Pure.

`repeats` recognizes an event that both the stream and the webhooks report; `readings` has the
possible meanings of `fill_quantity`. Where the settings do not say which reading is right, the
order itself must prove it: while both are possible, only the part common to both counts as
executed, and the order is in doubt. Nothing beyond OrderQty(38) counts as executed: it is held, and
the order is in doubt as well.

An order that was routed again is a new one at the venue: all this applies to each attempt by
itself, the fills of all attempts count, and the last attempt gives the order's status.
"""

from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise, takewhile

from msgspec.structs import replace

from fixgw.model.ids import OrderID
from fixgw.model.number import ZERO, add, subtract, text
from fixgw.model.settlement import UNSAID, Settlement
from fixgw.model.venue import Fill, OrderUpdate, VenueStatus
from fixgw.venues.asmlink.config import FillQuantity
from fixgw.venues.asmlink.parse import Source, Tell
from fixgw.venues.asmlink.readings import Execution, OfTheOrder, OfThisFill, Placed, Reading
from fixgw.venues.asmlink.repeats import Repeats

ENDS = frozenset({VenueStatus.FILLED, VenueStatus.CANCELED, VenueStatus.REJECTED})


class Attempt:
    """The reports about one attempt: its status, and its proven executions."""

    def __init__(self, placed: Placed, counts: FillQuantity, same_fill_ms: int) -> None:
        self.status = VenueStatus.PENDING
        self.text = ""
        self.state = ""
        """The name of the status in the last news, if that is in no table."""
        self.at = 0
        self.rejected = False
        """It was, whatever was told of it later."""
        self.doubt = ""
        """The reason why reported executions are not counted; "" if all are."""
        self.taken = ZERO
        """The quantity executed by those that `news` gave."""
        self._placed = placed
        self._repeats = Repeats()
        self._events: list[Tell] = []
        self._replies: list[Tell] = []
        self._readings: list[Reading] = []
        if counts != "order":
            self._readings.append(OfThisFill(placed, same_fill_ms))
        if counts != "fill":
            self._readings.append(OfTheOrder(placed, same_fill_ms))
        self._taken: list[Execution] = []
        self._frozen = False
        """The news of it contradict each other: nothing more of it counts."""

    @property
    def executed(self) -> bool:
        """True if any report has an execution."""
        return any(each.executed or each.counted for each in self._readings)

    @property
    def at_least(self) -> Decimal:
        """The quantity executed by every reading, or by any if none can be right; a final status
        waits for it.
        """
        told = [max(each.executed, each.counted) for each in self._readings]
        return max(told) if self._frozen else min(told)

    def take_status(self, tell: Tell) -> None:
        """Take the order's status from *tell*.

        A final status stays, except for a fill that completes the order. An unknown status proves
        only that the venue has the order.
        """
        self.state = tell.state
        self.at = max(self.at, tell.at)
        self.rejected = self.rejected or tell.status is VenueStatus.REJECTED
        unclear = tell.status is VenueStatus.UNCLEAR and self.status is not VenueStatus.PENDING
        ended = self.status in ENDS and tell.status is not VenueStatus.FILLED
        if not unclear and not ended:
            self.status, self.text = tell.status, tell.text

    def take_quantity(self, tell: Tell) -> None:
        """Take the executed quantity from *tell*."""
        if tell.source == "reply":
            self._replies.append(tell)
            for reading in self._readings:
                reading.take_reply(tell)
            return
        event = self._repeats.news(tell)
        if event is not None:
            self._events.append(event)
            for reading in self._readings:
                reading.take_event(event)

    def news(self) -> list[Execution]:
        """The executions that are proven now and were not before."""
        known = len(self._taken)
        if self._frozen:
            return []
        if len(self._readings) == 1:
            return self._readings[0].executions[known:]
        proven = self._proven()
        same = len(proven) >= known and all(map(Execution.equals, self._taken, proven))
        if not same:
            self._frozen = self._frozen or len(self._readings) == 1
        return proven[known:] if same else []

    def take(self, execution: Execution) -> None:
        """*execution*, the next of `news`, counts."""
        self._taken.append(execution)
        self.taken = add(self.taken, execution.quantity)

    def conclude(self) -> None:
        """Say in `doubt` what is left over when all that is proven was taken."""
        most = max(max(each.executed, each.counted) for each in self._readings)
        self.doubt = self._repeats.contradiction
        if self._placed.exceeds(most, self.taken):
            said = " or ".join(dict.fromkeys(text(each.executed) for each in self._readings))
            if most > max(each.executed for each in self._readings):
                said = f"{text(most)}, and not at which price"
            ordered = self._placed.quantity
            of = f" of OrderQty(38) {text(ordered)}" if ordered is not None else ""
            self.doubt = (
                f"executed at asmlink: {said}{of}; {text(self.taken)} is proven and reported"
            )

    # ------------------------------------------------- which reading is right

    def _proven(self) -> list[Execution]:
        """Return the executions by the right reading, or those common to both."""
        by_fill, by_order = self._readings
        possible = []
        if not self._no_single_fills():
            possible.append(by_fill)
        if not self._no_sums():
            possible.append(by_order)
        if not possible:
            self._frozen = True
            return []
        if len(possible) == 1:
            self._readings = possible
            return possible[0].executions
        for right in (self._fits, lambda reading: reading.explains):
            fits = [each for each in possible if right(each)]
            if len(fits) == 1:
                return fits[0].executions
        same = takewhile(
            lambda both: both[0].equals(both[1]), zip(by_fill.executions, by_order.executions)
        )
        return [one for one, _ in same]

    def _no_single_fills(self) -> bool:
        """True if the quantities of the events cannot be those of single fills."""
        exceeds, ordered = self._placed.exceeds, self._placed.quantity
        for reply in self._replies:
            if exceeds(self._sum_before(reply.at), reply.quantity):
                return True  # a reply tells all that was executed until then
        if ordered is None:
            return False
        return exceeds(_sum(self._events), ordered) or any(
            event.partial
            and not exceeds(ordered, add(self._sum_before(event.at), event.quantity))
            for event in self._events
        )

    def _no_sums(self) -> bool:
        """True if the quantities of the events cannot be sums: those of one order only grow."""
        exceeds, ordered = self._placed.exceeds, self._placed.quantity
        events = sorted(self._events, key=lambda event: event.quantity)
        for less, more in pairwise(events):
            if not exceeds(more.quantity, less.quantity):
                return True
            if less.timed and more.timed and less.at > more.at:
                return True
        if ordered is None:
            return False
        return any(
            exceeds(event.quantity, ordered)
            or event.partial and not exceeds(ordered, event.quantity)
            or event.status is VenueStatus.FILLED and exceeds(ordered, event.quantity)
            for event in self._events
        )

    def _fits(self, reading: Reading) -> bool:
        """Return True if *reading*, from events alone, gives the total that a reply or the end
        requires.
        """
        totals = [(reply.at, reply.quantity) for reply in self._replies]
        if self.status is VenueStatus.FILLED and self._placed.quantity is not None:
            totals.append((self.at, self._placed.quantity))
        for at, total in totals:
            events = [event for event in self._events if event.at <= at]
            if isinstance(reading, OfThisFill):
                told = _sum(events)
            else:
                told = max((event.quantity for event in events), default=ZERO)
            if self._placed.same(told, total):
                return True
        return False

    def _sum_before(self, at: int) -> Decimal:
        return _sum(event for event in self._events if event.timed and event.at < at)


class Executions:
    """One order's executions.

    *counts* is what an event's `fill_quantity` counts, as far as the settings say. *same_fill_ms*:
    how far a reply's time may be from its event's.
    """

    def __init__(
        self, same_fill_ms: int, tells: Iterable[Tell] = (), *, placed: Placed,
        counts: FillQuantity,
    ) -> None:
        self._same_fill_ms = same_fill_ms
        self._placed = placed
        self._counts = counts
        self.fills: list[Fill] = []
        self.cum_qty = ZERO
        self._names: set[str] = set()
        self._seen: set[tuple[int, Source, str]] = set()
        self._attempts: dict[int, Attempt] = {}
        for tell in tells:
            self.take(tell)

    def take(self, tell: Tell) -> list[Fill]:
        """Add *tell*; return the executions that are new with it."""
        if self.has(tell):
            return []
        self._seen.add((tell.attempt, tell.source, tell.event_id))
        attempt = self._attempts.get(tell.attempt)
        if attempt is None:
            attempt = Attempt(self._placed, self._counts, self._same_fill_ms)
            self._attempts[tell.attempt] = attempt
        attempt.take_status(tell)
        if not tell.quantity:
            return self._count(attempt)
        attempt.take_quantity(
            replace(tell, quantity=self._placed.quantity_of(tell.quantity))
        )
        return self._count(attempt)

    def has(self, tell: Tell) -> bool:
        """Return True if the same report came from the same source before."""
        return (tell.attempt, tell.source, tell.event_id) in self._seen

    @property
    def attempt(self) -> int | None:
        """The last attempt with a report; None if there is none."""
        return max(self._attempts, default=None)

    @property
    def status(self) -> VenueStatus | None:
        """The status of the last attempt."""
        last = self.attempt
        return None if last is None else self._attempts[last].status

    @property
    def text(self) -> str:
        """The venue's text about the last attempt."""
        last = self.attempt
        return "" if last is None else self._attempts[last].text

    @property
    def doubt(self) -> str:
        """The reason reported executions are held; "" if none are."""
        return next((each.doubt for each in self._attempts.values() if each.doubt), "")

    def refusal(self, number: int) -> str | None:
        """Return the reason attempt *number* was rejected with nothing executed; None if it was
        not.
        """
        attempt = self._attempts.get(number)
        if attempt is None or attempt.status is not VenueStatus.REJECTED or attempt.executed:
            return None
        return attempt.text

    def made(self, number: int) -> bool:
        """True if there can be an attempt *number*: each one follows the reject of another."""
        before = self._attempts.get(number - 1)
        return number == 0 or (before is not None and before.rejected)

    def update(
        self, order_id: OrderID, news: list[Fill] | None = None, *, everything: bool = False,
        asked: bool = False,
    ) -> OrderUpdate:
        """Return the order's status, with the fills in *news*, or with all fills if *everything* is
        True.
        """
        last = self.attempt
        assert last is not None, "something was told"
        attempt = self._attempts[last]
        several = news is not None and len(news) > 1
        return OrderUpdate(
            order_id=order_id,
            status=attempt.status,
            cum_qty=self._told_qty(),
            fill=news[0] if news and not several else None,
            fills=tuple(self.fills) if everything or several else None,
            text=attempt.text,
            at=attempt.at,
            asked=asked,
            attempt=last,
            state=attempt.state,
        )

    def _told_qty(self) -> Decimal:
        """Return the least quantity the venue reports as executed; never more than was ordered,
        unless more counts already.
        """
        least, ordered = ZERO, self._placed.quantity
        for attempt in self._attempts.values():
            least = add(least, max(attempt.at_least, attempt.taken))
        if ordered is not None:
            least = min(least, ordered)
        return max(least, self.cum_qty)

    def _count(self, attempt: Attempt) -> list[Fill]:
        """Take what is proven, as long as it does not go beyond what was ordered."""
        news: list[Fill] = []
        for execution in attempt.news():
            before, after = self.cum_qty, add(self.cum_qty, execution.quantity)
            ordered = self._placed.quantity
            if ordered is not None:
                if self._placed.exceeds(after, ordered):
                    break
                if self._placed.same(after, ordered):
                    after = ordered
            attempt.take(execution)
            self.cum_qty = after
            news.append(self._fill(execution, subtract(after, before)))
        attempt.conclude()
        self.fills += news
        return news

    def _fill(self, execution: Execution, quantity: Decimal) -> Fill:
        name, tell = execution.name, execution.tell
        if name in self._names:
            # The way that told of an equal fill first told it under the name of this one.
            name = f"{name}#{len(self._names)}"
        self._names.add(name)
        return Fill(
            cum_qty=self.cum_qty, last_qty=quantity, last_px=execution.price,
            at=tell.at, venue_exec_id=name, text=tell.details,
            settlement=Settlement(counterparty=tell.provider) if tell.provider else UNSAID,
        )


def _sum(events: Iterable[Tell]) -> Decimal:
    total = ZERO
    for event in events:
        total = add(total, event.quantity)
    return total
