"""The orders that ended shortly before a restart, for the venue that may still correct them.

A venue that is polled reports nothing about an order that it is not asked about: an adapter that
looks for corrections is therefore given these when it starts. This module decides nothing, and asks
nothing.
"""

from collections.abc import Iterable

from fixgw.core.orders.leg import Leg
from fixgw.model.effects import EndedOrder
from fixgw.model.enums import OrdStatus
from fixgw.model.ids import VenueName

UNFILLED_MS = 60 * 60 * 1000
"""Time after its end during which an order without executions may get one that was booked late."""


def recently_ended(
    orders: Iterable[Leg], venue: VenueName, hours: float, now_ms: int
) -> list[EndedOrder]:
    """Return the orders that *venue* had and that ended at most *hours* ago, the oldest end
    first."""
    found = [
        EndedOrder(order.venue_order(), order.updated_at)
        for order in orders
        if order.venue == venue and not order.open and order.beneath is not OrdStatus.REJECTED
        and now_ms - order.updated_at <= (hours * 3_600_000 if order.cum_qty else UNFILLED_MS)
    ]
    return sorted(found, key=lambda ended: ended.at)
