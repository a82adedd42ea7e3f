"""What was said to the venue, and by it, of orders that replace others: later words are read by it.

Sans-IO, and lost with the process: then the order is asked about.
"""

from decimal import Decimal
from typing import TypeVar

from fixgw.model.effects import VenueOrder
from fixgw.model.ids import OrderID

REMEMBERED = 200_000

T = TypeVar("T")


class Memory:
    """Which orders may be replaced, and what those were given that replaced one."""

    def __init__(self) -> None:
        self._replaced: dict[OrderID, VenueOrder] = {}
        self._sizes: dict[OrderID, Decimal] = {}

    def replacing(self, old: OrderID, new: VenueOrder) -> None:
        """A request leaves that is to put *new* in the place of *old*."""
        _put(self._replaced, old, new)

    def replacement(self, order_id: OrderID) -> VenueOrder | None:
        """The order that may have taken its place: the last one that was sent to."""
        return self._replaced.get(order_id)

    def has_size(self, order_id: OrderID, size: Decimal) -> None:
        """The venue has said what an order was given that took another's place."""
        _put(self._sizes, order_id, size)

    def size(self, order_id: OrderID) -> Decimal | None:
        """What it was given, as the venue has said; None of an order that replaced none."""
        return self._sizes.get(order_id)


def _put(table: dict[OrderID, T], order_id: OrderID, value: T) -> None:
    """Keep *value*; forget the oldest order when there are many."""
    if order_id not in table and len(table) >= REMEMBERED:
        del table[next(iter(table))]
    table[order_id] = value
