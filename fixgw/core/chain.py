"""Orders that took each other's place: one order to the client, however many there were.

Kept beside the orders and not worked out from them, as a client may replace an order thousands of
times: what a report needs costs the same for the last one as for the first.
"""

from decimal import Decimal
from typing import TYPE_CHECKING

from fixgw.model.ids import OrderID
from fixgw.model.number import add, trim

if TYPE_CHECKING:
    from fixgw.core.order import Order


class Chain:
    """What all of them are together."""

    __slots__ = ("root_id", "current", "cum_qty", "notional", "unsure")

    def __init__(self, first: "Order") -> None:
        self.root_id: OrderID = first.order_id
        """OrderID(37) as a client knows it: FIX 4.4, "unique for each chain of orders"."""
        self.current = first
        """The one that stands: what a client can mean."""
        self.cum_qty: Decimal = first.cum_qty
        """CumQty(14): executed of all of them."""
        self.notional: Decimal = first.notional
        """The same, as quantities times prices."""
        self.unsure = 0
        """How many of them were replaced and may have executed more than is known."""

    def count(self, quantity: Decimal, notional: Decimal) -> None:
        """One of them was executed."""
        self.cum_qty = trim(add(self.cum_qty, quantity))
        self.notional = add(self.notional, notional)
