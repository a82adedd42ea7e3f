"""C.3.c (4.2: D12): more is executed than OrderQty(38) is to be: it becomes what is executed."""

from tests.conformance.orders.replaces import TOLD
from tests.support.orders import Exchange, accepted, canceled_as_asked, fill


def test_amended_to_what_is_executed(replacing: Exchange) -> None:
    replacing.client("35=D|11=X|38=10000|")
    replacing.venue(accepted(), fill("t1", 8000))
    replacing.reports()
    replacing.client("35=G|11=Y|41=X|38=7000|")
    replacing.venue(canceled_as_asked("8000"), order="X")

    assert replacing.reports(*TOLD) == [
        "11=Y|41=X|150=E|39=E|38=10000|14=8000|151=2000",
        "11=Y|41=X|150=5|39=2|38=8000|14=8000|151=0",
    ]
