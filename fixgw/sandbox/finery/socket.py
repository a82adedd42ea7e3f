"""The sandbox's WebSocket: status, feed O, requests, replies; one writer, a bounded queue, faults.

A session never decides anything; it only reports. Only its own writer task may send, so messages
leave in the order they were offered. A client too slow to read loses the connection, not
messages out of the middle.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from aiohttp import WSMsgType, web
from msgspec import Raw, Struct

from fixgw.sandbox import failing
from fixgw.sandbox.faults import CALL_FAULTS, UNREADABLE_BODY, Answer, Armed, Faults
from fixgw.sandbox.finery.api import Api, Caller, TooOften, encode
from fixgw.sandbox.finery.codes import Code, NotReplaced, Refusal
from fixgw.sandbox.finery.config import KeySettings
from fixgw.sandbox.finery.exchange import News
from fixgw.sandbox.finery.params import Message, read
from fixgw.sandbox.record import Entry, Recorder

ORDERS = "O"
KNOWN_FEEDS = frozenset({"O"})
"""The feeds of market data, positions and limits are not built yet."""

QUEUE_LIMIT = 20_000


class Services(Struct, frozen=True):
    """The services of the server that every session needs."""

    api: Api
    clock: Callable[[], int]
    faults: Faults
    recorder: Recorder
    turn: Callable[[], None]
    """Publishes what has happened."""


class _Outgoing(Struct, frozen=True):
    """A message in the queue. News meets faults and is recorded; replies were already."""

    body: bytes
    is_news: bool


class Session:
    """One open socket of one key."""

    def __init__(
        self,
        number: int,
        socket: web.WebSocketResponse,
        request: web.Request,
        key: KeySettings,
        services: Services,
    ) -> None:
        self.number = number
        self.key = key
        self._socket = socket
        self._transport = request.transport
        self._path = request.path
        self._services = services
        self._queue: asyncio.Queue[_Outgoing] = asyncio.Queue(QUEUE_LIMIT)
        self._telling = failing.News(self.abort)
        self._instruments: set[str] = set()
        """Those that feed O was bound for; with "" among them, all."""
        self.owed = 0
        """Requests that were not answered, and may never be: a fault met them."""

    @property
    def tells_all(self) -> bool:
        """True if feed O is bound for all instruments."""
        return "" in self._instruments

    def abort(self) -> None:
        """Lose the connection, without a closing handshake."""
        if self._transport is not None:
            self._transport.abort()

    def offer(self, body: bytes, *, is_news: bool = False) -> None:
        """Queue a message."""
        try:
            self._queue.put_nowait(_Outgoing(body, is_news))
        except asyncio.QueueFull:
            self.abort()

    def status(self, connected: bool) -> None:
        """`["X",0,"Z",code]`: whether the market can be reached."""
        self.offer(encode(["X", 0, "Z", int(Code.OK if connected else Code.NOT_CONNECTED)]))

    def news(self, news: News) -> None:
        """Tell, if it is for this one."""
        if news.client_id != self.key.client_id:
            return
        if self._instruments & {"", news.instrument}:
            feed_id: object = 0 if "" in self._instruments else news.instrument
            self.offer(encode([ORDERS, feed_id, news.action, news.row]), is_news=True)

    async def run(self) -> None:
        """Serve the socket until it ends."""
        writer = asyncio.create_task(self._write())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self._on_text(message.data)
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    # -- what comes ------------------------------------------------------------------------

    def _on_text(self, text: str) -> None:
        try:
            message = read(text, Message)
        except Refusal as refusal:
            # ASSUMPTION: what cannot be read is answered by an error without a request.
            self.offer(encode({"error": int(refusal.code)}))
            return
        match message.event:
            case "request":
                self._request(message)
            case "bind":
                self._bind(message)
            case "unbind":
                self._unbind(message)
            case "ping":
                # ASSUMPTION: the answer; no document shows one.
                self.offer(encode({"event": "ping"}))

    def _bind(self, message: Message) -> None:
        feed_id = 0 if message.feed_id is None else message.feed_id
        name = "" if feed_id == 0 else self._instrument(feed_id)
        code = Code.OK
        if message.feed not in KNOWN_FEEDS:
            code = Code.INVALID_FEED
        elif name is None:
            code = Code.INVALID_FEED_ID
        elif name in self._instruments:
            code = Code.BINDING_EXISTS
        if code or name is None:
            self.offer(encode([message.feed, feed_id, "Z", int(code)]))
            return
        self._instruments.add(name)
        orders = self._services.api.exchange.open_orders(self.key.client_id)
        rows = [order.row() for order in orders if name in ("", order.instrument)]
        self.offer(encode([message.feed, feed_id, "S", rows]))

    def _unbind(self, message: Message) -> None:
        feed_id = 0 if message.feed_id is None else message.feed_id
        name = "" if feed_id == 0 else self._instrument(feed_id)
        if name not in self._instruments:
            self.offer(encode([message.feed, feed_id, "Z", int(Code.BINDING_NOT_FOUND)]))
            return
        self._instruments.remove(name)
        self.offer(encode([message.feed, feed_id, "U", 0]))

    def _instrument(self, feed_id: int | str) -> str | None:
        for one in self._services.api.exchange.settings.instruments:
            if feed_id in (one.name, one.id):
                return one.name
        return None

    # -- requests --------------------------------------------------------------------------

    def _request(self, message: Message) -> None:
        services = self._services
        now = services.clock()
        content = bytes(message.content)
        entry = services.recorder.add(now, "RECV", self._path, message.method)
        entry.account, entry.request = str(self.key.client_id), content
        if message.method == "add":
            services.api.note_add(content)
        armed = services.faults.for_call(message.method)
        if armed is not None:
            entry.fault = armed.fault
        if armed is None or CALL_FAULTS[armed.fault].reaches_venue:
            entry.reply = self._reply(message, content, now)
            if services.api.exchange.settings.behaviour.feed_before_reply:
                services.turn()
        if armed is None:
            self.offer(entry.reply)
        else:
            self._fail(armed, entry)
        services.turn()

    def _reply(self, message: Message, content: bytes, now: int) -> bytes:
        """ASSUMPTION: `method` is not echoed."""
        head: dict[str, object] = {"event": "request", "reqId": message.req_id}
        try:
            caller = Caller(self.key, now, self.number)
            shown = self._services.faults.for_list(message.method)
            result = self._services.api.perform(message.method, caller, content, shown)
        except TooOften:
            return encode({**head, "error": int(Code.INTERNAL_ERROR)})
        except NotReplaced as failed:
            return encode({**head, "reply": failed.body})
        except Refusal as refusal:
            error: dict[str, object] = {**head, "error": int(refusal.code)}
            return encode({**error, "param": refusal.param} if refusal.param else error)
        return encode({**head, "reply": Raw(result)})

    def _fail(self, armed: Armed, entry: Entry) -> None:
        """A socket has no HTTP status: what would be one is a lost connection here."""
        self.owed += 1
        later = asyncio.get_running_loop().call_later
        match CALL_FAULTS[armed.fault].answer:
            case Answer.LATE:
                later(armed.delay_ms / 1000, self.offer, entry.reply)
            case Answer.LATE_DROP:
                later(armed.delay_ms / 1000, self.abort)
            case Answer.UNREADABLE:
                self.offer(UNREADABLE_BODY)
            case (
                Answer.HTTP_500 | Answer.HTTP_502 | Answer.TOO_OFTEN | Answer.TORN | Answer.DROP
            ):
                self.abort()

    # -- what leaves -----------------------------------------------------------------------

    async def _write(self) -> None:
        with suppress(ConnectionError):
            while True:
                outgoing = await self._queue.get()
                body = outgoing.body
                due = await self._meet_fault(body) if outgoing.is_news else [body]
                for each in due:
                    await self._socket.send_str(each.decode())

    async def _meet_fault(self, body: bytes) -> list[bytes]:
        """Record news, and do what a fault says; what is to be sent now."""
        services = self._services
        armed = services.faults.for_message(ORDERS)
        entry = services.recorder.add(services.clock(), "SEND", self._path, ORDERS)
        entry.account, entry.reply = str(self.key.client_id), body
        if armed is not None:
            entry.fault = armed.fault
        return await self._telling.due(body, armed)
