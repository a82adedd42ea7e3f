"""OrderMassCancelRequest(35=q) and OrderMassStatusRequest(35=AF)."""

import pytest
from msgspec.structs import replace

from fixgw.model.reports import ExecutionReport, OrderMassCancelReport
from tests.support.orders import (
    ACCOUNTS,
    CAPABILITIES,
    INSTRUMENTS,
    OTHER_CLIENT,
    Exchange,
    accepted,
    answer,
    cancel_refused,
    canceled_as_asked,
    fill,
)

TOLD = ("11", "531", "532", "533", "150", "39", "58")


def orders(exchange: Exchange) -> None:
    """A and B buy, C sells; D is filled, E is another client's."""
    for cl_ord_id, side in (("A", 1), ("B", 1), ("C", 2), ("D", 1)):
        exchange.client(f"35=D|11={cl_ord_id}|38=10|54={side}|")
        exchange.venue(accepted(), order=cl_ord_id)
    exchange.venue(fill("t1", 10), order="D")
    exchange.client("35=D|11=E|38=10|", OTHER_CLIENT)
    exchange.venue(accepted())
    exchange.reports()
    exchange.commands()


def test_all_open_orders_of_the_session_are_cancelled_each_with_a_report(
    exchange: Exchange,
) -> None:
    orders(exchange)
    exchange.client("35=q|11=M|530=7|")

    assert ["35=r|11=M|531=7|533=3"] == exchange.reports(*TOLD)
    assert ["cancel A", "cancel B", "cancel C"] == exchange.commands()
    exchange.venue(canceled_as_asked(), order="A")
    assert ["11=A|150=4|39=4|58=OrderMassCancelRequest(35=q) M"] == exchange.reports(*TOLD)


def test_those_of_a_symbol_and_of_a_side_however_the_symbol_is_written(
    exchange: Exchange,
) -> None:
    orders(exchange)
    exchange.client("35=q|11=M|530=1|55=BTCUSDT|54=2|")

    assert ["35=r|11=M|531=1|533=1"] == exchange.reports(*TOLD)
    assert ["cancel C"] == exchange.commands()


@pytest.mark.parametrize(("scope", "meant"), [
    ("530=7", "ABCD"), ("530=1|55=BTC/USDT", "AC"), ("530=1|55=ETHUSDT", "BD"),
    ("530=7|1=ACCOUNT", "AB"), ("530=7|1=OTHER", "CD"), ("530=1|55=ETH/USDT|1=OTHER", "D"),
    ("530=7|1=NOBODY", ""), ("530=7|207=ACME", "ABCD"), ("530=7|207=ELSE", ""),
    ("530=1|55=XRP/USDT", ""),
])
def test_only_those_that_fit_are_touched_or_reported(scope: str, meant: str) -> None:
    exchange = Exchange(instruments=INSTRUMENTS, accounts=ACCOUNTS)
    for cl_ord_id, symbol, account in (
        ("A", "BTC/USDT", "ACCOUNT"), ("B", "ETH/USDT", "ACCOUNT"),
        ("C", "BTCUSDT", "OTHER"), ("D", "ETHUSDT", "OTHER"),
    ):
        exchange.client(f"35=D|11={cl_ord_id}|38=10|55={symbol}|1={account}|")
        exchange.venue(accepted(), order=cl_ord_id)
    exchange.reports(), exchange.commands()

    exchange.client(f"35=AF|11=S|585=7|{scope}|")
    told = exchange.reports("11", "911")
    exchange.client(f"35=q|11=M|{scope}|")

    assert told == ([f"11={name}|911={len(meant)}" for name in meant] or [""])
    assert [f"35=r|11=M|533={len(meant)}"] == exchange.reports("11", "533")
    assert [f"cancel {name}" for name in meant] == exchange.commands()


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTCUSDT", "BTC-USDT"])
@pytest.mark.parametrize("ordered_as", ["BTC/USDT", "BTCUSDT", "BTC-USDT"])
def test_a_symbol_means_the_same_however_it_is_written(
    exchange: Exchange, ordered_as: str, symbol: str
) -> None:
    exchange.client(f"35=D|11=X|38=10|55={ordered_as}|")
    exchange.venue(accepted())
    exchange.reports()
    exchange.client(f"35=AF|11=S|55={symbol}|")
    exchange.client(f"35=q|11=M|530=1|55={symbol}|")

    assert ["150=I|911=1", "35=r|11=M|531=1|533=1"] == [
        report.replace("11=X|", "") for report in exchange.reports("11", "150", "911", "531", "533")
    ]


