"""Reports -> MsgType(35) and body, as one FIX version writes them.

The only place that knows the differences between versions (for an order's rarer terms: terms.py):
FIX 4.2 has ExecTransType(20), ExecType 1 and 2 where later versions have F, none for corrections
and busts, OrdStatus 5 for an order that took another one's place, and shorter lists of reasons. A
value that a version lacks becomes its "broker / exchange option" or "other", and Text(58) still
gives the actual reason. It never decides what is reported.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from fixgw.fix.rejects import business_reject_body
from fixgw.fix.terms import NO_SYMBOL, TermsWriter, way_back
from fixgw.fix.timestamp import UtcTimestamps
from fixgw.fix.ways import AS_STANDARD, Ways
from fixgw.fix.wire import clean
from fixgw.model.enums import (
    BusinessRejectReason,
    CxlRejReason,
    ExecRestatementReason,
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
    News,
    OrderCancelReject,
    OrderMassCancelReport,
    Report,
)
from fixgw.model.settlement import UNSAID, Settlement
from fixgw.model.terms import PLAIN, Terms

FIX42_ORD_REJ_REASONS = frozenset("012345678")
FIX42_CXL_REJ_REASONS = frozenset("0123")
FIX42_BUSINESS_REJECT_REASONS = frozenset("012345")
FIX42_RESTATEMENT_REASONS = frozenset("012345")

VERSIONS = {"7": "FIX.5.0", "8": "FIX.5.0SP1", "9": "FIX.5.0SP2"}
"""DefaultApplVerID(1137) of a FIXT.1.1 session -> the version it speaks."""

HAVE_MASS_ACTION_REPORT_ID = ("FIX.5.0SP1", "FIX.5.0SP2")
"""Versions in which MassActionReportID(1369) is required."""

NO_SIDE = "7"
"""Side(54) undisclosed: every version requires a side even where there is no order."""

NOT_DONE = "0"
"""MassCancelResponse(531): the request was not accepted."""

MESSAGE_LIMIT = "2"
"""LimitType(25004): a limit on messages of any kind, not on orders only."""

_POST_ONLY, _POST_ONLY_TIF = "18=6\x01", "59=1\x01"
"""Post only is reported in one of these forms, whichever field the client requested it by."""

_PENDING = (OrdStatus.PENDING_NEW, OrdStatus.PENDING_CANCEL, OrdStatus.PENDING_REPLACE)

_FIX42_TRANS_TYPES = {ExecType.TRADE_CANCEL: "1", ExecType.TRADE_CORRECT: "2"}
"""ExecTransType(20) of a report about an earlier execution."""

_TELL_MORE = frozenset({ExecType.ORDER_STATUS, ExecType.RESTATED, *_FIX42_TRANS_TYPES})


class Encoder:
    """Encodes for one session: its version, and its dialect's variations. A dialect changes only
    the form of a report: every client's dictionary knows the values we write."""

    def __init__(
        self,
        begin_string: str,
        stamps: UtcTimestamps,
        default_appl_ver_id: str = "",
        ways: Ways = AS_STANDARD,
    ) -> None:
        """*default_appl_ver_id*: that of a FIXT.1.1 session; "" for the others."""
        self._ways = ways
        version = VERSIONS[default_appl_ver_id] if default_appl_ver_id else begin_string
        assert version != "FIXT.1.1", "a FIXT.1.1 session has a DefaultApplVerID(1137)"
        self._version = version
        self._fix42 = version == "FIX.4.2"
        self._stamps = stamps
        self._terms = TermsWriter(version, stamps)
        self._encoders: dict[type[Any], Callable[[Any], tuple[str, str]]] = {
            ExecutionReport: self._execution_report,
            OrderCancelReject: self._order_cancel_reject,
            OrderMassCancelReport: self._order_mass_cancel_report,
            News: self._news,
            BusinessMessageReject: self._business_message_reject,
            LimitResponse: self._limit_response,
        }

    def encode(self, report: Report) -> tuple[str, str]:
        """Return MsgType(35), and the body after the header, SOH-terminated."""
        return self._encoders[type(report)](report)

    # ------------------------------------------------------------- ExecutionReport

    def _execution_report(self, report: ExecutionReport) -> tuple[str, str]:
        exec_type = (
            self._fix42_exec_type(report) if self._fix42
            else f"150={report.exec_type}\x0139={report.ord_status}"
        )
        if self._ways.exec_types:
            exec_type = self._in_its_words(exec_type, report)
        symbol, exchange = report.symbol or NO_SYMBOL, report.security_exchange
        there = ""
        if report.terms is not PLAIN:
            there = way_back(report.terms)
            if report.terms.security_id:
                symbol = NO_SYMBOL + _security(report.terms)
        if exchange:
            symbol = f"{symbol}\x01207={exchange}"
        body = (
            f"{there}37={report.order_id}\x0117={clean(report.exec_id)}\x01{exec_type}\x01"
            f"{_optional(11, report.cl_ord_id)}55={symbol}\x01"
            f"54={report.side or NO_SIDE}\x01{self._order_of(report)}"
            f"151={text(report.leaves_qty)}\x0114={text(report.cum_qty)}\x01"
            f"6={text(report.avg_px)}\x0160={self._stamps.text(report.transact_time)}\x01"
        )
        if report.last_qty is not None:
            body += self._execution(report)
        body += self._extras(report)
        if self._ways.left_out and report.exec_type not in _FIX42_TRANS_TYPES:
            body = _without(body, self._ways.left_out)
        return "8", body

    def _in_its_words(self, exec_type: str, report: ExecutionReport) -> str:
        """Return ExecType(150) in the values that the dialect has, and OrdStatus(39) where the
        order is not waiting for an answer: an unconfirmed state is not reported as confirmed."""
        told = []
        for field in exec_type.split("\x01"):
            tag, _, value = field.partition("=")
            if tag == "150" or tag == "39" and value not in _PENDING:
                value = self._ways.exec_types.get(value, value)
            if tag == "39" and value == OrdStatus.NEW and report.cum_qty:
                value = OrdStatus.PARTIALLY_FILLED
            told.append(f"{tag}={value}")
        return "\x01".join(told)

    def _fix42_exec_type(self, report: ExecutionReport) -> str:
        """Return ExecTransType(20), which later versions lack, ExecType(150) and OrdStatus(39)."""
        exec_type, status = report.exec_type, report.ord_status
        if report.replaced and status is OrdStatus.NEW:
            # FIX 4.2, appendix D: Replaced precedes New, and follows Partially Filled (D10).
            status = OrdStatus.REPLACED
        if exec_type is ExecType.TRADE:
            return f"20=0\x01150={'2' if _filled(report) else '1'}\x0139={status}"
        if exec_type is ExecType.ORDER_STATUS:
            # FIX 4.2 has no ExecType I: ExecTransType(20)=3, and 150 repeats the status.
            return f"20=3\x01150={status}\x0139={status}"
        if exec_type in _FIX42_TRANS_TYPES:
            # Nor G and H: ExecTransType(20) carries it, and 150 repeats the status.
            told = self._ways.correction_exec_type or status
            return f"20={_FIX42_TRANS_TYPES[exec_type]}\x01150={told}\x0139={status}"
        return f"20=0\x01150={exec_type}\x0139={status}"

    def _order_of(self, report: ExecutionReport) -> str:
        """Return the order's fields as the client sent them, where the report is about a known
        order."""
        if report.ord_type is None:
            return ""
        quantity, price, tif = report.order_qty, report.price, report.time_in_force
        order = _optional(1, report.account)
        if quantity is not None:
            order += f"38={text(quantity)}\x01"
        if report.cash_order_qty is not None:
            order += f"152={text(report.cash_order_qty)}\x01"
        order += f"40={report.ord_type}\x01"
        if self._ways.fill_in_price and report.exec_type is ExecType.TRADE:
            price = report.last_px
        if price is not None:
            order += f"44={text(price)}\x01"
        # A value for which the dialect has a TimeInForce(59) is not reported twice.
        by_exec_inst = report.post_only and not self._ways.post_only_tif
        if report.terms is not PLAIN:
            # The trade's own value date follows with it, and appears only there.
            order += self._terms.write(
                report.terms, by_exec_inst, settl_date=not report.settlement.date
            )
        elif by_exec_inst:
            order += _POST_ONLY
        if report.post_only:
            own = self._ways.post_only_tif
            return order + (f"59={own}\x01" if own else _POST_ONLY_TIF)
        return order if tif is None or tif is TimeInForce.DAY else f"{order}59={tif}\x01"

    def _execution(self, report: ExecutionReport) -> str:
        assert report.last_qty is not None and report.last_px is not None
        body = f"32={text(report.last_qty)}\x0131={text(report.last_px)}\x01"
        if report.commission is not None and not self._says_fee_in_text(report):
            body += f"12={text(report.commission)}\x0113=3\x01"
            if report.commission_currency and not self._fix42:
                body += f"479={clean(report.commission_currency)}\x01"
        if report.liquidity is not None and not self._fix42:
            body += f"851={report.liquidity}\x01"
        if report.last_mkt:
            body += f"30={clean(report.last_mkt)}\x01"
        return body if report.settlement is UNSAID else body + _settlement(report.settlement)

    def _says_fee_in_text(self, report: ExecutionReport) -> bool:
        """Return True if the commission goes into Text(58): FIX 4.2 has no CommCurrency(479), and
        its Commission(12) is in the currency of prices."""
        currency = report.commission_currency
        return (
            self._fix42 and report.commission is not None
            and bool(currency) and currency != report.quote
        )

    def _text_of(self, report: ExecutionReport) -> str:
        if not self._says_fee_in_text(report):
            return report.text
        assert report.commission is not None
        fee = f"commission {text(report.commission)} {report.commission_currency}"
        return f"{report.text}, {fee}" if report.text else fee

    def _extras(self, report: ExecutionReport) -> str:
        extras = ""
        if report.secondary_order_id:
            extras += f"198={clean(report.secondary_order_id)}\x01"
        if report.orig_cl_ord_id is not None:
            extras += f"41={report.orig_cl_ord_id}\x01"
        if report.ord_rej_reason is not None:
            extras += f"103={self._ord_rej_reason(report.ord_rej_reason)}\x01"
        if report.exec_type in _TELL_MORE:
            extras += self._more(report)
        said = report.text if report.commission is None else self._text_of(report)
        if said:
            extras += f"58={clean(said)}\x01"
        return extras

    def _more(self, report: ExecutionReport) -> str:
        """Return the fields that only an answer to a query, a restatement, a correction or a bust
        has."""
        if report.exec_ref_id is not None:
            return f"19={clean(report.exec_ref_id)}\x01"
        reason = report.restatement
        if reason is not None:
            if self._fix42 and reason not in FIX42_RESTATEMENT_REASONS:
                reason = ExecRestatementReason.BROKER_OPTION
            return f"378={reason}\x01"
        if self._fix42:
            return ""
        more = _optional(790, report.ord_status_req_id)
        if report.mass_status_req_id:
            last = "Y" if report.last_rpt_requested else "N"
            more += f"584={report.mass_status_req_id}\x01911={report.tot_num_reports}\x01"
            more += f"912={last}\x01"
        return more

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
            f"{way_back(report.terms)}"
            f"37={report.order_id}\x0111={report.cl_ord_id}\x0141={report.orig_cl_ord_id}\x01"
            f"39={report.ord_status}\x01{_optional(1, report.account)}"
            f"434={report.response_to}\x01102={reason}\x01"
            f"60={self._stamps.text(report.transact_time)}\x01"
        )
        return "9", f"{body}58={clean(report.text)}\x01" if report.text else body

    def _order_mass_cancel_report(self, report: OrderMassCancelReport) -> tuple[str, str]:
        body = f"37={report.order_id}\x01{_optional(11, report.cl_ord_id)}"
        if self._version in HAVE_MASS_ACTION_REPORT_ID:
            body += f"1369={report.order_id}\x01"
        body += f"530={report.request_type}\x01"
        if report.reject_reason is None:
            body += f"531={report.request_type}\x01533={report.affected}\x01"
        else:
            body += f"531={NOT_DONE}\x01532={report.reject_reason}\x01"
        body += f"{_optional(55, report.symbol)}{_optional(54, report.side)}"
        body += f"60={self._stamps.text(report.transact_time)}\x01"
        return "r", f"{body}58={clean(report.text)}\x01" if report.text else body

    def _news(self, report: News) -> tuple[str, str]:
        # All but the last version require at least one line.
        lines = report.lines or (report.headline,)
        written = "".join(f"58={clean(line)}\x01" for line in lines)
        return "B", (
            f"42={self._stamps.text(report.orig_time)}\x01148={clean(report.headline)}\x01"
            f"33={len(lines)}\x01{written}"
        )

    def _business_message_reject(self, report: BusinessMessageReject) -> tuple[str, str]:
        fields = {34: str(report.ref_seq_num)}
        reason: str = report.reason
        if self._fix42 and reason not in FIX42_BUSINESS_REJECT_REASONS:
            reason = BusinessRejectReason.OTHER
        return "j", way_back(report.terms) + business_reject_body(
            fields, report.ref_msg_type, reason, report.text, report.ref_id
        )

    def _limit_response(self, report: LimitResponse) -> tuple[str, str]:
        limits = "".join(
            f"25004={MESSAGE_LIMIT}\x0125005={limit.count}\x0125006={limit.maximum}\x01"
            f"25007={limit.interval_seconds}\x0125008=s\x01"
            for limit in report.limits
        )
        return "XLR", f"6136={report.req_id}\x0125003={len(report.limits)}\x01{limits}"


