"""C.1.a (4.2: D6): nothing is filled, and OrderQty(38) is to be increased."""

from tests.conformance.orders.replaces import TOLD, accept, refuse
from tests.support.orders import Exchange, accepted, fill

PENDING_REPLACE = [
    "11=X|150=A|39=A|38=10000|14=0|151=10000",
    "11=X|150=0|39=0|38=10000|14=0|151=10000",
    "11=Y|41=X|150=E|39=E|38=10000|14=0|151=10000",
]


def test_replaced_and_executed(replacing: Exchange) -> None:
    replacing.client("35=D|11=X|38=10000|")
    replacing.venue(accepted())
    replacing.client("35=G|11=Y|41=X|38=11000|")
    accept(replacing, "X", "Y")
    replacing.venue(fill("t1", 1000), fill("t2", 2000), order="Y")

    # FIX 4.2 calls the first of them Replaced (39=5): `tests/fix/test_encode.py`.
    assert replacing.reports(*TOLD) == [
        *PENDING_REPLACE,
        "11=Y|41=X|150=5|39=0|38=11000|14=0|151=11000",
        "11=Y|150=F|39=1|38=11000|14=1000|151=10000|32=1000",
        "11=Y|150=F|39=1|38=11000|14=3000|151=8000|32=2000",
    ]


def test_refused(replacing: Exchange) -> None:
    replacing.client("35=D|11=X|38=10000|")
    replacing.venue(accepted())
    replacing.client("35=G|11=Y|41=X|38=11000|")
    refuse(replacing, "X", "Y")

    assert replacing.reports(*TOLD) == [*PENDING_REPLACE, "35=9|11=Y|41=X|39=0|102=2"]