def test_a_kind_that_is_not_known_and_a_symbol_that_is_not_named(exchange: Exchange) -> None:
    orders(exchange)
    exchange.client("35=q|11=M|530=5|")
    exchange.client("35=q|11=N|530=1|")

    assert [
        "35=r|11=M|531=0|532=0|533=0|58=MassCancelRequestType(530) 5 is not supported; "
        "allowed: 1, 7",
        "35=r|11=N|531=0|532=1|533=0|58=Symbol(55) is needed with MassCancelRequestType(530) 1",
    ] == exchange.reports(*TOLD)
    assert [] == exchange.commands()


def test_where_there_is_nothing_to_cancel_nothing_is(exchange: Exchange) -> None:
    exchange.client("35=q|11=M|530=7|")

    assert ["35=r|11=M|531=7|533=0"] == exchange.reports(*TOLD)


def test_a_restart_goes_on_with_it(exchange: Exchange) -> None:
    orders(exchange)
    exchange.client("35=q|11=M|530=7|54=2|")
    exchange.commands()
    exchange.restart()
    exchange.wait(0.1)

    assert ["query C"] == exchange.commands()


def test_a_client_that_logs_on_again_has_not_taken_its_mass_cancel_back(
    exchange: Exchange,
) -> None:
    orders(exchange)
    exchange.client("35=q|11=M|530=7|54=2|")
    exchange.venue(cancel_refused("busy"), order="C")
    exchange.client_back()  # it was away, and not for long
    exchange.commands()
    exchange.venue(answer("working"), order="C")
    exchange.wait(1.5)
    exchange.venue(answer("working"), order="C")

    assert ["query C", "cancel C"] == exchange.commands()


def test_it_holds_for_an_order_that_was_to_be_cancelled_as_its_client_was_gone(
    exchange: Exchange,
) -> None:
    orders(exchange)
    exchange.client_gone()
    exchange.client_back()
    exchange.client("35=q|11=M|530=7|54=2|")
    exchange.client_gone()
    exchange.venue(cancel_refused("busy"), order="C")
    exchange.client_back()
    exchange.commands()
    exchange.venue(answer("working"), order="C")
    exchange.wait(1.5)
    exchange.venue(answer("working"), order="C")

    assert ["query C", "cancel C"] == exchange.commands()


def test_a_venue_without_cancel_keeps_its_orders_and_an_operator_hears_of_it() -> None:
    exchange = Exchange(replace(CAPABILITIES, cancel=False, cancel_text="no cancel there"))
    orders(exchange)
    exchange.client("35=q|11=M|530=7|")

    assert ["35=r|11=M|531=0|532=99|533=0|58=3 stay open: no cancel there"] == (
        exchange.reports(*TOLD)
    )
    assert [] == exchange.commands()
    assert 3 == exchange.alerts().count("order_stays_open")


def test_each_answer_has_a_name_of_its_own_and_the_last_status_says_that_it_is(
    exchange: Exchange,
) -> None:
    orders(exchange)
    exchange.client("35=q|11=M|530=7|54=2|")
    exchange.client("35=q|11=N|530=7|54=2|")
    first, second = exchange.raw_reports()
    assert isinstance(first, OrderMassCancelReport) and isinstance(second, OrderMassCancelReport)
    assert first.order_id != second.order_id

    exchange.client("35=AF|11=S|")
    told = [each for each in exchange.raw_reports() if isinstance(each, ExecutionReport)]
    assert [False, False, True] == [each.last_rpt_requested for each in told]

    exchange.client("35=AF|11=T|55=XRP/USDT|")
    (none,) = exchange.raw_reports()
    assert isinstance(none, ExecutionReport) and none.last_rpt_requested


def test_the_status_of_all_is_one_report_each_and_says_how_many(exchange: Exchange) -> None:
    orders(exchange)
    exchange.client("35=AF|11=S|")

    told = exchange.reports("11", "150", "39", "584", "911")
    assert [f"11={name}|150=I|39=0|584=S|911=3" for name in "ABC"] == told


def test_where_there_is_no_order_the_status_says_so(exchange: Exchange) -> None:
    exchange.client("35=AF|11=S|")

    assert ["150=I|39=8|103=5|584=S|58=no open orders"] == (
        exchange.reports("150", "39", "103", "584", "58")
    )
