"""The only maker of reports about orders, and of ExecID(17).

ExecID(17) is a function of the order and of what happened to it, so the same
fact always has the same id, across restarts and re-deliveries (decision 0006):

    ORDER-A      Pending New          ORDER-0      New
    ORDER-F<x>   execution <x>        ORDER-6.<n>  Pending Cancel, n-th cancel request
    ORDER-4      Canceled             ORDER-8      Rejected
    ORDER-C      Expired              ORDER-D<t>.<n>  Rejected as a duplicate of ORDER
    ORDER-5      Replaced by ORDER    ORDER-E.<n>  Pending Replace, n-th replace request
    ORDER-R      Restated             ORDER-G<x>.<n>  Trade Correct, n-th change of <x>
    0            Order Status (FIX)   ORDER-H<x>.<n>  Trade Cancel, n-th change of <x>

ORDER is the order at the venue: what replaced another one has a name of its own
here, though the client knows both by the OrderID(37) of the first. <x> is the
venue's name for the execution, or where it gives none `@` and the quantity
executed up to and with it, followed by /2 if that was reached a second time.
<t> is the time, and <n> counts.
"""

from decimal import Decimal

from msgspec.structs import replace

from fixgw.core.orders.client_order import ClientOrder, of
from fixgw.core.orders.leg import KnownExecution, Leg
from fixgw.model.enums import (
    CxlRejReason,
    CxlRejResponseTo,
    ExecRestatementReason,
    ExecType,
    Liquidity,
    OrdRejReason,
    OrdStatus,
)
from fixgw.model.events import FillBusted, FillCorrected, VenueFill
from fixgw.model.ids import ClOrdID, ExecID
from fixgw.model.number import ZERO
from fixgw.model.reports import ExecutionReport, OrderCancelReject
from fixgw.model.requests import (
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderMassStatusRequest,
    OrderStatusRequest,
)
from fixgw.model.settlement import UNSAID, Settlement

STATUS_EXEC_ID = ExecID("0")
"""FIX 4.2 and 4.4, ExecID(17): "0 (zero) for ExecTransType=3 (Status)" / "ExecType=I"."""

NO_ORDER_ID = "NONE"
"""OrderID(37) of an order that we do not know, as OrderCancelReject(35=9) prescribes."""


def change(leg: Leg, exec_type: ExecType, suffix: str, at: int, text: str = "") -> (
    ExecutionReport
):
    """A report of a change of state; while a cancel is involved it names the cancel request."""
    cl_ord_id, orig_cl_ord_id = leg.request.cl_ord_id, None
    if leg.cancel is not None and exec_type in _NAMES_THE_CANCEL:
        cl_ord_id, orig_cl_ord_id = _cancel_names(leg)
    return _report(
        leg, exec_type, ExecID(f"{leg.order_id}-{suffix}"), at,
        cl_ord_id=cl_ord_id, orig_cl_ord_id=orig_cl_ord_id, text=text,
        ord_rej_reason=leg.reject_reason,
    )


_NAMES_THE_CANCEL = frozenset({ExecType.PENDING_CANCEL, ExecType.CANCELED})


def _cancel_names(leg: Leg) -> tuple[ClOrdID, ClOrdID | None]:
    assert leg.cancel is not None
    own = leg.request.cl_ord_id
    # A dialect whose cancel has no id of its own names the leg and nothing else.
    return (own, None) if leg.cancel.cl_ord_id == own else (leg.cancel.cl_ord_id, own)


def trade(leg: Leg, fill: VenueFill) -> ExecutionReport:
    """One execution. It names the leg even while a cancel is pending (matrix B.1.b), and the
    leg that has taken its place, where one has."""
    current: Leg = leg.belongs_to.current
    return _report(
        current, ExecType.TRADE, ExecID(f"{leg.order_id}-F{fill.venue_exec_id}"), fill.trade_at,
        cl_ord_id=current.request.cl_ord_id, last_qty=fill.last_qty, last_px=fill.last_px,
        commission=fill.commission, commission_currency=fill.commission_currency,
        liquidity=fill.liquidity, last_mkt=fill.last_mkt, text=fill.text,
        settlement=fill.settlement,
    )


def corrected(
    leg: Leg, now: FillCorrected | FillBusted, before: KnownExecution
) -> ExecutionReport:
    """One execution, which was *before*, as the venue has corrected it, 150=G, or taken back,
    150=H; with ExecRefID(19) of the last report about it."""
    busted, said = isinstance(now, FillBusted), f"{leg.order_id}-F{now.venue_exec_id}"
    if before.changes:
        said = _correction(leg, now.venue_exec_id, before.changes, busted=before.busted)
    current = of(leg).current
    report = _report(
        current, ExecType.TRADE_CANCEL if busted else ExecType.TRADE_CORRECT,
        ExecID(_correction(leg, now.venue_exec_id, now.count, busted=busted)), now.at,
        cl_ord_id=current.request.cl_ord_id, last_qty=before.last_qty, last_px=before.last_px,
        text=now.text, exec_ref_id=ExecID(said),
    )
    if isinstance(now, FillBusted):
        return report
    return replace(
        report, transact_time=now.trade_at, last_qty=now.last_qty, last_px=now.last_px,
        commission=now.commission, commission_currency=now.commission_currency,
        liquidity=now.liquidity, last_mkt=now.last_mkt, settlement=now.settlement,
    )


