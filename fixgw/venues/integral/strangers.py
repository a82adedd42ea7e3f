"""Active orders that nobody here looks at: each is told once, and never touched.

Pure but for what it remembers; it forgets the oldest when it has seen many.
"""

from fixgw.model.ids import OrderID, VenueName
from fixgw.model.venue import OrderUpdate, UnknownOrderSeen, VenueStatus
from fixgw.venues.adapter import Deliver
from fixgw.venues.integral import parse
from fixgw.venues.integral.schemas import OrderRow

REMEMBERED = 10_000


class Strangers:
    """What was seen of one account at one venue."""

    def __init__(self, venue: VenueName, deliver: Deliver) -> None:
        self._venue = venue
        self._deliver = deliver
        self._seen: dict[str, None] = {}

    def seen(self, row: OrderRow) -> None:
        """*row* is of an order whose coId is not of our making."""
        if self._first_sight(row):
            text = f"{row.symbol} {row.status}".strip()
            self._deliver(UnknownOrderSeen(self._venue, row.server_id, text))

    def forgotten(self, row: OrderRow, order_id: OrderID) -> None:
        """*row* is active and has a coId of our form: the core may know it, or may not."""
        if parse.status_of(row) is VenueStatus.WORKING and self._first_sight(row):
            self._deliver(OrderUpdate(order_id=order_id, status=VenueStatus.WORKING))

    def _first_sight(self, row: OrderRow) -> bool:
        if row.server_id in self._seen:
            return False
        if len(self._seen) >= REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._seen[row.server_id] = None
        return True
