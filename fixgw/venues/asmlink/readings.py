"""Readings of the reports about one order, by the meaning of an event's `fill_quantity`.

The document has one sample, of an order that is filled at once: its `fill_quantity` may be that of
the fill, or of the order so far. Each class here follows one of the two; the caller decides between
them (`executions`). In both, a reply reports the total executed up to its time. Pure.

A price is implied only where a reply adds to the known executions, and only one that lies between
the reported prices and the order's own; otherwise the execution waits for an event that reports it.
"""

from abc import ABC, abstractmethod
from decimal import Decimal

from msgspec import Struct

from fixgw.model.number import QUOTIENT, ZERO, add, average, multiply, subtract, text, trim
from fixgw.venues.asmlink.parse import Tell

NOISE = Decimal("1E-12")
"""Of a quantity: a smaller part of it is the rounding of a venue that adds binary numbers."""
PRICE_NOISE = Decimal("1E-15")
HALF = Decimal("0.5")


class Placed(Struct, frozen=True, kw_only=True):
    """The order's terms that limit its possible executions. None: not known."""

    quantity: Decimal | None = None
    price: Decimal | None = None
    step: Decimal | None = None
    tick: Decimal | None = None

    def exceeds(self, one: Decimal, other: Decimal) -> bool:
        """True if *one* is more than *other*, by the instrument's step at the least."""
        difference = subtract(one, other)
        if difference <= ZERO:
            return False
        return difference >= (self.step or multiply(one, NOISE))

    def same(self, one: Decimal, other: Decimal) -> bool:
        """True if no execution lies between the two."""
        return not self.exceeds(one, other) and not self.exceeds(other, one)

    def quantity_of(self, told: Decimal) -> Decimal:
        """Return *told* without the rounding of binary numbers: 0.3 for 0.30000000000000004."""
        if self.quantity is not None and self.same(told, self.quantity):
            return self.quantity
        return _nearest(told, self.step, multiply(told, NOISE))


class Execution(Struct, frozen=True):
    """One execution, by one reading."""

    quantity: Decimal
    price: Decimal
    name: str
    tell: Tell
    """The source of the news."""

    def equals(self, other: "Execution") -> bool:
        """True if a client sees no difference but the name."""
        return self.quantity == other.quantity and self.price == other.price


class Reading(ABC):
    """One meaning of all the reports."""

    def __init__(self, placed: Placed, same_fill_ms: int) -> None:
        self.executions: list[Execution] = []
        self.executed = ZERO
        self.counted = ZERO
        """The most that a reply told was executed; above `executed` where no price is sure."""
        self.explains = False
        """The last word was a reply about all that was told before, and it adds nothing to it."""
        self._latest = 0
        """The time of the last event."""
        self._placed = placed
        self._same_fill_ms = same_fill_ms
        self._notional = ZERO

    def take_event(self, event: Tell) -> None:
        """Take an event that no other source reported before."""
        self.explains = False
        self._latest = max(self._latest, event.at)
        self._take_event(event)

    def take_reply(self, reply: Tell) -> None:
        """Take a reply, which reports the total executed up to its time."""
        self.counted = max(self.counted, reply.quantity)
        known = self._known(reply)
        self.explains = reply.at >= self._latest and self._placed.same(reply.quantity, known)
        self._take_reply(reply, known)

    @abstractmethod
    def _take_event(self, event: Tell) -> None: ...

    @abstractmethod
    def _known(self, reply: Tell) -> Decimal:
        """Return the quantity reported before, out of the total of *reply*."""

    @abstractmethod
    def _take_reply(self, reply: Tell, known: Decimal) -> None: ...

    def _add(self, quantity: Decimal, price: Decimal, tell: Tell, name: str) -> None:
        self.executions.append(Execution(quantity, price, name, tell))
        self.executed = add(self.executed, quantity)
        self._notional = add(self._notional, multiply(quantity, price))

    def _add_of_reply(self, reply: Tell, known: Decimal) -> Decimal:
        """Add the execution that *reply* has beyond *known*; return its quantity, 0 without a sure
        price.
        """
        missing = subtract(reply.quantity, known)
        price = self._price(reply, known, missing)
        if price is None:
            return ZERO
        name = f"R{reply.at}.{text(trim(reply.quantity))}"
        self._add(missing, price, reply, name)
        return missing

    def _price(self, reply: Tell, known: Decimal, missing: Decimal) -> Decimal | None:
        """The price of what *reply* adds to *known*: its own is the average of both."""
        if not known:
            return reply.price
        executed, notional = self.executed, self._notional
        for each in self.executions:
            if each.tell.source != "reply" and each.tell.at > reply.at:
                executed = subtract(executed, each.quantity)
                notional = subtract(notional, multiply(each.quantity, each.price))
        if known != executed:
            return None
        total = multiply(reply.quantity, reply.price)
        implied = average(QUOTIENT.subtract(total, notional), missing)
        error = _error(reply, missing)
        implied = _nearest(implied, self._placed.tick, error)
        prices = [each.price for each in self.executions]
        if self._placed.price is not None:
            prices.append(self._placed.price)
        inside = min(max(implied, min(prices)), max(prices))
        return inside if subtract(inside, implied).copy_abs() <= error else None


