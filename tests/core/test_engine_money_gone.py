"""A venue does not show an order that it had: lists lag, and that proves nothing for minutes. What
was told as ended and works after all: an operator hears of it, and the client can get out."""

import pytest
from msgspec.structs import replace

from tests.support.orders import (
    CAPABILITIES,
    Exchange,
    accepted,
    answer,
    canceled_as_asked,
    fill,
    lost,
    news,
    stream_restored,
)
from tests.support.venue_lists import Row, ask_and_hear, listing

TOLD = ("11", "41", "150", "39", "14", "151")
MINUTES = 5


@pytest.fixture
def working(exchange: Exchange) -> Exchange:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.reports(), exchange.commands()
    return exchange


def absent(exchange: Exchange, seconds: int) -> None:
    """After a reconnect the venue does not list X, for so long."""
    exchange.venue(stream_restored())
    ask_and_hear(exchange, answer("absent"), seconds)


@pytest.mark.parametrize("seconds", [2, 10, MINUTES * 60 - 20])
def test_an_order_that_is_not_listed_for_a_while_has_not_ended(
    working: Exchange, seconds: int
) -> None:
    absent(working, seconds)
    assert [] == working.reports()

    ask_and_hear(working, answer("working"), 60)
    assert [] == working.reports()
    working.client("35=F|11=C|41=X|")
    assert "cancel X" in working.commands()
    working.venue(canceled_as_asked(), order="X")
    assert "11=C|41=X|150=4|39=4|14=0|151=0" == working.reports(*TOLD)[-1]


def test_an_operator_hears_at_once_that_it_is_not_listed(working: Exchange) -> None:
    absent(working, 5)
    assert "order_gone_at_venue" in working.alerts()


def test_one_that_no_answer_shows_for_minutes_has_ended(working: Exchange) -> None:
    working.venue(fill("t1", 4))
    working.reports()
    absent(working, MINUTES * 60 + 90)

    assert ["11=X|150=D|39=4|14=4|151=0"] == working.reports(*TOLD)


def test_one_answer_that_shows_it_begins_the_minutes_anew(working: Exchange) -> None:
    absent(working, MINUTES * 60 - 60)
    working.venue(answer("working"))
    absent(working, MINUTES * 60 - 60)
    assert [] == working.reports()


def test_a_restart_begins_them_anew(working: Exchange) -> None:
    """What the process before was told is not on record."""
    absent(working, MINUTES * 60 - 60)
    working.restart()
    absent(working, MINUTES * 60 - 60)
    assert [] == working.reports()


def test_an_execution_that_comes_meanwhile_shows_that_it_had_not_ended(
    working: Exchange,
) -> None:
    absent(working, 20)
    working.venue(fill("t1", 10))
    assert ["11=X|150=F|39=2|14=10|151=0"] == working.reports(*TOLD)


def test_a_cancel_under_way_waits_as_long(working: Exchange) -> None:
    """The order may work: what became of it is told when it is known."""
    working.client("35=F|11=C|41=X|")
    working.reports(), working.commands()
    working.venue(stream_restored(), order="X")
    ask_and_hear(working, answer("absent"), 60)
    assert [] == working.reports()

    working.venue(fill("t1", 4), order="X")
    assert ["11=X|150=F|39=6|14=4|151=6"] == working.reports(*TOLD)


# ------------------------------------------------------------------ and works after all


def shown_again(exchange: Exchange) -> None:
    """The venue shows X, and does when it is asked: one word of it may be an old one."""
    exchange.venue(answer("working"))
    ask_and_hear(exchange, answer("working"), 10)


@pytest.fixture
def closed(working: Exchange) -> Exchange:
    """X was told as ended, and works."""
    absent(working, MINUTES * 60 + 90)
    assert not working.order("X").open
    working.reports(), working.commands(), working.alerts()
    return working


def test_an_order_that_works_after_its_end_is_alerted(closed: Exchange) -> None:
    shown_again(closed)

    assert ["closed_order_works"] == closed.alerts()


def test_the_cancel_of_the_client_leaves_and_it_is_answered(closed: Exchange) -> None:
    shown_again(closed)
    closed.reports(), closed.commands()
    closed.client("35=F|11=C|41=X|")
    assert "cancel X" in closed.commands()

    closed.venue(canceled_as_asked(), order="X")
    assert any("11=C" in report for report in closed.reports(*TOLD))


def test_it_leaves_after_a_restart_too(closed: Exchange) -> None:
    shown_again(closed)
    closed.restart()
    closed.reports(), closed.commands()
    closed.client("35=F|11=C|41=X|")

    assert "cancel X" in closed.commands()


def test_an_execution_after_the_end_is_told(closed: Exchange) -> None:
    shown_again(closed)
    closed.venue(listing("working", Row("t1", 4)))

    [report] = [each for each in closed.reports(*TOLD) if "150=F" in each]
    assert "14=4" in report
    assert "fill_after_the_end" in closed.alerts()


def test_the_same_of_one_that_the_venue_called_canceled(working: Exchange) -> None:
    """It was wrong."""
    working.venue(news("canceled"))
    working.reports(), working.alerts()
    shown_again(working)
    assert "closed_order_works" in working.alerts()

    working.client("35=F|11=C|41=X|")
    assert "cancel X" in working.commands()


def test_the_same_of_one_that_was_canceled_to_be_replaced() -> None:
    """Y has left, as the venue called X canceled; nobody knows yet whether it has arrived."""
    exchange = Exchange(replace_by_cancel=True)
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.client("35=G|11=Y|41=X|38=12|")
    exchange.venue(canceled_as_asked("0"), order="X")
    exchange.venue(lost(), order="Y")
    exchange.alerts()
    exchange.venue(answer("working"), order="X")
    ask_and_hear(exchange, answer("working"), 10)

    assert "closed_order_works" in exchange.alerts()


def test_an_old_word_is_none(working: Exchange) -> None:
    """News that was under way when the order ended; asked, the venue says that it has ended."""
    working.venue(news("canceled"))
    working.reports(), working.alerts()
    working.venue(news("working"))
    ask_and_hear(working, answer("canceled", cum_qty="0"), 60)

    assert [] == working.alerts()
    working.client("35=F|11=C|41=X|")
    assert "cancel X" not in working.commands()


def test_a_venue_whose_lists_are_complete_may_say_so() -> None:
    """Then a few answers do, as the venue's document says so (`absence_proof_minutes` 0)."""
    exchange = Exchange(replace(CAPABILITIES, absence_proof_minutes=0))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.reports()
    absent(exchange, 60)

    assert ["11=X|150=D|39=4|14=0|151=0"] == exchange.reports(*TOLD)
