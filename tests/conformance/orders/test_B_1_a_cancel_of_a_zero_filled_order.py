"""B.1.a (4.2: D3): a cancel request for an order of which nothing is executed."""

import pytest

from tests.support.orders import Exchange, accepted, answer, cancel_refused, canceled_as_asked


@pytest.fixture(autouse=True)
def order(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.venue(accepted())
    exchange.client("35=F|11=Y|41=X|")


def test_canceled(exchange: Exchange) -> None:
    exchange.venue(canceled_as_asked())

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=0|39=0|14=0|151=10000",
        "11=Y|41=X|150=6|39=6|14=0|151=10000",
        "11=Y|41=X|150=4|39=4|14=0|151=0",
    ]


def test_refused_by_the_venue_which_works_on(exchange: Exchange) -> None:
    exchange.venue(cancel_refused("not now"), answer("working"))

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=0|39=0|14=0|151=10000",
        "11=Y|41=X|150=6|39=6|14=0|151=10000",
        "35=9|11=Y|41=X|39=0|102=99",
    ]
