"""What was executed of one order, added up from three ways that tell of the same fills.

The reply to an order, the stream and the webhooks all describe each fill, in
any order, late, or twice. The fold of all that was told, in the order it
arrived, is what counts, so the same record gives the same fills after a
restart. Pure. Three rules:

* Within one way an event_id is told once.
* Between stream and webhook a fill is known by time, price and quantity; as
  many of the same as the way that told most of them.
* A reply tells all that was executed up to its time: events up to then repeat
  it. An event a little later with its price and quantity does too, once.
"""

from collections.abc import Iterable
from decimal import Decimal

from fixgw.model.ids import OrderID
from fixgw.model.number import QUOTIENT, ZERO, add, average, multiply, subtract, text, trim
from fixgw.model.venue import Fill, OrderUpdate, VenueStatus
from fixgw.venues.asmlink.parse import Source, Tell

FillKey = tuple[int, Decimal, Decimal]

ENDS = frozenset({VenueStatus.FILLED, VenueStatus.CANCELED, VenueStatus.REJECTED})


class Tally:
    """One order's executions. *same_fill_ms*: how far a reply's time may be from its event's."""

    def __init__(self, same_fill_ms: int, tells: Iterable[Tell] = ()) -> None:
        self._same_fill_ms = same_fill_ms
        self.status: VenueStatus | None = None
        """None until anything was told."""
        self.text = ""
        self.at = 0
        self.fills: list[Fill] = []
        self._names: set[str] = set()
        self.cum_qty = ZERO
        self._notional = ZERO
        self._seen: set[tuple[Source, str]] = set()
        self._told: dict[FillKey, dict[Source, int]] = {}
        self._events: list[Tell] = []
        self._reply: Tell | None = None
        self._unrepeated = ZERO
        """What a reply told and no event has repeated yet."""
        for tell in tells:
            self.take(tell)

    def take(self, tell: Tell) -> Fill | None:
        """Add *tell*; the execution that is news in it, if any is."""
        if (tell.source, tell.event_id) in self._seen:
            return None
        self._seen.add((tell.source, tell.event_id))
        self._take_status(tell)
        if not tell.quantity:
            return None
        return self._take_reply(tell) if tell.source == "reply" else self._take_event(tell)

    def has(self, tell: Tell) -> bool:
        """Whether the same was told in the same way before."""
        return (tell.source, tell.event_id) in self._seen

    def update(
        self, order_id: OrderID, fill: Fill | None = None, *, everything: bool = False,
        asked: bool = False,
    ) -> OrderUpdate:
        """How the order stands; *fill* is the news, or all fills with *everything*."""
        assert self.status is not None, "something was told"
        return OrderUpdate(
            order_id=order_id,
            status=self.status,
            cum_qty=self.cum_qty,
            fill=fill,
            fills=tuple(self.fills) if everything else None,
            text=self.text,
            at=self.at,
            asked=asked,
        )

    def _take_status(self, tell: Tell) -> None:
        # An end stays an end, but for a fill that completes the order.
        if self.status not in ENDS or tell.status is VenueStatus.FILLED:
            self.status, self.text = tell.status, tell.text
        self.at = max(self.at, tell.at)

    def _take_event(self, tell: Tell) -> Fill | None:
        key = (tell.at, tell.price, tell.quantity)
        told = self._told.setdefault(key, {})
        known = max(told.values(), default=0)
        told[tell.source] = told.get(tell.source, 0) + 1
        if told[tell.source] <= known:
            return None
        self._events.append(tell)
        quantity = tell.quantity
        if self._unrepeated and self._repeats_reply(tell):
            repeated = min(self._unrepeated, quantity)
            self._unrepeated = subtract(self._unrepeated, repeated)
            quantity = subtract(quantity, repeated)
        return self._count(quantity, tell.price, tell.at, tell.event_id) if quantity else None

    def _repeats_reply(self, event: Tell) -> bool:
        reply = self._reply
        assert reply is not None, "it told something"
        return event.at <= reply.at or self._is_twin(event, reply)

    def _is_twin(self, event: Tell, reply: Tell) -> bool:
        return (
            (event.price, event.quantity) == (reply.price, reply.quantity)
            and abs(event.at - reply.at) <= self._same_fill_ms
        )

    def _take_reply(self, reply: Tell) -> Fill | None:
        known = self._unrepeated
        for event in self._events:
            if event.at <= reply.at or self._is_twin(event, reply):
                known = add(known, event.quantity)
        if self._reply is None or reply.at >= self._reply.at:
            self._reply = reply
        if reply.quantity <= known:
            return None
        missing = subtract(reply.quantity, known)
        self._unrepeated = add(self._unrepeated, missing)
        name = f"R{reply.at}.{text(trim(reply.quantity))}"
        return self._count(missing, self._price_of(missing, reply, known), reply.at, name)

    def _price_of(self, missing: Decimal, reply: Tell, known: Decimal) -> Decimal:
        """The price of what a reply adds: its own is the average of all it tells."""
        if not known or known != self.cum_qty:
            return reply.price
        total = multiply(reply.quantity, reply.price)
        implied = average(QUOTIENT.subtract(total, self._notional), missing)
        return implied if implied > ZERO else reply.price

    def _count(self, quantity: Decimal, price: Decimal, at: int, name: str) -> Fill:
        if name in self._names:
            # The way that told of an equal fill first told it under the name of this one.
            name = f"{name}#{len(self.fills)}"
        self._names.add(name)
        self.cum_qty = add(self.cum_qty, quantity)
        self._notional = add(self._notional, multiply(quantity, price))
        fill = Fill(
            cum_qty=self.cum_qty, last_qty=quantity, last_px=price, at=at, venue_exec_id=name
        )
        self.fills.append(fill)
        return fill
