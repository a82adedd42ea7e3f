"""A verdict about an order that was replaced: OrderID(37) of the first is all that a client knows,
and what an operator has looked at is all of them together."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fixgw.core.orders.client_order import of, standing
from fixgw.model.enums import Verdict
from tests.support.orders import CAPABILITIES, Exchange, accepted, answer, fill, replaced
from tests.support.venue_lists import Row, fills

TOLD = ("37", "11", "150", "39", "14", "151")


def changed_at(exchange: Exchange, name: str) -> int:
    return of(standing(exchange.order(name))).changed_at


@pytest.fixture
def chain() -> Exchange:
    """Y, 12, has taken the place of X, of which nothing was executed; nothing is missing."""
    exchange = Exchange(replace(CAPABILITIES, replace=True))
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted())
    exchange.client("35=G|11=Y|41=X|38=12|")
    exchange.venue(replaced(cum_qty="0"))
    exchange.reports()
    return exchange


def test_the_first_ones_name_means_the_one_that_stands(chain: Exchange) -> None:
    chain.operator(Verdict.FILLED, "ann", "their desk", Decimal(4), Decimal(99), order="X")

    root = chain.order("X").order_id
    assert [f"37={root}|11=Y|150=F|39=1|14=4|151=8"] == chain.reports(*TOLD)
    assert "4" == str(chain.order("Y").cum_qty)
    # The venue tells of it after all.
    chain.venue(fill("u1", 4), order="Y")
    assert [] == chain.reports()


def test_what_any_of_them_does_is_a_change_of_all(chain: Exchange) -> None:
    """What guards a verdict between the look and the "y"."""
    before = changed_at(chain, "X"), changed_at(chain, "Y")
    chain.tick(5)
    chain.venue(fill("u1", 1), order="Y")
    after = changed_at(chain, "X"), changed_at(chain, "Y")

    assert before[0] == before[1] < after[0] == after[1] == chain.now


def test_a_late_execution_of_what_was_replaced_is_one(chain: Exchange) -> None:
    before = changed_at(chain, "Y")
    chain.tick(5)
    chain.venue(
        answer("canceled", cum_qty="2", fills=fills(Row("t1", 2, 99))), order="X"
    )

    assert before < changed_at(chain, "Y") == chain.now
