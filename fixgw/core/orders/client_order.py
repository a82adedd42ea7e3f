"""The order that a client knows: one leg at a venue, or several that replaced each other.

A ClientOrder is the boundary of an event: an event of one of its legs may change another, and is an
event of the order. `apply` is the only place where any part of it changes, live and in replay. It
decides nothing: `core.orders.transitions.TABLE` holds the permitted events.
"""

from collections.abc import Iterator
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from fixgw.core.orders.leg import Leg
from fixgw.core.orders.transitions import first_leg, fold, take_quantity
from fixgw.model.enums import CLOSED, OrdStatus
from fixgw.model.events import (
    FillBusted,
    FillCorrected,
    OrderEvent,
    OrderNotPlaced,
    OrderPlaced,
    OrderReplaced,
    ReplaceRejected,
    VenueFill,
)
from fixgw.model.ids import OrderID
from fixgw.model.number import ZERO, add, average, subtract, trim

COUNTED: frozenset[type[OrderEvent]] = frozenset({VenueFill, FillCorrected, FillBusted})
"""The events that change CumQty(14)."""


class ClientOrder(Struct, eq=False):
    """The sum of its legs. Sums are kept rather than computed from the legs, as a client may
    replace an order thousands of times."""

    root_id: OrderID
    """OrderID(37) as the client knows it: FIX 4.4, "unique for each chain of orders"."""
    current: Leg
    """The leg that stands: the one the client can mean."""
    changed_at: int
    """The time of the last event of any of its legs, Unix milliseconds."""
    earlier_qty: Decimal = ZERO
    """Executed quantity of the legs before the current one."""
    earlier_notional: Decimal = ZERO
    """Their executions as quantities times prices."""
    changes: int = 0
    """The number of events of its legs besides those that began them."""
    unsure: int = 0
    """The number of replaced legs that may have executed more than is known."""
    instead_of: "ClientOrder | None" = None
    """The order whose place this one was to take, and did not get. The client means that one."""

    @property
    def cum_qty(self) -> Decimal:
        """CumQty(14)."""
        executed = self.current.cum_qty
        return trim(add(self.earlier_qty, executed)) if self.earlier_qty else executed

    @property
    def notional(self) -> Decimal:
        """All executions, as quantities times prices."""
        executed = self.current.notional
        return add(self.earlier_notional, executed) if self.earlier_notional else executed

    def figures(self) -> tuple[OrdStatus, Decimal, Decimal, Decimal]:
        """Return OrdStatus(39), LeavesQty(151), CumQty(14) and AvgPx(6).

        For an order that names an amount to spend, LeavesQty(151) is the rest of that amount: the
        quantity it will buy is unknown.
        """
        leg = self.current
        if leg.replaces is None:
            status, executed, notional = leg.status, leg.cum_qty, leg.notional
        else:
            status, executed, notional = self.ord_status, self.cum_qty, self.notional
        leaves, whole = ZERO, leg.request.order_qty
        if status not in CLOSED:
            if whole is not None:
                leaves = subtract(whole, executed)
            elif leg.request.cash_order_qty is not None:
                leaves = trim(subtract(leg.request.cash_order_qty, notional))
            if leaves < ZERO:
                leaves = ZERO
        return status, leaves, executed, average(notional, executed) if executed else ZERO

    @property
    def ord_status(self) -> OrdStatus:
        """OrdStatus(39)."""
        return self.as_seen(self.current.status)

    def as_seen(self, status: OrdStatus) -> OrdStatus:
        """Return *status* of the current leg as a client sees it, which knows one order."""
        if status is OrdStatus.NEW and self.earlier_qty:
            return OrdStatus.PARTIALLY_FILLED
        if status is OrdStatus.FILLED and self.earlier_fell_short:
            return OrdStatus.CANCELED  # as a bust of its own executions would make it
        return status

    @property
    def earlier_fell_short(self) -> bool:
        """True if executions of the legs before the current one were taken back, so that all of
        that is executed and not all of OrderQty(38)."""
        whole = self.current.request.order_qty
        return self.current.replaces is not None and whole is not None and self.cum_qty < whole

    @property
    def standing(self) -> "ClientOrder":
        """The order that the client means when it names this one."""
        order = self
        while order.instead_of is not None:
            order = order.instead_of
        return order

    # ----------------------------------------------------------------------- how it changes

    def apply(self, leg: Leg, event: OrderEvent) -> None:
        """Apply *event* to *leg*, one of its legs; raise IllegalTransition, unchanged, where the
        table forbids it."""
        qty, notional, final = leg.cum_qty, leg.notional, leg.final
        fold(leg, event)
        leg.updated_at = self.changed_at = event.at
        self.changes += 1
        if leg.replaces is None and leg.replacement is None:
            return
        kind = type(event)
        if self.instead_of is not None and kind is VenueFill and leg.quantity is not None:
            # It did not get the place that it was to take, and is an order of its own.
            leg.request = replace(leg.request, order_qty=leg.quantity)
        if kind in COUNTED:
            self._count(leg, qty, notional)
        elif kind is OrderReplaced:
            self._put_next(leg)
        elif kind is ReplaceRejected:
            _detach(leg)
        elif leg.final and not final:
            self.unsure -= 1

    def join(self, leg: Leg, before: Leg, *, native: bool) -> None:
        """Have *leg* wait to take the place of *before*."""
        leg.belongs_to = self
        leg.replaces, leg.native, leg.waits = before, native, True
        before.replacement = leg
        self.changed_at = leg.placed_at
        self._recount(leg)

    def _count(self, leg: Leg, qty: Decimal, notional: Decimal) -> None:
        """Update the sums: *leg*, of which *qty* was executed before, has another CumQty(14)
        now."""
        if leg is not self.current and leg.beneath is OrdStatus.REPLACED:
            self.earlier_qty = trim(subtract(add(self.earlier_qty, leg.cum_qty), qty))
            self.earlier_notional = subtract(add(self.earlier_notional, leg.notional), notional)
        current = self.current
        if current.replaces is not None:
            self._recount(current)
        if current.replacing and current.replacement is not None:
            self._recount(current.replacement)

    def _recount(self, leg: Leg) -> None:
        """Set the remaining quantity of *leg* after those before it."""
        whole = leg.request.order_qty
        if whole is None or not (leg.waits or leg.native):
            return
        before = self.earlier_qty if leg is self.current else self.cum_qty
        left = subtract(whole, before)
        take_quantity(leg, trim(left) if left > ZERO else ZERO)

    def _put_next(self, leg: Leg) -> None:
        """Make the replacement of *leg* the current leg."""
        after = leg.replacement
        assert after is not None, "somebody takes its place"
        self.earlier_qty = trim(add(self.earlier_qty, leg.cum_qty))
        self.earlier_notional = add(self.earlier_notional, leg.notional)
        self.current = after
        if not leg.final:
            self.unsure += 1


