"""B.1.b (4.2: D4): executions go on while the cancel request is pending."""

import pytest

from tests.support.orders import (
    Exchange,
    accepted,
    answer,
    cancel_refused,
    canceled_as_asked,
    fill,
)


@pytest.fixture(autouse=True)
def order(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.venue(accepted(), fill("t1", 2000))
    exchange.client("35=F|11=Y|41=X|")
    exchange.venue(fill("t2", 3000), fill("t3", 1000))


PENDING_CANCEL = [
    "11=X|150=A|39=A|14=0|151=10000",
    "11=X|150=0|39=0|14=0|151=10000",
    "11=X|150=F|39=1|14=2000|151=8000|32=2000",
    "11=Y|41=X|150=6|39=6|14=2000|151=8000",
    "11=X|150=F|39=6|14=5000|151=5000|32=3000",
    "11=X|150=F|39=6|14=6000|151=4000|32=1000",
]


def test_canceled(exchange: Exchange) -> None:
    exchange.venue(canceled_as_asked())

    assert exchange.reports() == [*PENDING_CANCEL, "11=Y|41=X|150=4|39=4|14=6000|151=0"]


def test_refused_by_the_venue_which_works_on(exchange: Exchange) -> None:
    exchange.venue(cancel_refused(), answer("working"))

    assert exchange.reports() == [*PENDING_CANCEL, "35=9|11=Y|41=X|39=1|102=99"]
