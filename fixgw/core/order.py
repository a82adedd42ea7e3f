"""One order: the fold of its events.

`Order.apply` is the only place where an order changes, live and in replay.
It never decides anything: what may happen stands in `core.transitions`, and
how it changes an order in `core.changes`.
"""

from collections.abc import Iterator
from decimal import Decimal

from msgspec.structs import replace

from fixgw.core.chain import Chain
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
    TimeInForce,
)
from fixgw.model.events import OrderEvent, OrderNotPlaced, OrderPlaced
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.number import ZERO, add, average, subtract, trim

_GTC = TimeInForce.GOOD_TILL_CANCEL

_UNSETTLED = frozenset(
    {OrdStatus.PENDING_NEW, OrdStatus.PENDING_CANCEL, OrdStatus.PENDING_REPLACE}
)


class Order:
    """The state of one order at a venue. Quantities are exact; `status` is OrdStatus(39).

    `beneath` is the status without the pending cancel or replace: what
    OrdStatus(39) falls back to if that is rejected.

    An order that was replaced and the one that took its place are one order to
    the client: `chain` is what they are together, `replaces` and `replacement`
    join them, and what begins with `total` counts it and those before it.
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
        "quote",
        "expires_at",
        "chain",
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
        self.quote = ""
        self.expires_at = 0
        self.chain: Chain | None = None
        """It and those that replaced each other; None while there is only it. One whose place
        is asked for belongs to it; one that did not get it does not."""
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
            self.quote = event.quote
            self.expires_at = event.expires_at
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
    def follower(self) -> "Order | None":
        """The order that is to take its place and has not left yet."""
        after = self.replacement
        return after if self.replacing and after is not None and after.waits else None

    @property
    def leaves_qty(self) -> Decimal:
        """LeavesQty(151). Of an order that names an amount to spend it is what is left of that:
        nobody knows how much it will buy."""
        if self.status in CLOSED:
            return ZERO
        whole, cash = self.request.order_qty, self.request.cash_order_qty
        if whole is not None:
            leaves = subtract(whole, self.total_qty)
        elif cash is not None:
            leaves = trim(subtract(cash, self.total_notional))
        else:
            return ZERO
        return leaves if leaves > ZERO else ZERO

    @property
    def avg_px(self) -> Decimal:
        """AvgPx(6)."""
        if self.chain is None:
            return average(self.notional, self.cum_qty) if self.cum_qty else ZERO
        return average(self.total_notional, self.total_qty) if self.total_qty else ZERO

    @property
    def total_qty(self) -> Decimal:
        """CumQty(14): executed of it and of those whose place it takes."""
        chain = self.chain
        if chain is None:
            return self.cum_qty
        if self.beneath is not OrdStatus.REPLACED:
            return chain.cum_qty
        total = self.cum_qty
        for order in self._before():
            total = add(total, order.cum_qty)
        return trim(total)

    @property
    def total_notional(self) -> Decimal:
        """The same, as quantities times prices."""
        chain = self.chain
        if chain is None:
            return self.notional
        if self.beneath is not OrdStatus.REPLACED:
            return chain.notional
        return sum((order.notional for order in self._before()), self.notional)

    def _before(self) -> Iterator["Order"]:
        """Those whose place it took, the last one first."""
        order = self.replaces
        while order is not None:
            yield order
            order = order.replaces

    @property
    def ord_status(self) -> OrdStatus:
        """OrdStatus(39) as a client sees it: it knows one order, whichever is at work."""
        return self.as_seen(self.status)

    def as_seen(self, status: OrdStatus) -> OrdStatus:
        """*status* of it as a client sees it."""
        if status is OrdStatus.NEW and self.chain is not None and self.chain.cum_qty:
            return OrdStatus.PARTIALLY_FILLED
        return status

    @property
    def root_id(self) -> OrderID:
        """OrderID(37) as a client knows it."""
        return self.order_id if self.chain is None else self.chain.root_id

    @property
    def current(self) -> "Order":
        """The one that stands for all that replaced each other: what a client can mean."""
        order = self
        while order.chain is None and order.replaces is not None:
            order = order.replaces  # it never got the place
        return order if order.chain is None else order.chain.current

    def venue_order(self) -> VenueOrder:
        """What an adapter may know of it."""
        request = self.request
        order = VenueOrder(
            order_id=self.order_id,
            venue=self.venue,
            venue_order_id=self.venue_order_id,
            account=self.account,
            exchange=self.exchange,
            symbol=self.venue_symbol,
            side=request.side,
            ord_type=request.ord_type,
            time_in_force=_GTC if self.expires_at else request.time_in_force,
            post_only=request.post_only,
            order_qty=self.quantity,
            cash_order_qty=request.cash_order_qty,
            price=request.price,
            placed_at=self.placed_at,
            terms=request.terms,
        )
        if not (self.accepted or self.attempt or self.venue_cod):
            # One that leaves for the first time: more names would take twice the time.
            return order
        return replace(
            order,
            native_id=self.native_id,
            cum_qty=self.cum_qty,
            attempt=self.attempt,
            route=self.route,
            cancel_on_disconnect=self.venue_cod,
        )

    def take_place_of(self, before: "Order", *, native: bool) -> None:
        """It is to replace *before*."""
        if before.chain is None:
            before.chain = Chain(before)
        self.chain = before.chain
        self.replaces, self.native, self.waits = before, native, True
        before.replacement = self
        self.count_anew()

    def count_anew(self) -> None:
        """What is left for it may have changed, as more was executed of those before."""
        chain, whole = self.chain, self.request.order_qty
        if chain is None or whole is None or not (self.waits or self.native):
            return
        left = subtract(whole, subtract(chain.cum_qty, self.cum_qty))
        self.quantity = trim(left) if left > ZERO else ZERO
        if self.beneath is OrdStatus.PARTIALLY_FILLED and self.cum_qty >= self.quantity:
            self.beneath = OrdStatus.FILLED
            if self.own_cancel is not None:
                self.own_cancel = self.in_doubt = None
            self._settle_status()

    def apply(self, event: OrderEvent) -> None:
        """Change as *event* says; raises IllegalTransition, unchanged, where the table forbids."""
        states = allowed(self.status, event)
        CHANGES[type(event)](self, event)
        self.updated_at = event.at
        self._settle_status()
        assert self.status in states, f"{event!r} led to {self.status!r}, not one of {states}"

    def _settle_status(self) -> None:
        """What is pending stands above what is beneath."""
        if self.replacing:
            self.status = OrdStatus.PENDING_REPLACE
        elif self.cancel is not None and self.beneath not in ENDS_A_CANCEL:
            self.status = OrdStatus.PENDING_CANCEL
        else:
            self.status = self.beneath
