"""H.1.d (4.2: D30): a GTC order is increased on the second day. Without the optional Done for Day
and Restated, and without DayOrderQty(424): the venues trade round the clock."""

from tests.conformance.orders.replaces import TOLD, accept
from tests.support.orders import Exchange, accepted, fill

DAY = 24 * 60 * 60 * 1000


def test_executed_while_pending_and_replaced(replacing: Exchange) -> None:
    replacing.client("35=D|11=X|38=10000|59=1|")
    replacing.venue(accepted(), fill("t1", 2000))
    replacing.reports()
    replacing.tick(DAY)
    replacing.client("35=G|11=Y|41=X|38=15000|59=1|")
    replacing.venue(fill("t2", 1000), order="X")
    accept(replacing, "X", "Y", 3000)

    assert replacing.reports(*TOLD) == [
        "11=Y|41=X|150=E|39=E|38=10000|14=2000|151=8000",
        "11=X|150=F|39=E|38=10000|14=3000|151=7000|32=1000",
        "11=Y|41=X|150=5|39=1|38=15000|14=3000|151=12000",
    ]
