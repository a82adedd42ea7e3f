"""Authentication of one account's requests: by a token that is renewed in time, or by signatures.

The I/O shell around `credentials`. A token is renewed long before it ends; one that the venue no
longer accepts is replaced by a new login. It never sends a request twice, and a token never reaches
the log.
"""

import asyncio
import itertools
import os
from http.cookies import CookieError, SimpleCookie

import structlog

from fixgw.runtime.clock import Clock
from fixgw.runtime.secrets import Secret
from fixgw.venues.http import HttpClient, Request
from fixgw.venues.integral import build, credentials, parse
from fixgw.venues.integral.build import Call
from fixgw.venues.integral.config import Account, IntegralConfig
from fixgw.venues.outcome import Answer, Result
from fixgw.venues.kit.payloads import Unreadable
from fixgw.venues.kit.clock import Doubts, date_ms
from fixgw.venues.stream import WORKED_SECONDS, Backoff, Random

log = structlog.get_logger()

KEPT_HEADERS = ("SSO_TOKEN", "Set-Cookie", "Retry-After", "Date")
"""The headers of an answer that the adapter reads."""

CLOCK_SECONDS = 5.0
"""A smaller difference of the clocks is not why a signature is not taken."""

LIFE_SECONDS_ASSUMED = 60.0
"""A token is renewed as if it lived so long, where the venue's times cannot be (in seconds, for
one)."""

SHOWN_BYTES = 2_000
"""Of a request that failed, and of its answer, in the log."""


