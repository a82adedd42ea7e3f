"""A report in one short line."""

from decimal import Decimal

import pytest

from fixgw.certify.sandbox_driver import Market
from fixgw.certify.words import full, line, told
from fixgw.model.enums import BusinessRejectReason, CxlRejReason, ExecType, OrdStatus
from fixgw.model.ids import ClOrdID, ExecID, OrderID
from fixgw.model.reports import BusinessMessageReject, ExecutionReport, OrderCancelReject, Report
from fixgw.model.venue import OrderUpdate, VenueStatus

MARKET = Market(
    account="A", symbol="BTC/USD", exchange="X", lot=Decimal("0.5"), price=Decimal(100),
    tick=Decimal("0.01"), exact=(),
)
FILL = ExecutionReport(
    order_id=OrderID("7"), exec_id=ExecID("7-F1"), exec_type=ExecType.TRADE,
    ord_status=OrdStatus.PARTIALLY_FILLED, cl_ord_id=ClOrdID("C"), symbol="BTC/USD", side="1",
    leaves_qty=Decimal("1.0"), cum_qty=Decimal("1.00"), avg_px=Decimal("99.99"), transact_time=1,
    order_qty=Decimal(2), last_qty=Decimal("0.5"), last_px=Decimal("99.980"),
)
REJECT = OrderCancelReject(
    order_id="7", cl_ord_id=ClOrdID("X"), orig_cl_ord_id=ClOrdID("C"),
    ord_status=OrdStatus.FILLED, reason=CxlRejReason.TOO_LATE, transact_time=1,
)


@pytest.mark.parametrize(
    "report, expected",
    [
        (FILL, "F/1 2/2 1@-2"),
        (REJECT, "9/2 0"),
        (BusinessMessageReject(ref_seq_num=1, ref_msg_type="D", reason=BusinessRejectReason.OTHER),
         "j 0"),
    ],
)
def test_a_report_in_lots_and_ticks(report: Report, expected: str) -> None:
    assert expected == told(report, MARKET)


def test_a_trace_has_the_tags() -> None:
    assert (
        "35=8 150=F 39=1 11=C 38=2 32=0.5 31=99.980 14=1.00 151=1.0 6=99.99 17=7-F1" == full(FILL)
    )
    assert "35=9 11=X 41=C 39=2 102=0" == full(REJECT)


def test_a_venues_word_says_what_it_says_and_no_more() -> None:
    update = OrderUpdate(
        order_id=OrderID("7"), status=VenueStatus.WORKING, cum_qty=Decimal("1E-8"), asked=True
    )
    assert line(update).startswith("OrderUpdate order_id=7 status=working cum_qty=0.00000001")
    assert line(update).endswith("asked=True")
