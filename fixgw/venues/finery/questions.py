"""What is to be asked about orders: once about each, and behind all commands.

It knows which questions wait, and nothing of how they are answered.
"""

import asyncio

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder
from fixgw.model.ids import OrderID
from fixgw.venues.work_queue import WorkQueue


class Questions:
    """The questions of one account, at most *limit*; they leave behind what is in *commands*."""

    def __init__(self, commands: WorkQueue[SubmitOrder | CancelOrder], limit: int) -> None:
        self._commands = commands
        self._limit = limit
        self._waiting: dict[OrderID, QueryOrder] = {}
        self._arrived = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def ask(self, query: QueryOrder) -> bool:
        """Queue a question, in the place of one about the same order; False if there is no room.

        One answer does for both, if it has what the more curious of them wants.
        """
        known = self._waiting.get(query.order.order_id)
        if known is None and len(self._waiting) >= self._limit:
            return False
        if known is None or query.fills:
            self._waiting[query.order.order_id] = query
        self._arrived.set()
        return True

    async def next(self, most: int) -> list[QueryOrder]:
        """At most *most* questions, oldest first, once one request for them may leave."""
        while not self._waiting:
            self._arrived.clear()
            await self._arrived.wait()
        await self.slot()
        taken = list(self._waiting.values())[:most]
        for query in taken:
            del self._waiting[query.order.order_id]
        return taken

    async def slot(self) -> None:
        """Wait until one more request for questions may leave."""
        await self._commands.slot(behind_all=True)
