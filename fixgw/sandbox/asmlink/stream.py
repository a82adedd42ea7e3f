"""The execution stream: one writer for each socket, a bounded queue, and faults.

A stream never decides anything; it only reports. A client too slow to read loses the connection,
not messages out of the middle.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from aiohttp import WSCloseCode, web

from fixgw.sandbox.asmlink.config import KeySettings
from fixgw.sandbox.asmlink.wire import EventView, encode
from fixgw.sandbox.failing import News
from fixgw.sandbox.faults import Faults
from fixgw.sandbox.record import Recorder

EXECUTIONS = "executions"
QUEUE_LIMIT = 20_000


class Stream:
    """One open socket of one key."""

    def __init__(
        self, socket: web.WebSocketResponse, request: web.Request, key: KeySettings,
        clock: Callable[[], int], faults: Faults, recorder: Recorder,
    ) -> None:
        self.accounts = frozenset(key.accounts)
        self._socket = socket
        self._transport = request.transport
        self._path = request.path
        self._clock = clock
        self._faults = faults
        self._recorder = recorder
        self._queue: asyncio.Queue[EventView] = asyncio.Queue(QUEUE_LIMIT)
        self._news = News(self.abort)

    def offer(self, event: EventView) -> None:
        """Queue an event of an order, if it is of the key's accounts."""
        if event.account_id not in self.accounts or not isinstance(event.order_id, str):
            return
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self.abort()

    def abort(self) -> None:
        """Lose the connection, without a closing handshake."""
        if self._transport is not None:
            self._transport.abort()

    async def close(self) -> None:
        """Close with a handshake."""
        await self._socket.close(code=WSCloseCode.GOING_AWAY)

    async def run(self) -> None:
        """Serve the socket until it ends. What a client says is not looked at."""
        writer = asyncio.get_running_loop().create_task(self._write())
        try:
            async for _ in self._socket:
                pass
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _write(self) -> None:
        with suppress(ConnectionError):
            while True:
                event = await self._queue.get()
                body = encode(event)
                entry = self._recorder.add(self._clock(), "SEND", self._path, EXECUTIONS)
                entry.account, entry.reply = event.account_id, body
                armed = self._faults.for_message(EXECUTIONS)
                if armed is not None:
                    entry.fault = armed.fault
                for each in await self._news.due(body, armed):
                    await self._socket.send_str(each.decode())
