"""Each kind of report as each version of FIX writes it, and as QuickFIX finds it valid there."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fixgw.fix.dictionary import Dictionary
from fixgw.fix.encode import Encoder
from fixgw.fix.outbox import Numbers, Outbox
from fixgw.fix.timestamp import UtcTimestamps
from fixgw.fix.ways import Ways
from fixgw.model.enums import (
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
from fixgw.model.reports import (
    BusinessMessageReject,
    ExecutionReport,
    News,
    OrderCancelReject,
    OrderMassCancelReport,
    Report,
)
from fixgw.model.settlement import Settlement
from fixgw.model.terms import PLAIN, Terms
from tests.support.session import VERSIONS, judged_by_quickfix

TEN = 1767607200000
"""2026-01-05, 10:00:00 UTC."""

ORDER: dict[str, Any] = {
    "order_id": OrderID("1767607200000001"),
    "cl_ord_id": ClOrdID("C1"),
    "symbol": "BTC/USD",
    "side": "1",
    "account": "ACC",
    "security_exchange": "VENUE",
    "secondary_order_id": "V-7",
    "ord_type": OrdType.LIMIT,
    "time_in_force": TimeInForce.GOOD_TILL_CANCEL,
    "order_qty": Decimal("2.50"),
    "price": Decimal("100.50"),
    "transact_time": TEN,
}


def report(kind: ExecType, status: OrdStatus, cum: str = "0", **more: Any) -> ExecutionReport:
    """A report about ORDER, of which *cum* is executed."""
    closed = status in (OrdStatus.FILLED, OrdStatus.CANCELED, OrdStatus.REJECTED, OrdStatus.EXPIRED)
    given = {
        "exec_id": ExecID("1767607200000001-x"),
        "exec_type": kind,
        "ord_status": status,
        "leaves_qty": ZERO if closed else Decimal("2.50") - Decimal(cum),
        "cum_qty": Decimal(cum),
        "avg_px": Decimal("100.5") if Decimal(cum) else ZERO,
    }
    return ExecutionReport(**ORDER | given | more)


def body(encoder: Encoder, what: Report) -> str:
    """What *encoder* writes, with `|`."""
    msg_type, text = encoder.encode(what)
    return f"35={msg_type}|{text}".replace("\x01", "|")


def encoder(version: str) -> Encoder:
    begin_string, appl_ver_id = VERSIONS[version]
    return Encoder(begin_string, UtcTimestamps(), appl_ver_id)


TERMS = "54=1|1=ACC|38=2.50|40=2|44=100.50|59=1|"
TIME = "60=20260105-10:00:00.000|"
HEAD = "35=8|37=1767607200000001|17=1767607200000001-x|"
LED_BACK = HEAD.replace("35=8|", "35=8|128=FUND7|129=DESK|")
NAMES = "11=C1|55=BTC/USD|207=VENUE|"

FILL = {
    "last_qty": Decimal("1.00"),
    "last_px": Decimal("100.5"),
    "commission": Decimal("0.00000017"),
    "commission_currency": "BTC",
    "liquidity": Liquidity.REMOVED,
}

REPORTS: dict[str, tuple[Report, str, str]] = {
    "pending new": (
        report(ExecType.PENDING_NEW, OrdStatus.PENDING_NEW),
        f"{HEAD}20=0|150=A|39=A|{NAMES}{TERMS}151=2.50|14=0|6=0|{TIME}198=V-7|",
        f"{HEAD}150=A|39=A|{NAMES}{TERMS}151=2.50|14=0|6=0|{TIME}198=V-7|",
    ),
    "new": (
        report(ExecType.NEW, OrdStatus.NEW),
        f"{HEAD}20=0|150=0|39=0|{NAMES}{TERMS}151=2.50|14=0|6=0|{TIME}198=V-7|",
        f"{HEAD}150=0|39=0|{NAMES}{TERMS}151=2.50|14=0|6=0|{TIME}198=V-7|",
    ),
    "partial fill": (
        report(ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, "1", **FILL),
        f"{HEAD}20=0|150=1|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}"
        "32=1.00|31=100.5|198=V-7|58=commission 0.00000017 BTC|",
        f"{HEAD}150=F|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}"
        "32=1.00|31=100.5|12=0.00000017|13=3|479=BTC|851=2|198=V-7|",
    ),
    "fill": (
        report(ExecType.TRADE, OrdStatus.FILLED, "2.5", **FILL),
        f"{HEAD}20=0|150=2|39=2|{NAMES}{TERMS}151=0|14=2.5|6=100.5|{TIME}"
        "32=1.00|31=100.5|198=V-7|58=commission 0.00000017 BTC|",
        f"{HEAD}150=F|39=2|{NAMES}{TERMS}151=0|14=2.5|6=100.5|{TIME}"
        "32=1.00|31=100.5|12=0.00000017|13=3|479=BTC|851=2|198=V-7|",
    ),
    "partial fill while a cancel is pending": (
        report(ExecType.TRADE, OrdStatus.PENDING_CANCEL, "1", last_qty=Decimal(1),
               last_px=Decimal(100)),
        f"{HEAD}20=0|150=1|39=6|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}32=1|31=100|198=V-7|",
        f"{HEAD}150=F|39=6|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}32=1|31=100|198=V-7|",
    ),
    "the last fill while a cancel is pending": (
        report(ExecType.TRADE, OrdStatus.PENDING_CANCEL, "2.5", last_qty=Decimal(1),
               last_px=Decimal(100)),
        f"{HEAD}20=0|150=2|39=6|{NAMES}{TERMS}151=0.00|14=2.5|6=100.5|{TIME}32=1|31=100|198=V-7|",
        f"{HEAD}150=F|39=6|{NAMES}{TERMS}151=0.00|14=2.5|6=100.5|{TIME}32=1|31=100|198=V-7|",
    ),
    "pending cancel": (
        report(ExecType.PENDING_CANCEL, OrdStatus.PENDING_CANCEL, cl_ord_id=ClOrdID("X1"),
               orig_cl_ord_id=ClOrdID("C1")),
        f"{HEAD}20=0|150=6|39=6|11=X1|55=BTC/USD|207=VENUE|{TERMS}151=2.50|14=0|6=0|{TIME}"
        "198=V-7|41=C1|",
        f"{HEAD}150=6|39=6|11=X1|55=BTC/USD|207=VENUE|{TERMS}151=2.50|14=0|6=0|{TIME}"
        "198=V-7|41=C1|",
    ),
    "canceled": (
        report(ExecType.CANCELED, OrdStatus.CANCELED, "1", cl_ord_id=ClOrdID("X1"),
               orig_cl_ord_id=ClOrdID("C1")),
        f"{HEAD}20=0|150=4|39=4|11=X1|55=BTC/USD|207=VENUE|{TERMS}151=0|14=1|6=100.5|{TIME}"
        "198=V-7|41=C1|",
        f"{HEAD}150=4|39=4|11=X1|55=BTC/USD|207=VENUE|{TERMS}151=0|14=1|6=100.5|{TIME}"
        "198=V-7|41=C1|",
    ),
    "expired": (
        report(ExecType.EXPIRED, OrdStatus.EXPIRED, "1"),
        f"{HEAD}20=0|150=C|39=C|{NAMES}{TERMS}151=0|14=1|6=100.5|{TIME}198=V-7|",
        f"{HEAD}150=C|39=C|{NAMES}{TERMS}151=0|14=1|6=100.5|{TIME}198=V-7|",
    ),
    "the second order of a name": (
        report(ExecType.REJECTED, OrdStatus.PARTIALLY_FILLED, "1", text="used before",
               ord_rej_reason=OrdRejReason.DUPLICATE_ORDER),
        f"{HEAD}20=0|150=8|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}198=V-7|103=6"
        "|58=used before|",
        f"{HEAD}150=8|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}198=V-7|103=6"
        "|58=used before|",
    ),
    "status of an order": (
        report(ExecType.ORDER_STATUS, OrdStatus.PARTIALLY_FILLED, "1", exec_id=ExecID("0"),
               ord_status_req_id="R1"),
        f"35=8|37=1767607200000001|17=0|20=3|150=1|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5"
        f"|{TIME}198=V-7|",
        f"35=8|37=1767607200000001|17=0|150=I|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5"
        f"|{TIME}198=V-7|790=R1|",
    ),
    "status of an order that is not known": (
        ExecutionReport(
            order_id="NONE", exec_id=ExecID("0"), exec_type=ExecType.ORDER_STATUS,
            ord_status=OrdStatus.REJECTED, cl_ord_id=ClOrdID("C9"), symbol="BTC/USD", side="1",
            leaves_qty=ZERO, cum_qty=ZERO, avg_px=ZERO, transact_time=TEN,
            ord_rej_reason=OrdRejReason.UNKNOWN_ORDER, text="unknown order",
        ),
        "35=8|37=NONE|17=0|20=3|150=8|39=8|11=C9|55=BTC/USD|54=1|151=0|14=0|6=0"
        f"|{TIME}103=5|58=unknown order|",
        "35=8|37=NONE|17=0|150=I|39=8|11=C9|55=BTC/USD|54=1|151=0|14=0|6=0"
        f"|{TIME}103=5|58=unknown order|",
    ),
    "status, and the request named nothing but an OrderID": (
        ExecutionReport(
            order_id="NONE", exec_id=ExecID("0"), exec_type=ExecType.ORDER_STATUS,
            ord_status=OrdStatus.REJECTED, cl_ord_id=ClOrdID(""), symbol="", side="1",
            leaves_qty=ZERO, cum_qty=ZERO, avg_px=ZERO, transact_time=TEN,
        ),
        f"35=8|37=NONE|17=0|20=3|150=8|39=8|55=[N/A]|54=1|151=0|14=0|6=0|{TIME}",
        f"35=8|37=NONE|17=0|150=I|39=8|55=[N/A]|54=1|151=0|14=0|6=0|{TIME}",
    ),
    "a market buy that spends cash": (
        report(ExecType.TRADE, OrdStatus.FILLED, "0.5", order_qty=None, price=None,
               cash_order_qty=Decimal("50.0"), ord_type=OrdType.MARKET,
               time_in_force=TimeInForce.DAY, last_qty=Decimal("0.5"), last_px=Decimal(100)),
        f"{HEAD}20=0|150=2|39=2|{NAMES}54=1|1=ACC|152=50.0|40=1|151=0|14=0.5|6=100.5|{TIME}"
        "32=0.5|31=100|198=V-7|",
        f"{HEAD}150=F|39=2|{NAMES}54=1|1=ACC|152=50.0|40=1|151=0|14=0.5|6=100.5|{TIME}"
        "32=0.5|31=100|198=V-7|",
    ),
    "a market buy that has spent a part of its cash": (
        report(ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, "0.5", order_qty=None, price=None,
               cash_order_qty=Decimal("50.0"), ord_type=OrdType.MARKET, time_in_force=None,
               last_qty=Decimal("0.5"), last_px=Decimal(100)),
        f"{HEAD}20=0|150=1|39=1|{NAMES}54=1|1=ACC|152=50.0|40=1|151=2.00|14=0.5|6=100.5|{TIME}"
        "32=0.5|31=100|198=V-7|",
        f"{HEAD}150=F|39=1|{NAMES}54=1|1=ACC|152=50.0|40=1|151=2.00|14=0.5|6=100.5|{TIME}"
        "32=0.5|31=100|198=V-7|",
    ),
    "post only": (
        report(ExecType.NEW, OrdStatus.NEW, post_only=True),
        f"{HEAD}20=0|150=0|39=0|{NAMES}54=1|1=ACC|38=2.50|40=2|44=100.50|18=6|59=1|151=2.50|14=0"
        f"|6=0|{TIME}198=V-7|",
        f"{HEAD}150=0|39=0|{NAMES}54=1|1=ACC|38=2.50|40=2|44=100.50|18=6|59=1|151=2.50|14=0"
        f"|6=0|{TIME}198=V-7|",
    ),
    "pending replace": (
        report(ExecType.PENDING_REPLACE, OrdStatus.PENDING_REPLACE, cl_ord_id=ClOrdID("R1"),
               orig_cl_ord_id=ClOrdID("C1")),
        f"{HEAD}20=0|150=E|39=E|11=R1|55=BTC/USD|207=VENUE|{TERMS}151=2.50|14=0|6=0|{TIME}"
        "198=V-7|41=C1|",
        f"{HEAD}150=E|39=E|11=R1|55=BTC/USD|207=VENUE|{TERMS}151=2.50|14=0|6=0|{TIME}"
        "198=V-7|41=C1|",
    ),
    "replaced, and nothing was executed": (
        report(ExecType.REPLACED, OrdStatus.NEW, replaced=True, cl_ord_id=ClOrdID("R1"),
               orig_cl_ord_id=ClOrdID("C1")),
        f"{HEAD}20=0|150=5|39=5|11=R1|55=BTC/USD|207=VENUE|{TERMS}151=2.50|14=0|6=0|{TIME}"
        "198=V-7|41=C1|",
        f"{HEAD}150=5|39=0|11=R1|55=BTC/USD|207=VENUE|{TERMS}151=2.50|14=0|6=0|{TIME}"
        "198=V-7|41=C1|",
    ),
    "replaced, and a part was executed before": (
        report(ExecType.REPLACED, OrdStatus.PARTIALLY_FILLED, "1", replaced=True,
               cl_ord_id=ClOrdID("R1"), orig_cl_ord_id=ClOrdID("C1")),
        f"{HEAD}20=0|150=5|39=1|11=R1|55=BTC/USD|207=VENUE|{TERMS}151=1.50|14=1|6=100.5|{TIME}"
        "198=V-7|41=C1|",
        f"{HEAD}150=5|39=1|11=R1|55=BTC/USD|207=VENUE|{TERMS}151=1.50|14=1|6=100.5|{TIME}"
        "198=V-7|41=C1|",
    ),
    "replaced by less than was executed": (
        report(ExecType.REPLACED, OrdStatus.FILLED, "2.5", replaced=True,
               cl_ord_id=ClOrdID("R1"), orig_cl_ord_id=ClOrdID("C1")),
        f"{HEAD}20=0|150=5|39=2|11=R1|55=BTC/USD|207=VENUE|{TERMS}151=0|14=2.5|6=100.5|{TIME}"
        "198=V-7|41=C1|",
        f"{HEAD}150=5|39=2|11=R1|55=BTC/USD|207=VENUE|{TERMS}151=0|14=2.5|6=100.5|{TIME}"
        "198=V-7|41=C1|",
    ),
    "status of an order that was replaced": (
        report(ExecType.ORDER_STATUS, OrdStatus.NEW, exec_id=ExecID("0"), replaced=True),
        f"35=8|37=1767607200000001|17=0|20=3|150=5|39=5|{NAMES}{TERMS}151=2.50|14=0|6=0"
        f"|{TIME}198=V-7|",
        f"35=8|37=1767607200000001|17=0|150=I|39=0|{NAMES}{TERMS}151=2.50|14=0|6=0"
        f"|{TIME}198=V-7|",
    ),
    "restated": (
        report(ExecType.RESTATED, OrdStatus.CANCELED, "1", text="the venue has it no longer",
               restatement=ExecRestatementReason.MARKET_OPTION),
        f"{HEAD}20=0|150=D|39=4|{NAMES}{TERMS}151=0|14=1|6=100.5|{TIME}198=V-7|378=4"
        "|58=the venue has it no longer|",
        f"{HEAD}150=D|39=4|{NAMES}{TERMS}151=0|14=1|6=100.5|{TIME}198=V-7|378=8"
        "|58=the venue has it no longer|",
    ),
    "a fee in what the prices are in": (
        report(ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, "1", **FILL, quote="BTC"),
        f"{HEAD}20=0|150=1|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}"
        "32=1.00|31=100.5|12=0.00000017|13=3|198=V-7|",
        f"{HEAD}150=F|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}"
        "32=1.00|31=100.5|12=0.00000017|13=3|479=BTC|851=2|198=V-7|",
    ),
    "a fee in something else, of a trade that has more to say": (
        report(ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, "1", **FILL, quote="USD",
               text="TIER_1"),
        f"{HEAD}20=0|150=1|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}"
        "32=1.00|31=100.5|198=V-7|58=TIER_1, commission 0.00000017 BTC|",
        f"{HEAD}150=F|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}"
        "32=1.00|31=100.5|12=0.00000017|13=3|479=BTC|851=2|198=V-7|58=TIER_1|",
    ),
    "how an execution is settled": (
        report(ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, "1", last_qty=Decimal(1),
               last_px=Decimal(100), settlement=Settlement(
                   date="20230615", trade_date="20230613", currency="USD",
                   counterparty="LP 7\x01"),
               terms=Terms(settl_date="20230614")),
        f"{HEAD}20=0|150=1|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}32=1|31=100|"
        "64=20230615|75=20230613|120=USD|382=1|375=LP 7?|198=V-7|",
        f"{HEAD}150=F|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}32=1|31=100|"
        "64=20230615|75=20230613|120=USD|382=1|375=LP 7?|198=V-7|",
    ),
    "with whom an execution is settled, and the order's own date": (
        report(ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, "1", last_qty=Decimal(1),
               last_px=Decimal(100), settlement=Settlement(counterparty="LP"),
               terms=Terms(settl_date="20230614")),
        f"{HEAD}20=0|150=1|39=1|{NAMES}54=1|1=ACC|38=2.50|40=2|44=100.50|64=20230614|59=1|"
        f"151=1.50|14=1|6=100.5|{TIME}32=1|31=100|382=1|375=LP|198=V-7|",
        f"{HEAD}150=F|39=1|{NAMES}54=1|1=ACC|38=2.50|40=2|44=100.50|64=20230614|59=1|"
        f"151=1.50|14=1|6=100.5|{TIME}32=1|31=100|382=1|375=LP|198=V-7|",
    ),
    "where an execution happened": (
        report(ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, "1", last_qty=Decimal(1),
               last_px=Decimal(100), last_mkt="XLON\x01"),
        f"{HEAD}20=0|150=1|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}32=1|31=100|30=XLON?|"
        "198=V-7|",
        f"{HEAD}150=F|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}32=1|31=100|30=XLON?|"
        "198=V-7|",
    ),
    "an execution corrected": (
        report(ExecType.TRADE_CORRECT, OrdStatus.PARTIALLY_FILLED, "1", **FILL, quote="BTC",
               exec_ref_id=ExecID("1767607200000001-F7")),
        f"{HEAD}20=2|150=1|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}"
        "32=1.00|31=100.5|12=0.00000017|13=3|198=V-7|19=1767607200000001-F7|",
        f"{HEAD}150=G|39=1|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}"
        "32=1.00|31=100.5|12=0.00000017|13=3|479=BTC|851=2|198=V-7|19=1767607200000001-F7|",
    ),
    "an execution corrected while a cancel is pending": (
        report(ExecType.TRADE_CORRECT, OrdStatus.PENDING_CANCEL, "1", last_qty=Decimal(1),
               last_px=Decimal(100), exec_ref_id=ExecID("1-F7"), text="price amended"),
        f"{HEAD}20=2|150=6|39=6|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}32=1|31=100|198=V-7|"
        "19=1-F7|58=price amended|",
        f"{HEAD}150=G|39=6|{NAMES}{TERMS}151=1.50|14=1|6=100.5|{TIME}32=1|31=100|198=V-7|"
        "19=1-F7|58=price amended|",
    ),
    "the only execution busted, of an order that still works": (
        report(ExecType.TRADE_CANCEL, OrdStatus.NEW, last_qty=Decimal(1), last_px=Decimal(100),
               exec_ref_id=ExecID("1-F7")),
        f"{HEAD}20=1|150=0|39=0|{NAMES}{TERMS}151=2.50|14=0|6=0|{TIME}32=1|31=100|198=V-7|19=1-F7|",
        f"{HEAD}150=H|39=0|{NAMES}{TERMS}151=2.50|14=0|6=0|{TIME}32=1|31=100|198=V-7|19=1-F7|",
    ),
    "an execution busted after the order's end": (
        report(ExecType.TRADE_CANCEL, OrdStatus.CANCELED, "1", last_qty=Decimal(1),
               last_px=Decimal(100), exec_ref_id=ExecID("1-F\x017")),
        f"{HEAD}20=1|150=4|39=4|{NAMES}{TERMS}151=0|14=1|6=100.5|{TIME}32=1|31=100|198=V-7|"
        "19=1-F?7|",
        f"{HEAD}150=H|39=4|{NAMES}{TERMS}151=0|14=1|6=100.5|{TIME}32=1|31=100|198=V-7|19=1-F?7|",
    ),
    "an execution busted, and it is not said what it was": (
        report(ExecType.TRADE_CANCEL, OrdStatus.NEW, exec_ref_id=ExecID("1-F7")),
        f"{HEAD}20=1|150=0|39=0|{NAMES}{TERMS}151=2.50|14=0|6=0|{TIME}198=V-7|19=1-F7|",
        f"{HEAD}150=H|39=0|{NAMES}{TERMS}151=2.50|14=0|6=0|{TIME}198=V-7|19=1-F7|",
    ),
    "an execution busted of an order that took another one's place": (
        report(ExecType.TRADE_CANCEL, OrdStatus.NEW, replaced=True, last_qty=Decimal(1),
               last_px=Decimal(100), exec_ref_id=ExecID("1-F7")),
        f"{HEAD}20=1|150=5|39=5|{NAMES}{TERMS}151=2.50|14=0|6=0|{TIME}32=1|31=100|198=V-7|19=1-F7|",
        f"{HEAD}150=H|39=0|{NAMES}{TERMS}151=2.50|14=0|6=0|{TIME}32=1|31=100|198=V-7|19=1-F7|",
    ),
    "an order with terms": (
        report(ExecType.NEW, OrdStatus.NEW, post_only=True, terms=Terms(
            currency="USD", expire_time=TEN, exec_inst="G", on_behalf_of="FUND7",
            on_behalf_of_sub_id="DESK", quote_id="Q1")),
        f"{LED_BACK}20=0|150=0|39=0|{NAMES}54=1|1=ACC|38=2.50|40=2|44=100.50|15=USD|18=6 G"
        f"|126=20260105-10:00:00.000|59=1|151=2.50|14=0|6=0|{TIME}198=V-7|",
        f"{LED_BACK}150=0|39=0|{NAMES}54=1|1=ACC|38=2.50|40=2|44=100.50|15=USD|18=6 G"
        f"|126=20260105-10:00:00.000|59=1|151=2.50|14=0|6=0|{TIME}198=V-7|",
    ),
    "a replace that came too late": (
        OrderCancelReject(
            order_id=OrderID("1767607200000001"), cl_ord_id=ClOrdID("R1"),
            orig_cl_ord_id=ClOrdID("C1"), ord_status=OrdStatus.FILLED,
            reason=CxlRejReason.TOO_LATE, transact_time=TEN, text="filled",
            response_to=CxlRejResponseTo.ORDER_CANCEL_REPLACE_REQUEST,
        ),
        f"35=9|37=1767607200000001|11=R1|41=C1|39=2|434=2|102=0|{TIME}58=filled|",
        f"35=9|37=1767607200000001|11=R1|41=C1|39=2|434=2|102=0|{TIME}58=filled|",
    ),
    "news": (
        News(headline="margin call", lines=("ACC: 80 %", "caf\xe9\x01"), orig_time=TEN),
        "35=B|42=20260105-10:00:00.000|148=margin call|33=2|58=ACC: 80 %|58=caf??|",
        "35=B|42=20260105-10:00:00.000|148=margin call|33=2|58=ACC: 80 %|58=caf??|",
    ),
    "news of one line": (
        News(headline="system alert", lines=(), orig_time=TEN),
        "35=B|42=20260105-10:00:00.000|148=system alert|33=1|58=system alert|",
        "35=B|42=20260105-10:00:00.000|148=system alert|33=1|58=system alert|",
    ),
    "a cancel that came too late": (
        OrderCancelReject(
            order_id=OrderID("1767607200000001"), cl_ord_id=ClOrdID("X1"),
            orig_cl_ord_id=ClOrdID("C1"), ord_status=OrdStatus.FILLED, account="ACC",
            reason=CxlRejReason.TOO_LATE, transact_time=TEN, text="filled",
        ),
        f"35=9|37=1767607200000001|11=X1|41=C1|39=2|1=ACC|434=1|102=0|{TIME}58=filled|",
        f"35=9|37=1767607200000001|11=X1|41=C1|39=2|1=ACC|434=1|102=0|{TIME}58=filled|",
    ),
    "a cancel of nothing": (
        OrderCancelReject(
            order_id="NONE", cl_ord_id=ClOrdID("X1"), orig_cl_ord_id=ClOrdID("C9"),
            ord_status=OrdStatus.REJECTED, reason=CxlRejReason.UNKNOWN_ORDER, transact_time=TEN,
        ),
        f"35=9|37=NONE|11=X1|41=C9|39=8|434=1|102=1|{TIME}",
        f"35=9|37=NONE|11=X1|41=C9|39=8|434=1|102=1|{TIME}",
    ),
    "a message nobody answers": (
        BusinessMessageReject(
            ref_seq_num=7, ref_msg_type="G", reason=BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE,
            ref_id="C1", text="MsgType(35) G is not supported",
        ),
        "35=j|45=7|372=G|379=C1|380=3|58=MsgType(35) G is not supported|",
        "35=j|45=7|372=G|379=C1|380=3|58=MsgType(35) G is not supported|",
    ),
}


def judged(version: str, what: Report) -> None:
    """Frame the report as the session does, and let QuickFIX judge it."""
    outbox = Outbox(VERSIONS[version][0], "FIXGW", "CLIENT", Numbers(), UtcTimestamps())
    outbox.application(*encoder(version).encode(what), TEN)
    judged_by_quickfix(version, outbox.to_store[0][2])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", REPORTS)
def test_report(kind: str, version: str) -> None:
    what, in_fix42, later = REPORTS[kind]

    assert body(encoder(version), what) == (in_fix42 if version == "FIX.4.2" else later)
    judged(version, what)


LATER = [version for version in VERSIONS if version != "FIX.4.2"]


@pytest.mark.parametrize("version", LATER)
@pytest.mark.parametrize(("more", "told"), [
    ({"tot_num_reports": 3}, "584=S1|911=3|912=N|"),
    ({"tot_num_reports": 3, "last_rpt_requested": True}, "584=S1|911=3|912=Y|"),
])
def test_the_answers_to_a_mass_status_request(
    more: dict[str, Any], told: str, version: str
) -> None:
    what = report(ExecType.ORDER_STATUS, OrdStatus.NEW, exec_id=ExecID("0"),
                  mass_status_req_id="S1", **more)

    assert body(encoder(version), what) == (
        f"35=8|37=1767607200000001|17=0|150=I|39=0|{NAMES}{TERMS}151=2.50|14=0|6=0"
        f"|{TIME}198=V-7|{told}"
    )
    judged(version, what)


@pytest.mark.parametrize("version", LATER)
def test_a_mass_status_request_that_finds_nothing(version: str) -> None:
    what = ExecutionReport(
        order_id="NONE", exec_id=ExecID("0"), exec_type=ExecType.ORDER_STATUS,
        ord_status=OrdStatus.REJECTED, cl_ord_id=ClOrdID(""), symbol="", side="",
        leaves_qty=ZERO, cum_qty=ZERO, avg_px=ZERO, transact_time=TEN, mass_status_req_id="S1",
        ord_rej_reason=OrdRejReason.UNKNOWN_ORDER, last_rpt_requested=True,
    )

    assert body(encoder(version), what) == (
        f"35=8|37=NONE|17=0|150=I|39=8|55=[N/A]|54=7|151=0|14=0|6=0|{TIME}103=5"
        "|584=S1|911=0|912=Y|"
    )
    judged(version, what)


@pytest.mark.parametrize(("version", "own_name"), [
    ("FIX.4.4", ""), ("FIX.5.0", ""), ("FIX.5.0SP1", "1369=M-7|"), ("FIX.5.0SP2", "1369=M-7|"),
])
def test_the_answer_to_a_mass_cancel_request(version: str, own_name: str) -> None:
    done = OrderMassCancelReport(
        cl_ord_id=ClOrdID("M1"), order_id="M-7", request_type="1", transact_time=TEN, affected=2,
        symbol="BTC/USD", side="2",
    )
    assert body(encoder(version), done) == (
        f"35=r|37=M-7|11=M1|{own_name}530=1|531=1|533=2|55=BTC/USD|54=2|{TIME}"
    )
    judged(version, done)

    for reason in MassCancelRejectReason:
        refused = OrderMassCancelReport(
            cl_ord_id=ClOrdID("M1"), order_id="M-7", request_type="6", transact_time=TEN,
            reject_reason=reason, text="no",
        )
        assert body(encoder(version), refused) == (
            f"35=r|37=M-7|11=M1|{own_name}530=6|531=0|532={reason.value}|{TIME}58=no|"
        )
        judged(version, refused)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_term_is_told_as_quickfix_allows_it(version: str) -> None:
    what = report(
        ExecType.NEW, OrdStatus.NEW, ord_type=OrdType.STOP_LIMIT,
        time_in_force=TimeInForce.GOOD_TILL_DATE, terms=Terms(
            currency="USD", stop_px=Decimal("99.50"), expire_time=TEN, min_qty=Decimal(1),
            max_floor=Decimal(2), exec_inst="G M", ex_destination="TIER_2", target_strategy="1000",
            strategy_parameters="slow", quote_id="Q1", settl_date="20260107", on_behalf_of="F",
        ),
    )

    judged(version, what)
    for strategy in "123":
        standard = replace(what, terms=replace(what.terms, target_strategy=strategy))
        judged(version, standard)
        assert (f"|847={strategy}|" in body(encoder(version), standard)) is (
            version != "FIX.4.2"
        )


def test_a_plain_order_has_no_terms_in_its_reports() -> None:
    plain = report(ExecType.NEW, OrdStatus.NEW)

    assert plain.terms is PLAIN
    assert body(encoder("FIX.4.4"), plain) == body(
        encoder("FIX.4.4"), replace(plain, terms=Terms())
    )


def _rejected(reason: OrdRejReason) -> Report:
    return report(ExecType.REJECTED, OrdStatus.REJECTED, ord_rej_reason=reason, text="no",
                  secondary_order_id="")


def _cancel_rejected(reason: CxlRejReason) -> Report:
    return OrderCancelReject(
        order_id="NONE", cl_ord_id=ClOrdID("X1"), orig_cl_ord_id=ClOrdID("C1"),
        ord_status=OrdStatus.NEW, reason=reason, transact_time=TEN, text="no",
    )


def _restated(reason: ExecRestatementReason) -> Report:
    return report(ExecType.RESTATED, OrdStatus.NEW, restatement=reason, text="no")


def _business_rejected(reason: BusinessRejectReason) -> Report:
    return BusinessMessageReject(ref_seq_num=7, ref_msg_type="D", reason=reason, text="no")


REASONS: list[tuple[str, Callable[[Any], Report], Any, str]] = [
    ("103", _rejected, OrdRejReason.BROKER_OPTION, "0"),
    ("103", _rejected, OrdRejReason.UNKNOWN_SYMBOL, "1"),
    ("103", _rejected, OrdRejReason.EXCHANGE_CLOSED, "2"),
    ("103", _rejected, OrdRejReason.EXCEEDS_LIMIT, "3"),
    ("103", _rejected, OrdRejReason.TOO_LATE_TO_ENTER, "4"),
    ("103", _rejected, OrdRejReason.UNKNOWN_ORDER, "5"),
    ("103", _rejected, OrdRejReason.DUPLICATE_ORDER, "6"),
    ("103", _rejected, OrdRejReason.UNSUPPORTED_CHARACTERISTIC, "0"),
    ("103", _rejected, OrdRejReason.INCORRECT_QUANTITY, "0"),
    ("103", _rejected, OrdRejReason.UNKNOWN_ACCOUNT, "0"),
    ("103", _rejected, OrdRejReason.OTHER, "0"),
    ("102", _cancel_rejected, CxlRejReason.TOO_LATE, "0"),
    ("102", _cancel_rejected, CxlRejReason.UNKNOWN_ORDER, "1"),
    ("102", _cancel_rejected, CxlRejReason.BROKER_OPTION, "2"),
    ("102", _cancel_rejected, CxlRejReason.ALREADY_PENDING, "3"),
    ("102", _cancel_rejected, CxlRejReason.DUPLICATE_CL_ORD_ID, "2"),
    ("102", _cancel_rejected, CxlRejReason.OTHER, "2"),
    ("378", _restated, ExecRestatementReason.BROKER_OPTION, "4"),
    ("378", _restated, ExecRestatementReason.MARKET_OPTION, "4"),
    ("380", _business_rejected, BusinessRejectReason.OTHER, "0"),
    ("380", _business_rejected, BusinessRejectReason.UNKNOWN_ID, "1"),
    ("380", _business_rejected, BusinessRejectReason.UNSUPPORTED_MESSAGE_TYPE, "3"),
    ("380", _business_rejected, BusinessRejectReason.APPLICATION_NOT_AVAILABLE, "4"),
    ("380", _business_rejected, BusinessRejectReason.CONDITIONALLY_REQUIRED_FIELD_MISSING, "5"),
    ("380", _business_rejected, BusinessRejectReason.NOT_AUTHORIZED, "0"),
]
"""The tag, what is refused, the reason, and what FIX 4.2 writes for it."""


@pytest.mark.parametrize("version", VERSIONS)
def test_each_reason_is_one_that_the_version_has(version: str) -> None:
    for tag, refused, reason, in_fix42 in REASONS:
        written = in_fix42 if version == "FIX.4.2" else reason.value
        assert f"|{tag}={written}|" in body(encoder(version), refused(reason))
        judged(version, refused(reason))


def test_no_reason_was_forgotten() -> None:
    listed = [reason for _, _, reason, _ in REASONS]

    assert listed == [
        *OrdRejReason, *CxlRejReason, *ExecRestatementReason, *BusinessRejectReason
    ]


@pytest.mark.parametrize("version", VERSIONS)
def test_time_in_force_comes_back_unless_it_is_the_default(version: str) -> None:
    for tif in TimeInForce:
        text = body(encoder(version), report(ExecType.NEW, OrdStatus.NEW, time_in_force=tif))
        assert (f"|59={tif.value}|" in text) is (tif is not TimeInForce.DAY), tif


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_venue_calls_things_cannot_forge_a_field(version: str) -> None:
    what = report(
        ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, "1", exec_id=ExecID("1-F\x0139=2\u4f59"),
        secondary_order_id="\x0110=000\x01", commission_currency="\u20bf", text="caf\xe9\n",
        last_qty=Decimal(1), last_px=Decimal(1), commission=Decimal(0),
    )

    text = body(encoder(version), what)
    assert "|17=1-F?39=2?|" in text
    assert "|198=?10=000?|" in text
    assert text.endswith("|58=caf??, commission 0 ?|" if version == "FIX.4.2" else "|58=caf??|")
    judged(version, what)


@given(st.decimals(0, 10**20, allow_nan=False, allow_infinity=False, places=8))
def test_a_number_is_written_as_it_was_given_and_never_with_an_exponent(number: Decimal) -> None:
    what = report(ExecType.NEW, OrdStatus.NEW, price=number, order_qty=number)
    text = body(encoder("FIX.4.4"), what)

    assert f"|38={number:f}|40=2|44={number:f}|" in text
    assert Decimal(f"{number:f}") == number


@pytest.mark.parametrize("text", ["100.50", "0.00000001", "0", "0.0", "1000000000000", "-0.10"])
def test_the_text_of_a_number_comes_back(text: str) -> None:
    what = report(ExecType.NEW, OrdStatus.NEW, price=Decimal(text))

    assert f"|44={text}|" in body(encoder("FIX.4.4"), what)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_that_names_instruments_by_id_is_told_the_id(version: str) -> None:
    terms = Terms(security_id="BTCUSDT", security_id_source="8")
    told = body(
        encoder(version), report(ExecType.NEW, OrdStatus.NEW, symbol="BTCUSDT", terms=terms)
    )

    assert "|55=[N/A]|48=BTCUSDT|22=8|207=VENUE|" in told


# --------------------------------------------------------------------- the ways of a dialect

APIFINY = Dictionary.load(
    "FIX.4.2", dialect=Path(__file__).parents[2] / "dictionaries" / "apifiny-fix42.toml"
).ways


def in_apifinys_words(report: ExecutionReport, ways: Ways = APIFINY) -> dict[int, str]:
    """The report's fields; QuickFIX's stock dictionary of FIX 4.2 finds it valid."""
    msg_type, body = Encoder("FIX.4.2", UtcTimestamps(), ways=ways).encode(report)
    judged_by_quickfix("FIX.4.2", Outbox(
        "FIX.4.2", "FIXGW", "CLIENT", Numbers(2, 1, 1, TEN), UtcTimestamps()
    )._frame(msg_type, 2, body, TEN))
    return {int(f.partition("=")[0]): f.partition("=")[2] for f in body.split("\x01") if f}


def of_order(exec_type: ExecType, status: OrdStatus, **more: Any) -> ExecutionReport:
    told: dict[str, Any] = {
        "exec_id": ExecID("E1"), "leaves_qty": ZERO, "cum_qty": ZERO, "avg_px": ZERO,
    }
    return ExecutionReport(exec_type=exec_type, ord_status=status, **ORDER | told | more)


def test_price_of_a_fill_is_the_price_of_the_fill() -> None:
    fill = of_order(
        ExecType.TRADE, OrdStatus.PARTIALLY_FILLED, last_qty=Decimal("1"),
        last_px=Decimal("100.25"), cum_qty=Decimal("1"), leaves_qty=Decimal("1.50"),
        avg_px=Decimal("100.25"),
    )
    told = in_apifinys_words(fill)

    assert ("100.25", "1", "1", "1") == (told[44], told[32], told[150], told[39])
    assert 31 not in told
    assert "100.25" == told[6]  # FIX 4.2 requires it
    assert "100.50" == in_apifinys_words(fill, Ways())[44]
    at_market = in_apifinys_words(replace(fill, ord_type=OrdType.MARKET, price=None))
    assert "100.25" == at_market[44]


def test_price_of_anything_else_is_the_orders() -> None:
    new = in_apifinys_words(of_order(ExecType.NEW, OrdStatus.NEW, leaves_qty=Decimal("2.50")))

    assert ("100.50", "0", "0") == (new[44], new[150], new[39])


@pytest.mark.parametrize("exec_inst", ["", "G"])
def test_a_post_only_order_is_told_as_it_was_asked_for(exec_inst: str) -> None:
    report = of_order(
        ExecType.NEW, OrdStatus.NEW, leaves_qty=Decimal("2.50"), post_only=True,
        terms=Terms(exec_inst=exec_inst) if exec_inst else PLAIN,
    )
    msg_type, body = Encoder("FIX.4.2", UtcTimestamps(), ways=APIFINY).encode(report)

    assert "59=7\x01" in body
    assert exec_inst == body.partition("\x0118=")[2].partition("\x01")[0]


@pytest.mark.parametrize(("exec_type", "status", "cum_qty", "told"), [
    (ExecType.NEW, OrdStatus.NEW, "0", ("0", "0")),
    (ExecType.CANCELED, OrdStatus.CANCELED, "1", ("4", "4")),
    (ExecType.REJECTED, OrdStatus.REJECTED, "0", ("8", "8")),
    (ExecType.EXPIRED, OrdStatus.EXPIRED, "1", ("4", "4")),
    (ExecType.RESTATED, OrdStatus.PARTIALLY_FILLED, "1", ("0", "1")),
    (ExecType.REPLACED, OrdStatus.NEW, "0", ("0", "0")),
    (ExecType.ORDER_STATUS, OrdStatus.PENDING_NEW, "0", ("0", "A")),
    (ExecType.ORDER_STATUS, OrdStatus.PENDING_CANCEL, "1", ("0", "6")),
    (ExecType.ORDER_STATUS, OrdStatus.FILLED, "2.50", ("2", "2")),
])
def test_exec_types_are_those_that_the_dialect_has(
    exec_type: ExecType, status: OrdStatus, cum_qty: str, told: tuple[str, str]
) -> None:
    more: dict[str, Any] = {}
    if exec_type is ExecType.RESTATED:
        more = {"restatement": ExecRestatementReason.BROKER_OPTION}
    if exec_type is ExecType.REPLACED:
        more = {"replaced": True, "orig_cl_ord_id": ClOrdID("C0")}
    report = of_order(exec_type, status, cum_qty=Decimal(cum_qty), **more)
    msg_type, body = Encoder("FIX.4.2", UtcTimestamps(), ways=APIFINY).encode(report)

    assert told == tuple(
        body.partition(f"\x01{tag}=")[2].partition("\x01")[0] for tag in (150, 39)
    )
    assert told[0] in "01248"


@pytest.mark.parametrize(("exec_type", "trans_type"), [
    (ExecType.TRADE_CORRECT, "2"), (ExecType.TRADE_CANCEL, "1"),
])
@pytest.mark.parametrize(("status", "told"), [
    (OrdStatus.PARTIALLY_FILLED, "1"), (OrdStatus.FILLED, "2"), (OrdStatus.CANCELED, "4"),
    (OrdStatus.EXPIRED, "4"), (OrdStatus.NEW, "0"),
])
def test_who_reads_exec_type_alone_counts_no_corrected_execution_twice(
    status: OrdStatus, told: str, exec_type: ExecType, trans_type: str
) -> None:
    """Apifiny's manual has 150=1 and 2 for executions, and does not have ExecTransType(20)."""
    fields = in_apifinys_words(of_order(
        exec_type, status, last_qty=Decimal("0.5"), last_px=Decimal("100.25"),
        cum_qty=Decimal(int(status is not OrdStatus.NEW)), exec_ref_id=ExecID("1-F7"),
    ))

    assert ("0", told, trans_type, "1-F7") == (fields[150], fields[39], fields[20], fields[19])
    # LastPx(31), which its reports of executions lack: Price(44) is the order's where 150 is 0.
    assert ("0.5", "100.25", "100.50") == (fields[32], fields[31], fields[44])


