"""F.1.a: ClOrdID(11) was used before. The reject of the second order tells the
state of the first."""

from tests.support.orders import OTHER_CLIENT, Exchange, accepted, fill


def test_second_rejected_with_the_state_of_the_first(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.venue(accepted(), fill("t1", 1000))
    exchange.reports()
    exchange.client("35=D|11=X|38=15000|")

    assert exchange.reports("11", "150", "39", "38", "14", "151", "103") == [
        "11=X|150=8|39=1|38=10000|14=1000|151=9000|103=6"
    ]
    assert exchange.commands() == ["submit X"]


def test_another_client_may_use_it(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|")
    exchange.client("35=D|11=X|38=15000|", session=OTHER_CLIENT)

    assert exchange.reports() == [
        "11=X|150=A|39=A|14=0|151=10000",
        "11=X|150=A|39=A|14=0|151=15000",
    ]