def _correction(leg: Leg, name: str, count: int, *, busted: bool) -> str:
    kind = ExecType.TRADE_CANCEL if busted else ExecType.TRADE_CORRECT
    return f"{leg.order_id}-{kind}{name}.{count}"


def pending_replace(leg: Leg, after: Leg, at: int) -> ExecutionReport:
    """*after* is to take the place of *leg*, whose terms are in force until it has."""
    return _report(
        leg, ExecType.PENDING_REPLACE,
        ExecID(f"{leg.order_id}-{ExecType.PENDING_REPLACE}.{leg.replace_count}"), at,
        cl_ord_id=after.request.cl_ord_id, orig_cl_ord_id=leg.request.cl_ord_id,
    )


def replaced(after: Leg, at: int, text: str = "") -> ExecutionReport:
    """*after* has taken the place of the leg before it."""
    assert after.replaces is not None
    return _report(
        after, ExecType.REPLACED, ExecID(f"{after.order_id}-{ExecType.REPLACED}"), at,
        cl_ord_id=after.request.cl_ord_id, orig_cl_ord_id=after.replaces.request.cl_ord_id,
        text=text,
    )


def replace_reject(
    leg: Leg, after: Leg, reason: CxlRejReason, text: str, at: int
) -> OrderCancelReject:
    """*after* does not take the place of *leg*."""
    return OrderCancelReject(
        order_id=of(leg).root_id,
        cl_ord_id=after.request.cl_ord_id,
        orig_cl_ord_id=leg.request.cl_ord_id,
        ord_status=of(leg).ord_status,
        reason=reason,
        transact_time=at,
        account=leg.account,
        text=text,
        response_to=CxlRejResponseTo.ORDER_CANCEL_REPLACE_REQUEST,
        terms=leg.request.terms,
    )


def restated(leg: Leg, at: int) -> ExecutionReport:
    """Its end, which was concluded: the venue did not say it."""
    return _report(
        leg, ExecType.RESTATED, ExecID(f"{leg.order_id}-R"), at,
        cl_ord_id=leg.request.cl_ord_id, text=leg.text, restatement=leg.restated,
    )


def mass_status(
    leg: Leg, at: int, request: OrderMassStatusRequest, count: int, *, last: bool
) -> ExecutionReport:
    """One of the *count* answers to an OrderMassStatusRequest (150=I)."""
    report = _report(
        leg, ExecType.ORDER_STATUS, STATUS_EXEC_ID, at,
        cl_ord_id=leg.request.cl_ord_id, text=leg.text,
    )
    return replace(
        report, mass_status_req_id=request.mass_status_req_id, tot_num_reports=count,
        last_rpt_requested=last,
    )


def status(leg: Leg, at: int, request: OrderStatusRequest | None = None) -> ExecutionReport:
    """The answer to an OrderStatusRequest, or to a resent leg that we know (150=I)."""
    return _report(
        leg, ExecType.ORDER_STATUS, STATUS_EXEC_ID, at,
        cl_ord_id=leg.request.cl_ord_id, text=leg.text,
        ord_rej_reason=leg.reject_reason,
        ord_status_req_id=request.ord_status_req_id if request else "",
    )


def status_unknown(request: OrderStatusRequest, at: int) -> ExecutionReport:
    """The answer to an OrderStatusRequest for an leg that we do not know: 39=8."""
    return ExecutionReport(
        order_id=NO_ORDER_ID,
        exec_id=STATUS_EXEC_ID,
        exec_type=ExecType.ORDER_STATUS,
        ord_status=OrdStatus.REJECTED,
        cl_ord_id=request.cl_ord_id,
        symbol=request.symbol,
        side=request.side,
        leaves_qty=ZERO,
        cum_qty=ZERO,
        avg_px=ZERO,
        transact_time=at,
        ord_rej_reason=OrdRejReason.UNKNOWN_ORDER,
        ord_status_req_id=request.ord_status_req_id,
        text="unknown order",
        terms=request.terms,
    )


