"""Reports -> MsgType(35) and body, as one FIX version writes them.

The only place that knows how the versions differ: FIX 4.2 has ExecTransType(20)
and ExecType 1 and 2 where later versions have F, and shorter lists of reasons.
A value that a version lacks becomes its "broker / exchange option" or "other", and the
Text(58) still says what was meant. Never decides what is reported.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fixgw.fix.rejects import business_reject_body
from fixgw.fix.timestamp import UtcTimestamps
from fixgw.fix.wire import clean
from fixgw.model.enums import (
    BusinessRejectReason,
    CxlRejReason,
    ExecType,
    OrdRejReason,
    OrdStatus,
    TimeInForce,
)
from fixgw.model.number import text
from fixgw.model.reports import (
    BusinessMessageReject,
    ExecutionReport,
    LimitResponse,
    OrderCancelReject,
    Report,
)

FIX42_ORD_REJ_REASONS = frozenset("012345678")
FIX42_CXL_REJ_REASONS = frozenset("0123")
FIX42_BUSINESS_REJECT_REASONS = frozenset("012345")

NO_SYMBOL = "[N/A]"
"""FIX 4.2 wants a Symbol(55) even where an unknown order has none to tell."""

MESSAGE_LIMIT = "2"
"""LimitType(25004): on messages of any kind, not on orders alone."""

_POST_ONLY = "18=6\x0159=1\x01"
"""However the client's dialect asked for it."""


class Encoder:
    """For one session: its version. No dialect: what we say, any client's dictionary knows."""

    def __init__(self, begin_string: str, stamps: UtcTimestamps) -> None:
        self._fix42 = begin_string == "FIX.4.2"
        self._stamps = stamps
        self._encoders: dict[type[Any], Callable[[Any], tuple[str, str]]] = {
            ExecutionReport: self._execution_report,
            OrderCancelReject: self._order_cancel_reject,
            BusinessMessageReject: self._business_message_reject,
            LimitResponse: self._limit_response,
        }

    def encode(self, report: Report) -> tuple[str, str]:
        """MsgType(35), and the body from behind the header on, SOH-terminated."""
        return self._encoders[type(report)](report)

    # ------------------------------------------------------------- ExecutionReport

    def _execution_report(self, report: ExecutionReport) -> tuple[str, str]:
        exec_type = (
            self._fix42_exec_type(report) if self._fix42 else f"150={report.exec_type}"
        )
        symbol, exchange = report.symbol or NO_SYMBOL, report.security_exchange
        if exchange:
            symbol = f"{symbol}\x01207={exchange}"
        body = (
            f"37={report.order_id}\x0117={clean(report.exec_id)}\x01{exec_type}\x01"
            f"39={report.ord_status}\x01{_optional(11, report.cl_ord_id)}55={symbol}\x01"
            f"54={report.side}\x01{_terms(report)}"
            f"151={text(report.leaves_qty)}\x0114={text(report.cum_qty)}\x01"
            f"6={text(report.avg_px)}\x0160={self._stamps.text(report.transact_time)}\x01"
        )
        if report.last_qty is not None:
            body += self._execution(report)
        return "8", body + self._extras(report)

    def _fix42_exec_type(self, report: ExecutionReport) -> str:
        """ExecTransType(20), which later versions lack, and ExecType(150) as FIX 4.2 has it."""
        exec_type = report.exec_type
        if exec_type is ExecType.TRADE:
            return f"20=0\x01150={'2' if _filled(report) else '1'}"
        if exec_type is ExecType.ORDER_STATUS:
            # FIX 4.2 has no ExecType I: ExecTransType(20)=3, and 150 repeats the status.
            return f"20=3\x01150={report.ord_status}"
        return f"20=0\x01150={exec_type}"

    def _execution(self, report: ExecutionReport) -> str:
        assert report.last_qty is not None and report.last_px is not None
        body = f"32={text(report.last_qty)}\x0131={text(report.last_px)}\x01"
        if report.commission is not None:
            body += f"12={text(report.commission)}\x0113=3\x01"
            if report.commission_currency and not self._fix42:
                body += f"479={clean(report.commission_currency)}\x01"
        if report.liquidity is not None and not self._fix42:
            body += f"851={report.liquidity}\x01"
        return body

    def _extras(self, report: ExecutionReport) -> str:
        extras = ""
        if report.secondary_order_id:
            extras += f"198={clean(report.secondary_order_id)}\x01"
        if report.orig_cl_ord_id is not None:
            extras += f"41={report.orig_cl_ord_id}\x01"
        if report.ord_rej_reason is not None:
            extras += f"103={self._ord_rej_reason(report.ord_rej_reason)}\x01"
        if report.ord_status_req_id and not self._fix42:
            extras += f"790={report.ord_status_req_id}\x01"
        if report.text:
            extras += f"58={clean(report.text)}\x01"
        return extras

    def _ord_rej_reason(self, reason: OrdRejReason) -> str:
        if self._fix42 and reason not in FIX42_ORD_REJ_REASONS:
            return OrdRejReason.BROKER_OPTION
        return reason

    # ------------------------------------------------------------------ the others

    def _order_cancel_reject(self, report: OrderCancelReject) -> tuple[str, str]:
        reason: str = report.reason
        if self._fix42 and reason not in FIX42_CXL_REJ_REASONS:
            reason = CxlRejReason.BROKER_OPTION
        body = (
            f"37={report.order_id}\x0111={report.cl_ord_id}\x0141={report.orig_cl_ord_id}\x01"
            f"39={report.ord_status}\x01{_optional(1, report.account)}434=1\x01102={reason}\x01"
            f"60={self._stamps.text(report.transact_time)}\x01"
        )
        return "9", f"{body}58={clean(report.text)}\x01" if report.text else body

    def _business_message_reject(self, report: BusinessMessageReject) -> tuple[str, str]:
        fields = {34: str(report.ref_seq_num)}
        reason: str = report.reason
        if self._fix42 and reason not in FIX42_BUSINESS_REJECT_REASONS:
            reason = BusinessRejectReason.OTHER
        return "j", business_reject_body(
            fields, report.ref_msg_type, reason, report.text, report.ref_id
        )

    def _limit_response(self, report: LimitResponse) -> tuple[str, str]:
        limits = "".join(
            f"25004={MESSAGE_LIMIT}\x0125005={limit.count}\x0125006={limit.maximum}\x01"
            f"25007={limit.interval_seconds}\x0125008=s\x01"
            for limit in report.limits
        )
        return "XLR", f"6136={report.req_id}\x0125003={len(report.limits)}\x01{limits}"


def _terms(report: ExecutionReport) -> str:
    """The order's own terms, where the report is about a known order."""
    if report.ord_type is None:
        return ""
    quantity, price, tif = report.order_qty, report.price, report.time_in_force
    terms = _optional(1, report.account)
    if quantity is not None:
        terms += f"38={text(quantity)}\x01"
    if report.cash_order_qty is not None:
        terms += f"152={text(report.cash_order_qty)}\x01"
    terms += f"40={report.ord_type}\x01"
    if price is not None:
        terms += f"44={text(price)}\x01"
    if report.post_only:
        return terms + _POST_ONLY
    return terms if tif is None or tif is TimeInForce.DAY else f"{terms}59={tif}\x01"


def _filled(report: ExecutionReport) -> bool:
    quantity: Decimal | None = report.order_qty
    if quantity is None:
        return report.ord_status is OrdStatus.FILLED
    return report.cum_qty >= quantity


def _optional(tag: int, value: str) -> str:
    return f"{tag}={value}\x01" if value else ""
