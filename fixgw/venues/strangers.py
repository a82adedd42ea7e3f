"""Orders at the venue that this gateway does not track: each is reported once, and never touched.

Pure except for its memory; it forgets the oldest when it has seen many.
"""

from fixgw.model.ids import OrderID, VenueName
from fixgw.model.venue import OrderUpdate, UnknownOrderSeen, VenueStatus
from fixgw.venues.adapter import Deliver
from fixgw.venues.kit.border import NAME_CHARS_MAX
from fixgw.venues.kit.bounded import remember

REMEMBERED = 10_000


class Strangers:
    """The unknown orders seen at one venue, or on one account at one venue."""

    def __init__(self, venue: VenueName, deliver: Deliver) -> None:
        self._venue = venue
        self._deliver = deliver
        self._seen: dict[str, None] = {}

    def seen(self, venue_order_id: str, text: str) -> None:
        """Report an order that no gateway of this form has sent; *text* describes it."""
        if self._first_sight(venue_order_id):
            self._deliver(UnknownOrderSeen(self._venue, venue_order_id, text))

    def forgotten(self, venue_order_id: str, order_id: OrderID, status: VenueStatus | None) -> None:
        """It has a name of our form: if it works, the core may know it, or may not."""
        if status is VenueStatus.WORKING and self._first_sight(venue_order_id):
            self._deliver(OrderUpdate(order_id=order_id, status=VenueStatus.WORKING))

    def _first_sight(self, venue_order_id: str) -> bool:
        name = venue_order_id[:NAME_CHARS_MAX]
        if name in self._seen:
            return False
        remember(self._seen, name, None, REMEMBERED)
        return True
