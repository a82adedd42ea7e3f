"""F.1.b (4.2: D31): PossResend(97)=Y asks whether the order has been received."""

from tests.support.orders import Exchange, accepted


def test_known_then_duplicate_then_unknown(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.venue(accepted())
    exchange.client("35=D|11=X|38=10000|97=Y|")
    exchange.client("35=D|11=X|38=20000|")
    exchange.client("35=D|11=Y|38=15000|97=Y|")
    exchange.venue(accepted(), order="Y")

    assert exchange.reports("11", "150", "39", "38", "14", "151", "103") == [
        "11=X|150=A|39=A|38=10000|14=0|151=10000",
        "11=X|150=0|39=0|38=10000|14=0|151=10000",
        "11=X|150=I|39=0|38=10000|14=0|151=10000",
        "11=X|150=8|39=0|38=10000|14=0|151=10000|103=6",
        "11=Y|150=A|39=A|38=15000|14=0|151=15000",
        "11=Y|150=0|39=0|38=15000|14=0|151=15000",
    ]
    assert exchange.commands() == ["submit X", "submit Y"]
