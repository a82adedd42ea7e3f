"""L.1.b: an order names CashOrderQty(152), the amount to spend. The gateway does not convert it
into an OrderQty(38): LeavesQty(151) is what is left to spend, and 0 when the order has ended."""

from tests.support.orders import Exchange, accepted, fill

COLUMNS = ("11", "150", "39", "38", "152", "14", "151", "32", "31")


def test_filled(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|40=1|152=10000|")
    exchange.venue(accepted(), fill("t1", 40, 100), fill("t2", 50, 120, status="filled"))

    assert exchange.reports(*COLUMNS) == [
        "11=X|150=A|39=A|152=10000|14=0|151=10000",
        "11=X|150=0|39=0|152=10000|14=0|151=10000",
        "11=X|150=F|39=1|152=10000|14=40|151=6000|32=40|31=100",
        "11=X|150=F|39=2|152=10000|14=90|151=0|32=50|31=120",
    ]
