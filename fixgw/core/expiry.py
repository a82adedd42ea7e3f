"""Day orders at venues that have no Day: the gateway ends them, at the EndTime of their session.

When that is, is on record with the order (`OrderPlaced.expires_at`), and so is the decision to
cancel, before the cancel leaves: a gateway that was killed, or a venue that was down, at that
moment changes nothing but the hour. The client hears ExecutionReport(35=8) 150=C, 39=C. An
order that its client is cancelling is left to that, and is looked at again if it comes to nothing.
"""

from heapq import heapify, heappop, heappush

from fixgw.core.book import Book
from fixgw.core.order import Order
from fixgw.core.own_cancels import OwnCancels
from fixgw.core.portions import AT_ONCE_UNITS, CANCEL
from fixgw.model.now import Now

DAY_OVER = "the day is over: EndTime of the session has come"
"""Text(58) of the report."""

EXPIRED_A_TICK_MAX = AT_ONCE_UNITS // CANCEL
"""So many leave at once, so that nobody waits long for them; the rest follows in the next ticks."""

LOOK_AGAIN_MS = 1_000
"""After which an order is looked at again whose client is cancelling or replacing it."""


class Expiry:
    """Ends what is over."""

    def __init__(self, book: Book, own_cancels: OwnCancels) -> None:
        self._book = book
        self._own_cancels = own_cancels

    def recover(self) -> None:
        """After the last replay: what is open ends when it was to end, or at once."""
        self._book.expiring = [
            (order.expires_at, order.order_id)
            for order in self._book.orders.open() if order.expires_at
        ]
        heapify(self._book.expiring)

    def tick(self, now: Now) -> None:
        """Begin to cancel what has expired by *now*."""
        expiring = self._book.expiring
        for _ in range(EXPIRED_A_TICK_MAX):
            if not expiring or expiring[0][0] > now.ms:
                return
            _, order_id = heappop(expiring)
            order = self._book.orders.get(order_id)
            assert order is not None, "it was placed"
            if not order.open:
                continue
            if self._is_its_clients(order):
                heappush(expiring, (now.ms + LOOK_AGAIN_MS, order_id))
            else:
                self._own_cancels.expire(order, DAY_OVER, now)

    @staticmethod
    def _is_its_clients(order: Order) -> bool:
        """Whether what its client has asked for has to come to an end first."""
        return order.cancel is not None or order.waits
