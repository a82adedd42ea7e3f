"""One order: the fold of its events.

`Order.apply` is the only place where an order changes, live and in replay.
It never decides anything: what may happen stands in `core.transitions`, and
how it changes an order in `core.changes`.
"""

from decimal import Decimal

from fixgw.core.changes import CHANGES, ENDS_A_CANCEL, NO_FILLS
from fixgw.core.pending import OwnCancel, PendingCancel
from fixgw.core.transitions import allowed
from fixgw.model.effects import VenueOrder
from fixgw.model.enums import (
    CLOSED,
    Command,
    ExecRestatementReason,
    OrdRejReason,
    OrdStatus,
)
from fixgw.model.events import OrderEvent, OrderNotPlaced, OrderPlaced
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.number import ZERO, add, average, subtract, trim

_UNSETTLED = frozenset(
    {OrdStatus.PENDING_NEW, OrdStatus.PENDING_CANCEL, OrdStatus.PENDING_REPLACE}
)


class Order:
    """The state of one order at a venue. Quantities are exact; `status` is OrdStatus(39).

    `beneath` is the status without the pending cancel or replace: what
    OrdStatus(39) falls back to if that is rejected.

    An order that was replaced and the one that took its place are one order to
    the client: `replaces` and `replacement` join them, and what begins with
    `total` counts all of them.
    """

    __slots__ = (
        "order_id",
        "request",
        "venue",
        "exchange",
        "venue_symbol",
        "venue_order_id",
        "account",
        "placed_at",
        "updated_at",
        "status",
        "beneath",
        "cum_qty",
        "notional",
        "fill_ids",
        "cancel",
        "cancel_count",
        "own_cancel",
        "quantity",
        "native_id",
        "route",
        "attempt",
        "venue_cod",
        "replaces",
        "replacement",
        "native",
        "waits",
        "replacing",
        "replace_count",
        "final",
        "restated",
        "in_doubt",
        "reject_reason",
        "text",
    )

    def __init__(self, event: OrderPlaced | OrderNotPlaced) -> None:
        status = next(iter(allowed(None, event)))
        request = event.request
        self.order_id = event.order_id
        self.request = request
        self.placed_at = self.updated_at = event.at
        self.status = self.beneath = status
        self.cum_qty = ZERO
        self.notional = ZERO
        self.fill_ids: set[str] = NO_FILLS
        self.cancel: PendingCancel | None = None
        self.cancel_count = 0
        self.own_cancel: OwnCancel | None = None
        self.in_doubt: Command | None = None
        self.reject_reason: OrdRejReason | None = None
        self.text = ""
        self.quantity = request.order_qty
        """What the venue was given to do: OrderQty(38) less what was executed before it took
        another order's place; None where the order names an amount to spend."""
        self.native_id = self.route = ""
        self.attempt = 0
        self.venue_cod = False
        self.replaces: Order | None = None
        """The order whose place it takes, or is to take."""
        self.replacement: Order | None = None
        """The order that takes its place, or was to, the last time one was asked for."""
        self.native = self.waits = False
        """The venue replaces in one step; and: it has not left yet."""
        self.replacing = False
        """A replace of it is pending."""
        self.replace_count = 0
        self.final = False
        """Of a replaced order: all that it executed is known."""
        self.restated: ExecRestatementReason | None = None
        """Its end was concluded: the venue did not say it."""
        if type(event) is OrderPlaced:
            self.venue = event.venue
            self.exchange = event.exchange
            self.venue_symbol = event.venue_symbol
            self.venue_order_id = event.venue_order_id
            self.account = event.account
            self.venue_cod = event.cancel_on_disconnect
            return
        assert type(event) is OrderNotPlaced
        self.venue = VenueName("")
        self.exchange = request.security_exchange
        self.venue_symbol = request.symbol
        self.venue_order_id = VenueOrderID("")
        self.account = request.account
        self.reject_reason = event.reason
        self.text = event.text

    @property
    def accepted(self) -> bool:
        """Whether the venue is known to have the order."""
        return self.beneath is not OrdStatus.PENDING_NEW

    @property
    def open(self) -> bool:
        """Whether anything is still to be heard of it from the venue."""
        return self.status not in CLOSED or (self.beneath is OrdStatus.REPLACED and not self.final)

    @property
    def unsettled(self) -> bool:
        """Whether a command of ours waits for its proof."""
        if self.status in _UNSETTLED:
            # One that has ended and is to be replaced waits for the other's proof, not its own.
            return not (self.waits or (self.replacing and self.beneath in CLOSED))
        return self.own_cancel is not None or (
            self.status is OrdStatus.REPLACED and not self.final
        )

    @property
    def cancelling(self) -> bool:
        """Whether a cancel, the client's or our own, waits for its proof."""
        return self.status is OrdStatus.PENDING_CANCEL or self.own_cancel is not None

    @property
    def leaves_qty(self) -> Decimal:
        """LeavesQty(151); 0 where the order names an amount to spend instead of a quantity."""
        if self.beneath in CLOSED or self.request.order_qty is None:
            return ZERO
        leaves = subtract(self.request.order_qty, self.total_qty)
        return leaves if leaves > ZERO else ZERO

    @property
    def avg_px(self) -> Decimal:
        """AvgPx(6)."""
        if self.replaces is None:
            return average(self.notional, self.cum_qty) if self.cum_qty else ZERO
        return average(self.total_notional, self.total_qty) if self.total_qty else ZERO

    @property
    def total_qty(self) -> Decimal:
        """CumQty(14): executed of it and of those whose place it takes."""
        if self.replaces is None:
            return self.cum_qty
        return trim(add(self.replaces.total_qty, self.cum_qty))

    @property
    def total_notional(self) -> Decimal:
        """The same, as quantities times prices."""
        if self.replaces is None:
            return self.notional
        return add(self.replaces.total_notional, self.notional)

    @property
    def ord_status(self) -> OrdStatus:
        """OrdStatus(39) as a client sees it: it knows one order, whichever is at work."""
        if self.replaces is not None and self.status is OrdStatus.NEW and self.total_qty:
            return OrdStatus.PARTIALLY_FILLED
        return self.status

    @property
    def root_id(self) -> OrderID:
        """OrderID(37) as a client knows it: FIX 4.4, "unique for each chain of orders"."""
        order = self
        while order.replaces is not None:
            order = order.replaces
        return order.order_id

    @property
    def took_over(self) -> bool:
        """Whether it has taken the place of the order that it was to replace."""
        before = self.replaces
        return (
            before is not None
            and before.beneath is OrdStatus.REPLACED
            and before.replacement is self
        )

    @property
    def current(self) -> "Order":
        """The one that stands for all that replaced each other: what a client can mean."""
        order = self
        while order.replaces is not None and not order.took_over:
            order = order.replaces
        while order.beneath is OrdStatus.REPLACED:
            assert order.replacement is not None, "somebody took its place"
            order = order.replacement
        return order

    def venue_order(self) -> VenueOrder:
        """What an adapter may know of it."""
        request = self.request
        return VenueOrder(
            order_id=self.order_id,
            venue=self.venue,
            venue_order_id=self.venue_order_id,
            account=self.account,
            exchange=self.exchange,
            symbol=self.venue_symbol,
            side=request.side,
            ord_type=request.ord_type,
            time_in_force=request.time_in_force,
            post_only=request.post_only,
            order_qty=self.quantity,
            cash_order_qty=request.cash_order_qty,
            price=request.price,
            placed_at=self.placed_at,
            terms=request.terms,
            native_id=self.native_id,
            cum_qty=self.cum_qty,
            attempt=self.attempt,
            route=self.route,
            cancel_on_disconnect=self.venue_cod,
        )

    def take_place_of(self, before: "Order", *, native: bool) -> None:
        """It is to replace *before*."""
        self.replaces, self.native, self.waits = before, native, True
        before.replacement = self
        self.count_anew()

    def count_anew(self) -> None:
        """What is left for it has changed, as more was executed before."""
        if self.replaces is not None and (self.waits or self.native):
            assert self.request.order_qty is not None, "only quantities are replaced"
            left = subtract(self.request.order_qty, self.replaces.total_qty)
            self.quantity = trim(left) if left > ZERO else ZERO

    def apply(self, event: OrderEvent) -> None:
        """Change as *event* says; raises IllegalTransition, unchanged, where the table forbids."""
        states = allowed(self.status, event)
        CHANGES[type(event)](self, event)
        self.updated_at = event.at
        if self.replacing:
            self.status = OrdStatus.PENDING_REPLACE
        elif self.cancel is not None and self.beneath not in ENDS_A_CANCEL:
            self.status = OrdStatus.PENDING_CANCEL
        else:
            self.status = self.beneath
        assert self.status in states, f"{event!r} led to {self.status!r}, not one of {states}"
