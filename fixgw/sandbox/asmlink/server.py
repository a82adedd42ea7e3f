"""The sandbox on the wire: aiohttp routes over the exchange, the faults, and authentication.

The I/O shell of the package: it reads bytes and decides nothing about orders. All state lives in
one event loop; a call and all that follows from it happen between two awaits.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from aiohttp import web

from fixgw.sandbox.asmlink.config import KeySettings, Settings
from fixgw.sandbox.asmlink.exchange import Exchange, Refusal
from fixgw.sandbox.asmlink.stream import EXECUTIONS, Stream
from fixgw.sandbox.asmlink.webhooks import WEBHOOK, Webhooks
from fixgw.sandbox.asmlink.wire import NamesBody, RegisterBody, RouteBody, encode, failure
from fixgw.sandbox.failing import failing
from fixgw.sandbox.faults import CALL_FAULTS, Faults
from fixgw.sandbox.record import Entry, Recorder

KEY_HEADER = "X-CM-API-Key"
LIVE_PREFIX = "cm_live_"
CALLS = frozenset({"route", "register", "cancel", "status"})
LISTS = frozenset({"status"})
"""Those that show what there is: one order."""
CLOSE_SECONDS = 0.5
SECOND_MS, HOUR_MS = 1_000, 3_600_000
REGISTERED = b'{"status":"REGISTERED"}'

T = TypeVar("T")
Do = Callable[[web.Request, bytes, KeySettings, int], bytes]


def wall_clock() -> int:
    """Milliseconds since 1970, the venue's time."""
    return time.time_ns() // 1_000_000


