"""What the core wants done. It is done by `app.perform`, after the journal has it."""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.enums import OrdType, Side, TimeInForce
from fixgw.model.ids import OrderID, SessionKey, VenueName, VenueOrderID
from fixgw.model.reports import Report


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


class SubmitOrder(Struct, frozen=True, gc=False):
    order: VenueOrder


class CancelOrder(Struct, frozen=True, gc=False):
    order: VenueOrder


class QueryOrder(Struct, frozen=True, gc=False):
    """Ask the venue where the order stands; with *fills*, for its executions as well."""

    order: VenueOrder
    fills: bool = False


class RaiseAlert(Struct, frozen=True, kw_only=True, gc=False):
    """Something an operator must look at. Logged now; other ways to tell come with `ops`."""

    event: str
    order_id: OrderID
    text: str


VenueCommand = SubmitOrder | CancelOrder | QueryOrder
Effect = SendReport | SubmitOrder | CancelOrder | QueryOrder | RaiseAlert