class Login:
    """The authentication of one account."""

    def __init__(
        self,
        *,
        name: str,
        account: Account,
        config: IntegralConfig,
        http: HttpClient,
        clock: Clock,
        random: Random,
    ) -> None:
        self._account = account
        self._config = config
        self._http = http
        self._clock = clock
        self._random = random
        self._url = config.url.rstrip("/")
        self._token: Secret | None = None
        self._renew_at = self._ends_at = 0.0
        self._stale = asyncio.Event()
        self._log = log.bind(venue_account=name)
        self._doubts = Doubts(self._log)
        # X-Request-ID: "trace each API call". Unique over restarts, too.
        self._prefix = os.urandom(6).hex()
        self._numbers = itertools.count(1)
        self.ready = asyncio.Event()
        """Set while requests can be made."""
        self.skew_ms: int | None = None
        """The lead of the venue's clock over ours: at the last login, or by the Date of the last
        answer, which has whole seconds. None: not known yet."""
        self._ahead_seconds = 0.0
        """The same lead, as signatures assume it."""
        if config.authentication == "hmac":
            self.ready.set()

    def request(self, call: Call) -> Request:
        """*call* as it may leave now; `ready` is set."""
        request_id = self._request_id()
        if self._config.authentication == "hmac":
            return credentials.signed(
                call,
                self._url,
                request_id,
                user=self._account.user,
                secret=self._account.secret,
                covers=self._config.hmac_headers,
                user_parameter=self._config.hmac_user_parameter,
                now_ms=self._clock.now_ms() + round(self._ahead_seconds * 1000),
            )
        # Not ready any more, or not yet: a request without a token is turned away.
        token = self._token or Secret("")
        return credentials.with_token(call, self._url, token, request_id)

    async def send(self, call: Call) -> tuple[Result, str]:
        """Send *call* once, as ours; what became of it, and its X-Request-ID.

        A token that is not taken is given up. A signature that is not taken, by
        a venue whose clock is another than ours, is the last by our clock.
        """
        request = self.request(call)
        request_id = request.headers[credentials.REQUEST_ID]
        result = await self._http.send(request)
        self._tell(call, result, request_id)
        if parse.is_unauthorized(result):
            if self._config.authentication == "hmac":
                self._set_clock(result)
            elif self._token is not None:
                if request.headers.get(credentials.TOKEN_HEADER) == self._token.reveal():
                    self._give_up()
        elif self._config.authentication == "hmac":
            self._note_clock(result)
        return result, request_id

    def _tell(self, call: Call, result: Result, request_id: str) -> None:
        """Log the request: what the vendor's support asks for is the id, and all of a failure."""
        status = result.status if isinstance(result, Answer) else None
        # A question that finds nothing is no failure: 404 is how it is answered.
        nothing = status == parse.NOT_FOUND and call.method == "GET"
        facts = {
            "method": call.method, "path": call.path, "about": call.about, "status": status,
            "request_id": request_id,
        }
        if status is not None and (status < parse.BAD_REQUEST or nothing):
            say = self._log.debug if call.method == "GET" else self._log.info
            say("venue_request", **facts)
            return
        self._log.warning(
            "venue_request_failed",
            **facts,
            sent=_shown(call.body),
            answer=_shown(result.body) if isinstance(result, Answer) else "",
            reason="" if isinstance(result, Answer) else result.text,
        )

    def _note_clock(self, result: Result) -> float | None:
        """The venue's clock by its Date header, in seconds against ours; None: it has none that
        can be believed."""
        told_ms = date_ms(result) if isinstance(result, Answer) else None
        now_ms = self._clock.now_ms()
        if told_ms is None or not self._doubts.believes(told_ms, now_ms):
            return None
        self.skew_ms = told_ms - now_ms
        return self.skew_ms / 1000

    def _set_clock(self, result: Result) -> None:
        ahead = self._note_clock(result)
        if ahead is not None and abs(ahead - self._ahead_seconds) > CLOCK_SECONDS:
            self._ahead_seconds = ahead if abs(ahead) > CLOCK_SECONDS else 0.0
            self._log.warning(
                "signing_by_the_venues_clock", ahead_seconds=round(self._ahead_seconds),
                way_out="set this machine's clock",
            )

    async def keep(self) -> None:
        """Log in, renew, log in again, for ever; nothing to do for signatures."""
        if self._config.authentication == "hmac":
            return
        backoff = Backoff(
            self._config.login_backoff_min_seconds,
            self._config.login_backoff_max_seconds,
            self._random,
        )
        while True:
            try:
                await self._fetch()
                # However short its life is said to be: not one login after the other.
                wait = max(
                    self._renew_at - self._clock.monotonic(),
                    self._config.login_backoff_min_seconds,
                )
            except Unreadable as error:
                wait = backoff.next()
                self._log.warning(
                    "login_failed", reason=str(error), wait_seconds=round(wait, 2)
                )
                if self._token is not None and self._ends_at <= self._clock.monotonic():
                    self._give_up()
            self._stale.clear()
            if not self.ready.is_set():
                await asyncio.sleep(wait)
            elif await self._held(wait):
                backoff.reset()
            else:
                # Not a login for each request of a venue that takes no token of its own.
                await asyncio.sleep(backoff.next())

    async def _held(self, seconds: float) -> bool:
        """Wait, at most until the token is refused; whether it was good for a while."""
        began = self._clock.monotonic()
        try:
            async with asyncio.timeout(seconds):
                await self._stale.wait()
        except TimeoutError:
            return True
        return self._clock.monotonic() - began >= WORKED_SECONDS

    async def _fetch(self) -> None:
        """Renew the token if there is one, else log in. A renewal that is refused ends it."""
        asked = self._clock.monotonic()
        renewing = self._token is not None
        if renewing:
            result = await self._http.send(self.request(build.RENEW))
        else:
            result = await self._http.send(
                credentials.login(
                    self._account.user,
                    self._account.secret,
                    self._account.org,
                    self._url,
                    self._request_id(),
                )
            )
        try:
            login = parse.login(result)
            token = _token(result)
        except Unreadable:
            if renewing and isinstance(result, Answer) and 400 <= result.status < 500:
                self._give_up()
            raise
        self._token = token
        life_seconds = self._believed_life(login)
        # From the moment it was asked for, at the latest, its life counts down.
        self._renew_at = asked + life_seconds * self._config.renew_fraction
        self._ends_at = asked + life_seconds
        self.ready.set()
        self._log.info(
            "token_renewed" if renewing else "logged_in",
            life_seconds=round(life_seconds),
            venue_clock_ahead_ms=self.skew_ms,
        )

    def _believed_life(self, login: parse.Login) -> float:
        """Return the seconds the token lives, by the venue's times if they are plausible."""
        now_ms = self._clock.now_ms()
        if not self._doubts.believes(login.server_ms, now_ms):
            return LIFE_SECONDS_ASSUMED
        self.skew_ms = login.server_ms - now_ms
        return login.life_seconds

    def _give_up(self) -> None:
        self._token = None
        self.ready.clear()
        self._stale.set()

    def _request_id(self) -> str:
        return f"{self._prefix}-{next(self._numbers)}"


def _shown(body: bytes) -> str:
    return body[:SHOWN_BYTES].decode(errors="replace")


def _token(result: Result) -> Secret:
    """The token of a login's answer: a header, or a cookie of the same name."""
    assert isinstance(result, Answer), "parse.login has read it"
    token = result.headers.get("sso_token", "")
    if not token:
        try:
            cookie = SimpleCookie(result.headers.get("set-cookie", "")).get("SSO_TOKEN")
        except CookieError:
            cookie = None
        token = cookie.value if cookie is not None else ""
    if not token:
        raise Unreadable("no SSO_TOKEN in the answer's headers")
    if not (token.isascii() and token.isprintable()):
        # As a cookie it may hold anything, escaped; in a header of ours it would end the line.
        raise Unreadable("an SSO_TOKEN that no header can hold")
    return Secret(token)