def no_orders(request: OrderMassStatusRequest, at: int) -> ExecutionReport:
    """The answer to an OrderMassStatusRequest where there is no leg: 39=8, 911=0."""
    return ExecutionReport(
        order_id=NO_ORDER_ID,
        exec_id=STATUS_EXEC_ID,
        exec_type=ExecType.ORDER_STATUS,
        ord_status=OrdStatus.REJECTED,
        cl_ord_id=ClOrdID(""),
        symbol=request.symbol,
        side=request.side,
        leaves_qty=ZERO,
        cum_qty=ZERO,
        avg_px=ZERO,
        transact_time=at,
        account=request.account,
        ord_rej_reason=OrdRejReason.UNKNOWN_ORDER,
        text="no open orders",
        mass_status_req_id=request.mass_status_req_id,
        last_rpt_requested=True,
    )


def duplicate(leg: Leg, request: NewOrderSingle, at: int, count: int) -> ExecutionReport:
    """Rejects the second NewOrderSingle and tells the state of the first (matrix F.1.a)."""
    return _report(
        leg, ExecType.REJECTED, ExecID(f"{leg.order_id}-D{at}.{count}"), at,
        cl_ord_id=request.cl_ord_id,
        text=f"ClOrdID(11) {request.cl_ord_id!r} was used before",
        ord_rej_reason=OrdRejReason.DUPLICATE_ORDER,
    )


def cancel_reject(leg: Leg, reason: CxlRejReason, text: str, at: int) -> OrderCancelReject:
    """The answer to the pending cancel request of *leg*, which is not done."""
    assert leg.cancel is not None
    own = leg.request.cl_ord_id
    return OrderCancelReject(
        order_id=of(leg).root_id,
        cl_ord_id=leg.cancel.cl_ord_id,
        orig_cl_ord_id=own,
        ord_status=of(leg).as_seen(leg.beneath),
        reason=reason,
        transact_time=at,
        account=leg.account,
        text=text,
        terms=leg.request.terms,
    )


def cancel_refused(
    request: OrderCancelRequest | OrderCancelReplaceRequest,
    leg: Leg | None,
    reason: CxlRejReason,
    text: str,
    at: int,
) -> OrderCancelReject:
    """The answer to a request that is refused at once; *leg* is None if unknown."""
    replaces = type(request) is OrderCancelReplaceRequest
    named = request.orig_cl_ord_id or request.cl_ord_id
    return OrderCancelReject(
        order_id=of(leg).root_id if leg else NO_ORDER_ID,
        cl_ord_id=request.cl_ord_id,
        # FIX 4.4, OrderCancelReject: that of the last accepted leg (matrix D.2.c).
        orig_cl_ord_id=leg.request.cl_ord_id if leg else named,
        ord_status=of(leg).ord_status if leg else OrdStatus.REJECTED,
        reason=reason,
        transact_time=at,
        account=leg.account if leg else "",
        text=text,
        response_to=CxlRejResponseTo.ORDER_CANCEL_REPLACE_REQUEST
        if replaces
        else CxlRejResponseTo.ORDER_CANCEL_REQUEST,
        terms=leg.request.terms if leg else request.terms,
    )


def _report(
    leg: Leg,
    exec_type: ExecType,
    exec_id: ExecID,
    at: int,
    *,
    cl_ord_id: ClOrdID,
    orig_cl_ord_id: ClOrdID | None = None,
    text: str = "",
    ord_rej_reason: OrdRejReason | None = None,
    ord_status_req_id: str = "",
    last_qty: Decimal | None = None,
    last_px: Decimal | None = None,
    commission: Decimal | None = None,
    commission_currency: str = "",
    liquidity: Liquidity | None = None,
    last_mkt: str = "",
    settlement: Settlement = UNSAID,
    restatement: ExecRestatementReason | None = None,
    exec_ref_id: ExecID | None = None,
) -> ExecutionReport:
    request = leg.request
    order: ClientOrder = leg.belongs_to
    status, leaves, executed, price = order.figures()
    # In the order of its fields, without their names: see there.
    report = ExecutionReport(
        order.root_id,
        exec_id,
        exec_type,
        status,
        cl_ord_id,
        request.symbol,
        request.side,
        leaves,
        executed,
        price,
        at,
        orig_cl_ord_id,
        leg.account,
        leg.exchange,
        leg.venue_order_id,
        request.ord_type,
        request.time_in_force,
        request.post_only,
        request.order_qty,
        request.cash_order_qty,
        request.price,
        request.terms,
        ord_rej_reason,
        text,
        last_qty,
        last_px,
        commission,
        commission_currency,
        liquidity,
        last_mkt,
        settlement,
        leg.quote,
    )
    replaced = leg.replaces is not None and order.instead_of is None and not executed
    if replaced or ord_status_req_id or restatement is not None or exec_ref_id is not None:
        return replace(
            report, replaced=replaced, ord_status_req_id=ord_status_req_id,
            restatement=restatement, exec_ref_id=exec_ref_id,
        )
    return report
