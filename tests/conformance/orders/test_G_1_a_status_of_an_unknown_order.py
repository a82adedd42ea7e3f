"""G.1.a: the status of an order that is not known."""

from tests.support.orders import OTHER_CLIENT, Exchange


def test_unknown(exchange: Exchange) -> None:
    exchange.client("35=H|11=X|790=Q1|")

    assert exchange.reports("37", "17", "11", "150", "39", "14", "151", "103", "790") == [
        "37=NONE|17=0|11=X|150=I|39=8|14=0|151=0|103=5|790=Q1"
    ]


def test_another_clients_order_is_not_known(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10000|", session=OTHER_CLIENT)
    order_id = exchange.order().order_id
    exchange.reports()
    exchange.client(f"35=H|11=X|37={order_id}|")

    assert exchange.reports("37", "11", "39") == ["37=NONE|11=X|39=8"]
