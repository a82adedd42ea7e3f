"""C.2.a (4.2: D9): another price is asked for, and the order is filled first. Too late: 102=0."""

import pytest

from fixgw.model.enums import Command, CxlRejReason
from fixgw.model.venue import Refused
from tests.conformance.orders.replaces import TOLD
from tests.support.orders import Exchange, accepted, fill, outcome


@pytest.fixture(autouse=True)
def order(replacing: Exchange) -> None:
    replacing.client("35=D|11=X|38=10000|")
    replacing.venue(accepted(), fill("t1", 1000))
    replacing.reports()


def test_the_request_and_the_execution_pass_each_other(replacing: Exchange) -> None:
    replacing.venue(fill("t2", 9000))
    replacing.client("35=G|11=Y|41=X|38=10000|44=101|")

    assert replacing.reports(*TOLD) == [
        "11=X|150=F|39=2|38=10000|14=10000|151=0|32=9000",
        "35=9|11=Y|41=X|39=2|102=0",
    ]


def test_filled_while_pending(replacing: Exchange) -> None:
    replacing.client("35=G|11=Y|41=X|38=10000|44=101|")
    replacing.venue(fill("t2", 9000), order="X")
    if replacing.order("Y").native:
        too_late = Refused("no", "no such order", cxl_rej_reason=CxlRejReason.TOO_LATE)
        replacing.venue(outcome(Command.REPLACE, too_late), order="Y")

    assert replacing.reports(*TOLD) == [
        "11=Y|41=X|150=E|39=E|38=10000|14=1000|151=9000",
        "11=X|150=F|39=E|38=10000|14=10000|151=0|32=9000",
        "35=9|11=Y|41=X|39=2|102=0",
    ]
