"""H.1.c (4.2: D29): a GTC order is part filled on one day and cancelled on the next."""

from tests.support.orders import Exchange, accepted, canceled_as_asked, fill

A_DAY_IN_SECONDS = 24 * 60 * 60


def test_canceled(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|59=1|")
    exchange.venue(accepted(), fill("t1", 2000))
    exchange.tick(A_DAY_IN_SECONDS * 1000)
    exchange.client("35=F|11=Y|41=X|")
    exchange.venue(canceled_as_asked())

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=0|39=0|14=0|151=10000",
        "11=X|150=F|39=1|14=2000|151=8000|32=2000",
        "11=Y|41=X|150=6|39=6|14=2000|151=8000",
        "11=Y|41=X|150=4|39=4|14=2000|151=0",
    ]
