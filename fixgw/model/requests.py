"""What a client asks for, decoded from FIX of any version."""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.enums import OrdType, Side, TimeInForce
from fixgw.model.ids import ClOrdID, OrderID, SessionKey


class NewOrderSingle(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """NewOrderSingle(35=D). Fields a client left out are None or empty, never guessed."""

    session: SessionKey
    cl_ord_id: ClOrdID
    symbol: str
    side: Side
    ord_type: OrdType
    time_in_force: TimeInForce
    order_qty: Decimal | None = None
    """OrderQty(38), in units of the base asset."""
    cash_order_qty: Decimal | None = None
    """CashOrderQty(152), in units of the quote asset: what a MARKET BUY spends."""
    price: Decimal | None = None
    account: str = ""
    security_exchange: str = ""
    post_only: bool = False
    """ExecInst(18)=6 (participate, don't initiate), or a dialect's TimeInForce(59)=7."""
    poss_resend: bool = False
    """PossResend(97)=Y: may be an order that was sent before under another MsgSeqNum(34)."""


class OrderCancelRequest(Struct, frozen=True, kw_only=True, gc=False):
    """OrderCancelRequest(35=F)."""

    session: SessionKey
    cl_ord_id: ClOrdID
    orig_cl_ord_id: ClOrdID | None = None
    """OrigClOrdID(41); some dialects name the order in ClOrdID(11) and leave this out."""
    order_id: OrderID | None = None
    symbol: str = ""
    side: str = ""
    poss_resend: bool = False


class OrderStatusRequest(Struct, frozen=True, kw_only=True, gc=False):
    """OrderStatusRequest(35=H)."""

    session: SessionKey
    cl_ord_id: ClOrdID
    order_id: OrderID | None = None
    symbol: str = ""
    side: str = ""
    ord_status_req_id: str = ""


Request = NewOrderSingle | OrderCancelRequest | OrderStatusRequest
