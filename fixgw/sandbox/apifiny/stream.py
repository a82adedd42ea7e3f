"""The sockets that carry updates: one writer each, heartbeats, a bounded queue, and faults.

A stream never decides anything; it only reports. Only its own writer task may send, so messages
leave in the order they were offered. A client too slow to read loses the connection, not
messages out of the middle.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from aiohttp import WSCloseCode, WSMsgType, web
from msgspec import Struct

from fixgw.sandbox.apifiny.exchange import AssetUpdate, OrderUpdate, Update
from fixgw.sandbox.apifiny.wire import AssetMessage, OrderMessage, encode, success
from fixgw.sandbox.failing import News
from fixgw.sandbox.faults import Faults
from fixgw.sandbox.record import Recorder

Topic = Literal["order", "asset"]
# The names faults are armed by: the two user data streams, and the socket of trading.py.
USER_DATA: dict[str, Topic] = {"order": "order", "asset": "asset"}
TRADING = "stream"
STREAMS = frozenset({*USER_DATA, TRADING})
QUEUE_LIMIT = 20_000


class Heartbeat(Struct, frozen=True):
    """The manual's "Heartbeat and Connection"."""

    ping: int


class Services(Struct, frozen=True):
    """The services of the server that every stream needs."""

    clock: Callable[[], int]
    faults: Faults
    recorder: Recorder
    heartbeat_seconds: float
    missed_heartbeats: int


class _Outgoing(Struct, frozen=True):
    """A message in the queue. Updates meet faults and are recorded; replies were already."""

    body: bytes
    is_update: bool


class Stream:
    """One open socket."""

    def __init__(
        self, socket: web.WebSocketResponse, request: web.Request, name: str, services: Services
    ) -> None:
        self.name = name
        self.path = request.path
        self.account_id: str | None = None
        self.venue: str | None = None
        self.topics: frozenset[Topic] = frozenset()
        self._socket = socket
        self._transport = request.transport
        self._services = services
        self._queue: asyncio.Queue[_Outgoing] = asyncio.Queue(QUEUE_LIMIT)
        self._news = News(self.abort)
        self._unanswered = 0

    def subscribe(
        self, account_id: str, venue: str | None, topics: frozenset[Topic]
    ) -> None:
        """From now on, tell of this account at this venue (None: at all)."""
        self.account_id, self.venue, self.topics = account_id, venue, topics

    def wants(self, topic: Topic, update: Update) -> bool:
        """Return True if an update is for this stream."""
        return (
            topic in self.topics
            and update.account_id == self.account_id
            and self.venue in (None, update.venue)
        )

    def offer(self, body: bytes, is_update: bool = False) -> None:
        """Queue a message."""
        try:
            self._queue.put_nowait(_Outgoing(body, is_update))
        except asyncio.QueueFull:
            self.abort()

    def abort(self) -> None:
        """Lose the connection, without a closing handshake."""
        if self._transport is not None:
            self._transport.abort()

    async def close(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        """Close with a handshake."""
        await self._socket.close(code=code)

    async def run(self, on_text: Callable[[str], None]) -> None:
        """Serve the socket until it ends; hand each text frame to *on_text*."""
        tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._beat())]
        try:
            async for message in self._socket:
                # Any frame is a sign of life, a pong most of all.
                self._unanswered = 0
                if message.type is WSMsgType.TEXT:
                    on_text(message.data)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _beat(self) -> None:
        services = self._services
        while True:
            await asyncio.sleep(services.heartbeat_seconds)
            # ASSUMPTION: the manual asks for a pong but not what happens without.
            if services.missed_heartbeats and self._unanswered >= services.missed_heartbeats:
                self.abort()
                return
            self._unanswered += 1
            self.offer(encode(Heartbeat(services.clock())))

    async def _write(self) -> None:
        with suppress(ConnectionError):
            while True:
                outgoing = await self._queue.get()
                if outgoing.is_update:
                    await self._send_update(outgoing.body)
                else:
                    await self._socket.send_str(outgoing.body.decode())

    async def _send_update(self, body: bytes) -> None:
        armed = self._services.faults.for_message(self.name)
        entry = self._services.recorder.add(
            self._services.clock(), "SEND", self.path, self.name
        )
        entry.account, entry.reply = self.account_id, body
        if armed is not None:
            entry.fault = armed.fault
        for each in await self._news.due(body, armed):
            await self._socket.send_str(each.decode())


class Hub:
    """All open streams."""

    def __init__(self) -> None:
        self._streams: set[Stream] = set()

    @contextmanager
    def joined(self, stream: Stream) -> Iterator[None]:
        """Keep *stream* among the others for a while."""
        self._streams.add(stream)
        try:
            yield
        finally:
            self._streams.remove(stream)

    def publish(self, update: Update) -> None:
        """Offer an update to every stream it is for."""
        topic = _topic(update)
        wanting = [stream for stream in self._streams if stream.wants(topic, update)]
        if wanting:
            body = message(update)
            for stream in wanting:
                stream.offer(body, is_update=True)

    async def close(self) -> None:
        """Close every stream."""
        await asyncio.gather(*(stream.close() for stream in list(self._streams)))


def _topic(update: Update) -> Topic:
    return "order" if isinstance(update, OrderUpdate) else "asset"


def message(update: Update) -> bytes:
    """Return an update in its wire form: bare for orders, in an envelope for assets, by the
    manual."""
    match update:
        case OrderUpdate(at=at, payload=payload):
            return encode(OrderMessage(at, payload))
        case AssetUpdate(at=at, payload=rows):
            return success(AssetMessage(at, rows))
