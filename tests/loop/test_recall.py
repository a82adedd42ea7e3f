"""Which orders a venue is given again after a restart: what ended lately, and may be corrected."""

import pytest

from fixgw.loop.recall import UNFILLED_MS, recently_ended
from fixgw.model.ids import VenueName
from tests.support.orders import START_MS, VENUE, Exchange, accepted, fill, news, refused

HOUR_MS = 3_600_000


def ended(exchange: Exchange, *, later_ms: int = 0, venue: VenueName = VENUE) -> list[str]:
    """ClOrdID(11) of the orders that the venue is given when it starts so much later."""
    names = {each.order_id: each.request.cl_ord_id for each in exchange.engine.orders}
    found = recently_ended(exchange.engine.orders, venue, 24.0, START_MS + later_ms)
    assert all(each.order.venue == venue and each.at == START_MS for each in found)
    return [names[each.order.order_id] for each in found]


@pytest.fixture
def exchange() -> Exchange:
    """FILLED and CANCELED have executions, EMPTY has none, WORKS has not ended, NEVER began."""
    made = Exchange()
    for name, *words in (
        ("FILLED", accepted(), fill("t1", 10)),
        ("CANCELED", accepted(), fill("t2", 4), news("canceled", cum_qty=4)),
        ("EMPTY", accepted(), news("canceled", cum_qty=0)),
        ("WORKS", accepted()),
        ("NEVER", refused()),
    ):
        made.client(f"35=D|11={name}|38=10|")
        made.venue(*words)
    made.client("35=D|11=UNKNOWN|38=10|55=NONE|")
    return made


def test_orders_with_executions_are_given_for_as_long_as_the_venue_looks_for_corrections(exchange):
    assert ["FILLED", "CANCELED"] == ended(exchange, later_ms=24 * HOUR_MS)
    assert [] == ended(exchange, later_ms=24 * HOUR_MS + 1)


def test_an_order_without_executions_is_given_for_an_hour_as_one_may_be_booked_late(exchange):
    assert ["FILLED", "CANCELED", "EMPTY"] == ended(exchange, later_ms=UNFILLED_MS)


def test_orders_of_other_venues_are_not_given(exchange):
    assert [] == ended(exchange, venue=VenueName("other"))
