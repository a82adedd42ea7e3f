"""I.1.b: what is not executed at once of an IOC order is cancelled."""

from tests.support.orders import Exchange, accepted, fill, news


def test_the_rest_is_canceled(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|59=3|")
    exchange.venue(accepted(), fill("t1", 1000), news("canceled", cum_qty=1000))

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=0|39=0|14=0|151=10000",
        "11=X|150=F|39=1|14=1000|151=9000|32=1000",
        "11=X|150=4|39=4|14=1000|151=0",
    ]


def test_a_venue_that_says_expired(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|59=3|")
    exchange.venue(accepted(), news("expired", cum_qty=0))
    exchange.client("35=H|11=X|")

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=0|39=0|14=0|151=10000",
        "11=X|150=C|39=C|14=0|151=0",
        "11=X|150=I|39=C|14=0|151=0",
    ]
