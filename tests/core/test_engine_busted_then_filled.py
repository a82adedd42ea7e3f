"""An execution is taken back while its order works: the venue does not execute that part again, so
its FILLED is the end of the order with less than OrderQty(38), and nothing is missing."""

from tests.support.orders import Exchange, accepted
from tests.support.venue_lists import Row, ask_and_hear, listing

STATE = ("150", "39", "14", "151")


def test_filled_counts_what_was_taken_back_and_the_order_ends(exchange: Exchange) -> None:
    exchange.client("35=D|11=X|38=10|")
    exchange.venue(accepted(), listing("working", Row("t1", 4), Row("t2", 2)))
    exchange.venue(listing("working", Row("t1", 4, busted=True), Row("t2", 2)))
    exchange.reports(), exchange.commands(), exchange.alerts()

    filled = listing("filled", Row("t1", 4, busted=True), Row("t2", 2), Row("t3", 4))
    exchange.venue(filled)
    ask_and_hear(exchange, filled, 120)

    assert ["150=F|39=1|14=6|151=4", "150=4|39=4|14=6|151=0"] == exchange.reports(*STATE)
    assert "order_in_doubt" not in str(exchange.alerts())
