"""What happened to an order. Each event is journaled before anything follows from it.

An order is the fold of its events (`core.order`), so start-up and recovery
are one path: give the journal's events to the same code that runs live.
The tag of an event is its name in the journal: renaming one is a schema change.
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
    """The common part: which order, and when the gateway decided it (Unix milliseconds)."""

    order_id: OrderID
    at: int


class OrderPlaced(OrderEventBase, frozen=True, kw_only=True):
    """A NewOrderSingle was taken on. With a venue, this is also the intent to submit it.

    With `replaces` it is the order that is to take another one's place: what
    an OrderCancelReplaceRequest asks for, after `ReplaceRequested` of the other.
    """

    request: NewOrderSingle
    venue: VenueName
    exchange: str
    venue_symbol: str
    venue_order_id: VenueOrderID
    account: str
    replaces: OrderID = OrderID("")
    cancel_on_disconnect: bool = False
    """The venue is to cancel it when our connection to it is lost."""
    quote: str = ""
    """What its prices are in; "" in journals from before it was kept."""
    expires_at: int = 0
    """The venue, which has no Day, works it until it is cancelled, and the gateway does that then:
    the end of the client's session, Unix milliseconds. 0: its end is the venue's business."""
    native: bool = False
    """The venue replaces in one step. Else the other order is canceled first, and this one is
    submitted when that is proven (`ReplacementSubmitted`)."""


class OrderNotPlaced(OrderEventBase, frozen=True, kw_only=True):
    """A NewOrderSingle was refused before it left the gateway."""

    request: NewOrderSingle
    reason: OrdRejReason
    text: str


class SubmittedAgain(OrderEventBase, frozen=True, kw_only=True):
    """The venue proved that it never had the order, so it was submitted once more."""


class VenueAccepted(OrderEventBase, frozen=True, kw_only=True):
    """The venue has the order and works it."""

    native_id: str = ""
    """The venue's own name for it, where later commands need one."""


class VenueNamed(OrderEventBase, frozen=True, kw_only=True):
    """The venue's own name for an order that it had accepted before."""

    native_id: str


class Rerouted(OrderEventBase, frozen=True, kw_only=True):
    """The venue refused the order there; it is submitted again, to `route`."""

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
    """The venue's time of it, Unix milliseconds."""
    commission: Decimal | None = None
    commission_currency: str = ""
    liquidity: Liquidity | None = None
    closes: bool = False
    """The venue says the order is filled with it: needed where no OrderQty(38) tells."""
    last_mkt: str = ""
    text: str = ""
    settlement: Settlement = UNSAID


class FillCorrected(OrderEventBase, frozen=True, kw_only=True):
    """The venue has changed an execution that clients know: what it is now."""

    venue_exec_id: str
    """Which one: as in its `VenueFill`."""
    count: int
    """The how-maniest change of it this is: 1, 2, …"""
    last_qty: Decimal
    last_px: Decimal
    trade_at: int
    """The venue's time of it, Unix milliseconds."""
    commission: Decimal | None = None
    commission_currency: str = ""
    liquidity: Liquidity | None = None
    last_mkt: str = ""
    text: str = ""
    settlement: Settlement = UNSAID


class FillBusted(OrderEventBase, frozen=True, kw_only=True):
    """The venue has taken back an execution that clients know."""

    venue_exec_id: str
    """Which one: as in its `VenueFill`."""
    count: int
    """The how-maniest change of it this is: 1, 2, …"""
    text: str = ""


class VenueCanceled(OrderEventBase, frozen=True, kw_only=True):
    """Nothing of the order works any more: cancelled on request, or by the venue itself."""

    text: str = ""
    restated: ExecRestatementReason | None = None
    """The venue did not say so: it is concluded, or an operator found out."""


class VenueExpired(OrderEventBase, frozen=True, kw_only=True):
    """Nothing of the order works any more: its time was over."""

    text: str = ""


class WorkingAfterEnd(OrderEventBase, frozen=True, kw_only=True):
    """The venue, asked, showed the order working that had ended here: a cancel of its client
    leaves even so."""


class EndConfirmed(OrderEventBase, frozen=True, kw_only=True):
    """Nothing of it works any more, after `WorkingAfterEnd`."""


class CancelRequested(OrderEventBase, frozen=True, kw_only=True):
    """An OrderCancelRequest was taken on; this is also the intent to cancel at the venue."""

    cl_ord_id: ClOrdID


class CancelRefusedByVenue(OrderEventBase, frozen=True, kw_only=True):
    """The venue refused a cancel; what follows is decided once the order's state is known."""

    reason: CxlRejReason
    text: str


class CancelRejected(OrderEventBase, frozen=True, kw_only=True):
    """The client was told that its OrderCancelRequest cannot be done."""

    reason: CxlRejReason
    text: str


class ReplaceRequested(OrderEventBase, frozen=True, kw_only=True):
    """An OrderCancelReplaceRequest was taken on: `OrderPlaced` of `replacement` follows."""

    cl_ord_id: ClOrdID
    replacement: OrderID


class ReplacementSubmitted(OrderEventBase, frozen=True, kw_only=True):
    """The order that it replaces is canceled, for certain: this is the intent to submit it."""

    order_qty: Decimal
    """What is left of its OrderQty(38)."""


class ReplacedInFull(OrderEventBase, frozen=True, kw_only=True):
    """The order that it replaces is canceled and had executed as much as this one was to: it is
    filled from the beginning, with OrderQty(38) amended to CumQty(14) (FIX 4.2 matrix D.11)."""

    order_qty: Decimal


class OrderReplaced(OrderEventBase, frozen=True, kw_only=True):
    """Another order has taken its place; what it had executed counts there."""


class ReplaceRejected(OrderEventBase, frozen=True, kw_only=True):
    """The client was told that its OrderCancelReplaceRequest cannot be done."""

    reason: CxlRejReason
    text: str


class CancelDecided(OrderEventBase, frozen=True, kw_only=True):
    """The gateway itself cancels the order at the venue: nobody asked, so nobody is answered.

    OrdStatus(39) stays what it is until the venue has done it.
    """

    text: str
    """Why: Text(58) of the report that says it is canceled."""
    cause: CancelFor = CancelFor.DEPARTURE


class CancelGivenUp(OrderEventBase, frozen=True, kw_only=True):
    """The gateway's own cancel is not repeated any more: the order stays as it is."""

    text: str


class OutcomeUnknown(OrderEventBase, frozen=True, kw_only=True):
    """A command left and no answer proves what became of it: the order is in doubt."""

    command: Command
    text: str


class VerdictRecorded(OrderEventBase, frozen=True, kw_only=True):
    """An operator has found out what became of an order in doubt. What follows from it for the
    order is an event of its own, behind this one."""

    verdict: Verdict
    who: str
    why: str


OrderEvent = (
    OrderPlaced
    | OrderNotPlaced
    | SubmittedAgain
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
