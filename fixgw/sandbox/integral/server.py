"""The sandbox on the wire: aiohttp routes over the exchange, one timer, and the faults.

The I/O shell of the package: it reads bytes, authenticates the sender, and decides nothing about
orders. All state lives in one event loop; a command and all that follows from it happen between two
awaits.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import TypeVar

import msgspec
from aiohttp import web
from msgspec import Struct

from fixgw.sandbox.failing import failing
from fixgw.sandbox.faults import CALL_FAULTS, Answer, Armed, Faults
from fixgw.sandbox.integral.auth import Token, Users
from fixgw.sandbox.integral.config import Settings, UserSettings
from fixgw.sandbox.integral.exchange import Exchange
from fixgw.sandbox.integral.orders import read_request
from fixgw.sandbox.integral.wire import LoginView, OrderView, Refusal, encode, failure
from fixgw.sandbox.record import Entry, Recorder

REQUEST_ID = "X-Request-ID"
WINDOW_MS = 1_000

T = TypeVar("T")

# Calls that a fault can be armed for: method and path, with {} for an id -> the call's name.
CALLS = {
    ("POST", "/v2/sso/login"): "login",
    ("GET", "/v2/sso/token/renew"): "renew",
    ("POST", "/v2/orders"): "placeOrder",
    ("GET", "/v2/orders"): "queryOrders",
    ("DELETE", "/v2/orders"): "cancelAllOrders",
    ("GET", "/v2/orders/{id}"): "queryOrder",
    ("DELETE", "/v2/orders/{id}"): "cancelOrder",
    ("GET", "/v2/trades"): "queryTrades",
    ("GET", "/v2/trades/{id}"): "queryTrade",
    ("GET", "/v2/rates/spot"): "spotRate",
}

LISTS = frozenset({"queryOrders", "queryTrades"})
# Those that show what there is; the first stands for questions about one order as well.


class LoginRequest(Struct, frozen=True, rename={"password": "pass"}):
    """The body of a login; all of it is required."""

    user: str
    password: str
    org: str


class Reply(Struct, frozen=True):
    """The answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def wall_clock() -> int:
    """Milliseconds since 1970, the venue's time."""
    return time.time_ns() // 1_000_000


