"""What the venue has shown of our orders in this process, for it lists open orders only.

The venue has no question for one order. One that is not open and has no deals
was either never there or is over without a deal, and only who has seen it
before can tell. Sans-IO: times are seconds of any clock that never goes back.
"""

from fixgw.model.ids import OrderID

REMEMBERED = 200_000


class Memory:
    """Which orders were seen, and since when others have been missing."""

    def __init__(self, gone_seconds: float) -> None:
        self._gone_seconds = gone_seconds
        self._seen: dict[OrderID, float] = {}
        self._missing: dict[OrderID, float] = {}

    def submitted(self, order_id: OrderID) -> None:
        """It leaves (again): that it was missing before says nothing any more."""
        self._missing.pop(order_id, None)

    def saw(self, order_id: OrderID, now: float) -> None:
        """The venue showed it."""
        self._missing.pop(order_id, None)
        _put(self._seen, order_id, now)

    def seen_before(self, order_id: OrderID, moment: float) -> bool:
        """Whether it was shown, the first time, before *moment*."""
        seen = self._seen.get(order_id)
        return seen is not None and seen < moment

    def seen(self, order_id: OrderID) -> bool:
        """Whether it was shown."""
        return order_id in self._seen

    def is_gone(self, order_id: OrderID, now: float) -> bool:
        """Call this of an order that is missing at *now*: whether it has been for so long.

        A submit that could still arrive would have arrived: nothing of it works, and nothing
        will. Before, it is only absent.
        """
        since = self._missing.get(order_id)
        if since is None:
            _put(self._missing, order_id, now)
            return False
        return now - since >= self._gone_seconds


def _put(table: dict[OrderID, float], order_id: OrderID, now: float) -> None:
    """Keep the first time; forget the oldest order when there are many."""
    if order_id in table:
        return
    if len(table) >= REMEMBERED:
        del table[next(iter(table))]
    table[order_id] = now
