"""The table of the events a leg may have, and of the changes they make.

TABLE lists the event permitted in each OrdStatus(39), its changes, and the statuses that may
follow; a missing row is an error, never a default. Used by `ClientOrder.apply` alone; it decides
nothing.

The statuses follow the order state change matrices of FIX 4.2 (appendix D) and 5.0 (A.1.a …).
PENDING_CANCEL stands above every working status and above FILLED (matrix B.1.c): while a cancel of
the client is pending, OrdStatus(39) is 6 whatever is executed meanwhile. A cancel that the gateway
decides by itself is reported to the client when it is done; until then the status stays.

A replace is two legs (decision 0011): the one that stands, PENDING_REPLACE meanwhile, and the one
that is to take its place, PENDING_NEW. `docs/order-states.svg` is drawn from TABLE (`make
diagrams`).
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec.structs import replace

from fixgw.core.orders.leg import KnownExecution, Leg, PendingCancel, UnsolicitedCancel
from fixgw.model.enums import CLOSED, ENDED_UNFILLED, Command
from fixgw.model.enums import OrdStatus as S
from fixgw.model.errors import IllegalTransition
from fixgw.model.events import (
    CancelDecided,
    CancelGivenUp,
    CancelRefusedByVenue,
    CancelRejected,
    CancelRequested,
    EndConfirmed,
    FillBusted,
    FillCorrected,
    OrderEventBase,
    OrderNotPlaced,
    OrderPlaced,
    OrderReplaced,
    OutcomeUnknown,
    ReplacedInFull,
    ReplacementSubmitted,
    ReplaceRejected,
    ReplaceRequested,
    Rerouted,
    SubmittedAgain,
    SubmitTaken,
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueNamed,
    VenueRefused,
    VerdictRecorded,
    WorkingAfterEnd,
)
from fixgw.model.ids import VenueName, VenueOrderID
from fixgw.model.number import ZERO, add, multiply, subtract, trim


def first_leg(event: OrderPlaced | OrderNotPlaced) -> Leg:
    """Return the leg that *event* begins."""
    request, status = event.request, next(iter(allowed(None, event).to))
    if type(event) is OrderPlaced:
        return Leg(
            event.order_id, request, event.venue, event.exchange, event.venue_symbol,
            event.venue_order_id, event.account, event.at, event.at, status, status,
            request.order_qty, event.cancel_on_disconnect, event.quote, event.expires_at,
        )
    assert type(event) is OrderNotPlaced
    return Leg(
        event.order_id, request, VenueName(""), request.security_exchange, request.symbol,
        VenueOrderID(""), request.account, event.at, event.at, status, status, request.order_qty,
        reject_reason=event.reason, text=event.text,
    )


def fold(leg: Leg, event: OrderEventBase) -> None:
    """Change *leg* as the row of *event* says; raise IllegalTransition, unchanged, if it has
    none."""
    row = TABLE.get((leg.status, type(event))) or allowed(leg.status, event)
    row.change(leg, event)
    overlay(leg)
    assert leg.status in row.to, f"{event!r} led to {leg.status!r}, not one of {row.to}"


# ------------------------------------------------------------------------------- the changes


def overlay(leg: Leg) -> None:
    """Put a pending cancel or replace above the status beneath."""
    if leg.replacing:
        leg.status = S.PENDING_REPLACE
    elif leg.cancel is not None and leg.beneath not in ENDED_UNFILLED:
        leg.status = S.PENDING_CANCEL
    else:
        leg.status = leg.beneath


def _nothing(leg: Leg, event: OrderEventBase) -> None:
    """It is the beginning, or a note."""


def _submitted_again(leg: Leg, event: SubmittedAgain) -> None:
    leg.in_doubt = None


def _accepted(leg: Leg, event: VenueAccepted) -> None:
    # A replacement may have nothing left to do: those before it have executed all.
    leg.beneath = S.FILLED if leg.replaces is not None and leg.quantity == ZERO else S.NEW
    leg.in_doubt = None
    if event.native_id:
        leg.native_id = event.native_id


def _taken(leg: Leg, event: SubmitTaken) -> None:
    leg.taken = True


def _named(leg: Leg, event: VenueNamed) -> None:
    leg.native_id = event.native_id


def _rerouted(leg: Leg, event: Rerouted) -> None:
    leg.route = event.route
    leg.attempt += 1
    leg.in_doubt = None


def _end(leg: Leg, status: S) -> None:
    if leg.beneath is S.REPLACED:
        leg.final = True
    else:
        leg.beneath = status
    leg.own_cancel = leg.in_doubt = None


def _refused(leg: Leg, event: VenueRefused) -> None:
    _end(leg, S.REJECTED)
    leg.reject_reason = event.reason
    leg.text = event.text


def _canceled(leg: Leg, event: VenueCanceled) -> None:
    own = leg.own_cancel
    _end(leg, S.CANCELED)
    leg.text = event.text
    leg.restated = event.restated
    if own is not None:
        leg.text = f"{own.text}: {event.text}" if event.text else own.text


def _expired(leg: Leg, event: VenueExpired) -> None:
    _end(leg, S.EXPIRED)
    leg.text = event.text


def _works_after_end(leg: Leg, event: WorkingAfterEnd) -> None:
    leg.works_after_end = True


def _end_confirmed(leg: Leg, event: EndConfirmed) -> None:
    leg.works_after_end = False
    leg.own_cancel = leg.in_doubt = None


def _filled(leg: Leg, event: VenueFill) -> None:
    assert event.venue_exec_id not in leg.fills, f"{event!r} was counted before"
    _add(leg, event.venue_exec_id, KnownExecution(event.last_qty, event.last_px))
    if leg.beneath in ENDED_UNFILLED:
        # It comes after the end, which has answered the cancel.
        leg.cancel = None
        leg.reject_reason = None
    _count(leg, closes=event.closes)


def _corrected(leg: Leg, event: FillCorrected) -> None:
    _take_back(leg, leg.fills[event.venue_exec_id])
    now = KnownExecution(event.last_qty, event.last_px, event.count)
    _add(leg, event.venue_exec_id, now)
    if leg.beneath is S.REJECTED:
        leg.cancel = None
        leg.reject_reason = None
    _count(leg)


def _busted(leg: Leg, event: FillBusted) -> None:
    before = leg.fills[event.venue_exec_id]
    _take_back(leg, before)
    leg.fills[event.venue_exec_id] = before._replace(changes=event.count, busted=True)
    _count(leg)


def _add(leg: Leg, name: str, execution: KnownExecution) -> None:
    quantity = execution.last_qty
    leg.fills[name] = execution
    # 0.25 and 0.75 make 1, not 1.00.
    leg.cum_qty = trim(add(leg.cum_qty, quantity))
    leg.notional = add(leg.notional, multiply(quantity, execution.last_px))


def _take_back(leg: Leg, execution: KnownExecution) -> None:
    if not execution.busted:
        leg.cum_qty = trim(subtract(leg.cum_qty, execution.last_qty))
        leg.notional = subtract(leg.notional, multiply(execution.last_qty, execution.last_px))


def _count(leg: Leg, *, closes: bool = False) -> None:
    """Set the status that CumQty(14) makes."""
    if leg.beneath is S.REPLACED:
        return
    if closes or (leg.quantity is not None and leg.cum_qty >= leg.quantity):
        if leg.beneath is not S.FILLED:
            leg.beneath = S.FILLED
            leg.works_after_end = False
            if leg.own_cancel is not None:
                # There is nothing left to cancel, and nobody to answer.
                leg.own_cancel = leg.in_doubt = None
    elif leg.beneath is S.FILLED and (leg.quantity is not None or not leg.cum_qty):
        # An execution was taken back, and nothing of the order works any more. Of an order for an
        # amount nobody knows how much fills it, but nothing at all does not.
        leg.beneath = S.CANCELED
    elif leg.beneath not in CLOSED or leg.beneath is S.REJECTED:
        leg.beneath = S.PARTIALLY_FILLED if leg.cum_qty else S.NEW


def take_quantity(leg: Leg, quantity: Decimal) -> None:
    """Give *leg* another quantity: more or less was executed of the legs whose place it takes."""
    leg.quantity = quantity
    if leg.beneath in (S.NEW, S.PARTIALLY_FILLED) and leg.cum_qty >= quantity:
        _count(leg)
        overlay(leg)


def _cancel_requested(leg: Leg, event: CancelRequested) -> None:
    leg.cancel = PendingCancel(event.cl_ord_id)
    leg.cancel_count += 1
    # The client, who gets an answer, takes over what we may have begun.
    leg.own_cancel = None


def _cancel_refused(leg: Leg, event: CancelRefusedByVenue) -> None:
    own = leg.own_cancel
    if own is not None:
        leg.own_cancel = own._replace(refusals=own.refusals + 1, refusal=event.text)
    else:
        assert leg.cancel is not None, "what was refused was pending"
        leg.cancel = PendingCancel(leg.cancel.cl_ord_id, (event.reason, event.text))
    leg.in_doubt = None


def _cancel_rejected(leg: Leg, event: CancelRejected) -> None:
    leg.cancel = None
    leg.in_doubt = None


def _cancel_decided(leg: Leg, event: CancelDecided) -> None:
    leg.own_cancel = UnsolicitedCancel(event.text, event.cause)
    after = leg.follower
    if after is not None:
        after.native = False  # so much was executed meanwhile that there is nothing to replace


def _cancel_given_up(leg: Leg, event: CancelGivenUp) -> None:
    leg.own_cancel = None
    if leg.in_doubt is Command.CANCEL:
        leg.in_doubt = None


def _outcome_unknown(leg: Leg, event: OutcomeUnknown) -> None:
    leg.in_doubt = event.command


def _replace_requested(leg: Leg, event: ReplaceRequested) -> None:
    leg.replacing = True
    leg.replace_count += 1


def _replacement_submitted(leg: Leg, event: ReplacementSubmitted) -> None:
    leg.waits = False
    leg.quantity = event.order_qty


def _replaced_in_full(leg: Leg, event: ReplacedInFull) -> None:
    leg.waits = False
    leg.quantity = ZERO
    leg.request = replace(leg.request, order_qty=event.order_qty)
    leg.beneath = S.FILLED


def _replaced(leg: Leg, event: OrderReplaced) -> None:
    leg.replacing = False
    leg.final = leg.beneath in CLOSED and not leg.works_after_end
    leg.beneath, leg.works_after_end = S.REPLACED, False
    leg.own_cancel = leg.in_doubt = None


def _replace_rejected(leg: Leg, event: ReplaceRejected) -> None:
    leg.replacing = False


# --------------------------------------------------------------------------------- the table

Statuses = frozenset[S]
Rows = dict[S | None, set[S]]


class Row(NamedTuple):
    """One row of the table."""

    change: Callable[[Leg, Any], None]
    to: Statuses
    """The statuses that may follow."""


def _stays(*statuses: S) -> Rows:
    return {status: {status} for status in statuses}


def _to(status: S, *before: S) -> Rows:
    return {each: {status} for each in before}


_WORKING = (S.NEW, S.PARTIALLY_FILLED)
_ENDED = (S.FILLED, S.CANCELED, S.EXPIRED, S.REJECTED)

_CHANGED: Rows = {
    S.NEW: {S.NEW, S.PARTIALLY_FILLED, S.FILLED},
    S.PARTIALLY_FILLED: {S.NEW, S.PARTIALLY_FILLED, S.FILLED},
    S.FILLED: {S.FILLED, S.CANCELED},
    S.CANCELED: {S.CANCELED, S.FILLED},
    S.EXPIRED: {S.EXPIRED, S.FILLED},
    # Refused after all was taken back; the venue lists something of it again.
    S.REJECTED: {S.PARTIALLY_FILLED, S.FILLED},
    **_stays(S.PENDING_CANCEL, S.PENDING_REPLACE, S.REPLACED),
}
"""A correction or a bust. It does not reopen an order that the venue has ended: LeavesQty(151) is
never above the quantity that works."""

_CANCELLED = _stays(S.PENDING_NEW, *_WORKING, S.PENDING_REPLACE, *_ENDED)

_EVENTS: tuple[tuple[type[OrderEventBase], Callable[[Leg, Any], None], Rows], ...] = (
    (OrderPlaced, _nothing, {None: {S.PENDING_NEW}}),
    (OrderNotPlaced, _nothing, {None: {S.REJECTED}}),
    # VenueAccepted precedes whatever proves it, an execution or an end: decision 0007.
    (VenueAccepted, _accepted,
     {S.PENDING_NEW: {S.NEW, S.FILLED}, **_stays(S.PENDING_CANCEL, S.PENDING_REPLACE)}),
    # A venue may take an order in and refuse it a moment later.
    (VenueRefused, _refused,
     _to(S.REJECTED, S.PENDING_NEW, S.NEW, S.PENDING_CANCEL)
     | _stays(S.PENDING_REPLACE, S.REPLACED)),
    (SubmitTaken, _taken, _stays(S.PENDING_NEW, S.PENDING_CANCEL, S.PENDING_REPLACE)),
    (Rerouted, _rerouted, _stays(S.PENDING_NEW)),
    (SubmittedAgain, _submitted_again, _stays(S.PENDING_NEW, S.PENDING_REPLACE)),
    (OutcomeUnknown, _outcome_unknown,
     _stays(S.PENDING_NEW, S.PENDING_CANCEL, S.PENDING_REPLACE, *_WORKING, *_ENDED)),
    # A fill that crossed a cancel on the wire is a fill. An overfill is the venue's mistake and the
    # client's position. What a venue executes of an order that it refused is reported all the same.
    (VenueFill, _filled, {
        S.NEW: {S.PARTIALLY_FILLED, S.FILLED},
        S.PARTIALLY_FILLED: {S.PARTIALLY_FILLED, S.FILLED},
        S.FILLED: {S.FILLED},
        S.CANCELED: {S.CANCELED, S.FILLED},
        S.EXPIRED: {S.EXPIRED, S.FILLED},
        S.REJECTED: {S.PARTIALLY_FILLED, S.FILLED},
        **_stays(S.PENDING_CANCEL, S.PENDING_REPLACE, S.REPLACED),
    }),
    (FillCorrected, _corrected, _CHANGED),
    (FillBusted, _busted, _CHANGED),
    (VenueCanceled, _canceled,
     _to(S.CANCELED, S.PENDING_NEW, *_WORKING, S.PENDING_CANCEL)
     # The client hears of the end when it is known what becomes of the other leg.
     | _stays(S.PENDING_REPLACE, S.REPLACED)),
    (VenueExpired, _expired,
     _to(S.EXPIRED, S.PENDING_NEW, *_WORKING, S.PENDING_CANCEL)
     | _stays(S.PENDING_REPLACE, S.REPLACED)),
    (WorkingAfterEnd, _works_after_end, _stays(*_ENDED, S.PENDING_REPLACE)),
    (EndConfirmed, _end_confirmed, _stays(*_ENDED, S.PENDING_REPLACE)),
    (CancelRequested, _cancel_requested, _to(S.PENDING_CANCEL, S.PENDING_NEW, *_WORKING)),
    (CancelRejected, _cancel_rejected,
     {S.PENDING_CANCEL: {S.NEW, S.PARTIALLY_FILLED, S.FILLED}}),
    # A leg that has ended is cancelled where the venue shows it working all the same.
    (CancelDecided, _cancel_decided, _CANCELLED),
    (CancelRefusedByVenue, _cancel_refused, _CANCELLED | _stays(S.PENDING_CANCEL)),
    (CancelGivenUp, _cancel_given_up, _CANCELLED),
    (ReplaceRequested, _replace_requested, _to(S.PENDING_REPLACE, S.PENDING_NEW, *_WORKING)),
    (ReplaceRejected, _replace_rejected,
     {S.PENDING_REPLACE: {S.PENDING_NEW, *_WORKING, *_ENDED}}),
    (OrderReplaced, _replaced, {S.PENDING_REPLACE: {S.REPLACED}}),
    # The leg that is to take another one's place.
    (ReplacementSubmitted, _replacement_submitted, _stays(S.PENDING_NEW)),
    (ReplacedInFull, _replaced_in_full, {S.PENDING_NEW: {S.FILLED}}),
    (VenueNamed, _named, _stays(*S)),
    (VerdictRecorded, _nothing, _stays(*S)),
)

CHANGES_NOTHING: tuple[type[OrderEventBase], ...] = (VenueNamed, VerdictRecorded)
"""Events that may happen at any time and change no status."""

TABLE: Mapping[tuple[S | None, type[OrderEventBase]], Row] = {
    (status, event): Row(change, frozenset(to))
    for event, change, rows in _EVENTS
    for status, to in rows.items()
}


def allowed(current: S | None, event: OrderEventBase) -> Row:
    """Return the row of *event* in *current*. Raises IllegalTransition if it may not happen now."""
    row = TABLE.get((current, type(event)))
    if row is None:
        name = "no order" if current is None else current.name
        raise IllegalTransition(
            f"order {event.order_id}: {type(event).__name__} is not allowed in {name}"
        )
    return row
