"""Many cancels as one "Cancel all orders", where it would cancel nothing else.

The call cancels all of the user's working orders. So it leaves only if every order watched here,
and every order on the venue's list of active ones, is to be canceled; and no order of ours leaves
meanwhile. An order that another program places as the same user just then cannot be seen: the
settings must confirm that there is no such program.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from msgspec import Struct

from fixgw.model.effects import CancelOrder
from fixgw.model.ids import OrderID
from fixgw.venues.integral import build
from fixgw.venues.integral.channel import Channel
from fixgw.venues.integral.queries import Queries
from fixgw.venues.outcome import Result
from fixgw.venues.kit.payloads import Unreadable
from fixgw.venues.ratelimit import Lane


class MassCanceled(Struct, frozen=True):
    """One call for all of *commands*, and what became of it."""

    commands: tuple[CancelOrder, ...]
    result: Result


class MassCancel:
    """Of one account."""

    def __init__(self, channel: Channel, queries: Queries) -> None:
        self._channel = channel
        self._queries = queries
        self._least = channel.config.cancel_all_from
        self._placing = 0
        self._joined: dict[OrderID, CancelOrder] = {}
        """Those that have left the queue while all are being cancelled."""
        self._quiet = asyncio.Event()
        self._quiet.set()

    @asynccontextmanager
    async def placing(self) -> AsyncIterator[None]:
        """An order leaves: not while all are being cancelled."""
        await self._quiet.wait()
        self._placing += 1
        try:
            yield
        finally:
            self._placing -= 1

    async def joins(self, command: CancelOrder) -> bool:
        """Wait for the mass cancel in progress, if any; return True if it included *command*."""
        if self._quiet.is_set():
            return False
        self._joined[command.order.order_id] = command
        await self._quiet.wait()
        return self._joined.pop(command.order.order_id, None) is None

    def due(self, command: CancelOrder) -> bool:
        """Return True if *command* and the waiting cancels may leave as one, as far as is known."""
        if not self._least or self._placing:
            return False
        wanted = [command, *self._waiting()]
        return len(wanted) >= self._least and self._are_all(wanted)

    async def run(self, command: CancelOrder) -> MassCanceled | None:
        """Ask what is active, and cancel it; None: something else is active as well. There is
        room for one request, and there is none for another when it has ended."""
        self._quiet.clear()
        try:
            active = await self._queries.active()
            await self._channel.queue.slot()
            wanted = [command, *self._joined.values(), *self._waiting()]
            names = {each.order.venue_order_id for each in wanted}
            if active.damaged or not {row.co_id for row in active.rows} <= names:
                return None
            if not self._are_all(wanted):
                return None
            self._channel.queue.take(Lane.CANCEL, lambda job: True)
            self._joined.clear()
            return MassCanceled(tuple(wanted), await self._channel.send(build.cancel_all()))
        except Unreadable:
            await self._channel.queue.slot()
            return None
        finally:
            self._quiet.set()

    def _waiting(self) -> list[CancelOrder]:
        """Return the cancels that wait, which they go on doing."""
        jobs = self._channel.queue.take(Lane.CANCEL, lambda job: True)
        for job in jobs:
            self._channel.queue.put(Lane.CANCEL, job.work, alone=job.alone)
        return [job.work for job in jobs if isinstance(job.work, CancelOrder)]

    def _are_all(self, commands: Iterable[CancelOrder]) -> bool:
        return self._channel.watches.working() <= {each.order.order_id for each in commands}
