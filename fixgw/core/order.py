"""One order: the fold of its events.

`Order.apply` is the only place where an order changes, live and in replay.
It never decides anything: what may happen stands in `core.transitions`.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fixgw.core.transitions import allowed
from fixgw.model.effects import VenueOrder
from fixgw.model.enums import CLOSED, Command, CxlRejReason, OrdRejReason, OrdStatus
from fixgw.model.events import (
    CancelDecided,
    CancelGivenUp,
    CancelRefusedByVenue,
    CancelRejected,
    CancelRequested,
    Event,
    OrderEvent,
    OrderNotPlaced,
    OrderPlaced,
    OutcomeUnknown,
    SubmittedAgain,
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueRefused,
)
from fixgw.model.ids import ClOrdID, VenueName, VenueOrderID
from fixgw.model.number import ZERO, add, average, multiply, subtract, trim


class PendingCancel:
    """An OrderCancelRequest that is not answered yet."""

    __slots__ = ("cl_ord_id", "refusal")

    def __init__(self, cl_ord_id: ClOrdID) -> None:
        self.cl_ord_id = cl_ord_id
        # What the venue refused it with; the client hears once the order's state is known.
        self.refusal: tuple[CxlRejReason, str] | None = None


class OwnCancel:
    """A cancel that the gateway decided by itself, and the venue has not done yet."""

    __slots__ = ("text", "refusals", "refusal")

    def __init__(self, text: str) -> None:
        self.text = text
        self.refusals = 0
        """How often the venue refused it, since it was decided."""
        self.refusal: str | None = None
        """Why, the last time; None if it never did."""


class Order:
    """The state of one order. Quantities are exact; `status` is OrdStatus(39) as a client sees it.

    `beneath` is the status without the pending cancel: what OrdStatus(39)
    falls back to if the cancel is rejected.
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
        self.fill_ids: set[str] = _NO_FILLS
        self.cancel: PendingCancel | None = None
        self.cancel_count = 0
        self.own_cancel: OwnCancel | None = None
        self.in_doubt: Command | None = None
        self.reject_reason: OrdRejReason | None = None
        self.text = ""
        if type(event) is OrderPlaced:
            self.venue = event.venue
            self.exchange = event.exchange
            self.venue_symbol = event.venue_symbol
            self.venue_order_id = event.venue_order_id
            self.account = event.account
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
        return self.status not in CLOSED

    @property
    def unsettled(self) -> bool:
        """Whether a command of ours waits for its proof."""
        return self.status in _UNSETTLED or self.own_cancel is not None

    @property
    def cancelling(self) -> bool:
        """Whether a cancel, the client's or our own, waits for its proof."""
        return self.status is OrdStatus.PENDING_CANCEL or self.own_cancel is not None

    @property
    def leaves_qty(self) -> Decimal:
        """LeavesQty(151); 0 where the order names an amount to spend instead of a quantity."""
        if self.beneath in CLOSED or self.request.order_qty is None:
            return ZERO
        leaves = subtract(self.request.order_qty, self.cum_qty)
        return leaves if leaves > ZERO else ZERO

    @property
    def avg_px(self) -> Decimal:
        """AvgPx(6)."""
        return average(self.notional, self.cum_qty) if self.cum_qty else ZERO

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
            order_qty=request.order_qty,
            cash_order_qty=request.cash_order_qty,
            price=request.price,
            placed_at=self.placed_at,
        )

    def apply(self, event: OrderEvent) -> None:
        """Change as *event* says; raises IllegalTransition, unchanged, where the table forbids."""
        states = allowed(self.status, event)
        _CHANGES[type(event)](self, event)
        self.updated_at = event.at
        pending = self.cancel is not None and self.beneath not in _ENDS_A_CANCEL
        self.status = OrdStatus.PENDING_CANCEL if pending else self.beneath
        assert self.status in states, f"{event!r} led to {self.status!r}, not one of {states}"


_NO_FILLS: set[str] = set()
"""Shared by orders without a fill, so that placing an order makes no set; never added to."""

