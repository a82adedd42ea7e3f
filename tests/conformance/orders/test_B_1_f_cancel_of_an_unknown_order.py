"""B.1.f (4.3: 7a): a cancel request for an order that is not known."""

from tests.support.orders import Exchange


def test_unknown(exchange: Exchange) -> None:
    exchange.client("35=F|11=Y|41=X|")

    assert exchange.reports("37", "11", "41", "39", "102") == [
        "35=9|37=NONE|11=Y|41=X|39=8|102=1"
    ]


def test_its_names_are_not_used_up(exchange: Exchange) -> None:
    exchange.client("35=F|11=Y|41=X|")
    exchange.reports()
    exchange.client("35=D|11=X|38=10000|")
    exchange.client("35=F|11=Y|41=X|")

    assert exchange.reports("11", "41", "150", "39") == [
        "11=X|150=A|39=A",
        "11=Y|41=X|150=6|39=6",
    ]
