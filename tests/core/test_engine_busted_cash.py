"""An order for an amount whose executions the venue takes back: it ends, and nobody is asked any
more."""

import pytest
from msgspec.structs import replace

from fixgw.model.venue import Fill
from tests.support.orders import Exchange, Word, accepted, answer, execution, news

TOLD = ("150", "39", "14", "151")
FIRST, SECOND = execution("t1", 4, cum=4), execution("t2", 6, cum=10)


def taken_back(execution: Fill) -> Fill:
    return replace(execution, cum_qty=execution.cum_qty * 0, busted=True)


@pytest.fixture
def filled(exchange: Exchange) -> Exchange:
    exchange.client("35=D|11=X|40=1|152=1000|")
    exchange.venue(accepted())
    exchange.venue(answer("filled", cum_qty="10", fills=(FIRST, SECOND)))
    exchange.reports(), exchange.commands()
    return exchange


BOTH = tuple(map(taken_back, (FIRST, SECOND)))


@pytest.mark.parametrize("word", [
    answer("filled", cum_qty="0", fills=BOTH), news("filled", cum_qty="0", fills=BOTH),
], ids=["an answer", "news"])
def test_one_that_is_taken_back_in_full_is_canceled_and_asked_about_no_more(
    filled: Exchange, word: Word
) -> None:
    """As a bust of an order for a quantity is told: 39=4, 151=0."""
    filled.venue(word)
    assert ["150=H|39=2|14=6|151=0", "150=H|39=4|14=0|151=0"] == filled.reports(*TOLD)
    assert not filled.order().open
    filled.wait(200)
    filled.venue(word)
    filled.wait(200)

    assert [] == filled.reports() == filled.commands()
    assert "order_in_doubt" not in filled.alerts()


def test_a_venue_that_drops_what_it_took_back_from_its_list_is_believed_too(
    filled: Exchange,
) -> None:
    for one in (FIRST, SECOND):
        filled.venue(news("filled", fill=taken_back(one)))
    assert "150=H|39=4|14=0|151=0" == filled.reports(*TOLD)[-1]
    filled.venue(answer("filled", cum_qty="0", fills=()))
    filled.commands()
    filled.wait(200)

    assert [] == filled.commands()


def test_what_is_executed_in_its_place_is_reported(filled: Exchange) -> None:
    filled.venue(answer("filled", cum_qty="0", fills=BOTH))
    filled.reports()
    filled.venue(answer("filled", cum_qty="9", fills=(*BOTH, execution("t3", 9, cum=9))))

    assert ["150=F|39=2|14=9|151=0"] == filled.reports(*TOLD)


def test_one_that_is_taken_back_in_part_stays_filled(filled: Exchange) -> None:
    """Nobody knows how much the amount buys."""
    filled.venue(answer("filled", cum_qty="4", fills=(FIRST, taken_back(SECOND))))

    assert ["150=H|39=2|14=4|151=0"] == filled.reports(*TOLD)
    filled.wait(200)
    assert [] == filled.commands()
