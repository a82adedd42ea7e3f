"""D.1.a (4.2: D13): one replace is accepted, and then another one is."""

from tests.conformance.orders.replaces import TOLD, accept
from tests.support.orders import Exchange, accepted, fill


def test_one_after_the_other(replacing: Exchange) -> None:
    replacing.client("35=D|11=X|38=10000|")
    replacing.venue(accepted(), fill("t1", 1000))
    replacing.client("35=G|11=Y|41=X|38=8000|")
    replacing.venue(fill("t2", 500), order="X")
    accept(replacing, "X", "Y", 1500)
    replacing.venue(fill("u1", 2000), order="Y")
    replacing.client("35=G|11=Z|41=Y|38=6000|")
    replacing.venue(fill("u2", 500), order="Y")
    accept(replacing, "Y", "Z", 2500)
    replacing.venue(fill("v1", 2000), order="Z")

    assert replacing.reports(*TOLD) == [
        "11=X|150=A|39=A|38=10000|14=0|151=10000",
        "11=X|150=0|39=0|38=10000|14=0|151=10000",
        "11=X|150=F|39=1|38=10000|14=1000|151=9000|32=1000",
        "11=Y|41=X|150=E|39=E|38=10000|14=1000|151=9000",
        "11=X|150=F|39=E|38=10000|14=1500|151=8500|32=500",
        "11=Y|41=X|150=5|39=1|38=8000|14=1500|151=6500",
        "11=Y|150=F|39=1|38=8000|14=3500|151=4500|32=2000",
        "11=Z|41=Y|150=E|39=E|38=8000|14=3500|151=4500",
        "11=Y|150=F|39=E|38=8000|14=4000|151=4000|32=500",
        "11=Z|41=Y|150=5|39=1|38=6000|14=4000|151=2000",
        "11=Z|150=F|39=2|38=6000|14=6000|151=0|32=2000",
    ]
