"""B.1.e: the acknowledgement and the cancel request pass each other."""

from tests.support.orders import Exchange, accepted, canceled_as_asked


def test_canceled(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.venue(accepted())
    exchange.client("35=F|11=Y|41=X|")  # sent before the client has read the New
    exchange.venue(canceled_as_asked())

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=0|39=0|14=0|151=10000",
        "11=Y|41=X|150=6|39=6|14=0|151=10000",
        "11=Y|41=X|150=4|39=4|14=0|151=0",
    ]
