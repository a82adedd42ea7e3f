"""C.1.b (4.2: D7): OrderQty(38) is to be increased, and an execution comes while the replace is
pending: it names the order that stands, with what was asked of that one."""

import pytest

from tests.conformance.orders.replaces import TOLD, accept, refuse
from tests.support.orders import Exchange, accepted, fill

PENDING_REPLACE = [
    "11=X|150=A|39=A|38=10000|14=0|151=10000",
    "11=X|150=0|39=0|38=10000|14=0|151=10000",
    "11=X|150=F|39=1|38=10000|14=1000|151=9000|32=1000",
    "11=Y|41=X|150=E|39=E|38=10000|14=1000|151=9000",
    "11=X|150=F|39=E|38=10000|14=1100|151=8900|32=100",
]


@pytest.fixture(autouse=True)
def order(replacing: Exchange) -> None:
    replacing.client("35=D|11=X|38=10000|")
    replacing.venue(accepted(), fill("t1", 1000))
    replacing.client("35=G|11=Y|41=X|38=12000|")
    replacing.venue(fill("t2", 100), order="X")


def test_replaced_and_filled(replacing: Exchange) -> None:
    accept(replacing, "X", "Y", 1100)
    replacing.venue(fill("t3", 10900), order="Y")

    assert replacing.reports(*TOLD) == [
        *PENDING_REPLACE,
        "11=Y|41=X|150=5|39=1|38=12000|14=1100|151=10900",
        "11=Y|150=F|39=2|38=12000|14=12000|151=0|32=10900",
    ]


def test_refused(replacing: Exchange) -> None:
    refuse(replacing, "X", "Y")

    assert replacing.reports(*TOLD) == [*PENDING_REPLACE, "35=9|11=Y|41=X|39=1|102=2"]
