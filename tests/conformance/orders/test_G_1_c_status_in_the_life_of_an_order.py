"""G.1.c: the status is asked for at once, and again and again later."""

from tests.support.orders import Exchange, accepted, fill, refused


def test_from_pending_new_to_filled(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.client("35=H|11=X|")
    exchange.venue(accepted())
    exchange.client("35=H|11=X|")
    exchange.venue(fill("t1", 2000))
    exchange.client("35=H|11=X|")
    exchange.venue(fill("t2", 8000))
    exchange.client("35=H|11=X|")

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=I|39=A|14=0|151=10000",
        "11=X|150=0|39=0|14=0|151=10000",
        "11=X|150=I|39=0|14=0|151=10000",
        "11=X|150=F|39=1|14=2000|151=8000|32=2000",
        "11=X|150=I|39=1|14=2000|151=8000",
        "11=X|150=F|39=2|14=10000|151=0|32=8000",
        "11=X|150=I|39=2|14=10000|151=0",
    ]


def test_of_an_order_that_was_rejected(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.venue(refused("no funds"))
    exchange.reports()
    exchange.client("35=H|11=X|")

    assert exchange.reports("17", "11", "150", "39", "103", "58") == [
        "17=0|11=X|150=I|39=8|103=0|58=no funds"
    ]
