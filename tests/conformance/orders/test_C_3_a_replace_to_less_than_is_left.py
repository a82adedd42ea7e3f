"""C.3.a (4.2: D10): OrderQty(38) is to be decreased, while executions are under way."""

import pytest

from tests.conformance.orders.replaces import TOLD, accept, refuse
from tests.support.orders import Exchange, accepted, fill

PENDING_REPLACE = [
    "11=X|150=A|39=A|38=10000|14=0|151=10000",
    "11=X|150=0|39=0|38=10000|14=0|151=10000",
    "11=X|150=F|39=1|38=10000|14=1000|151=9000|32=1000",
    "11=X|150=F|39=1|38=10000|14=1500|151=8500|32=500",
    "11=Y|41=X|150=E|39=E|38=10000|14=1500|151=8500",
    "11=X|150=F|39=E|38=10000|14=1600|151=8400|32=100",
]


@pytest.fixture(autouse=True)
def order(replacing: Exchange) -> None:
    replacing.client("35=D|11=X|38=10000|")
    replacing.venue(accepted(), fill("t1", 1000), fill("t2", 500))
    replacing.client("35=G|11=Y|41=X|38=8000|")
    replacing.venue(fill("t3", 100), order="X")


def test_replaced_and_filled(replacing: Exchange) -> None:
    accept(replacing, "X", "Y", 1600)
    replacing.venue(fill("t4", 6400), order="Y")

    assert replacing.reports(*TOLD) == [
        *PENDING_REPLACE,
        "11=Y|41=X|150=5|39=1|38=8000|14=1600|151=6400",
        "11=Y|150=F|39=2|38=8000|14=8000|151=0|32=6400",
    ]


def test_refused(replacing: Exchange) -> None:
    refuse(replacing, "X", "Y")

    assert replacing.reports(*TOLD) == [*PENDING_REPLACE, "35=9|11=Y|41=X|39=1|102=2"]
