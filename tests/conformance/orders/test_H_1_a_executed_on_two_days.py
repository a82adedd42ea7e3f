"""H.1.a (4.2: D27): a GTC order is executed on two days. What the standard leaves optional,
Done for Day(150=3) and Restated(150=D), this gateway does not send."""

from tests.support.orders import Exchange, accepted, fill

A_DAY_IN_SECONDS = 24 * 60 * 60


def test_goes_on_the_next_day(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|59=1|")
    exchange.venue(accepted(), fill("t1", 2000))
    exchange.tick(A_DAY_IN_SECONDS * 1000)
    exchange.venue(fill("t2", 1000))

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=0|39=0|14=0|151=10000",
        "11=X|150=F|39=1|14=2000|151=8000|32=2000",
        "11=X|150=F|39=1|14=3000|151=7000|32=1000",
    ]
