"""What was executed of one order, added up from three ways that tell of the same fills.

The reply to an order, the stream and the webhooks all describe each fill, in
any order, late, or twice. The fold of all that was told, in the order it
arrived, is what counts, so the same record gives the same fills after a
restart. Pure. Three rules:

* Within one way an event_id is told once.
* Between stream and webhook a fill is known by the event's own name, price and
  quantity; else by time, price and quantity; as many of the same as the way
  that told most of them.
* A reply tells all that was executed up to its time: events up to then repeat
  it. An event a little later does too, once, if its quantity (and its price,
  where it is known) is what the reply added to what was known before.

An order that was routed anew is another one at the venue: the rules hold for
each attempt by itself, the fills of all count, and the last one says how the
order stands.
"""

from collections.abc import Iterable
from decimal import Decimal

from fixgw.model.ids import OrderID
from fixgw.model.number import QUOTIENT, ZERO, add, average, multiply, subtract, text, trim
from fixgw.model.settlement import UNSAID, Settlement
from fixgw.model.venue import Fill, OrderUpdate, VenueStatus
from fixgw.venues.asmlink.parse import Source, Tell

FillKey = tuple[int, Decimal, Decimal]

ENDS = frozenset({VenueStatus.FILLED, VenueStatus.CANCELED, VenueStatus.REJECTED})


class Attempt:
    """What was told of one attempt: all that decides what is news."""

    def __init__(self, same_fill_ms: int) -> None:
        self.status = VenueStatus.PENDING
        self.text = ""
        self.state = ""
        """What the last word called it, if that is of no table."""
        self.at = 0
        self.executed = ZERO
        self._same_fill_ms = same_fill_ms
        self._by_name: dict[str, Tell] = {}
        """The first event of each name."""
        self._told: dict[FillKey, dict[Source, int]] = {}
        self._events: list[Tell] = []
        self._replied_at: int | None = None
        """The time of the last reply."""
        self._unrepeated = ZERO
        """What replies told and no event has repeated yet."""
        self._added = ZERO
        """What the last reply that was news added to what was known."""
        self._added_at = 0
        self._added_px: Decimal | None = None
        """None where it was not told: the reply's price is the average of more."""

    def take_status(self, tell: Tell) -> None:
        """An end stays an end, but for a fill that completes the order. A state of no table says
        that the venue has it, and nothing more."""
        self.state = tell.state
        if tell.status is VenueStatus.UNCLEAR and self.status is not VenueStatus.PENDING:
            pass
        elif self.status not in ENDS or tell.status is VenueStatus.FILLED:
            self.status, self.text = tell.status, tell.text
        self.at = max(self.at, tell.at)

    def news_of_event(self, event: Tell) -> Decimal:
        """How much of *event* was not known."""
        first = self._by_name.setdefault(event.event_id, event)
        same = (first.price, first.quantity) == (event.price, event.quantity)
        # One of the two may have a time that nobody could read, and ours in its place.
        key = (first.at if same else event.at, event.price, event.quantity)
        told = self._told.setdefault(key, {})
        known = max(told.values(), default=0)
        told[event.source] = told.get(event.source, 0) + 1
        if told[event.source] <= known:
            return ZERO
        self._events.append(event)
        if not self._unrepeated or not self._repeats_reply(event):
            return event.quantity
        repeated = min(self._unrepeated, event.quantity)
        self._unrepeated = subtract(self._unrepeated, repeated)
        return subtract(event.quantity, repeated)

    def _repeats_reply(self, event: Tell) -> bool:
        assert self._replied_at is not None, "it told something"
        return event.at <= self._replied_at or (
            event.quantity == self._added
            and self._added_px in (None, event.price)
            and (not event.timed or abs(event.at - self._added_at) <= self._same_fill_ms)
        )

    def news_of_reply(self, reply: Tell) -> tuple[Decimal, Decimal]:
        """How much of *reply* was not known, and how much of it was."""
        known = self._unrepeated
        for event in self._events:
            if event.at <= reply.at:
                known = add(known, event.quantity)
        if self._replied_at is None or reply.at >= self._replied_at:
            self._replied_at = reply.at
        if reply.quantity <= known:
            return ZERO, ZERO
        missing = subtract(reply.quantity, known)
        exact = None if known else reply.price
        if self._told_a_little_later(reply, missing, exact):
            return ZERO, ZERO
        self._unrepeated = add(self._unrepeated, missing)
        self._added, self._added_at, self._added_px = missing, reply.at, exact
        return missing, known

    def _told_a_little_later(
        self, reply: Tell, missing: Decimal, price: Decimal | None
    ) -> bool:
        return any(
            event.at > reply.at
            and event.quantity == missing
            and price in (None, event.price)
            and (not event.timed or event.at - reply.at <= self._same_fill_ms)
            for event in self._events
        )


