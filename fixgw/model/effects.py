"""The effects that the core requests. They are carried out after the journal has committed them."""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.accounts import LookUpAccount
from fixgw.model.enums import OrdType, Side, TimeInForce
from fixgw.model.ids import OrderID, SessionKey, VenueName, VenueOrderID
from fixgw.model.number import ZERO
from fixgw.model.reports import Report
from fixgw.model.terms import PLAIN, Terms


class SendReport(Struct, frozen=True, gc=False):
    """Send a report to a client; it is numbered and journaled whether or not the client is
    connected."""

    session: SessionKey
    report: Report


class VenueOrder(Struct, frozen=True, kw_only=True, gc=False):
    """Everything an adapter may need to know about an order."""

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
    """The venue's own ID of the order, where it has given one (`OrderUpdate.native_id`)."""
    cum_qty: Decimal = ZERO
    """The quantity known to be executed."""
    attempt: int = 0
    """Number of times the order was rerouted after a refusal (`Refused.reroute`)."""
    route: str = ""
    """Its latest route; "" for the destination that its own terms name."""
    cancel_on_disconnect: bool = False
    """The client wants the venue to cancel the order when our connection to the venue is lost."""


class EndedOrder(Struct, frozen=True, gc=False):
    """An order that has ended and whose executions may still be corrected."""

    order: VenueOrder
    at: int
    """Time of its end, Unix milliseconds."""


class SubmitOrder(Struct, frozen=True, gc=False):
    order: VenueOrder


class CancelOrder(Struct, frozen=True, gc=False):
    order: VenueOrder


class ReplaceOrder(Struct, frozen=True, gc=False):
    """Replace *order* with *replacement*, in one step at the venue.

    Its OrderQty(38) counts from the beginning of *order*: the quantity of *order* that is executed
    when the venue handles the request must be subtracted. The outcome (`Command.REPLACE`) belongs
    to *replacement*.
    """

    order: VenueOrder
    replacement: VenueOrder


class QueryOrder(Struct, frozen=True, gc=False):
    """Ask the venue for the state of the order; with *fills*, for its executions as well."""

    order: VenueOrder
    fills: bool = False


class RaiseAlert(Struct, frozen=True, kw_only=True, gc=False):
    """A condition that an operator must look at. It is logged; other channels come with `ops`."""

    event: str
    order_id: OrderID
    text: str


VenueCommand = SubmitOrder | CancelOrder | ReplaceOrder | QueryOrder
Effect = SendReport | VenueCommand | LookUpAccount | RaiseAlert
