"""What no report may say."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fixgw.model.enums import CLOSED, ExecType, OrdStatus
from fixgw.model.ids import ClOrdID, ExecID
from fixgw.model.reports import ExecutionReport

NEW = ExecutionReport(
    order_id="1",
    exec_id=ExecID("1-0"),
    exec_type=ExecType.NEW,
    ord_status=OrdStatus.NEW,
    cl_ord_id=ClOrdID("X"),
    symbol="BTC/USDT",
    side="1",
    leaves_qty=Decimal(10),
    cum_qty=Decimal(0),
    avg_px=Decimal(0),
    transact_time=0,
)


@pytest.mark.parametrize("ord_status", sorted(CLOSED))
def test_a_closed_order_leaves_nothing(ord_status: OrdStatus) -> None:
    replace(NEW, ord_status=ord_status, leaves_qty=Decimal(0))

    with pytest.raises(AssertionError, match="LeavesQty"):
        replace(NEW, ord_status=ord_status)


def test_nothing_is_left_below_0() -> None:
    with pytest.raises(AssertionError, match="below 0"):
        replace(NEW, leaves_qty=Decimal(-1))


def test_a_report_does_not_change() -> None:
    with pytest.raises(AttributeError):
        NEW.leaves_qty = Decimal(0)
