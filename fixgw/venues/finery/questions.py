"""The queue of order queries: one per order, oldest order first, behind all commands.

It holds the queries that wait, and does not know how they are answered.
"""

import asyncio

from fixgw.model.effects import QueryOrder
from fixgw.model.ids import OrderID
from fixgw.venues.kit.order_entry import OrderCommand
from fixgw.venues.work_queue import WorkQueue


class Questions:
    """The questions of one account, at most *limit*; they leave behind what is in *commands*."""

    def __init__(self, commands: WorkQueue[OrderCommand | QueryOrder], limit: int) -> None:
        self._commands = commands
        self._limit = limit
        self._waiting: dict[OrderID, QueryOrder] = {}
        self._look = False
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def ask(self, query: QueryOrder) -> bool:
        """Queue a query, replacing one about the same order; return False if there is no room.

        One answer serves both; it includes fills if either query asks for them.
        """
        known = self._waiting.get(query.order.order_id)
        if known is None and len(self._waiting) >= self._limit:
            return False
        if known is None or query.fills:
            self._waiting[query.order.order_id] = query
        self._arrived.set()
        return True

    def look(self) -> None:
        """Have `next` return soon, if only with no question: what is open is to be looked at."""
        self._look = True
        self._arrived.set()

    async def next(self, most: int) -> list[QueryOrder]:
        """At most *most* questions, those first that were asked first, once one request for them
        may leave.

        They are in the order of their orders: one that took another's place stands behind it.
        """
        while not (self._waiting or self._look):
            self._arrived.clear()
            await self._arrived.wait()
        await self.slot()
        self._look = False
        taken = list(self._waiting.values())[:most]
        for query in taken:
            del self._waiting[query.order.order_id]
        return sorted(taken, key=lambda query: query.order.order_id)

    async def slot(self) -> None:
        """Wait until one more request for questions may leave."""
        await self._commands.slot(behind_all=True)
