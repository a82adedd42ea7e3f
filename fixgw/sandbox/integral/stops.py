"""Stop orders that wait for the market, and what triggers them.

A stop to buy is due when the price that its execFlags name has risen to its stopPrice, one to
sell when it has fallen to it. Bid, offer and mid are those of this sandbox's own book.
"""

from decimal import Decimal

from fixgw.sandbox.exact import exact
from fixgw.sandbox.integral.orders import Order
from fixgw.sandbox.matching import Side


class Stops:
    """Those that wait."""

    def __init__(self) -> None:
        self._waiting: dict[str, Order] = {}

    def add(self, order: Order) -> None:
        """Wait."""
        self._waiting[order.order_id] = order

    def take(self, order_id: str) -> bool:
        """Take it away; whether it waited."""
        return self._waiting.pop(order_id, None) is not None

    def symbols(self) -> set[str]:
        """Return the symbols with a waiting stop."""
        return {order.request.symbol for order in self._waiting.values()}

    def take_due(self, symbol: str, bid: Decimal | None, offer: Decimal | None) -> list[Order]:
        """Take those that these prices trigger, the oldest first."""
        due = [
            order
            for order in self._waiting.values()
            if order.request.symbol == symbol and _is_due(order, bid, offer)
        ]
        for order in due:
            del self._waiting[order.order_id]
        return due


@exact
def _is_due(order: Order, bid: Decimal | None, offer: Decimal | None) -> bool:
    flag, stop = order.request.exec_flags[0], order.request.stop_price
    assert stop is not None, "it was checked"
    price = bid if flag == "BidTrigger" else offer
    if flag == "MidTrigger":
        price = None if bid is None or offer is None else (bid + offer) / 2
    if price is None:
        return False
    return price >= stop if order.side is Side.BUY else price <= stop
