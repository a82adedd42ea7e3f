"""C.3.b (4.2: D11): OrderQty(38) is to be what is executed already: the rest is cancelled, and
Filled goes before Canceled and Replaced. We say Pending Replace first, as the rest may be
executed until the venue has cancelled it."""

import pytest

from tests.conformance.orders.replaces import TOLD
from tests.support.orders import Exchange, accepted, canceled_as_asked, fill


@pytest.fixture(autouse=True)
def order(replacing: Exchange) -> None:
    replacing.client("35=D|11=X|38=10000|")
    replacing.venue(accepted(), fill("t1", 7000))
    replacing.client("35=G|11=Y|41=X|38=7000|")


PENDING_REPLACE = [
    "11=X|150=A|39=A|38=10000|14=0|151=10000",
    "11=X|150=0|39=0|38=10000|14=0|151=10000",
    "11=X|150=F|39=1|38=10000|14=7000|151=3000|32=7000",
    "11=Y|41=X|150=E|39=E|38=10000|14=7000|151=3000",
]


def test_replaced_and_filled(replacing: Exchange) -> None:
    replacing.venue(canceled_as_asked("7000"), order="X")

    assert replacing.reports(*TOLD) == [
        *PENDING_REPLACE, "11=Y|41=X|150=5|39=2|38=7000|14=7000|151=0",
    ]
    assert replacing.commands() == ["submit X", "cancel X"]


def test_more_is_executed_before_the_rest_is_cancelled(replacing: Exchange) -> None:
    replacing.venue(fill("t2", 500), canceled_as_asked("7500"), order="X")

    assert replacing.reports(*TOLD) == [
        *PENDING_REPLACE,
        "11=X|150=F|39=E|38=10000|14=7500|151=2500|32=500",
        "11=Y|41=X|150=5|39=2|38=7500|14=7500|151=0",
    ]