DIALECTS = [
    (version, None) for version in VERSIONS
] + [
    (version, dialect)
    for dialect in sorted((Path(__file__).parents[2] / "dictionaries").glob("*.toml"))
    for version in msgspec.toml.decode(dialect.read_bytes())["versions"] if version in VERSIONS
]


@pytest.mark.parametrize(("version", "dialect"), DIALECTS)
def test_a_client_with_its_dialects_dictionary_takes_every_correction(
    version: str, dialect: Path | None
) -> None:
    """A client has the dialect's own dictionary, or the standard's; 39=5 is FIX 4.2's alone."""
    begin_string, appl_ver_id = VERSIONS[version]
    dictionary = Dictionary.load(begin_string, appl_ver_id or None, dialect)
    encoder = Encoder(begin_string, UtcTimestamps(), appl_ver_id, dictionary.ways)
    for exec_type in (ExecType.TRADE_CORRECT, ExecType.TRADE_CANCEL):
        for status in set(OrdStatus) - {OrdStatus.REPLACED}:
            told = report(exec_type, status, "1", **FILL, leaves_qty=ZERO,
                          exec_ref_id=ExecID("1-F7"))
            outbox = Outbox(begin_string, "FIXGW", "CLIENT", Numbers(), UtcTimestamps())
            outbox.application(*encoder.encode(told), TEN)
            raw = outbox.to_store[0][2]
            judged_by_quickfix(version, raw)
            assert dictionary.parse(raw).fields[19] == "1-F7"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("replaced", [True, False])
