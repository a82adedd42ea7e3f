"""Signed REST calls of one account: each with a nonce of its own, sent once.

Where the venue wants rising nonces, one call waits for the answer to the one before. What an
answer means is for others to say, but for HTTP 429: whoever listens hears how long to be quiet.
"""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext

from fixgw.venues.finery.build import Call
from fixgw.venues.finery.clock import VenueClock
from fixgw.venues.finery.config import FineryConfig
from fixgw.venues.finery.credentials import Credentials, Nonces
from fixgw.venues.http import HttpClient
from fixgw.venues.outcome import Answer, Result

TOO_OFTEN = 429
LONGEST_HOLD_SECONDS = 120.0
"""A Retry-After of more is not believed: cancels wait for it as well."""


class Rest:
    """The way to `POST /api/<method>`."""

    def __init__(
        self,
        *,
        credentials: Credentials,
        nonces: Nonces,
        config: FineryConfig,
        http: HttpClient,
        clock: VenueClock,
    ) -> None:
        self._credentials = credentials
        self._nonces = nonces
        self._url = config.rest_url.rstrip("/")
        self._too_often_seconds = config.too_often_seconds
        self.too_often: Callable[[float], None] = lambda seconds: None
        """Told how many seconds nothing may leave."""
        self._http = http
        self._clock = clock
        self._turn = asyncio.Lock() if config.nonces_in_order else nullcontext()

    async def call(self, call: Call) -> Result:
        """Sign *call* now, send it once."""
        async with self._turn:
            clock = self._clock
            sent_ms = clock.ours.now_ms()
            nonce = self._nonces.next(sent_ms)
            result = await self._http.send(
                self._credentials.sign(call, self._url, clock.now_ms(), nonce)
            )
        if isinstance(result, Answer):
            clock.heard(result, sent_ms, clock.ours.now_ms())
            if result.status == TOO_OFTEN:
                self.too_often(
                    result.retry_after(default=self._too_often_seconds, most=LONGEST_HOLD_SECONDS)
                )
        return result
