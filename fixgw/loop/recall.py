"""The orders that ended shortly before a restart, for the venue that may still correct them.

A venue that is polled knows nothing of an order that nobody names to it: so an adapter that looks
for corrections is given these when it starts. Nothing is decided here, and nothing is asked.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Protocol

from fixgw.model.effects import EndedOrder, VenueOrder
from fixgw.model.enums import OrdStatus
from fixgw.model.ids import VenueName

UNFILLED_MS = 60 * 60 * 1000
"""For so long after its end an order without executions may have one that was booked late."""


class KnownOrder(Protocol):
    """What is looked at of an order of the engine."""

    @property
    def venue(self) -> VenueName: ...

    @property
    def open(self) -> bool: ...

    @property
    def beneath(self) -> OrdStatus: ...

    @property
    def updated_at(self) -> int: ...

    @property
    def cum_qty(self) -> Decimal: ...

    def venue_order(self) -> VenueOrder: ...


def recently_ended(
    orders: Iterable[KnownOrder], venue: VenueName, hours: float, now_ms: int
) -> list[EndedOrder]:
    """The orders that *venue* had and that ended at most *hours* ago, the oldest end first."""
    found = [
        EndedOrder(order.venue_order(), order.updated_at)
        for order in orders
        if order.venue == venue and not order.open and order.beneath is not OrdStatus.REJECTED
        and now_ms - order.updated_at <= (hours * 3_600_000 if order.cum_qty else UNFILLED_MS)
    ]
    return sorted(found, key=lambda ended: ended.at)