class Server:
    """One running sandbox, from sockets down to the exchange."""

    def __init__(self, settings: Settings, clock: Callable[[], int] = wall_clock) -> None:
        behaviour = settings.behaviour
        self.clock = clock
        self.exchange = Exchange(settings)
        self.users = Users(settings)
        self.faults = Faults(frozenset(CALLS.values()), frozenset(), LISTS)
        self.recorder = Recorder(behaviour.record_limit)
        self.request_ids: deque[str] = deque(maxlen=behaviour.record_limit)
        self._behaviour = behaviour
        self._seen: defaultdict[str, deque[int]] = defaultdict(deque)
        self._timer: asyncio.TimerHandle | None = None

    def add_routes(self, app: web.Application) -> None:
        """The vendor's paths."""
        for (method, path), name in CALLS.items():
            app.router.add_route(method, path, self._handler(name))
        app.on_shutdown.append(self._shut_down)

    def turn(self) -> None:
        """Do what is due, and come back for what is not due yet."""
        now = self.clock()
        self.exchange.advance(now)
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

    def _handler(self, name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._handle(name, request)

        return handle

    async def _handle(self, name: str, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        entry = self.recorder.add(self.clock(), request.method, request.path_qs, name)
        entry.request = b"" if name == "login" else body
        self.request_ids.append(request.headers.get(REQUEST_ID, ""))
        if name == "placeOrder":
            self._note(body)
        armed = self.faults.for_call(name)
        if armed is not None:
            entry.fault = armed.fault
        reply = Reply(200, b"")
        if armed is None or CALL_FAULTS[armed.fault].reaches_venue:
            self.turn()
            reply = self._answer(name, request, body, entry)
            entry.reply = reply.body
            self.turn()
        if armed is not None:
            return await self._fail(request, armed, reply)
        return self._respond(request, reply)

    def _answer(self, name: str, request: web.Request, body: bytes, entry: Entry) -> Reply:
        try:
            return self._perform(name, request, body, entry)
        except Refusal as refusal:
            headers = (("Retry-After", "1"),) if refusal.status == 429 else ()
            return Reply(refusal.status, failure(refusal), headers)

    def _perform(self, name: str, request: web.Request, body: bytes, entry: Entry) -> Reply:
        now = self.clock()
        if name == "login":
            return self._log_in(body, now)
        if name == "renew":
            return self._welcome(self.users.renew(request.headers, now), now)
        line = f"{request.method} {request.raw_path} HTTP/1.1"
        user = self.users.authenticate(request.headers, line, body, now)
        entry.account = user.user
        self._count(user, now)
        exchange, order_id = self.exchange, request.match_info.get("id", "")
        match name:
            case "placeOrder":
                return Reply(202, encode(exchange.place(user, read_request(body), now)))
            case "cancelOrder":
                # ASSUMPTION: the order, and 202 as for all that is done later.
                return Reply(202, encode(exchange.cancel(user, order_id, now)))
            case "cancelAllOrders":
                return Reply(202, encode(exchange.cancel_all(user, now)))
            case "queryOrder":
                return Reply(200, encode(self._shown(exchange.order(user, order_id))))
            case "queryOrders":
                co_id = request.query.get("coId")
                if co_id and self._behaviour.co_id_query:
                    found = exchange.order_by_co_id(user, co_id)
                    return Reply(200, encode(self._shown(found)))
                return Reply(200, encode(self._rows("queryOrders", exchange.active(user))))
            case "queryTrades":
                wanted = request.query.get("orderId", "")
                trades = exchange.trades(user, wanted, now)
                return Reply(200, encode(self._rows("queryTrades", trades)))
            case "spotRate":
                return Reply(200, encode(exchange.rate(request.query.get("symbol", ""), now)))
            case _:
                return Reply(200, encode(exchange.trade(user, order_id, now)))

    def _rows(self, name: str, rows: list[T]) -> list[T]:
        """Return those of *rows* that the answer to call *name* shows."""
        shown = self.faults.for_list(name)
        return rows if shown is None else shown.rows(rows)

    def _shown(self, order: OrderView) -> OrderView:
        if not self._rows("queryOrders", [order]):
            raise Refusal(404, "No such order")
        return order

    def _log_in(self, body: bytes, now: int) -> Reply:
        try:
            asked = msgspec.json.decode(body, type=LoginRequest)
        except (ValueError, RecursionError):
            raise Refusal(400, "user, pass and org are required") from None
        token = self.users.log_in(asked.user, asked.password, asked.org, now)
        return self._welcome(token, now)

    @staticmethod
    def _welcome(token: Token, now: int) -> Reply:
        """The token comes as a header and as a cookie."""
        body = encode(LoginView(expiry_time=token.expires, server_utc_time=now))
        cookie = f"SSO_TOKEN={token.text}; Path=/"
        return Reply(200, body, (("SSO_TOKEN", token.text), ("Set-Cookie", cookie)))

    def _count(self, user: UserSettings, now: int) -> None:
        """ASSUMPTION: a limit by user, and 429 with Retry-After beyond it."""
        limit, seen = self._behaviour.requests_per_second, self._seen[user.user]
        if not limit:
            return
        while seen and seen[0] <= now - WINDOW_MS:
            seen.popleft()
        if len(seen) >= limit:
            raise Refusal(429, "Too many requests")
        seen.append(now)

    def _note(self, body: bytes) -> None:
        """Count a "Place order" that has arrived, whatever becomes of it."""
        try:
            self.exchange.place_calls[read_request(body).co_id] += 1
        except Refusal:
            return

    async def _fail(
        self, request: web.Request, armed: Armed, reply: Reply
    ) -> web.StreamResponse:
        if CALL_FAULTS[armed.fault].answer is Answer.HTTP_500:
            # It says so in its own words.
            reply = Reply(500, failure(Refusal(500, "Internal server error")))
            return self._respond(request, reply)
        return await failing(request, armed, self._respond(request, reply))

    def _respond(self, request: web.Request, reply: Reply) -> web.Response:
        response = web.Response(
            status=reply.status, body=reply.body, content_type="application/json"
        )
        response.headers["Date"] = formatdate(self.clock() / 1000, usegmt=True)
        for name, value in reply.headers:
            response.headers.add(name, value)
        if REQUEST_ID in request.headers:
            # "The system echos back this header in the response."
            response.headers[REQUEST_ID] = request.headers[REQUEST_ID]
        return response
