"""Day orders at venues that have no Day: the gateway ends them, at the EndTime of their session.

That time is recorded with the order (`OrderPlaced.expires_at`), and so is the decision to cancel,
before the cancel is sent: a gateway that was killed, or a venue that was down, at that moment
changes nothing but the hour. The client receives ExecutionReport(35=8) 150=C, 39=C. An order that
its client is canceling is left to that, and is examined again if it fails.
"""

from collections.abc import Iterator
from heapq import heapify, heappop, heappush

from fixgw.core.orders.leg import Leg
from fixgw.core.portions import AT_ONCE_UNITS, CANCEL
from fixgw.core.state import EngineState
from fixgw.core.unsolicited_cancels import UnsolicitedCancels
from fixgw.model.enums import OrdStatus
from fixgw.model.ids import OrderID
from fixgw.model.now import Now

DAY_OVER = "the day is over: EndTime of the session has come"
"""Text(58) of the report."""

EXPIRED_A_TICK_MAX = AT_ONCE_UNITS // CANCEL
"""Maximum number of cancels sent at once, so that others do not wait long; the rest follows in the
next ticks."""

LOOK_AGAIN_MS = 1_000
"""Time after which an order is examined again whose client is canceling or replacing it."""


class Expiry:
    """Ends expired orders."""

    def __init__(self, state: EngineState, own_cancels: UnsolicitedCancels) -> None:
        self._state = state
        self._own_cancels = own_cancels

    def recover(self, now: Now) -> None:
        """After the last replay: orders end at their time, open ones at once if it is over."""
        self._state.expiring = [
            (leg.expires_at, leg.order_id)
            for leg in self._state.orders
            if leg.expires_at and (leg.expires_at > now.ms or leg.open)
        ]
        heapify(self._state.expiring)

    def due(self, now: Now) -> Iterator[OrderID]:
        """Take out, one by one, the orders that have expired by *now*."""
        expiring = self._state.expiring
        for _ in range(EXPIRED_A_TICK_MAX):
            if not expiring or expiring[0][0] > now.ms:
                return
            yield heappop(expiring)[1]

    def end(self, leg: Leg, now: Now) -> None:
        """Begin to cancel *leg*, which has expired; if its client does, look again later."""
        if not leg.open:
            return
        if self._is_its_clients(leg):
            heappush(self._state.expiring, (now.ms + LOOK_AGAIN_MS, leg.order_id))
        else:
            self._own_cancels.expire(leg, DAY_OVER, now)

    @staticmethod
    def _is_its_clients(leg: Leg) -> bool:
        """Return True if the client's own request has to come to an end first."""
        return leg.status is OrdStatus.PENDING_CANCEL or leg.waits
