"""The allowed changes of OrdStatus(39), as a table. A missing row is an error, never a default.

Follows the order state change matrices of FIX 4.2 (appendix D) and 5.0 (A.1.a …).
PENDING_CANCEL stands above every working state and above FILLED (matrix B.1.c):
while a cancel is pending, OrdStatus(39) is 6 whatever is executed meanwhile.
That is a cancel the client asked for; of one that the gateway decides by itself
the client hears when it is done, and until then the order's state is unchanged.

A replace is two orders (decision 0011): the one that stands, PENDING_REPLACE
meanwhile, and the one that is to take its place, PENDING_NEW. The client sees
one: `Order.current`.
`docs/order-states.svg` is drawn from this table; `make diagrams` draws it again.
"""

from fixgw.model.enums import OrdStatus as S
from fixgw.model.errors import IllegalTransition
from fixgw.model.events import (
    CancelDecided,
    CancelGivenUp,
    CancelRefusedByVenue,
    CancelRejected,
    CancelRequested,
    Event,
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
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueNamed,
    VenueRefused,
    VerdictRecorded,
)

_STATES: dict[tuple[S | None, type[Event]], frozenset[S]] = {
    (None, OrderPlaced): frozenset({S.PENDING_NEW}),
    (None, OrderNotPlaced): frozenset({S.REJECTED}),
    # The venue has not answered yet. What proves acceptance (a fill, a cancel) is
    # always preceded by VenueAccepted: decision 0007.
    (S.PENDING_NEW, OutcomeUnknown): frozenset({S.PENDING_NEW}),
    (S.PENDING_NEW, SubmittedAgain): frozenset({S.PENDING_NEW}),
    (S.PENDING_NEW, VenueAccepted): frozenset({S.NEW}),
    (S.PENDING_NEW, VenueRefused): frozenset({S.REJECTED}),
    (S.PENDING_NEW, CancelRequested): frozenset({S.PENDING_CANCEL}),
    (S.PENDING_NEW, CancelDecided): frozenset({S.PENDING_NEW}),
    # It was to be cancelled by the gateway, and is proven never to have arrived.
    (S.PENDING_NEW, VenueCanceled): frozenset({S.CANCELED}),
    (S.PENDING_NEW, VenueExpired): frozenset({S.EXPIRED}),
    # Of the gateway's own cancel, here and below, as is OutcomeUnknown of a working order.
    (S.PENDING_NEW, CancelRefusedByVenue): frozenset({S.PENDING_NEW}),
    (S.PENDING_NEW, CancelGivenUp): frozenset({S.PENDING_NEW}),
    (S.NEW, VenueFill): frozenset({S.PARTIALLY_FILLED, S.FILLED}),
    (S.NEW, VenueCanceled): frozenset({S.CANCELED}),
    (S.NEW, VenueExpired): frozenset({S.EXPIRED}),
    # A venue may take an order in and refuse it a moment later.
    (S.NEW, VenueRefused): frozenset({S.REJECTED}),
    (S.NEW, CancelRequested): frozenset({S.PENDING_CANCEL}),
    (S.NEW, CancelDecided): frozenset({S.NEW}),
    (S.NEW, CancelRefusedByVenue): frozenset({S.NEW}),
    (S.NEW, CancelGivenUp): frozenset({S.NEW}),
    (S.NEW, OutcomeUnknown): frozenset({S.NEW}),
    (S.PARTIALLY_FILLED, VenueFill): frozenset({S.PARTIALLY_FILLED, S.FILLED}),
    (S.PARTIALLY_FILLED, VenueCanceled): frozenset({S.CANCELED}),
    (S.PARTIALLY_FILLED, VenueExpired): frozenset({S.EXPIRED}),
    (S.PARTIALLY_FILLED, CancelRequested): frozenset({S.PENDING_CANCEL}),
    (S.PARTIALLY_FILLED, CancelDecided): frozenset({S.PARTIALLY_FILLED}),
    (S.PARTIALLY_FILLED, CancelRefusedByVenue): frozenset({S.PARTIALLY_FILLED}),
    (S.PARTIALLY_FILLED, CancelGivenUp): frozenset({S.PARTIALLY_FILLED}),
    (S.PARTIALLY_FILLED, OutcomeUnknown): frozenset({S.PARTIALLY_FILLED}),
    (S.PENDING_CANCEL, OutcomeUnknown): frozenset({S.PENDING_CANCEL}),
    (S.PENDING_CANCEL, VenueAccepted): frozenset({S.PENDING_CANCEL}),
    (S.PENDING_CANCEL, VenueFill): frozenset({S.PENDING_CANCEL}),
    (S.PENDING_CANCEL, VenueCanceled): frozenset({S.CANCELED}),
    (S.PENDING_CANCEL, VenueExpired): frozenset({S.EXPIRED}),
    (S.PENDING_CANCEL, VenueRefused): frozenset({S.REJECTED}),
    (S.PENDING_CANCEL, CancelRefusedByVenue): frozenset({S.PENDING_CANCEL}),
    (S.PENDING_CANCEL, CancelRejected): frozenset({S.NEW, S.PARTIALLY_FILLED, S.FILLED}),
    # A fill that crossed the cancel on the wire is still a fill.
    (S.CANCELED, VenueFill): frozenset({S.CANCELED, S.FILLED}),
    (S.EXPIRED, VenueFill): frozenset({S.EXPIRED, S.FILLED}),
    # An overfill is the venue's mistake, and still the client's position.
    (S.FILLED, VenueFill): frozenset({S.FILLED}),
    # The venue's own proof was wrong; what it executed is reported all the same.
    (S.REJECTED, VenueFill): frozenset({S.PARTIALLY_FILLED, S.FILLED}),
    # The order that is to take another one's place.
    (S.PENDING_NEW, ReplacementSubmitted): frozenset({S.PENDING_NEW}),
    (S.PENDING_NEW, ReplacedInFull): frozenset({S.FILLED}),
    # The order whose place is to be taken.
    (S.PENDING_NEW, ReplaceRequested): frozenset({S.PENDING_REPLACE}),
    (S.NEW, ReplaceRequested): frozenset({S.PENDING_REPLACE}),
    (S.PARTIALLY_FILLED, ReplaceRequested): frozenset({S.PENDING_REPLACE}),
    (S.PENDING_REPLACE, OutcomeUnknown): frozenset({S.PENDING_REPLACE}),
    (S.PENDING_REPLACE, SubmittedAgain): frozenset({S.PENDING_REPLACE}),
    (S.PENDING_REPLACE, VenueAccepted): frozenset({S.PENDING_REPLACE}),
    (S.PENDING_REPLACE, VenueFill): frozenset({S.PENDING_REPLACE}),
    # Whether its end is the client's business depends on the other one.
    (S.PENDING_REPLACE, VenueCanceled): frozenset({S.PENDING_REPLACE}),
    (S.PENDING_REPLACE, VenueExpired): frozenset({S.PENDING_REPLACE}),
    (S.PENDING_REPLACE, VenueRefused): frozenset({S.PENDING_REPLACE}),
    (S.PENDING_REPLACE, CancelDecided): frozenset({S.PENDING_REPLACE}),
    (S.PENDING_REPLACE, CancelRefusedByVenue): frozenset({S.PENDING_REPLACE}),
    (S.PENDING_REPLACE, CancelGivenUp): frozenset({S.PENDING_REPLACE}),
    (S.PENDING_REPLACE, ReplaceRejected): frozenset({
        S.PENDING_NEW, S.NEW, S.PARTIALLY_FILLED, S.FILLED, S.CANCELED, S.EXPIRED, S.REJECTED,
    }),
    (S.PENDING_REPLACE, OrderReplaced): frozenset({S.REPLACED}),
    # What it executed until its place was taken may be told later than that.
    (S.REPLACED, VenueFill): frozenset({S.REPLACED}),
    (S.REPLACED, VenueCanceled): frozenset({S.REPLACED}),
    (S.REPLACED, VenueExpired): frozenset({S.REPLACED}),
    (S.REPLACED, VenueRefused): frozenset({S.REPLACED}),
    # Submitted again elsewhere, after a refusal.
    (S.PENDING_NEW, Rerouted): frozenset({S.PENDING_NEW}),
}

CHANGES_NOTHING: tuple[type[Event], ...] = (VenueNamed, VerdictRecorded)
"""What may happen at any time and changes no state."""

TRANSITIONS: dict[tuple[S | None, type[Event]], frozenset[S]] = _STATES | {
    (state, event): frozenset({state}) for event in CHANGES_NOTHING for state in S
}


def allowed(current: S | None, event: Event) -> frozenset[S]:
    """The states *event* may lead to; raises IllegalTransition if it may not happen now."""
    states = TRANSITIONS.get((current, type(event)))
    if states is None:
        name = "no order" if current is None else current.name
        raise IllegalTransition(
            f"order {event.order_id}: {type(event).__name__} is not allowed in {name}"
        )
    return states
