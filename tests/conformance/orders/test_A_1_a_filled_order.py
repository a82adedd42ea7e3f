"""A.1.a (4.2: D1): an order is executed in parts until it is filled."""

from tests.support.orders import Exchange, accepted, fill, refused


def test_filled(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.venue(accepted(), fill("t1", 2000), fill("t2", 1000), fill("t3", 7000))

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=0|39=0|14=0|151=10000",
        "11=X|150=F|39=1|14=2000|151=8000|32=2000",
        "11=X|150=F|39=1|14=3000|151=7000|32=1000",
        "11=X|150=F|39=2|14=10000|151=0|32=7000",
    ]


def test_rejected_by_the_venue(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.venue(refused("insufficient funds"))

    assert exchange.reports("11", "150", "39", "14", "151", "103", "58") == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=8|39=8|14=0|151=0|103=0|58=insufficient funds",
    ]


def test_rejected_by_the_gateway(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|55=DOGE/USDT|")

    assert exchange.reports("11", "150", "39", "14", "151", "103") == [
        "11=X|150=8|39=8|14=0|151=0|103=1",
    ]
    assert exchange.commands() == []
