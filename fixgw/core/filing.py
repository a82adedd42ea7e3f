"""Chains of orders that are over leave memory, and come back before anything names them.

Whoever drops one has it on file, with all its events. None leaves while anything here may still act
on it: an outstanding proof, a step set aside, a lost command, long work of its session. Nothing of
it stays behind, and a chain that came back is what it would be had it never left. Never decides
when an order is old enough.
"""

from collections.abc import Iterable
from heapq import heapify, heappush

from fixgw.core.lost_commands import LostCommands
from fixgw.core.orders.index import Filed, is_over
from fixgw.core.orders.leg import Leg
from fixgw.core.portions import Portions
from fixgw.core.set_aside import SetAside
from fixgw.core.state import EngineState
from fixgw.model.events import OrderEvent
from fixgw.model.ids import OrderID
from fixgw.model.now import Now


class Filing:
    """Drops chains of orders, and revives them."""

    def __init__(
        self, state: EngineState, portions: Portions, aside: SetAside, lost_commands: LostCommands
    ) -> None:
        self._state = state
        self._orders = state.orders
        self._portions = portions
        self._aside = aside
        self._lost_commands = lost_commands

    def revive(self, events: Iterable[OrderEvent], now: Now) -> Filed:
        """Make a chain again from its events, unless it is here; return it as it is on file."""
        events = list(events)
        was_here = self._orders.has(events[0].order_id)
        filed = self._orders.revive(events)
        if not was_here:
            for leg in self._orders.chain(filed.root):
                if leg.expires_at > now.ms:
                    heappush(self._state.expiring, (leg.expires_at, leg.order_id))
        return filed

    def drop(self, filed: Iterable[Filed]) -> list[Filed]:
        """Let the chains leave that are as they were *filed*; return those that are and that cannot
        leave yet. One that has changed will be filed again."""
        orders, stay = self._orders, list[Filed]()
        gone: set[OrderID] = set()
        for each in filed:
            if not orders.has(each.root) or orders.filed(each.root) != each:
                continue
            legs = orders.chain(each.root)
            if not all(map(self._may_leave, legs)):
                stay.append(each)
                continue
            gone.update([leg.order_id for leg in legs if leg.expires_at])
            orders.drop(each.root)
        expiring = self._state.expiring
        if gone:
            expiring[:] = [entry for entry in expiring if entry[1] not in gone]
            heapify(expiring)
        return stay

    def _may_leave(self, leg: Leg) -> bool:
        return (
            is_over(leg)
            and self._state.proofs.get(leg.order_id) is None
            and not self._aside.holds(leg.order_id)
            and not self._lost_commands.holds(leg.order_id)
            and not self._portions.waiting(leg.request.session)
        )
