"""The sandbox on the wire: aiohttp routes over the exchange, and the faults.

The I/O shell of the package: it reads bytes, asks api.py, and decides nothing about orders. All
state lives in one event loop; a command and all that follows from it happen between two awaits.
"""

import time
from collections.abc import Callable
from email.utils import formatdate
from itertools import count

from aiohttp import web

from fixgw.sandbox.failing import failing
from fixgw.sandbox.faults import CALL_FAULTS, Faults
from fixgw.sandbox.finery.api import LISTS, METHODS, Api, Caller, TooOften, encode
from fixgw.sandbox.finery.codes import NotReplaced, Refusal
from fixgw.sandbox.finery.config import Settings
from fixgw.sandbox.finery.exchange import Exchange
from fixgw.sandbox.finery.socket import ORDERS, Services, Session
from fixgw.sandbox.record import Entry, Recorder

# The time limit for a client to answer the close of a socket.
CLOSE_SECONDS = 0.5
BAD_REQUEST = 400


def wall_clock() -> int:
    """Milliseconds since 1970, the venue's time."""
    return time.time_ns() // 1_000_000


class Server:
    """One running sandbox, from sockets down to the exchange."""

    def __init__(self, settings: Settings, clock: Callable[[], int] = wall_clock) -> None:
        self.clock = clock
        self.exchange = Exchange(settings)
        self.api = Api(self.exchange)
        self.faults = Faults(frozenset(METHODS), frozenset({ORDERS}), LISTS)
        self.recorder = Recorder(settings.behaviour.record_limit)
        self.connected = True
        self._idle_seconds = settings.behaviour.idle_seconds
        self._sessions: dict[int, Session] = {}
        self._numbers = count(1)
        self._services = Services(
            self.api, clock, self.faults, self.recorder, self.turn
        )

    def add_routes(self, app: web.Application) -> None:
        """The vendor's paths. One route for all methods: the table is the router."""
        app.router.add_post("/api/{method:.+}", self._rest)
        app.router.add_get("/ws", self._socket)
        app.on_shutdown.append(self._shut_down)

    def connect(self, connected: bool) -> None:
        """Let the sockets' server find, or lose, the market behind it."""
        self.connected = connected
        for session in list(self._sessions.values()):
            session.status(connected)

    @property
    def sessions(self) -> list[Session]:
        """The open sockets, oldest first."""
        return list(self._sessions.values())

    def turn(self) -> None:
        """Tell the sockets what happened."""
        for news in self.exchange.take_news():
            for session in list(self._sessions.values()):
                session.news(news)

    async def _shut_down(self, app: web.Application) -> None:
        for session in list(self._sessions.values()):
            session.abort()

    # -- REST ------------------------------------------------------------------------------

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await request.read()
        entry = self.recorder.add(self.clock(), "POST", request.path, method)
        entry.request = body
        if method == "add":
            self.api.note_add(body)
        armed = self.faults.for_call(method)
        if armed is not None:
            entry.fault = armed.fault
        status = web.HTTPOk.status_code
        if armed is None or CALL_FAULTS[armed.fault].reaches_venue:
            status = self._perform(method, request, body, entry)
            self.turn()
        reply = self._json(entry.reply, status)
        return reply if armed is None else await failing(request, armed, reply)

    def _perform(self, method: str, request: web.Request, body: bytes, entry: Entry) -> int:
        """Answer into *entry*; the HTTP status. "Application error: HTTP 400"."""
        now = self.clock()
        try:
            key = self.api.keys.authenticate(request.headers, method, body, now)
            entry.account = str(key.client_id)
            shown = self.faults.for_list(method)
            entry.reply = self.api.perform(method, Caller(key, now), body, shown)
        except TooOften:
            entry.reply = b"Too Many Requests"
            return web.HTTPTooManyRequests.status_code
        except NotReplaced as failed:
            entry.reply = encode({"reply": failed.body})
            return BAD_REQUEST
        except Refusal as refusal:
            entry.reply = encode({"error": int(refusal.code)})
            return BAD_REQUEST
        return web.HTTPOk.status_code

    def _json(self, body: bytes, status: int) -> web.Response:
        headers = {"Date": formatdate(self.clock() / 1000, usegmt=True)}
        if status == web.HTTPTooManyRequests.status_code:
            headers["Retry-After"] = "1"
        return web.Response(
            body=body, status=status, content_type="application/json", headers=headers
        )

    # -- the socket ------------------------------------------------------------------------

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        """ASSUMPTION: a refused handshake is HTTP 400 with the error as its body."""
        entry = self.recorder.add(self.clock(), "OPEN", request.path, ORDERS)
        try:
            key = self.api.keys.authenticate_socket(request.headers, self.clock())
        except Refusal as refusal:
            entry.reply = encode({"error": int(refusal.code)})
            return self._json(entry.reply, BAD_REQUEST)
        entry.account = str(key.client_id)
        # Only what a client sends keeps a connection from being idle.
        socket = web.WebSocketResponse(
            timeout=CLOSE_SECONDS, receive_timeout=self._idle_seconds
        )
        await socket.prepare(request)
        session = Session(next(self._numbers), socket, request, key, self._services)
        self._sessions[session.number] = session
        session.status(self.connected)
        try:
            await session.run()
        except TimeoutError:
            session.abort()
        finally:
            del self._sessions[session.number]
            self.exchange.disconnected(session.number, self.clock())
            self.turn()
        return socket