_UNSETTLED = frozenset({OrdStatus.PENDING_NEW, OrdStatus.PENDING_CANCEL})
_ENDS_A_CANCEL = frozenset({OrdStatus.CANCELED, OrdStatus.EXPIRED, OrdStatus.REJECTED})
_STAYS = frozenset({OrdStatus.CANCELED, OrdStatus.EXPIRED, OrdStatus.FILLED})
"""What a part fill does not change."""


def _on_submitted_again(order: Order, event: SubmittedAgain) -> None:
    order.in_doubt = None


def _on_accepted(order: Order, event: VenueAccepted) -> None:
    order.beneath = OrdStatus.NEW
    order.in_doubt = None


def _on_refused(order: Order, event: VenueRefused) -> None:
    order.beneath = OrdStatus.REJECTED
    order.reject_reason = event.reason
    order.text = event.text
    order.own_cancel = None
    order.in_doubt = None


def _on_fill(order: Order, event: VenueFill) -> None:
    if order.fill_ids is _NO_FILLS:
        order.fill_ids = set()
    assert event.venue_exec_id not in order.fill_ids, f"{event!r} was counted before"
    order.fill_ids.add(event.venue_exec_id)
    # 0.25 and 0.75 make 1, not 1.00.
    order.cum_qty = trim(add(order.cum_qty, event.last_qty))
    order.notional = add(order.notional, multiply(event.last_qty, event.last_px))
    if order.beneath in _ENDS_A_CANCEL:
        # It comes after the end, which has answered the cancel.
        order.cancel = None
        order.reject_reason = None
    quantity = order.request.order_qty
    if event.closes or (quantity is not None and order.cum_qty >= quantity):
        order.beneath = OrdStatus.FILLED
        if order.own_cancel is not None:
            # There is nothing left to cancel, and nobody to answer.
            order.own_cancel = order.in_doubt = None
    elif order.beneath not in _STAYS:
        order.beneath = OrdStatus.PARTIALLY_FILLED


def _on_canceled(order: Order, event: VenueCanceled) -> None:
    order.beneath = OrdStatus.CANCELED
    order.text = event.text
    own = order.own_cancel
    if own is not None:
        order.text = f"{own.text}: {event.text}" if event.text else own.text
        order.own_cancel = None
    order.in_doubt = None


def _on_expired(order: Order, event: VenueExpired) -> None:
    order.beneath = OrdStatus.EXPIRED
    order.text = event.text
    order.own_cancel = None
    order.in_doubt = None


def _on_cancel_requested(order: Order, event: CancelRequested) -> None:
    order.cancel = PendingCancel(event.cl_ord_id)
    order.cancel_count += 1
    # The client, who gets an answer, takes over what we may have begun.
    order.own_cancel = None


def _on_cancel_refused(order: Order, event: CancelRefusedByVenue) -> None:
    own = order.own_cancel
    if own is not None:
        own.refusals += 1
        own.refusal = event.text
    else:
        assert order.cancel is not None, "what was refused was pending"
        order.cancel.refusal = (event.reason, event.text)
    order.in_doubt = None


def _on_cancel_rejected(order: Order, event: CancelRejected) -> None:
    order.cancel = None
    order.in_doubt = None


def _on_cancel_decided(order: Order, event: CancelDecided) -> None:
    order.own_cancel = OwnCancel(event.text)


def _on_cancel_given_up(order: Order, event: CancelGivenUp) -> None:
    order.own_cancel = None
    if order.in_doubt is Command.CANCEL:
        order.in_doubt = None


def _on_unknown(order: Order, event: OutcomeUnknown) -> None:
    order.in_doubt = event.command


_CHANGES: dict[type[Event], Callable[[Order, Any], None]] = {
    SubmittedAgain: _on_submitted_again,
    VenueAccepted: _on_accepted,
    VenueRefused: _on_refused,
    VenueFill: _on_fill,
    VenueCanceled: _on_canceled,
    VenueExpired: _on_expired,
    CancelRequested: _on_cancel_requested,
    CancelRefusedByVenue: _on_cancel_refused,
    CancelRejected: _on_cancel_rejected,
    CancelDecided: _on_cancel_decided,
    CancelGivenUp: _on_cancel_given_up,
    OutcomeUnknown: _on_unknown,
}