def _settlement(settlement: Settlement) -> str:
    """Return the settlement fields: every version has them, and at least one of the group."""
    body = "".join(
        f"{tag}={clean(said)}\x01"
        for tag, said in (
            (64, settlement.date), (75, settlement.trade_date), (120, settlement.currency),
        )
        if said
    )
    if settlement.counterparty:
        body += f"382=1\x01375={clean(settlement.counterparty)}\x01"
    return body


def _security(terms: Terms) -> str:
    """Return SecurityID(48) and its source, which follow Symbol(55)."""
    source = f"\x0122={terms.security_id_source}" if terms.security_id_source else ""
    return f"\x0148={terms.security_id}{source}"


def _without(body: str, left_out: frozenset[int]) -> str:
    """Return *body* without these tags; none of them belongs to a group or holds data."""
    fields = body.removesuffix("\x01").split("\x01")
    kept = (field for field in fields if int(field.partition("=")[0]) not in left_out)
    return "".join(f"{field}\x01" for field in kept)


def _filled(report: ExecutionReport) -> bool:
    quantity: Decimal | None = report.order_qty
    if quantity is None:
        return report.ord_status is OrdStatus.FILLED
    return report.cum_qty >= quantity


def _optional(tag: int, value: str) -> str:
    return f"{tag}={value}\x01" if value else ""
