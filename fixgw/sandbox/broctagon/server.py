"""The sandbox on the wire: aiohttp routes over the CRM, the faults, and authentication.

The I/O shell of the package: it reads bytes and decides nothing about accounts. All state lives in
one event loop; a call and all that follows from it happen between two awaits.
"""

import hashlib
import hmac
from collections.abc import Awaitable, Callable

from aiohttp import web

from fixgw.sandbox.broctagon.config import Settings
from fixgw.sandbox.broctagon.crm import LIMIT_DEFAULT, LIMIT_MAX, Crm
from fixgw.sandbox.broctagon.wire import Refusal, TransferBody, encode, failure, read
from fixgw.sandbox.failing import failing
from fixgw.sandbox.faults import CALL_FAULTS, Faults
from fixgw.sandbox.record import Entry, Recorder
from fixgw.sandbox.running import Clock, wall_clock

KEY_HEADER, SIGNATURE_HEADER = "key", "signature"
CALLS = frozenset({"users", "mt4_accounts", "mt5_accounts", "deposit", "withdrawal"})
REPEAT = b'{"repeat":true}'

Answer = tuple[int, bytes]
Do = Callable[[web.Request, bytes], Answer]


class Server:
    """One running sandbox, from sockets down to the CRM."""

    def __init__(self, settings: Settings, clock: Clock = wall_clock) -> None:
        self.clock = clock
        self.crm = Crm(settings)
        self.faults = Faults(CALLS, frozenset())
        self.recorder = Recorder(settings.behaviour.record_limit)
        self._key = settings.api_key.encode()
        self._mt5_path = settings.behaviour.mt5_path
        self._error_key = settings.behaviour.error_key

    def add_routes(self, app: web.Application) -> None:
        """The vendor's paths, and MT5's list if the settings want it."""
        add, mt4 = app.router.add_route, "/public/v1/mt4/accounts"
        add("GET", "/public/v1/users", self._handler("users", self._users))
        add("GET", mt4, self._handler("mt4_accounts", self._accounts("mt4")))
        add("POST", f"{mt4}/{{login}}/deposit", self._handler("deposit", self._transfer(1)))
        add("POST", f"{mt4}/{{login}}/withdrawal", self._handler("withdrawal", self._transfer(-1)))
        if self._mt5_path:
            add("GET", self._mt5_path, self._handler("mt5_accounts", self._accounts("mt5")))

    # ------------------------------------------------------------------- calls

    def _users(self, request: web.Request, sent: bytes) -> Answer:
        query = request.query
        part = self.crm.users(
            query.get("type", ""), query.get("suspended", ""), *_part(request, default=None)
        )
        return 200, encode(part)

    def _accounts(self, platform: str) -> Do:
        def do(request: web.Request, sent: bytes) -> Answer:
            query = request.query
            if "connection_id" not in query:
                raise Refusal(400, "invalid_request", "connection_id is missing")
            part = self.crm.accounts(
                platform, query["connection_id"], query.get("user_id", ""),
                *_part(request, default=LIMIT_DEFAULT),
            )
            return 200, encode(part)

        return do

    def _transfer(self, sign: int) -> Do:
        def do(request: web.Request, sent: bytes) -> Answer:
            login = request.match_info["login"]
            if not login.isdecimal():
                raise Refusal(400, "mt4_account_not_found")
            body = read(sent, TransferBody)
            done = self.crm.transfer(int(login), body, sign, self.clock())
            return (204, b"") if done else (200, REPEAT)

        return do

    # -------------------------------------------------------------- I/O shell

    def _handler(
        self, call: str, do: Do
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self._rest(request, call, do)

        return handle

    async def _rest(self, request: web.Request, call: str, do: Do) -> web.StreamResponse:
        sent = await request.read()
        entry = self.recorder.add(self.clock(), request.method, request.path_qs, call)
        entry.request = sent
        armed = self.faults.for_call(call)
        if armed is not None:
            entry.fault = armed.fault
        reply = web.Response(status=502)
        if armed is None or CALL_FAULTS[armed.fault].reaches_venue:
            reply = self._answer(request, sent, do, entry)
        if armed is not None:
            return await failing(request, armed, reply)
        return reply

    def _answer(self, request: web.Request, sent: bytes, do: Do, entry: Entry) -> web.Response:
        try:
            self._check(request, sent)
            status, entry.reply = do(request, sent)
        except Refusal as refusal:
            status = refusal.status
            entry.reply = failure(self._error_key, refusal.type, str(refusal))
        return web.Response(
            status=status, body=entry.reply or None,
            content_type="application/json" if entry.reply else None,
        )

    def _check(self, request: web.Request, sent: bytes) -> None:
        """"Authentication V2": the key, and the signature of the body's bytes as they came."""
        given = request.headers.get(KEY_HEADER, "").encode(errors="replace")
        if not hmac.compare_digest(given, self._key):
            raise Refusal(403, "invalid_api_key", "API key is not exist or invalid")
        if not sent:
            return
        seal = f"sha256={hmac.new(self._key, sent, hashlib.sha256).hexdigest()}"
        signature = request.headers.get(SIGNATURE_HEADER, "").encode(errors="replace")
        if not hmac.compare_digest(signature, seal.encode()):
            raise Refusal(403, "invalid_signature", "Signature does not match")


def _part(request: web.Request, *, default: int | None) -> tuple[int, int]:
    """skip and limit; without a *default* both must be there."""
    query = request.query
    try:
        if default is None:
            skip, limit = int(query["skip"]), int(query["limit"])
        else:
            skip, limit = int(query.get("skip", "0")), int(query.get("limit", str(default)))
    except (KeyError, ValueError):
        raise Refusal(400, "invalid_request", "skip and limit are numbers") from None
    if skip < 0 or not 0 < limit <= LIMIT_MAX:
        raise Refusal(400, "invalid_request", f"limit is at most {LIMIT_MAX}")
    return skip, limit
