"""The sandbox on the wire: aiohttp routes over the exchange, one timer, and the faults.

The I/O shell of the package: it reads bytes, asks api.py, and decides nothing about orders. All
state lives in one event loop; a command and its consequences happen between two awaits.
"""

import asyncio
import time
from collections.abc import Callable

from aiohttp import web

from fixgw.sandbox.apifiny.api import Api, Reply, query_json
from fixgw.sandbox.apifiny.calls import CALLS, LISTS, PUBLIC_CALLS, Call, PublicCall
from fixgw.sandbox.apifiny.codes import Code, Refusal
from fixgw.sandbox.apifiny.config import Settings
from fixgw.sandbox.apifiny.exchange import Exchange
from fixgw.sandbox.apifiny.stream import STREAMS, TRADING, USER_DATA, Hub, Services, Stream
from fixgw.sandbox.apifiny.trading import TradingSession
from fixgw.sandbox.apifiny.wire import failure
from fixgw.sandbox.failing import failing
from fixgw.sandbox.faults import CALL_FAULTS, Faults
from fixgw.sandbox.record import Recorder

NEW_ORDER = CALLS["order/newOrder"]
# The time limit for a client to answer the close of a socket.
CLOSE_SECONDS = 0.5


def wall_clock() -> int:
    """Milliseconds since 1970, the venue's time."""
    return time.time_ns() // 1_000_000


class Server:
    """One running sandbox, from sockets down to the exchange."""

    def __init__(self, settings: Settings, clock: Callable[[], int] = wall_clock) -> None:
        behaviour = settings.behaviour
        names = {call.name for call in CALLS.values()}
        names |= {call.name for call in PUBLIC_CALLS.values()}
        self.clock = clock
        self.exchange = Exchange(settings, clock())
        self.faults = Faults(frozenset(names), STREAMS, LISTS)
        self.api = Api(self.exchange, self.faults)
        self.recorder = Recorder(behaviour.record_limit)
        self.hub = Hub()
        self._timer: asyncio.TimerHandle | None = None
        self._services = Services(
            clock,
            self.faults,
            self.recorder,
            behaviour.heartbeat_seconds,
            behaviour.missed_heartbeats,
        )

    def add_routes(self, app: web.Application) -> None:
        """The vendor's paths. One route for all calls: the table is the router."""
        app.router.add_route("*", "/ac/v2/{path:.+}", self._rest)
        # Co-location hosts have no venue in the path.
        app.router.add_get("/ac/ws/v2/{topic}", self._user_data)
        app.router.add_get("/ac/ws/v2/{venue}/{topic}", self._user_data)
        app.router.add_get("/ws/stream", self._trading)
        app.on_shutdown.append(self._shut_down)

    def turn(self) -> None:
        """Do what is due, tell the streams, and come back for what is not due yet."""
        now = self.clock()
        self.exchange.advance(now)
        for update in self.exchange.take_updates():
            self.hub.publish(update)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due = self.exchange.next_due
        if due is not None:
            wait = max(due - now, 0) / 1000
            self._timer = asyncio.get_running_loop().call_later(wait, self.turn)

    async def _shut_down(self, app: web.Application) -> None:
        if self._timer is not None:
            self._timer.cancel()
        await self.hub.close()

    # -- REST ------------------------------------------------------------------------------

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        venue, path = _split(request.match_info["path"])
        call = CALLS.get(path) or PUBLIC_CALLS.get(path)
        if call is None:
            raise web.HTTPNotFound
        method = call.method if isinstance(call, Call) else "GET"
        if request.method != method:
            raise web.HTTPMethodNotAllowed(request.method, [method])
        query = request.rel_url.raw_query_string.encode(errors="surrogateescape")
        sent = await request.read() if method == "POST" else query
        entry = self.recorder.add(self.clock(), method, request.path, call.name)
        entry.request = sent if method == "POST" else query_json(sent)
        if call is NEW_ORDER:
            self.api.note_new_order(sent)
        armed = self.faults.for_call(call.name)
        if armed is not None:
            entry.fault = armed.fault
        if armed is None or CALL_FAULTS[armed.fault].reaches_venue:
            reply = self._answer(call, venue, request, sent)
            entry.account, entry.reply = reply.account_id, reply.body
            self.turn()
        if armed is not None:
            return await failing(request, armed, _json(entry.reply))
        return _json(entry.reply)

    def _answer(
        self, call: Call | PublicCall, venue: str | None, request: web.Request, sent: bytes
    ) -> Reply:
        now = self.clock()
        if isinstance(call, PublicCall):
            return self.api.answer_public(call, venue, now)
        return self.api.answer(call, venue, request.headers, sent, now)

    # -- streams ---------------------------------------------------------------------------

    async def _user_data(self, request: web.Request) -> web.StreamResponse:
        """Serve the order and the asset stream of the manual.

        ASSUMPTION: a bad signature refuses the handshake, with HTTP 401 and an error body.
        """
        topic = USER_DATA.get(request.match_info["topic"])
        if topic is None:
            raise web.HTTPNotFound
        entry = self.recorder.add(self.clock(), "OPEN", request.path, topic)
        try:
            key = self.api.keys.authenticate_stream(request.headers, self.clock())
            venue = self.api.host_venue(request.match_info.get("venue"))
            if self.api.account(key).status == "SUSPENDED":
                raise Refusal(Code.ACCOUNT_STATUS)
        except Refusal as refusal:
            entry.reply = failure(refusal)
            return web.Response(status=401, body=entry.reply, content_type="application/json")
        entry.account = key.account_id
        socket = web.WebSocketResponse(timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        stream = Stream(socket, request, topic, self._services)
        stream.subscribe(key.account_id, venue, frozenset({topic}))
        with self.hub.joined(stream):
            await stream.run(lambda text: None)
        return socket

    async def _trading(self, request: web.Request) -> web.StreamResponse:
        """Serve the socket of 2022."""
        self.recorder.add(self.clock(), "OPEN", request.path, TRADING)
        socket = web.WebSocketResponse(timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        stream = Stream(socket, request, TRADING, self._services)
        session = TradingSession(stream, self.api, self._services, self.turn)
        with self.hub.joined(stream):
            await stream.run(session.on_text)
        return socket


def _split(path: str) -> tuple[str | None, str]:
    """VENUE1/order/newOrder or, on co-location hosts, order/newOrder."""
    venue, _, rest = path.partition("/")
    if "/" in rest:
        return venue, rest
    return None, path


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")
