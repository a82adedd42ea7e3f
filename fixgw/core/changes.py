"""How each event changes an order: the fold, live and in replay. Used by `core.order` alone.

Never decides anything: what may happen stands in `core.transitions`, and
`Order.apply` compares.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from fixgw.core.pending import OwnCancel, PendingCancel
from fixgw.model.enums import CLOSED, Command, OrdStatus
from fixgw.model.events import (
    CancelDecided,
    CancelGivenUp,
    CancelRefusedByVenue,
    CancelRejected,
    CancelRequested,
    Event,
    OrderReplaced,
    OutcomeUnknown,
    ReplacedInFull,
    ReplacementSubmitted,
    ReplaceRejected,
    ReplaceRequested,
    Rerouted,
    SubmittedAgain,
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueNamed,
    VenueRefused,
    VerdictRecorded,
)
from fixgw.model.number import ZERO, add, multiply, trim

if TYPE_CHECKING:
    from fixgw.core.order import Order

NO_FILLS: set[str] = set()
"""Shared by orders without a fill, so that placing an order makes no set; never added to."""

ENDS_A_CANCEL = frozenset({OrdStatus.CANCELED, OrdStatus.EXPIRED, OrdStatus.REJECTED})
_STAYS = frozenset(
    {OrdStatus.CANCELED, OrdStatus.EXPIRED, OrdStatus.FILLED, OrdStatus.REPLACED}
)
"""What a part fill does not change."""


def _on_submitted_again(order: "Order", event: SubmittedAgain) -> None:
    order.in_doubt = None


def _on_accepted(order: "Order", event: VenueAccepted) -> None:
    order.beneath = OrdStatus.NEW
    order.in_doubt = None
    if event.native_id:
        order.native_id = event.native_id


def _on_named(order: "Order", event: VenueNamed) -> None:
    order.native_id = event.native_id


def _on_rerouted(order: "Order", event: Rerouted) -> None:
    order.route = event.route
    order.attempt += 1
    order.in_doubt = None


def _on_verdict(order: "Order", event: VerdictRecorded) -> None:
    """What follows from it is another event."""


def _on_refused(order: "Order", event: VenueRefused) -> None:
    _end(order, OrdStatus.REJECTED)
    order.reject_reason = event.reason
    order.text = event.text
    order.own_cancel = None
    order.in_doubt = None


def _on_fill(order: "Order", event: VenueFill) -> None:
    if order.fill_ids is NO_FILLS:
        order.fill_ids = set()
    assert event.venue_exec_id not in order.fill_ids, f"{event!r} was counted before"
    order.fill_ids.add(event.venue_exec_id)
    # 0.25 and 0.75 make 1, not 1.00.
    order.cum_qty = trim(add(order.cum_qty, event.last_qty))
    notional = multiply(event.last_qty, event.last_px)
    order.notional = add(order.notional, notional)
    if order.chain is not None:
        order.chain.count(event.last_qty, notional)
    elif order.replaces is not None and order.quantity is not None:
        # It did not get the place it was to take, and is an order of its own.
        order.request = replace(order.request, order_qty=order.quantity)
    if order.beneath in ENDS_A_CANCEL:
        # It comes after the end, which has answered the cancel.
        order.cancel = None
        order.reject_reason = None
    quantity = order.quantity
    if order.beneath is OrdStatus.REPLACED:
        return
    if event.closes or (quantity is not None and order.cum_qty >= quantity):
        order.beneath = OrdStatus.FILLED
        if order.own_cancel is not None:
            # There is nothing left to cancel, and nobody to answer.
            order.own_cancel = order.in_doubt = None
    elif order.beneath not in _STAYS:
        order.beneath = OrdStatus.PARTIALLY_FILLED


def _on_canceled(order: "Order", event: VenueCanceled) -> None:
    _end(order, OrdStatus.CANCELED)
    order.text = event.text
    order.restated = event.restated
    own = order.own_cancel
    if own is not None:
        order.text = f"{own.text}: {event.text}" if event.text else own.text
        order.own_cancel = None
    order.in_doubt = None


def _end(order: "Order", status: OrdStatus) -> None:
    if order.beneath is OrdStatus.REPLACED:
        if not order.final and order.chain is not None:
            order.chain.unsure -= 1
        order.final = True
    else:
        order.beneath = status


def _on_expired(order: "Order", event: VenueExpired) -> None:
    _end(order, OrdStatus.EXPIRED)
    order.text = event.text
    order.own_cancel = None
    order.in_doubt = None


def _on_cancel_requested(order: "Order", event: CancelRequested) -> None:
    order.cancel = PendingCancel(event.cl_ord_id)
    order.cancel_count += 1
    # The client, who gets an answer, takes over what we may have begun.
    order.own_cancel = None


def _on_cancel_refused(order: "Order", event: CancelRefusedByVenue) -> None:
    own = order.own_cancel
    if own is not None:
        own.refusals += 1
        own.refusal = event.text
    else:
        assert order.cancel is not None, "what was refused was pending"
        order.cancel.refusal = (event.reason, event.text)
    order.in_doubt = None


def _on_cancel_rejected(order: "Order", event: CancelRejected) -> None:
    order.cancel = None
    order.in_doubt = None


def _on_replace_requested(order: "Order", event: ReplaceRequested) -> None:
    order.replacing = True
    order.replace_count += 1


def _on_replacement_submitted(order: "Order", event: ReplacementSubmitted) -> None:
    order.waits = False
    order.quantity = event.order_qty


def _on_replaced_in_full(order: "Order", event: ReplacedInFull) -> None:
    order.waits = False
    order.quantity = ZERO
    order.request = replace(order.request, order_qty=event.order_qty)
    order.beneath = OrdStatus.FILLED


def _on_replaced(order: "Order", event: OrderReplaced) -> None:
    order.replacing = False
    after, chain = order.replacement, order.chain
    assert after is not None and chain is not None, "somebody takes its place"
    chain.current = after
    order.final = order.beneath in CLOSED
    if not order.final:
        chain.unsure += 1
    order.beneath = OrdStatus.REPLACED
    order.own_cancel = order.in_doubt = None


def _on_replace_rejected(order: "Order", event: ReplaceRejected) -> None:
    order.replacing = False
    if order.replacement is not None:
        # Whatever should be executed of it after all: that is an order of its own.
        order.replacement.chain = None


def _on_cancel_decided(order: "Order", event: CancelDecided) -> None:
    order.own_cancel = OwnCancel(event.text, event.cause)
    after = order.replacement
    if order.replacing and after is not None and after.waits:
        after.native = False  # it was executed so far meanwhile that there is nothing to replace


def _on_cancel_given_up(order: "Order", event: CancelGivenUp) -> None:
    order.own_cancel = None
    if order.in_doubt is Command.CANCEL:
        order.in_doubt = None


def _on_unknown(order: "Order", event: OutcomeUnknown) -> None:
    order.in_doubt = event.command


CHANGES: dict[type[Event], Callable[["Order", Any], None]] = {
    SubmittedAgain: _on_submitted_again,
    VenueAccepted: _on_accepted,
    VenueNamed: _on_named,
    Rerouted: _on_rerouted,
    VerdictRecorded: _on_verdict,
    ReplaceRequested: _on_replace_requested,
    ReplacementSubmitted: _on_replacement_submitted,
    ReplacedInFull: _on_replaced_in_full,
    OrderReplaced: _on_replaced,
    ReplaceRejected: _on_replace_rejected,
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
