"""Client requests, decoded from FIX of any version."""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.enums import OrdType, Side, TimeInForce
from fixgw.model.ids import ClOrdID, ExecID, OrderID, SessionKey
from fixgw.model.terms import PLAIN, Terms


class NewOrderSingle(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """NewOrderSingle(35=D). Fields that a client left out are None or empty, never guessed."""

    session: SessionKey
    cl_ord_id: ClOrdID
    symbol: str
    side: Side
    ord_type: OrdType
    time_in_force: TimeInForce
    order_qty: Decimal | None = None
    """OrderQty(38), in units of the base asset."""
    cash_order_qty: Decimal | None = None
    """CashOrderQty(152), in units of the quote asset: the amount that a MARKET BUY spends."""
    price: Decimal | None = None
    account: str = ""
    security_exchange: str = ""
    post_only: bool = False
    """ExecInst(18)=6 (participate, don't initiate), or a dialect's TimeInForce(59)=7."""
    poss_resend: bool = False
    """PossResend(97)=Y: may be an order that was sent before under another MsgSeqNum(34)."""
    terms: Terms = PLAIN


class OrderCancelReplaceRequest(Struct, frozen=True, kw_only=True, gc=False):
    """OrderCancelReplaceRequest(35=G): the whole order, with its new values.

    OrderQty(38) includes the executed quantity (FIX 4.4 volume 4, "Order Cancel/Replace Request").
    A field left out here is one that the client left out.
    """

    order: NewOrderSingle
    """The order with its new values; its ClOrdID(11) is that of the request."""
    orig_cl_ord_id: ClOrdID | None = None
    """OrigClOrdID(41); FIX 5.0 lets a request name the order by OrderID(37) alone."""
    order_id: OrderID | None = None

    @property
    def session(self) -> SessionKey:
        return self.order.session

    @property
    def cl_ord_id(self) -> ClOrdID:
        return self.order.cl_ord_id

    @property
    def terms(self) -> Terms:
        return self.order.terms


class OrderMassCancelRequest(Struct, frozen=True, kw_only=True, gc=False):
    """OrderMassCancelRequest(35=q), of FIX 4.3 and later: the session's own open orders."""

    session: SessionKey
    cl_ord_id: ClOrdID
    request_type: str
    """MassCancelRequestType(530)."""
    symbol: str = ""
    side: str = ""
    account: str = ""
    security_exchange: str = ""


class OrderMassStatusRequest(Struct, frozen=True, kw_only=True, gc=False):
    """OrderMassStatusRequest(35=AF), of FIX 4.3 and later: the session's own open orders."""

    session: SessionKey
    mass_status_req_id: str
    """MassStatusReqID(584)."""
    request_type: str
    """MassStatusReqType(585)."""
    symbol: str = ""
    side: str = ""
    account: str = ""
    security_exchange: str = ""


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
    terms: Terms = PLAIN
    """The third party that it is sent on behalf of; no other terms."""


class OrderStatusRequest(Struct, frozen=True, kw_only=True, gc=False):
    """OrderStatusRequest(35=H)."""

    session: SessionKey
    cl_ord_id: ClOrdID
    order_id: OrderID | None = None
    symbol: str = ""
    side: str = ""
    ord_status_req_id: str = ""
    terms: Terms = PLAIN
    """As in an OrderCancelRequest."""


class DontKnowTrade(Struct, frozen=True, kw_only=True, gc=False):
    """DontKnowTrade(35=Q): the client disputes an execution that was reported to it."""

    session: SessionKey
    order_id: str
    """OrderID(37), as the client has it."""
    exec_id: ExecID
    reason: str
    """DKReason(127)."""
    symbol: str = ""
    side: str = ""
    last_qty: Decimal | None = None
    last_px: Decimal | None = None
    text: str = ""


Request = (
    NewOrderSingle
    | OrderCancelReplaceRequest
    | OrderCancelRequest
    | OrderMassCancelRequest
    | OrderMassStatusRequest
    | OrderStatusRequest
)
