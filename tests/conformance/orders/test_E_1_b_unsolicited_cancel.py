"""E.1.b (4.2: D19): the venue cancels a part-filled order that nobody asked it to cancel."""

from tests.support.orders import Exchange, accepted, fill, news


def test_canceled(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.venue(accepted(), fill("t1", 1000), news("canceled", cum_qty=1000))

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=0|39=0|14=0|151=10000",
        "11=X|150=F|39=1|14=1000|151=9000|32=1000",
        "11=X|150=4|39=4|14=1000|151=0",
    ]
