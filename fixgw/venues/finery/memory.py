"""What the venue has shown of our orders in this process, for it lists open orders only.

The venue has no question for one order. One that is not open and has no deals
was either never there or is over without a deal, and only who has seen it
before can tell. Sans-IO: times are seconds of any clock that never goes back.
What was seen in an earlier process, the order's own `native_id` tells.
"""

from decimal import Decimal
from typing import TypeVar

from fixgw.model.ids import OrderID

REMEMBERED = 200_000

T = TypeVar("T")


class Memory:
    """Which orders were seen since *began*."""

    def __init__(self, began: float) -> None:
        self._began = began
        self._seen: dict[OrderID, float] = {}
        self._replaced: dict[OrderID, float] = {}
        self._sizes: dict[OrderID, Decimal] = {}

    def saw(self, order_id: OrderID, now: float) -> None:
        """The venue showed it."""
        _put(self._seen, order_id, now)

    def replacing(self, old: OrderID, now: float) -> None:
        """A request leaves that is to put another order in the place of *old*."""
        _put(self._replaced, old, now)

    def may_be_replaced(self, order_id: OrderID) -> bool:
        """Whether such a request has left for it: then it may go without a reason."""
        return order_id in self._replaced

    def has_size(self, order_id: OrderID, size: Decimal) -> None:
        """The venue has said what an order was given that took another's place."""
        _put(self._sizes, order_id, size)

    def size(self, order_id: OrderID) -> Decimal | None:
        """What it was given, as the venue has said; None of an order that replaced none."""
        return self._sizes.get(order_id)

    def seen_before(self, order_id: OrderID, native_id: str, moment: float) -> bool:
        """Whether it was shown, the first time, before *moment*; one with a *native_id* that was
        not shown since the beginning was before."""
        seen = self._seen.get(order_id)
        if seen is None:
            return bool(native_id) and self._began < moment
        return seen < moment

    def seen(self, order_id: OrderID) -> bool:
        """Whether it was shown."""
        return order_id in self._seen


def _put(table: dict[OrderID, T], order_id: OrderID, value: T) -> None:
    """Keep the first; forget the oldest order when there are many."""
    if order_id in table:
        return
    if len(table) >= REMEMBERED:
        del table[next(iter(table))]
    table[order_id] = value
