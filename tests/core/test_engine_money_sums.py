"""Sums that do not come out: floats of a venue, totals that shrink, a price that nobody told. None
of them becomes an execution that never was, and none is passed over in silence."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fixgw.model.venue import InstrumentsLoaded
from tests.support.orders import (
    BTC_USDT,
    CAPABILITIES,
    VENUE,
    Exchange,
    accepted,
    answer,
    execution,
    fill,
    news,
    stream_restored,
)
from tests.support.venue_lists import Row, ask_and_hear, listing

TOLD = ("150", "39", "14", "151", "32", "31")
FLOAT_SUM = "0.30000000000000004"
"""0.1 + 0.2, as a double adds."""
STEP = replace(BTC_USDT, step=Decimal("0.001"))


def working(exchange: Exchange, quantity: str) -> Exchange:
    exchange.handle(InstrumentsLoaded(VENUE, (STEP,)))
    exchange.client(f"35=D|11=X|38={quantity}|")
    exchange.venue(accepted())
    exchange.reports(), exchange.commands(), exchange.alerts()
    return exchange


@pytest.fixture
def part(exchange: Exchange) -> Exchange:
    """0.3 of 1 is executed."""
    working(exchange, "1")
    exchange.venue(fill("t1", "0.1", cum="0.1"), fill("t2", "0.2", cum="0.3"))
    exchange.reports()
    return exchange


# --------------------------------------------------------------------------- sums of floats


@pytest.mark.parametrize("status", ["working", "canceled"])
def test_what_is_less_than_a_step_is_no_execution(part: Exchange, status: str) -> None:
    """It was one of 0.00000000000000004, at a price of 2,500,000,000,000,000."""
    part.venue(news(status, cum_qty=FLOAT_SUM, avg_px=Decimal(100)))
    asked = ask_and_hear(part, answer(status, cum_qty=FLOAT_SUM, avg_px=Decimal(100)), 60)

    told = part.reports(*TOLD)
    assert ([] if status == "working" else ["150=4|39=4|14=0.3|151=0"]) == told
    # The second look may be for the list; nothing is missing, so there is no third one.
    assert len(asked) <= 2
    assert [] == part.alerts()


def test_an_order_is_filled_by_what_was_executed(exchange: Exchange) -> None:
    working(exchange, "0.3")
    exchange.venue(fill("t1", "0.1", cum="0.1"))
    exchange.venue(fill("t2", "0.2", cum=FLOAT_SUM, status="filled"))

    assert ["150=F|39=1|14=0.1|151=0.2|32=0.1|31=100", "150=F|39=2|14=0.3|151=0|32=0.2|31=100"] == (
        exchange.reports(*TOLD)
    )
    assert [] == exchange.alerts()


def test_a_list_with_such_a_total_has_no_gap(exchange: Exchange) -> None:
    working(exchange, "1")
    listed = (
        execution("t1", "0.1", cum="0.1"), execution("t2", "0.2", 101, cum=FLOAT_SUM),
        execution("t3", "0.4", 102, cum="0.7000000000000001"),
    )
    exchange.venue(answer("working", cum_qty="0.7000000000000001", fills=listed))

    assert [
        "150=F|39=1|14=0.1|151=0.9|32=0.1|31=100",
        "150=F|39=1|14=0.3|151=0.7|32=0.2|31=101",
        "150=F|39=1|14=0.7|151=0.3|32=0.4|31=102",
    ] == exchange.reports(*TOLD)


# ------------------------------------------------------------------------- implied prices


COUNTS_ONLY = replace(CAPABILITIES, lists_executions=False)


def counted(exchange: Exchange, avg_px: str) -> None:
    """2 at 98 were told; the venue counts 4 and tells no more."""
    working(exchange, "10")
    exchange.venue(fill("t1", 2, 98))
    exchange.reports()
    said = {"cum_qty": "4", "avg_px": Decimal(avg_px)}
    exchange.venue(news("working", **said))
    ask_and_hear(exchange, answer("working", **said), 150)


def test_a_price_is_implied_between_what_was_told_and_the_order() -> None:
    """(4 x 99 - 2 x 98) / 2 is 100, which the order allows."""
    exchange = Exchange(COUNTS_ONLY)
    counted(exchange, "99")

    assert ["150=F|39=1|14=4|151=6|32=2|31=100"] == exchange.reports(*TOLD)


@pytest.mark.parametrize("avg_px", ["150", "90", "0.001", "1E+12"])
def test_another_price_leaves_the_order_in_doubt(avg_px: str) -> None:
    """Buying at 100, it cannot have paid 202, and 82 is not between 98 and 100."""
    exchange = Exchange(COUNTS_ONLY)
    counted(exchange, avg_px)

    assert [] == exchange.reports(*TOLD)
    assert "order_in_doubt" in exchange.alerts()


@pytest.mark.parametrize("avg_px", ["99", "150", None])
def test_none_is_implied_where_the_venue_lists_executions(exchange: Exchange, avg_px: str) -> None:
    working(exchange, "10")
    said = {"cum_qty": "4", "avg_px": avg_px and Decimal(avg_px), "fills": ()}
    exchange.venue(news("working", cum_qty="4"))
    ask_and_hear(exchange, answer("working", **said), 150)
    assert [] == exchange.reports()
    assert "order_in_doubt" in exchange.alerts()

    ask_and_hear(exchange, listing("working", Row("t1", 1, 97), Row("t2", 3, 99)), 40)
    assert ["150=F|39=1|14=1|151=9|32=1|31=97", "150=F|39=1|14=4|151=6|32=3|31=99"] == (
        exchange.reports(*TOLD)
    )


# ---------------------------------------------------------------------- totals that shrink


@pytest.mark.parametrize("said", [
    pytest.param({"cum_qty": "0.1"}, id="the counter"),
    pytest.param({"cum_qty": "0.1", "fills": (execution("t1", "0.1", cum="0.1"),)}, id="the list"),
    pytest.param({"cum_qty": "0", "fills": ()}, id="all of it"),
])
def test_a_total_that_shrinks_is_not_passed_over(part: Exchange, said: dict[str, object]) -> None:
    """The client keeps what it was told; an operator hears of it."""
    part.venue(stream_restored())
    ask_and_hear(part, answer("working", **said), 120)
    part.venue(stream_restored())
    ask_and_hear(part, answer("working", **said), 120)

    assert [] == part.reports()
    assert [] != part.alerts()


def test_a_list_that_lags_now_and_then_alerts_nobody(part: Exchange) -> None:
    behind = listing("working", Row("t1", "0.1"))
    everything = listing("working", Row("t1", "0.1"), Row("t2", "0.2"))
    part.venue(stream_restored())
    for said in (behind, everything, behind, everything):
        part.venue(said)
        part.wait(1)

    assert [] == part.alerts()


def test_its_executions_go_on_to_count(part: Exchange) -> None:
    """The list is behind for a while, and nothing is told twice when it is not."""
    part.venue(stream_restored())
    ask_and_hear(part, listing("working", Row("t1", "0.1")), 30)
    everything = listing("working", Row("t1", "0.1"), Row("t2", "0.2"), Row("t3", "0.3", 101))
    part.venue(stream_restored())
    ask_and_hear(part, everything, 30)

    assert ["150=F|39=1|14=0.6|151=0.4|32=0.3|31=101"] == part.reports(*TOLD)


def test_news_is_no_answer_to_the_question_for_executions() -> None:
    """Only answers prove that the venue lists no execution; news may come as often as it likes."""
    counts = working(Exchange(COUNTS_ONLY), "10")
    counts.venue(*(news("working", cum_qty="4", avg_px=Decimal(100)) for _ in range(20)))

    assert [] == counts.reports(*TOLD)
