"""The events of an order. Each is journaled before anything follows from it.

An order is the fold of its events (`core.orders`), so start-up and recovery are one path: pass the
journal's events to the same code that runs live. The tag of an event is its name in the journal:
renaming one is a schema change.
"""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.enums import (
    CancelFor,
    Command,
    CxlRejReason,
    ExecRestatementReason,
    Liquidity,
    OrdRejReason,
    Verdict,
)
from fixgw.model.ids import ClOrdID, OrderID, VenueName, VenueOrderID
from fixgw.model.requests import NewOrderSingle
from fixgw.model.settlement import UNSAID, Settlement


class OrderEventBase(Struct, frozen=True, kw_only=True, gc=False, tag=True, omit_defaults=True):
    """The common part: the order, and the time of the gateway's decision (Unix milliseconds)."""

    order_id: OrderID
    at: int


class OrderPlaced(OrderEventBase, frozen=True, kw_only=True):
    """A NewOrderSingle was accepted. With a venue, this is also the intent to submit it.

    With `replaces`, it is the order that is to take another one's place, as an
    OrderCancelReplaceRequest asks, after `ReplaceRequested` of the other.
    """

    request: NewOrderSingle
    venue: VenueName
    exchange: str
    venue_symbol: str
    venue_order_id: VenueOrderID
    account: str
    replaces: OrderID = OrderID("")
    cancel_on_disconnect: bool = False
    """The venue is to cancel the order when our connection to it is lost."""
    quote: str = ""
    """The currency of its prices; "" in journals written before it was recorded."""
    expires_at: int = 0
    """End of the client's session, Unix milliseconds, at which the gateway cancels the order: the
    venue has no Day and works it until canceled. 0: the venue itself ends the order."""
    native: bool = False
    """The venue replaces in one step. Otherwise the other order is canceled first, and this one is
    submitted when that is proven (`ReplacementSubmitted`)."""


class OrderNotPlaced(OrderEventBase, frozen=True, kw_only=True):
    """A NewOrderSingle was refused before it left the gateway."""

    request: NewOrderSingle
    reason: OrdRejReason
    text: str


class SubmittedAgain(OrderEventBase, frozen=True, kw_only=True):
    """The venue proved that it never had the order, so the order was submitted once more."""


class VenueAccepted(OrderEventBase, frozen=True, kw_only=True):
    """The venue has the order and works it."""

    native_id: str = ""
    """The venue's own ID of the order, where later commands need one."""


class VenueNamed(OrderEventBase, frozen=True, kw_only=True):
    """The venue's own ID of an order that it had already accepted."""

    native_id: str


class SubmitTaken(OrderEventBase, frozen=True, kw_only=True):
    """The venue has confirmed the submit and has not shown the order yet: that it does not show it
    later proves no absence."""


class Rerouted(OrderEventBase, frozen=True, kw_only=True):
    """The venue refused the order there; the order is submitted again, to `route`."""

    route: str
    text: str


class VenueRefused(OrderEventBase, frozen=True, kw_only=True):
    """The venue proved that it does not have the order and never will."""

    reason: OrdRejReason
    text: str


class VenueFill(OrderEventBase, frozen=True, kw_only=True):
    """An execution."""

    venue_exec_id: str
    last_qty: Decimal
    last_px: Decimal
    trade_at: int
    """The venue's time of the execution, Unix milliseconds."""
    commission: Decimal | None = None
    commission_currency: str = ""
    liquidity: Liquidity | None = None
    closes: bool = False
    """The venue reports the order filled by this execution: needed where there is no OrderQty(38)
    to compare with."""
    last_mkt: str = ""
    text: str = ""
    settlement: Settlement = UNSAID


class FillCorrected(OrderEventBase, frozen=True, kw_only=True):
    """The venue has changed an execution that was reported to clients: its present values."""

    venue_exec_id: str
    """The execution, named as in its `VenueFill`."""
    count: int
    """Ordinal of this change of the execution: 1, 2, …"""
    last_qty: Decimal
    last_px: Decimal
    trade_at: int
    """The venue's time of the execution, Unix milliseconds."""
    commission: Decimal | None = None
    commission_currency: str = ""
    liquidity: Liquidity | None = None
    last_mkt: str = ""
    text: str = ""
    settlement: Settlement = UNSAID


