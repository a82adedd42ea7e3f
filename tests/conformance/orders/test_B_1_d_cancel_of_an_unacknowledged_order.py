"""B.1.d: a cancel request for an order that the venue has not acknowledged."""

from tests.support.orders import Exchange, accepted, canceled_as_asked, refused


def test_canceled_once_it_is_acknowledged(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.client("35=F|11=Y|41=X|")
    exchange.venue(accepted(), canceled_as_asked())

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=Y|41=X|150=6|39=6|14=0|151=10000",
        "11=X|150=0|39=6|14=0|151=10000",
        "11=Y|41=X|150=4|39=4|14=0|151=0",
    ]
    assert exchange.commands() == ["submit X", "cancel X"]


def test_rejected_instead(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.client("35=F|11=Y|41=X|")
    exchange.venue(refused())

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=Y|41=X|150=6|39=6|14=0|151=10000",
        "11=X|150=8|39=8|14=0|151=0",
        "35=9|11=Y|41=X|39=8|102=0",
    ]
