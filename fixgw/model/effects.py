"""What the core wants done. It is done by `app.perform`, after the journal has it."""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.accounts import LookUpAccount
from fixgw.model.enums import OrdType, Side, TimeInForce
from fixgw.model.ids import OrderID, SessionKey, VenueName, VenueOrderID
from fixgw.model.number import ZERO
from fixgw.model.reports import Report
from fixgw.model.terms import PLAIN, Terms


class SendReport(Struct, frozen=True, gc=False):
    """Tell a client; numbered and journaled whether or not the client is connected."""

    session: SessionKey
    report: Report


class VenueOrder(Struct, frozen=True, kw_only=True, gc=False):
    """All that an adapter may need to know of an order."""

    order_id: OrderID
    venue: VenueName
    venue_order_id: VenueOrderID
    account: str
    exchange: str
    symbol: str
    side: Side
    ord_type: OrdType
    time_in_force: TimeInForce
    post_only: bool
    order_qty: Decimal | None
    cash_order_qty: Decimal | None
    price: Decimal | None
    placed_at: int
    """Unix milliseconds."""
    terms: Terms = PLAIN
    native_id: str = ""
    """The venue's own name for it, where it has told one (`OrderUpdate.native_id`)."""
    cum_qty: Decimal = ZERO
    """What is known to be executed of it."""
    attempt: int = 0
    """How often it was routed anew after a refusal (`Refused.reroute`)."""
    route: str = ""
    """Where to, the last time; "" for where its own terms say."""
    cancel_on_disconnect: bool = False
    """The client wants the venue to cancel it when our connection to the venue is lost."""


class EndedOrder(Struct, frozen=True, gc=False):
    """An order that has ended, whose executions may still be corrected."""

    order: VenueOrder
    at: int
    """When it ended, Unix milliseconds."""


class SubmitOrder(Struct, frozen=True, gc=False):
    order: VenueOrder


class CancelOrder(Struct, frozen=True, gc=False):
    order: VenueOrder


class ReplaceOrder(Struct, frozen=True, gc=False):
    """Let *replacement* take the place of *order*, in one step at the venue.

    Its OrderQty(38) counts from the beginning of *order*: what is executed of *order*, when the
    venue comes to it, is to be taken off. The outcome (`Command.REPLACE`) is *replacement*'s.
    """

    order: VenueOrder
    replacement: VenueOrder


class QueryOrder(Struct, frozen=True, gc=False):
    """Ask the venue where the order stands; with *fills*, for its executions as well."""

    order: VenueOrder
    fills: bool = False


class RaiseAlert(Struct, frozen=True, kw_only=True, gc=False):
    """Something an operator must look at. Logged now; other ways to tell come with `ops`."""

    event: str
    order_id: OrderID
    text: str


VenueCommand = SubmitOrder | CancelOrder | ReplaceOrder | QueryOrder
Effect = SendReport | VenueCommand | LookUpAccount | RaiseAlert
