"""I.1.a: a FOK order that cannot be filled is killed: Canceled, not Rejected."""

from tests.support.orders import Exchange, accepted, news


def test_killed(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|59=4|")
    exchange.venue(accepted(), news("canceled", cum_qty=0))

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=0|39=0|14=0|151=10000",
        "11=X|150=4|39=4|14=0|151=0",
    ]
