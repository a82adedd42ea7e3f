"""State of orders that replace others, needed to read later messages about them.

Sans-IO, and lost with the process: then the venue is queried about the order.
"""

from decimal import Decimal

from fixgw.model.effects import VenueOrder
from fixgw.model.ids import OrderID
from fixgw.venues.kit.bounded import remember

REMEMBERED = 200_000


class Memory:
    """The orders that may be replaced, and the sizes given to orders that replaced one."""

    def __init__(self) -> None:
        self._replaced: dict[OrderID, VenueOrder] = {}
        self._sizes: dict[OrderID, Decimal] = {}

    def replacing(self, old: OrderID, new: VenueOrder) -> None:
        """A request leaves that is to put *new* in the place of *old*."""
        remember(self._replaced, old, new, REMEMBERED)

    def replacement(self, order_id: OrderID) -> VenueOrder | None:
        """The order that may have taken its place: the last one that was sent to."""
        return self._replaced.get(order_id)

    def has_size(self, order_id: OrderID, size: Decimal) -> None:
        """Keep the size the venue reported for an order that replaced another."""
        remember(self._sizes, order_id, size, REMEMBERED)

    def size(self, order_id: OrderID) -> Decimal | None:
        """Return the size the venue reported for it; None for an order that replaced none."""
        return self._sizes.get(order_id)