class Window:
    """At most *limit* calls of an entity in any *length* milliseconds; 0 is no limit."""

    def __init__(self, limit: int, length: int) -> None:
        self._limit = limit
        self._length = length
        self._calls: dict[str, deque[int]] = {}

    def take(self, entity: str, now: int) -> int:
        """0 if the call is within the limit, else after how many seconds one would be."""
        if not self._limit:
            return 0
        calls = self._calls.setdefault(entity, deque())
        while calls and calls[0] + self._length <= now:
            calls.popleft()
        if len(calls) >= self._limit:
            return -(-(calls[0] + self._length - now) // 1000)
        calls.append(now)
        return 0


class TooMany(Exception):
    """429; *seconds* is what Retry-After says."""

    def __init__(self, seconds: int) -> None:
        super().__init__("Too Many Requests")
        self.seconds = seconds


class Server:
    """One running sandbox, from sockets down to the exchange."""

    def __init__(self, settings: Settings, clock: Callable[[], int] = wall_clock) -> None:
        behaviour = settings.behaviour
        self.clock = clock
        self.exchange = Exchange(settings)
        self.faults = Faults(CALLS, frozenset({EXECUTIONS, WEBHOOK}), LISTS)
        self.recorder = Recorder(behaviour.record_limit)
        self.webhooks = Webhooks(behaviour, clock, self.faults, self.recorder)
        self._keys = {key.api_key: key for key in settings.keys}
        self._undocumented = behaviour.undocumented_calls
        self._routes = Window(behaviour.routes_per_second, SECOND_MS)
        self._registrations = Window(behaviour.registrations_per_hour, HOUR_MS)
        self._streams: set[Stream] = set()

    def add_routes(self, app: web.Application) -> None:
        """The document's paths, and those that it lacks if the settings want them."""
        app.router.add_post("/v2/order/route", self._handler("route", self._route))
        app.router.add_post("/v2/webhook/register", self._handler("register", self._register))
        app.router.add_get("/v2/executions", self._executions)
        if self._undocumented:
            app.router.add_post("/v2/order/cancel", self._handler("cancel", self._cancel))
            app.router.add_get("/v2/order/{order_id}", self._handler("status", self._status))
        app.on_shutdown.append(self._shut_down)

    def turn(self) -> None:
        """Tell the streams and the webhooks what happened."""
        for event in self.exchange.take_events():
            for stream in self._streams:
                stream.offer(event)
            self.webhooks.publish(event)

    async def _shut_down(self, app: web.Application) -> None:
        await self.webhooks.close()
        await asyncio.gather(*(stream.close() for stream in list(self._streams)))

    # ------------------------------------------------------------------- calls

    def _route(self, request: web.Request, sent: bytes, key: KeySettings, now: int) -> bytes:
        self._within(self._routes.take(key.api_key, now))
        return encode(self.exchange.route(_read(sent, RouteBody), key, now))

    def _cancel(self, request: web.Request, sent: bytes, key: KeySettings, now: int) -> bytes:
        return encode(self.exchange.cancel(_read(sent, NamesBody), key, now))

    def _status(self, request: web.Request, sent: bytes, key: KeySettings, now: int) -> bytes:
        name = request.match_info["order_id"]
        order = self.exchange.find(name, key)
        shown = self.faults.for_list("status")
        if shown is not None and not shown.rows([order]):
            raise Refusal(404, "NOT_FOUND", f"no order {name}")
        return encode(order.view())

    def _register(self, request: web.Request, sent: bytes, key: KeySettings, now: int) -> bytes:
        self._within(self._registrations.take(key.api_key, now))
        body = _read(sent, RegisterBody)
        if body.account_id not in key.accounts:
            raise Refusal(403, "FORBIDDEN", "the account is not the key's")
        self.webhooks.register(body)
        return REGISTERED

    @staticmethod
    def _within(seconds: int) -> None:
        if seconds:
            raise TooMany(seconds)

    # -------------------------------------------------------------- I/O shell

    def _handler(
        self, call: str, do: Do
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._rest(request, call, do)

        return handle

    async def _rest(self, request: web.Request, call: str, do: Do) -> web.StreamResponse:
        sent = await request.read()
        entry = self.recorder.add(self.clock(), request.method, request.path, call)
        entry.request = sent
        if call == "route":
            self._note(sent)
        armed = self.faults.for_call(call)
        if armed is not None:
            entry.fault = armed.fault
        reply = web.Response(status=502)
        if armed is None or CALL_FAULTS[armed.fault].reaches_venue:
            reply = self._answer(request, sent, do, entry)
            self.turn()
        if armed is not None:
            return await failing(request, armed, reply)
        return reply

    def _answer(self, request: web.Request, sent: bytes, do: Do, entry: Entry) -> web.Response:
        headers = {}
        try:
            key = self._key(request)
            entry.account = key.accounts[0] if key.accounts else None
            status, entry.reply = 200, do(request, sent, key, self.clock())
        except Refusal as refusal:
            status, entry.reply = refusal.status, failure(refusal.code, str(refusal))
        except TooMany as error:
            status, entry.reply = 429, failure("RATE_LIMIT", str(error))
            headers["Retry-After"] = str(error.seconds)
        return web.Response(
            status=status, body=entry.reply, headers=headers, content_type="application/json"
        )

    def _key(self, request: web.Request) -> KeySettings:
        given = request.headers.get(KEY_HEADER, "")
        if given.startswith(LIVE_PREFIX):
            raise Refusal(403, "WRONG_ENVIRONMENT", "a production key in the sandbox")
        key = self._keys.get(given)
        if key is None:
            raise Refusal(401, "UNAUTHORIZED", "unknown key")
        return key

    def _note(self, sent: bytes) -> None:
        """Count the call by the id it names, whatever becomes of it."""
        try:
            self.exchange.route_calls[msgspec.json.decode(sent, type=NamesBody).order_id] += 1
        except msgspec.DecodeError:
            return

    async def _executions(self, request: web.Request) -> web.StreamResponse:
        """ASSUMPTION: the key stands in the handshake, and a bad one is refused there."""
        entry = self.recorder.add(self.clock(), "OPEN", request.path, EXECUTIONS)
        try:
            key = self._key(request)
        except Refusal as refusal:
            entry.reply = failure(refusal.code, str(refusal))
            return web.Response(
                status=refusal.status, body=entry.reply, content_type="application/json"
            )
        socket = web.WebSocketResponse(timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        stream = Stream(socket, request, key, self.clock, self.faults, self.recorder)
        self._streams.add(stream)
        try:
            await stream.run()
        finally:
            self._streams.discard(stream)
        return socket


def _read(sent: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(sent, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, "INVALID_REQUEST", str(error)) from None
