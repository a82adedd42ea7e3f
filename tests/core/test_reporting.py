"""Reports, and the identity of each. The quantities are those of `test_order`; how a story of
reports reads is in `tests/conformance/orders`."""

from decimal import Decimal

from fixgw.model.enums import Liquidity, OrdStatus
from fixgw.model.reports import ExecutionReport
from fixgw.model.venue import Fill
from tests.support.orders import (
    START_MS,
    Exchange,
    accepted,
    answer,
    cancel_refused,
    canceled_as_asked,
    fill,
    news,
    refused,
)

ORDER_ID = "1700000000000000"


def exec_ids(exchange: Exchange) -> list[str]:
    return [report.removeprefix(f"17={ORDER_ID}-") for report in exchange.reports("17")]


def test_exec_id_of_a_canceled_order(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), fill("t1", 4), fill("", 2, cum="6.0"))
    exchange.client("35=F|11=Y|41=X|")
    exchange.venue(cancel_refused(), answer("working"))
    exchange.client("35=F|11=Z|41=X|")
    exchange.venue(canceled_as_asked())
    ids = exec_ids(exchange)

    assert ["A", "0", "Ft1", "F@6", "6.1", "35=9|", "6.2", "4"] == ids


def test_exec_id_of_the_other_ends(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(refused())
    assert ["A", "8"] == exec_ids(exchange)

    exchange.client("35=D|11=Z|38=10|")
    exchange.venue(news("expired"))
    assert [f"17={int(ORDER_ID) + 1}-{kind}" for kind in "A0C"] == exchange.reports("17")


def test_exec_id_of_a_status_is_0(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.reports()
    exchange.client("35=H|11=X|")
    exchange.client("35=D|11=X|38=10|97=Y|")

    assert ["17=0", "17=0"] == exchange.reports("17")


def test_exec_id_of_duplicates_in_one_millisecond(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(fill("t1", 4))
    exchange.client("35=D|11=X|38=10|")

    assert ["A", f"D{START_MS}.1", "0", "Ft1", f"D{START_MS}.2"] == exec_ids(exchange)


def test_the_same_fact_has_the_same_id_after_a_restart(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.restart()
    exchange.venue(fill("t1", 4))
    exchange.restart()
    exchange.venue(fill("t1", 4), fill("t2", 6))

    assert ["A", "0", "Ft1", "Ft2"] == exec_ids(exchange)


def test_an_execution_report_echoes_the_order(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|44=99.50|54=2|59=3|55=BTCUSDT|207=ACME|1=ACCOUNT|")
    (report,) = exchange.raw_reports()

    assert ExecutionReport(
        order_id=ORDER_ID,
        exec_id=f"{ORDER_ID}-A",
        exec_type="A",
        ord_status="A",
        cl_ord_id="X",
        symbol="BTCUSDT",
        side="2",
        leaves_qty=Decimal(10),
        cum_qty=Decimal(0),
        avg_px=Decimal(0),
        transact_time=START_MS,
        account="ACCOUNT",
        security_exchange="ACME",
        secondary_order_id=f"ACCOUNT-{ORDER_ID}",
        ord_type="2",
        time_in_force="3",
        order_qty=Decimal(10),
        price=Decimal("99.50"),
        quote="USDT",
    ) == report


def test_an_execution_with_all_that_the_venue_says_of_it(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|18=6|")
    one = Fill(
        cum_qty=Decimal(4),
        last_qty=Decimal(4),
        last_px=Decimal("99.9"),
        at=START_MS - 7,
        venue_exec_id="t1",
        commission=Decimal("0.01"),
        commission_currency="BTC",
        liquidity=Liquidity.ADDED,
    )
    exchange.venue(news("working", fill=one))
    report = exchange.raw_reports()[-1]
    assert isinstance(report, ExecutionReport)

    assert (Decimal(4), Decimal("99.9"), Decimal("99.9")) == (
        report.last_qty, report.last_px, report.avg_px
    )
    assert (Decimal("0.01"), "BTC", Liquidity.ADDED) == (
        report.commission, report.commission_currency, report.liquidity
    )
    assert (START_MS - 7, True) == (report.transact_time, report.post_only)


def test_a_cancel_without_a_name_of_its_own_names_the_order_alone(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.client("35=F|11=X|")
    exchange.venue(canceled_as_asked())

    assert exchange.reports("11", "41", "150")[2:] == ["11=X|150=6", "11=X|150=4"]


def test_a_refused_cancel_of_a_known_order_names_it(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(fill("t1", 10))
    exchange.reports()
    exchange.client("35=F|11=Y|41=X|")
    (reject,) = exchange.raw_reports()

    assert (ORDER_ID, "Y", "X", OrdStatus.FILLED, "ACCOUNT", "the order is FILLED") == (
        reject.order_id,
        reject.cl_ord_id,
        reject.orig_cl_ord_id,
        reject.ord_status,
        reject.account,
        reject.text,
    )