def of(leg: Leg) -> ClientOrder:
    """Return the order that the client of *leg* knows."""
    order: ClientOrder = leg.belongs_to
    return order


def standing(leg: Leg) -> Leg:
    """Return the leg that stands for the order that the client means when it names *leg*."""
    return of(leg).standing.current


def root_of(leg: Leg) -> OrderID:
    """Return the OrderID(37) by which the client knows the order of *leg*, or the one whose place
    that was to take: the name of all legs that have ever had to do with each other."""
    return of(leg).standing.root_id


def begin(event: OrderPlaced | OrderNotPlaced) -> Leg:
    """Return the first leg of a new client order."""
    leg = first_leg(event)
    leg.belongs_to = ClientOrder(leg.order_id, leg, event.at)
    return leg


def _detach(leg: Leg) -> None:
    """Make the leg that was to take the place of *leg* an order of its own, should the venue
    execute it after all."""
    after = leg.replacement
    if after is not None:
        own = ClientOrder(after.order_id, after, after.updated_at, instead_of=of(leg))
        after.belongs_to = own


def before(leg: Leg) -> Iterator[Leg]:
    """Yield the legs whose place *leg* took, the last one first."""
    earlier = leg.replaces
    while earlier is not None:
        yield earlier
        earlier = earlier.replaces


def total_qty(leg: Leg) -> Decimal:
    """Return CumQty(14) of *leg*: executed by it and by those whose place it took."""
    order = of(leg)
    if leg.beneath is not OrdStatus.REPLACED:
        return order.cum_qty
    total = leg.cum_qty
    for earlier in before(leg):
        total = add(total, earlier.cum_qty)
    return trim(total)


def total_notional(leg: Leg) -> Decimal:
    """Return the executions of *leg* and of those whose place it took, as quantities times
    prices."""
    if leg.beneath is not OrdStatus.REPLACED:
        return of(leg).notional
    return sum((earlier.notional for earlier in before(leg)), leg.notional)
