"""The core's queries about orders: each gets the venue's present answer, executions included.

For many queries at once, one list of the active orders serves them all. An order that the list
lacks is queried by itself: absence from a list proves nothing.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from fixgw.model.effects import VenueOrder
from fixgw.model.venue import OrderUpdate, VenueStatus
from fixgw.venues.integral.channel import Channel
from fixgw.venues.integral.parse import NotFound
from fixgw.venues.integral.queries import Queries
from fixgw.venues.integral.schemas import OrderRow
from fixgw.venues.integral.watch import Watched
from fixgw.venues.kit.payloads import Unreadable


class Questions:
    """Those of one account. Each is answered: by an OrderUpdate, or by QueryFailed."""

    def __init__(self, channel: Channel, queries: Queries) -> None:
        self._channel = channel
        self._queries = queries

    async def ask(self, order: VenueOrder, *, alone: bool) -> None:
        """Ask about *order*, and about all that wait, if there are more."""
        others = [] if alone else self._channel.other_questions()
        if others:
            await self._ask_many([order, *others])
        else:
            await self._ask_one(order)

    async def _ask_many(self, orders: Sequence[VenueOrder]) -> None:
        try:
            active = await self._queries.active()
        except Unreadable as error:
            for order in orders:
                self._channel.fail(order, str(error))
            return
        by_co_id = {row.co_id: row for row in active.rows}
        for order in orders:
            row = by_co_id.get(order.venue_order_id)
            if row is not None:
                await self._channel.queue.slot()
                await self._ask_one(order, row)
            else:
                self._channel.ask_alone(order)

    async def _ask_one(self, order: VenueOrder, row: OrderRow | None = None) -> None:
        """Tell the core how *order* stands, and look at it from now on."""
        watched = self._channel.known(order)
        try:
            seen = await self._queries.look(watched, row)
        except Unreadable as error:
            self._channel.fail(order, str(error))
            return
        finally:
            self._channel.changed.set()
        if isinstance(seen, NotFound):
            self._not_found(watched, seen.text)
            return
        self._channel.watches.learned(watched, seen, self._channel.now)
        self._channel.deliver(replace(seen, asked=True))

    def _not_found(self, watched: Watched, text: str) -> None:
        """Say so, where the question is known to be understood. Nothing ends by it: what it means
        the core decides, and the order is looked at as before."""
        if self._channel.config.absence == "never":
            self._channel.fail(watched.order, f"{text}; absence is not believed")
        elif not self._queries.co_id_works:
            self._channel.fail(watched.order, f"{text}; that coId finds is not proven")
        else:
            self._channel.deliver(OrderUpdate(
                order_id=watched.order.order_id, status=VenueStatus.ABSENT, text=text, asked=True
            ))
