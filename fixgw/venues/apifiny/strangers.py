"""Orders at the venue that are not ours: each is told once, and never touched.

Pure but for what it remembers; it forgets the oldest when it has seen many.
"""

from fixgw.model.ids import VenueName
from fixgw.model.venue import UnknownOrderSeen
from fixgw.venues.adapter import Deliver
from fixgw.venues.apifiny.schemas import OrderRow

REMEMBERED = 10_000


class Strangers:
    """What was seen at one venue that no gateway of this form has sent."""

    def __init__(self, venue: VenueName, deliver: Deliver) -> None:
        self._venue = venue
        self._deliver = deliver
        self._seen: dict[str, None] = {}

    def seen(self, row: OrderRow) -> None:
        """*row* is of an order whose id is not of our making."""
        if row.order_id in self._seen:
            return
        if len(self._seen) >= REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self._seen[row.order_id] = None
        text = f"{row.venue} {row.symbol} {row.order_status}".strip()
        self._deliver(UnknownOrderSeen(self._venue, row.order_id, text))
