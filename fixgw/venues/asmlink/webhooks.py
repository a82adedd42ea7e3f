"""The vendor's webhooks: a small HTTP listener of the adapter's own, and its registration.

A delivery is genuine if its signature matches its bytes. It is answered with 200 once its content
is stored (`store`), and with any other status to make the vendor send it again. No part of a
delivery that is not genuine is parsed or logged.
"""

import asyncio
import hashlib
import ssl
from collections.abc import Callable, Sequence

import structlog
from aiohttp import web

from fixgw.model.ids import VenueName
from fixgw.model.venue import ConnectionHealth, Headroom
from fixgw.runtime.clock import Clock
from fixgw.runtime.few_lines import FewLines
from fixgw.venues.asmlink import build
from fixgw.venues.asmlink.config import Webhooks
from fixgw.venues.asmlink.credentials import SIGNATURE_HEADER, Credentials, is_genuine
from fixgw.venues.asmlink.events import Events
from fixgw.venues.asmlink.store import Store, StoreError
from fixgw.venues.http import HttpClient
from fixgw.venues.http_listener import HttpListener
from fixgw.venues.outcome import Answer
from fixgw.venues.kit.payloads import Unreadable
from fixgw.venues.ratelimit import RateLimiter
from fixgw.venues.stream import Backoff

MAX_BODY_BYTES = 64 * 1024
"""A delivery longer than this is not read."""

BODY_SECONDS = 5.0
"""For the whole of a delivery to arrive, from the end of its headers; `http_listener` has the
deadlines and caps of all else."""

HOUR_SECONDS = 3600.0

OK, BAD, NOT_GENUINE, TOO_SLOW, TOO_LONG, NOT_KEPT = 200, 422, 401, 408, 413, 503

log = structlog.get_logger()


class Listener:
    """Answers deliveries at one path; whatever else is asked for is not there."""

    def __init__(self, config: Webhooks, events: Events, clock: Clock) -> None:
        self._config = config
        self._events = events
        self._clock = clock
        self._since_ms = clock.now_ms()
        self._few_lines = FewLines()
        self._http: HttpListener | None = None
        self.port: int | None = None
        """The address it listens on, once it does."""

    async def open(self) -> None:
        """Listen; raises OSError if that cannot be."""
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_post(self._config.path, self._deliver)
        http = HttpListener(app, self._config.host, self._config.port, self._tls())
        await http.open()
        self._http = http
        self._since_ms = self._clock.now_ms()
        self.port = http.port

    def connection(self) -> ConnectionHealth:
        """The state of the listener, for an operator."""
        return ConnectionHealth(
            name="webhooks", up=self._http is not None, since=self._since_ms,
            text=f"port {self._config.port}",
        )

    async def close(self) -> None:
        """Stop listening."""
        if self._http is not None:
            await self._http.close()
            self._http = None

    def _tls(self) -> ssl.SSLContext | None:
        if self._config.certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._config.certificate, self._config.key)
        return context

    async def _deliver(self, request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(BODY_SECONDS):
                body = await request.read()
        except TimeoutError:
            return web.Response(status=TOO_SLOW)
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=TOO_LONG)
        signature = request.headers.get(SIGNATURE_HEADER, "")
        if not is_genuine(self._config.secret, body, signature):
            self._few_lines.warning("webhook_not_genuine", bytes=len(body))
            return web.Response(status=NOT_GENUINE)
        if self._http is not None:
            self._http.proven(request)
        return web.Response(status=self._take(body))

    def _take(self, body: bytes) -> int:
        """Process a genuine delivery and return the status that answers it."""
        try:
            self._events.take(body, "webhook")
        except Unreadable as error:
            # Not 200: so it stays in the vendor's portal, where somebody can look at it.
            log.error("webhook_unreadable", reason=str(error))
            return BAD
        except StoreError as error:
            log.error("webhook_not_kept", reason=str(error))
            return NOT_KEPT
        return OK


class Registrar:
    """Tells the vendor where we listen, once for each account."""

    def __init__(
        self, *, venue: VenueName, config: Webhooks, accounts: Sequence[str], per_hour: int,
        base_url: str, credentials: Credentials, http: HttpClient, store: Store, clock: Clock,
        backoff: Callable[[], Backoff],
    ) -> None:
        self._venue = venue
        self._config = config
        self._accounts = accounts
        self._base_url = base_url
        self._credentials = credentials
        self._http = http
        self._store = store
        self._clock = clock
        self._backoff = backoff
        self._per_hour = per_hour
        self._limiter = RateLimiter(per_hour, HOUR_SECONDS)

    def limit(self) -> Headroom:
        """The rest of the limit of registrations."""
        left = self._limiter.headroom(self._clock.monotonic())
        return Headroom(
            scope=build.REGISTER_PATH, left=left if left is not None else self._per_hour,
            maximum=self._per_hour, seconds=HOUR_SECONDS,
        )

    async def register(self) -> None:
        """Register what is not registered yet, with patience."""
        if self._config.register == "never":
            return
        for account in self._accounts:
            name = self._fingerprint(account)
            if self._config.register == "once" and self._store.registered(name):
                continue
            await self._register(account)
            self._store.add_registration(name, self._clock.now_ms())

    async def _register(self, account: str) -> None:
        config, backoff = self._config, self._backoff()
        call = build.register(config.url, config.events, config.secret.reveal(), account)
        while True:
            while (wait := self._limiter.wait(self._clock.monotonic())) > 0:
                await asyncio.sleep(wait)
            self._limiter.take(self._clock.monotonic())
            result = await self._http.send(self._credentials.sign(call, self._base_url))
            if isinstance(result, Answer) and 200 <= result.status < 300:
                log.info("webhook_registered", venue=self._venue, account=account, url=config.url)
                return
            reason = f"HTTP {result.status}" if isinstance(result, Answer) else result.text
            wait = backoff.next()
            log.warning(
                "webhook_not_registered", venue=self._venue, account=account, reason=reason,
                wait_seconds=round(wait, 2),
            )
            await asyncio.sleep(wait)

    def _fingerprint(self, account: str) -> str:
        """Return the content of a registration, with its secret hashed."""
        config = self._config
        secret = hashlib.sha256(config.secret.reveal().encode()).hexdigest()
        return " ".join((self._base_url, account, config.url, *sorted(config.events), secret))
