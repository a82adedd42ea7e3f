"""D.2.c (4.3: 21): a second replace follows at once, and is rejected as the order is Pending
Replace: OrigClOrdID(41) of the reject is the last accepted one, X, though the request names Y."""

from tests.conformance.orders.replaces import TOLD, accept
from tests.support.orders import Exchange, accepted, fill


def test_the_second_one_is_rejected(replacing: Exchange) -> None:
    replacing.client("35=D|11=X|38=10000|")
    replacing.venue(accepted(), fill("t1", 1000))
    replacing.reports()
    replacing.client("35=G|11=Y|41=X|38=8000|")
    replacing.client("35=G|11=Z|41=Y|38=7000|")
    accept(replacing, "X", "Y", 1000)
    replacing.venue(fill("u1", 2000), order="Y")

    assert replacing.reports(*TOLD) == [
        "11=Y|41=X|150=E|39=E|38=10000|14=1000|151=9000",
        "35=9|11=Z|41=X|39=E|102=3",
        "11=Y|41=X|150=5|39=1|38=8000|14=1000|151=7000",
        "11=Y|150=F|39=1|38=8000|14=3000|151=5000|32=2000",
    ]
