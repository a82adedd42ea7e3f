"""Day orders at venues that have no Day: the gateway ends them, at the EndTime of their session.

When that is, is on record with the order (`OrderPlaced.expires_at`), and so is the decision to
cancel, before the cancel leaves: a gateway that was killed, or a venue that was down, at that
moment changes nothing but the hour. The client hears ExecutionReport(35=8) 150=C, 39=C. An
order that its client is cancelling is left to that, and is looked at again if it comes to nothing.
"""

from heapq import heapify, heappop, heappush

from fixgw.core.orders.leg import Leg
from fixgw.core.portions import AT_ONCE_UNITS, CANCEL
from fixgw.core.state import EngineState
from fixgw.core.unsolicited_cancels import UnsolicitedCancels
from fixgw.model.now import Now

DAY_OVER = "the day is over: EndTime of the session has come"
"""Text(58) of the report."""

EXPIRED_A_TICK_MAX = AT_ONCE_UNITS // CANCEL
"""So many leave at once, so that nobody waits long for them; the rest follows in the next ticks."""

LOOK_AGAIN_MS = 1_000
"""After which an order is looked at again whose client is cancelling or replacing it."""


class Expiry:
    """Ends what is over."""

    def __init__(self, state: EngineState, own_cancels: UnsolicitedCancels) -> None:
        self._state = state
        self._own_cancels = own_cancels

    def recover(self) -> None:
        """After the last replay: what is open ends when it was to end, or at once."""
        self._state.expiring = [
            (leg.expires_at, leg.order_id)
            for leg in self._state.orders.open() if leg.expires_at
        ]
        heapify(self._state.expiring)

    def tick(self, now: Now) -> None:
        """Begin to cancel what has expired by *now*."""
        expiring = self._state.expiring
        for _ in range(EXPIRED_A_TICK_MAX):
            if not expiring or expiring[0][0] > now.ms:
                return
            _, order_id = heappop(expiring)
            leg = self._state.orders.get(order_id)
            assert leg is not None, "it was placed"
            if not leg.open:
                continue
            if self._is_its_clients(leg):
                heappush(expiring, (now.ms + LOOK_AGAIN_MS, order_id))
            else:
                self._own_cancels.expire(leg, DAY_OVER, now)

    @staticmethod
    def _is_its_clients(leg: Leg) -> bool:
        """Whether what its client has asked for has to come to an end first."""
        return leg.cancel is not None or leg.waits
