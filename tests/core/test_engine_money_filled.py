"""A venue says that an order has ended, and its list of executions is behind: the client is told
of executions as they are listed, and of the end when all of them are; never of another end."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fixgw.model.enums import Verdict
from tests.support.orders import (
    CAPABILITIES,
    Exchange,
    accepted,
    answer,
    canceled_as_asked,
    fill,
    news,
    replaced,
)
from tests.support.venue_lists import Row, ask_and_hear, listing

TOLD = ("11", "150", "39", "14", "151", "32", "31")

BEHIND = {
    "the list": {"cum_qty": "10", "fills": ()},
    "the counter and the list": {"cum_qty": "0", "fills": ()},
    "the counter, and there is no list": {"cum_qty": "0"},
    "all, and nothing is said": {},
}


@pytest.fixture
def working(exchange: Exchange) -> Exchange:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.reports(), exchange.commands()
    return exchange


@pytest.mark.parametrize("behind", BEHIND)
@pytest.mark.parametrize("seconds", [3, 200])
def test_filled_before_it_lists_an_execution_is_told_when_it_does(
    working: Exchange, behind: str, seconds: int
) -> None:
    """Neither Canceled with CumQty(14) 0, nor an execution at a price that nobody told."""
    working.venue(news("filled", **BEHIND[behind]))
    ask_and_hear(working, answer("filled", **BEHIND[behind]), seconds)
    assert [] == working.reports()

    ask_and_hear(working, listing("filled", Row("t1", 4, 99), Row("t2", 6, 100)), 40)
    assert [
        "11=X|150=F|39=1|14=4|151=6|32=4|31=99",
        "11=X|150=F|39=2|14=10|151=0|32=6|31=100",
    ] == working.reports(*TOLD)


def test_what_is_listed_meanwhile_is_told_at_once(working: Exchange) -> None:
    working.venue(news("filled"))
    ask_and_hear(working, answer("filled", fills=()), 5)
    ask_and_hear(working, listing("filled", Row("t1", 4, 99)), 40)
    assert ["11=X|150=F|39=1|14=4|151=6|32=4|31=99"] == working.reports(*TOLD)

    working.venue(fill("t2", 6, cum=10, status="filled"))
    assert ["11=X|150=F|39=2|14=10|151=0|32=6|31=100"] == working.reports(*TOLD)
    working.commands()
    assert [] == ask_and_hear(working, listing("filled", Row("t1", 4, 99), Row("t2", 6)), 60)


def test_it_is_asked_again_with_growing_pauses_and_an_operator_hears_of_it(
    working: Exchange,
) -> None:
    working.venue(news("filled"))
    asked = ask_and_hear(working, answer("filled", cum_qty="10", fills=()), 200)
    alerts = working.alerts()

    pauses = [round(later - sooner, 1) for sooner, later in zip(asked, asked[1:])]
    assert pauses[1:] == sorted(pauses[1:])
    assert 8 <= len(asked) <= 14, asked
    assert 29 <= pauses[-1] <= 31
    assert "order_in_doubt" in alerts
    assert [] == working.reports()


def test_an_operator_is_told_after_a_minute(working: Exchange) -> None:
    working.venue(news("filled"))
    ask_and_hear(working, answer("filled", cum_qty="10", fills=()), 100)
    assert "order_in_doubt" in working.alerts()
    # Who says what was executed.
    working.operator(Verdict.FILLED, "ann", "their desk", Decimal(10), Decimal(99))
    assert ["11=X|150=F|39=2|14=10|151=0|32=10|31=99"] == working.reports(*TOLD)


def test_a_restart_meanwhile_changes_nothing(working: Exchange) -> None:
    working.venue(news("filled"))
    ask_and_hear(working, answer("filled", fills=()), 5)
    ask_and_hear(working, listing("filled", Row("t1", 4, 99)), 40)
    working.reports()
    working.restart()
    working.venue(answer("filled", fills=()))
    ask_and_hear(working, answer("filled", fills=()), 70)
    assert [] == working.reports()

    ask_and_hear(working, listing("filled", Row("t1", 4, 99), Row("t2", 6)), 40)
    assert ["11=X|150=F|39=2|14=10|151=0|32=6|31=100"] == working.reports(*TOLD)


def test_a_cancel_that_is_too_late_is_rejected_when_the_executions_are_known(
    working: Exchange,
) -> None:
    working.client("35=F|11=C|41=X|")
    working.reports(), working.commands()
    working.venue(news("filled"), order="X")
    ask_and_hear(working, answer("filled", cum_qty="0", fills=()), 70)
    assert [] == working.reports()

    ask_and_hear(working, listing("filled", Row("t1", 10)), 40)
    assert [
        "11=X|150=F|39=6|14=10|151=0|32=10|31=100",
        "35=9|11=C|39=2",
    ] == working.reports(*TOLD)


def test_an_order_for_an_amount_too(exchange: Exchange) -> None:
    """Nobody knows how much it buys: only the list tells."""
    exchange.client("35=D|11=X|40=1|152=1000|59=3|")
    exchange.venue(accepted())
    exchange.reports(), exchange.commands()
    exchange.venue(news("filled"))
    ask_and_hear(exchange, answer("filled", cum_qty="0", fills=()), 100)
    assert [] == exchange.reports()

    ask_and_hear(exchange, listing("filled", Row("t1", "9.9", 101)), 40)
    assert ["11=X|150=F|39=2|14=9.9|151=0|32=9.9|31=101"] == exchange.reports(*TOLD)


def test_an_order_that_took_anothers_place_too() -> None:
    exchange = Exchange(replace(CAPABILITIES, replace=True))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.client("35=G|11=Y|41=X|38=12|")
    exchange.venue(replaced(cum_qty="0"))
    exchange.reports(), exchange.commands()
    exchange.venue(news("filled"), order="Y")
    ask_and_hear(exchange, answer("filled", cum_qty="0", fills=()), 70, "Y")
    assert [] == exchange.reports()

    ask_and_hear(exchange, listing("filled", Row("t1", 12)), 40, "Y")
    assert ["11=Y|150=F|39=2|14=12|151=0|32=12|31=100"] == exchange.reports(*TOLD)


# ----------------------------------------------------- canceled, and more counted than listed


@pytest.mark.parametrize("end", ["canceled", "expired"])
@pytest.mark.parametrize("seconds", [3, 200])
def test_an_end_waits_for_the_executions_that_the_venue_counts(
    working: Exchange, end: str, seconds: int
) -> None:
    """No price is ever implied where the venue lists executions."""
    ends = {"canceled": "150=4|39=4", "expired": "150=C|39=C"}[end]
    working.venue(news(end, cum_qty="4"))
    ask_and_hear(working, answer(end, cum_qty="4", fills=()), seconds)
    assert [] == working.reports()

    ask_and_hear(working, listing(end, Row("t1", 4, 99)), 40)
    assert [
        "11=X|150=F|39=1|14=4|151=6|32=4|31=99", f"11=X|{ends}|14=4|151=0"
    ] == working.reports(*TOLD)


def test_the_end_that_the_client_asked_for_waits_too(working: Exchange) -> None:
    working.client("35=F|11=C|41=X|")
    working.reports(), working.commands()
    working.venue(canceled_as_asked("4"), order="X")
    ask_and_hear(working, answer("canceled", cum_qty="4", fills=()), 100)
    assert [] == working.reports()
    assert "order_in_doubt" in working.alerts()

    ask_and_hear(working, listing("canceled", Row("t1", 4, 99)), 40)
    assert [
        "11=X|150=F|39=6|14=4|151=6|32=4|31=99", "11=C|150=4|39=4|14=4|151=0"
    ] == working.reports(*TOLD)


def test_a_count_below_what_was_told_does_not_hold_up_the_end_and_is_alerted(
    working: Exchange,
) -> None:
    """Its books contradict each other; the client keeps what it was told."""
    working.venue(fill("t1", 6))
    working.reports(), working.alerts()
    working.venue(answer("canceled", cum_qty="4", fills=()))
    ask_and_hear(working, answer("canceled", cum_qty="4", fills=()), 40)

    assert ["11=X|150=4|39=4|14=6|151=0"] == working.reports(*TOLD)
    assert [] != working.alerts()
