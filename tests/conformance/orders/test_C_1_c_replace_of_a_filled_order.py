"""C.1.c (4.2: D8): a filled order is to be increased. The standard lets it be rejected or done; no
venue works a filled order on, so it is rejected. A new order does the same."""

from tests.conformance.orders.replaces import TOLD
from tests.support.orders import Exchange, accepted, fill


def test_rejected(replacing: Exchange) -> None:
    replacing.client("35=D|11=X|38=10000|")
    replacing.venue(accepted(), fill("t1", 10000))
    replacing.reports()
    replacing.client("35=G|11=Y|41=X|38=12000|")

    assert replacing.reports(*TOLD) == ["35=9|11=Y|41=X|39=2|102=0"]