class Executions:
    """One order's executions. *same_fill_ms*: how far a reply's time may be from its event's."""

    def __init__(self, same_fill_ms: int, tells: Iterable[Tell] = ()) -> None:
        self._same_fill_ms = same_fill_ms
        self.fills: list[Fill] = []
        self.cum_qty = ZERO
        self._notional = ZERO
        self._names: set[str] = set()
        self._seen: set[tuple[int, Source, str]] = set()
        self._attempts: dict[int, Attempt] = {}
        for tell in tells:
            self.take(tell)

    def take(self, tell: Tell) -> Fill | None:
        """Add *tell*; the execution that is news in it, if any is."""
        if self.has(tell):
            return None
        self._seen.add((tell.attempt, tell.source, tell.event_id))
        attempt = self._attempts.get(tell.attempt)
        if attempt is None:
            attempt = self._attempts[tell.attempt] = Attempt(self._same_fill_ms)
        attempt.take_status(tell)
        if not tell.quantity:
            return None
        if tell.source == "reply":
            return self._take_reply(attempt, tell)
        quantity = attempt.news_of_event(tell)
        return self._count(attempt, quantity, tell.price, tell, tell.event_id)

    def has(self, tell: Tell) -> bool:
        """Whether the same was told in the same way before."""
        return (tell.attempt, tell.source, tell.event_id) in self._seen

    @property
    def attempt(self) -> int | None:
        """The last attempt that anything was told of; None before anything was."""
        return max(self._attempts, default=None)

    @property
    def status(self) -> VenueStatus | None:
        """How the last attempt stands."""
        last = self.attempt
        return None if last is None else self._attempts[last].status

    @property
    def text(self) -> str:
        """What was said of that."""
        last = self.attempt
        return "" if last is None else self._attempts[last].text

    def refusal(self, number: int) -> str | None:
        """Why attempt *number* was rejected with nothing executed; None if it was not."""
        attempt = self._attempts.get(number)
        if attempt is None or attempt.status is not VenueStatus.REJECTED or attempt.executed:
            return None
        return attempt.text

    def update(
        self, order_id: OrderID, fill: Fill | None = None, *, everything: bool = False,
        asked: bool = False,
    ) -> OrderUpdate:
        """How the order stands; *fill* is the news, or all fills with *everything*."""
        last = self.attempt
        assert last is not None, "something was told"
        attempt = self._attempts[last]
        return OrderUpdate(
            order_id=order_id,
            status=attempt.status,
            cum_qty=self.cum_qty,
            fill=fill,
            fills=tuple(self.fills) if everything else None,
            text=attempt.text,
            at=attempt.at,
            asked=asked,
            attempt=last,
            state=attempt.state,
        )

    def _take_reply(self, attempt: Attempt, reply: Tell) -> Fill | None:
        missing, known = attempt.news_of_reply(reply)
        name = f"R{reply.at}.{text(trim(reply.quantity))}"
        return self._count(
            attempt, missing, self._price_of(missing, reply, known) if missing else ZERO,
            reply, name,
        )

    def _price_of(self, missing: Decimal, reply: Tell, known: Decimal) -> Decimal:
        """The price of what a reply adds: its own is the average of all it tells."""
        if not known or known != self.cum_qty:
            return reply.price
        total = multiply(reply.quantity, reply.price)
        implied = average(QUOTIENT.subtract(total, self._notional), missing)
        return implied if implied > ZERO else reply.price

    def _count(
        self, attempt: Attempt, quantity: Decimal, price: Decimal, tell: Tell, name: str
    ) -> Fill | None:
        if not quantity:
            return None
        if name in self._names:
            # The way that told of an equal fill first told it under the name of this one.
            name = f"{name}#{len(self.fills)}"
        self._names.add(name)
        attempt.executed = add(attempt.executed, quantity)
        self.cum_qty = add(self.cum_qty, quantity)
        self._notional = add(self._notional, multiply(quantity, price))
        fill = Fill(
            cum_qty=self.cum_qty, last_qty=quantity, last_px=price, at=tell.at,
            venue_exec_id=name, text=tell.details,
            settlement=Settlement(counterparty=tell.provider) if tell.provider else UNSAID,
        )
        self.fills.append(fill)
        return fill
