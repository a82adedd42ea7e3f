"""Reports to clients, before `fix.encode` writes them for one FIX version."""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.enums import (
    CLOSED,
    BusinessRejectReason,
    CxlRejReason,
    CxlRejResponseTo,
    ExecRestatementReason,
    ExecType,
    Liquidity,
    MassCancelRejectReason,
    OrdRejReason,
    OrdStatus,
    OrdType,
    TimeInForce,
)
from fixgw.model.ids import ClOrdID, ExecID, OrderID
from fixgw.model.number import ZERO
from fixgw.model.settlement import UNSAID, Settlement
from fixgw.model.terms import PLAIN, Terms


class ExecutionReport(Struct, frozen=True, gc=False):
    """ExecutionReport(35=8).

    Construct it with keyword arguments. Only `core.reporting`, which makes one for every step of
    every order, passes them by position: Python passes so many keywords by way of a dict, which
    takes 0.9 us.
    """

    order_id: OrderID | str
    exec_id: ExecID
    exec_type: ExecType
    ord_status: OrdStatus
    cl_ord_id: ClOrdID
    symbol: str
    side: str
    leaves_qty: Decimal
    cum_qty: Decimal
    avg_px: Decimal
    transact_time: int
    """TransactTime(60), Unix milliseconds."""
    orig_cl_ord_id: ClOrdID | None = None
    account: str = ""
    security_exchange: str = ""
    secondary_order_id: str = ""
    """SecondaryOrderID(198): the order's ID at the venue."""
    ord_type: OrdType | None = None
    time_in_force: TimeInForce | None = None
    post_only: bool = False
    order_qty: Decimal | None = None
    cash_order_qty: Decimal | None = None
    price: Decimal | None = None
    terms: Terms = PLAIN
    ord_rej_reason: OrdRejReason | None = None
    text: str = ""
    last_qty: Decimal | None = None
    last_px: Decimal | None = None
    commission: Decimal | None = None
    """Commission(12), an absolute amount: CommType(13)=3."""
    commission_currency: str = ""
    liquidity: Liquidity | None = None
    last_mkt: str = ""
    settlement: Settlement = UNSAID
    """Of an execution, like `last_qty` and the fields after it."""
    quote: str = ""
    """The currency of its prices; "" where it is not known."""
    exec_ref_id: ExecID | None = None
    """ExecRefID(19), of ExecType(150) G and H: the report that is corrected or taken back."""
    ord_status_req_id: str = ""
    replaced: bool = False
    """The order took another one's place, and nothing was executed since: OrdStatus(39) 5 in FIX
    4.2."""
    restatement: ExecRestatementReason | None = None
    """ExecRestatementReason(378), for ExecType(150) D."""
    mass_status_req_id: str = ""
    """MassStatusReqID(584), in an answer to an OrderMassStatusRequest."""
    tot_num_reports: int = 0
    """TotNumReports(911), likewise."""
    last_rpt_requested: bool = False
    """LastRptRequested(912), likewise."""

    def __post_init__(self) -> None:
        if self.ord_status in CLOSED:
            assert not self.leaves_qty, "a closed order has LeavesQty(151)=0"
        assert self.leaves_qty >= ZERO, "LeavesQty(151) below 0"


class OrderCancelReject(Struct, frozen=True, kw_only=True, gc=False):
    """OrderCancelReject(35=9)."""

    order_id: OrderID | str
    cl_ord_id: ClOrdID
    orig_cl_ord_id: ClOrdID
    ord_status: OrdStatus
    reason: CxlRejReason
    transact_time: int
    account: str = ""
    text: str = ""
    response_to: CxlRejResponseTo = CxlRejResponseTo.ORDER_CANCEL_REQUEST
    terms: Terms = PLAIN
    """The third party of the order, or of the request where no order is known."""


class OrderMassCancelReport(Struct, frozen=True, kw_only=True, gc=False):
    """OrderMassCancelReport(35=r): the request was accepted, or not. The result for each order is
    reported in an ExecutionReport of its own."""

    cl_ord_id: ClOrdID
    order_id: str
    """OrderID(37): the report's own ID."""
    request_type: str
    """MassCancelRequestType(530)."""
    transact_time: int
    reject_reason: MassCancelRejectReason | None = None
    affected: int = 0
    """TotalAffectedOrders(533)."""
    symbol: str = ""
    side: str = ""
    text: str = ""


class News(Struct, frozen=True, kw_only=True, gc=False):
    """News(35=B): a venue's notice that concerns no single order."""

    headline: str
    """Headline(148)."""
    lines: tuple[str, ...]
    """Text(58) of each line."""
    orig_time: int
    """OrigTime(42), Unix milliseconds."""


class BusinessMessageReject(Struct, frozen=True, kw_only=True, gc=False):
    """BusinessMessageReject(35=j)."""

    ref_seq_num: int
    ref_msg_type: str
    reason: BusinessRejectReason
    ref_id: str = ""
    """BusinessRejectRefID(379): the message's own ID, where it has one."""
    text: str = ""
    terms: Terms = PLAIN
    """The third party that the message was sent on behalf of."""


class Limit(Struct, frozen=True, kw_only=True, gc=False):
    """One limit on a client's messages, and its present use."""

    count: int
    maximum: int
    interval_seconds: int


class LimitResponse(Struct, frozen=True, kw_only=True, gc=False):
    """LimitResponse(35=XLR): the answer to a LimitQuery(35=XLQ), as Binance's FIX API has it."""

    req_id: str
    limits: tuple[Limit, ...]


Report = (
    ExecutionReport
    | OrderCancelReject
    | OrderMassCancelReport
    | News
    | BusinessMessageReject
    | LimitResponse
)