class OfThisFill(Reading):
    """`fill_quantity` of an event is what this fill executed.

    Events up to a reply's time repeat it. An event a little later does too, once, if
    its quantity (and its price, where it is known) is what the reply added to what was known.
    """

    def __init__(self, placed: Placed, same_fill_ms: int) -> None:
        super().__init__(placed, same_fill_ms)
        self._events: list[Tell] = []
        self._replied_at: int | None = None
        """The time of the last reply."""
        self._unrepeated = ZERO
        """The quantity that replies told and no event has repeated yet."""
        self._added = ZERO
        """The quantity that the last reply with news added to the known one."""
        self._added_at = 0
        self._added_px: Decimal | None = None
        """None where it was not told: the reply's price is the average of more."""

    def _take_event(self, event: Tell) -> None:
        self._events.append(event)
        quantity = event.quantity
        if self._unrepeated and self._repeats_reply(event):
            repeated = min(self._unrepeated, quantity)
            left, quantity = subtract(self._unrepeated, repeated), subtract(quantity, repeated)
            self._unrepeated = left if self._placed.exceeds(left, ZERO) else ZERO
            if not self._placed.exceeds(quantity, ZERO):
                return
        self._add(quantity, event.price, event, event.event_id)

    def _repeats_reply(self, event: Tell) -> bool:
        assert self._replied_at is not None, "it told something"
        return event.at <= self._replied_at or (
            self._placed.same(event.quantity, self._added)
            and self._added_px in (None, event.price)
            and (not event.timed or abs(event.at - self._added_at) <= self._same_fill_ms)
        )

    def _known(self, reply: Tell) -> Decimal:
        known = self._unrepeated
        for event in self._events:
            if event.at <= reply.at:
                known = add(known, event.quantity)
        return known

    def _take_reply(self, reply: Tell, known: Decimal) -> None:
        if not self._placed.exceeds(reply.quantity, known):
            self._replied(reply)
            return
        exact = None if known else reply.price
        if self._told_a_little_later(reply, subtract(reply.quantity, known), exact):
            self._replied(reply)
            return
        missing = self._add_of_reply(reply, known)
        if missing:
            self._replied(reply)
            self._unrepeated = add(self._unrepeated, missing)
            self._added, self._added_at, self._added_px = missing, reply.at, exact

    def _replied(self, reply: Tell) -> None:
        if self._replied_at is None or reply.at >= self._replied_at:
            self._replied_at = reply.at

    def _told_a_little_later(
        self, reply: Tell, missing: Decimal, price: Decimal | None
    ) -> bool:
        return any(
            event.at > reply.at
            and self._placed.same(event.quantity, missing)
            and price in (None, event.price)
            and (not event.timed or event.at - reply.at <= self._same_fill_ms)
            for event in self._events
        )


class OfTheOrder(Reading):
    """`fill_quantity` of an event is all that was executed of the order, as a reply's is; its
    `fill_price` is that of the last fill."""

    def _take_event(self, event: Tell) -> None:
        if self._placed.exceeds(event.quantity, self.executed):
            missing = subtract(event.quantity, self.executed)
            self._add(missing, event.price, event, event.event_id)

    def _known(self, reply: Tell) -> Decimal:
        return self.executed

    def _take_reply(self, reply: Tell, known: Decimal) -> None:
        if self._placed.exceeds(reply.quantity, known):
            self._add_of_reply(reply, known)


def _error(reply: Tell, missing: Decimal) -> Decimal:
    """Return the error bound of an implied price: its average is rounded, and the part is smaller.
    """
    exponent = reply.price.as_tuple().exponent
    assert isinstance(exponent, int), "a price is finite"
    rounded = max(HALF.scaleb(exponent), multiply(reply.price, PRICE_NOISE))
    return QUOTIENT.divide(multiply(reply.quantity, rounded), missing)


def _nearest(number: Decimal, step: Decimal | None, error: Decimal) -> Decimal:
    """The multiple of *step* that *number* is but for *error*; else *number*."""
    if not step:
        return number
    steps = QUOTIENT.divide(number, step).to_integral_value()
    near = multiply(steps, step)
    off = QUOTIENT.subtract(near, number).copy_abs()
    return near if near and off and off <= error else number