class FillBusted(OrderEventBase, frozen=True, kw_only=True):
    """The venue has taken back an execution that was reported to clients."""

    venue_exec_id: str
    """The execution, named as in its `VenueFill`."""
    count: int
    """Ordinal of this change of the execution: 1, 2, …"""
    text: str = ""


class VenueCanceled(OrderEventBase, frozen=True, kw_only=True):
    """No part of the order works any more: canceled on request, or by the venue itself."""

    text: str = ""
    restated: ExecRestatementReason | None = None
    """Set if the venue did not report it: it was concluded, or found by an operator."""


class VenueExpired(OrderEventBase, frozen=True, kw_only=True):
    """No part of the order works any more: its time was over."""

    text: str = ""


class WorkingAfterEnd(OrderEventBase, frozen=True, kw_only=True):
    """The venue, when asked, showed an order as working that had ended here: a cancel from its
    client is sent nevertheless."""


class EndConfirmed(OrderEventBase, frozen=True, kw_only=True):
    """No part of the order works any more, after `WorkingAfterEnd`."""


class CancelRequested(OrderEventBase, frozen=True, kw_only=True):
    """An OrderCancelRequest was accepted; this is also the intent to cancel at the venue."""

    cl_ord_id: ClOrdID


class CancelRefusedByVenue(OrderEventBase, frozen=True, kw_only=True):
    """The venue refused a cancel; the consequence is decided once the order's state is known."""

    reason: CxlRejReason
    text: str


class CancelRejected(OrderEventBase, frozen=True, kw_only=True):
    """The client's OrderCancelRequest was rejected."""

    reason: CxlRejReason
    text: str


class ReplaceRequested(OrderEventBase, frozen=True, kw_only=True):
    """An OrderCancelReplaceRequest was accepted: `OrderPlaced` of `replacement` follows."""

    cl_ord_id: ClOrdID
    replacement: OrderID


class ReplacementSubmitted(OrderEventBase, frozen=True, kw_only=True):
    """The order that it replaces is certainly canceled: this is the intent to submit the
    replacement."""

    order_qty: Decimal
    """The remaining part of its OrderQty(38)."""


class ReplacedInFull(OrderEventBase, frozen=True, kw_only=True):
    """The order that it replaces is canceled and had executed as much as this one was to: this one
    is filled from the beginning, with OrderQty(38) amended to CumQty(14) (FIX 4.2 matrix D.11)."""

    order_qty: Decimal


class OrderReplaced(OrderEventBase, frozen=True, kw_only=True):
    """Another order has taken its place; its executions count there."""


class ReplaceRejected(OrderEventBase, frozen=True, kw_only=True):
    """The client's OrderCancelReplaceRequest was rejected."""

    reason: CxlRejReason
    text: str


class CancelDecided(OrderEventBase, frozen=True, kw_only=True):
    """The gateway itself cancels the order at the venue: there was no request, so there is no
    answer.

    OrdStatus(39) stays unchanged until the venue has canceled.
    """

    text: str
    """The reason: Text(58) of the report of the cancel."""
    cause: CancelFor = CancelFor.DEPARTURE


class CancelGivenUp(OrderEventBase, frozen=True, kw_only=True):
    """The gateway no longer repeats its own cancel: the order stays unchanged."""

    text: str


class OutcomeUnknown(OrderEventBase, frozen=True, kw_only=True):
    """A command was sent and no answer proves its outcome: the order is in doubt."""

    command: Command
    text: str


class VerdictRecorded(OrderEventBase, frozen=True, kw_only=True):
    """An operator has found the outcome of an order in doubt. Its consequence for the order is a
    separate event after this one."""

    verdict: Verdict
    who: str
    why: str


OrderEvent = (
    OrderPlaced
    | OrderNotPlaced
    | SubmittedAgain
    | SubmitTaken
    | VenueAccepted
    | VenueNamed
    | Rerouted
    | VenueRefused
    | VenueFill
    | FillCorrected
    | FillBusted
    | VenueCanceled
    | VenueExpired
    | WorkingAfterEnd
    | EndConfirmed
    | CancelRequested
    | CancelRefusedByVenue
    | CancelRejected
    | ReplaceRequested
    | ReplacementSubmitted
    | ReplacedInFull
    | OrderReplaced
    | ReplaceRejected
    | CancelDecided
    | CancelGivenUp
    | OutcomeUnknown
    | VerdictRecorded
)