@pytest.mark.parametrize("status", OrdStatus)
def test_replaced_is_a_status_of_fix_4_2_and_of_orders_that_took_a_place(
    status: OrdStatus, replaced: bool, version: str
) -> None:
    """FIX 4.2, appendix D; FIX 4.4 and later have no such OrdStatus(39)."""
    if status is OrdStatus.REPLACED:
        return  # the order behind it is the one that is reported
    for kind in (ExecType.ORDER_STATUS, ExecType.CANCELED, ExecType.REPLACED, ExecType.NEW):
        told = body(encoder(version), report(kind, status, replaced=replaced))
        is_told = "|39=5|" in told
        assert is_told == (version == "FIX.4.2" and replaced and status is OrdStatus.NEW)


@pytest.mark.parametrize("version", VERSIONS)
def test_no_field_is_sent_without_a_value(version: str) -> None:
    begin_string, appl_ver_id = VERSIONS[version][:2]
    encoder = Encoder(begin_string, UtcTimestamps(), appl_ver_id or "")
    nothing: dict[str, Any] = {
        "order_id": OrderID("NONE"), "transact_time": TEN, "account": "", "text": "",
    }
    for report in (
        ExecutionReport(
            exec_id=ExecID("0"), exec_type=ExecType.ORDER_STATUS, ord_status=OrdStatus.REJECTED,
            cl_ord_id=ClOrdID(""), symbol="", side="", leaves_qty=ZERO, cum_qty=ZERO, avg_px=ZERO,
            **nothing,
        ),
        OrderCancelReject(
            cl_ord_id=ClOrdID("C2"), orig_cl_ord_id=ClOrdID("C2"), ord_status=OrdStatus.REJECTED,
            reason=CxlRejReason.UNKNOWN_ORDER, **nothing,
        ),
        BusinessMessageReject(
            ref_seq_num=2, ref_msg_type="D", reason=BusinessRejectReason.OTHER, ref_id="", text="",
        ),
        News(orig_time=TEN, headline="", lines=("",)),
    ):
        _, body = encoder.encode(report)
        assert "=\x01" not in body, body
