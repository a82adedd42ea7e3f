"""D.1.c (4.2: D15): one replace is rejected when pending, and then another one is accepted."""

from tests.conformance.orders.replaces import TOLD, accept, refuse
from tests.support.orders import Exchange, accepted, fill


def test_the_next_one_names_the_order_that_stands(replacing: Exchange) -> None:
    replacing.client("35=D|11=X|38=10000|")
    replacing.venue(accepted(), fill("t1", 1000))
    replacing.reports()
    replacing.client("35=G|11=Y|41=X|38=8000|")
    replacing.venue(fill("t2", 500), order="X")
    refuse(replacing, "X", "Y")
    replacing.venue(fill("t3", 2000), order="X")
    replacing.client("35=G|11=Z|41=X|38=6000|")
    accept(replacing, "X", "Z", 3500)
    replacing.venue(fill("u1", 1500), order="Z")

    assert replacing.reports(*TOLD) == [
        "11=Y|41=X|150=E|39=E|38=10000|14=1000|151=9000",
        "11=X|150=F|39=E|38=10000|14=1500|151=8500|32=500",
        "35=9|11=Y|41=X|39=1|102=2",
        "11=X|150=F|39=1|38=10000|14=3500|151=6500|32=2000",
        "11=Z|41=X|150=E|39=E|38=10000|14=3500|151=6500",
        "11=Z|41=X|150=5|39=1|38=6000|14=3500|151=2500",
        "11=Z|150=F|39=1|38=6000|14=5000|151=1000|32=1500",
    ]
