"""B.1.c (4.2: D5): the order is filled before the cancel can be done. Too late: 102=0."""

from tests.support.orders import Exchange, accepted, cancel_refused, fill


def test_filled_while_pending_cancel(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.venue(accepted(), fill("t1", 2000), fill("t2", 3000))
    exchange.client("35=F|11=Y|41=X|")
    exchange.venue(fill("t3", 5000, status="filled"), cancel_refused("already filled"))

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=0|39=0|14=0|151=10000",
        "11=X|150=F|39=1|14=2000|151=8000|32=2000",
        "11=X|150=F|39=1|14=5000|151=5000|32=3000",
        "11=Y|41=X|150=6|39=6|14=5000|151=5000",
        "11=X|150=F|39=6|14=10000|151=0|32=5000",
        "35=9|11=Y|41=X|39=2|102=0",
    ]


def test_filled_before_the_request_came(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.venue(accepted(), fill("t1", 10000))
    exchange.reports()
    exchange.client("35=F|11=Y|41=X|")

    assert exchange.reports() == ["35=9|11=Y|41=X|39=2|102=0"]
