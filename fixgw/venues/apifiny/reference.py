"""Data common to all accounts: instruments, the state of exchanges, the venue's clock.

Read at the start, with retries, and again periodically. These are public calls: they are not
signed, and do not count against any account's rate limit.
"""

import asyncio
from collections.abc import Mapping

import structlog

from fixgw.model.ids import VenueName
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.apifiny import build, symbols
from fixgw.venues.apifiny.build import Call
from fixgw.venues.apifiny.config import ApifinyConfig
from fixgw.venues.apifiny.credentials import public
from fixgw.venues.apifiny.place import Place
from fixgw.venues.apifiny.schemas import read_symbols, read_time, read_venues
from fixgw.venues.http import HttpClient
from fixgw.venues.outcome import Answer
from fixgw.venues.kit.payloads import Unreadable
from fixgw.venues.kit.clock import doubt
from fixgw.venues.kit.reference import InstrumentList, NotRead

log = structlog.get_logger()


class Reference:
    """The public side of one venue."""

    def __init__(
        self,
        *,
        venue: VenueName,
        places: Mapping[str, Place],
        config: ApifinyConfig,
        http: HttpClient,
        clock: Clock,
        deliver: Deliver,
    ) -> None:
        self._venue = venue
        self._places = places
        self._config = config
        self._http = http
        self._clock = clock
        self._listed = InstrumentList(venue, deliver)
        self._log = log.bind(venue=venue)
        self.clock_asked = {exchange: asyncio.Event() for exchange in places}
        """Set once the first attempt to read the venue's clock is over, well or not."""

    async def load(self, exchange: str) -> None:
        """Read what *exchange* trades; raise NotRead if it cannot be read."""
        venues = await self._read(exchange, build.LIST_VENUES)
        listed = await self._read(exchange, build.LIST_SYMBOLS)
        try:
            venue_rows, rows = read_venues(venues).result, read_symbols(listed).result
        except Unreadable as error:
            raise NotRead(str(error)) from None
        if venue_rows is None or rows is None:
            raise NotRead("no result")
        enabled = symbols.exchange_enabled(venue_rows, exchange)
        found = symbols.instruments(rows, self._venue, exchange, enabled)
        self._listed.take(found, exchange, enabled=enabled)

    async def compare_clocks(self, exchange: str) -> None:
        """Ask *exchange* for its time; raise NotRead if none can be used."""
        place = self._places[exchange]
        try:
            asked = self._clock.monotonic()
            body = await self._read(exchange, build.SERVER_TIME)
            answered = self._clock.monotonic()
            venue_ms = read_time(body).result
            if venue_ms is not None and (why := doubt(venue_ms, self._clock.now_ms())):
                raise NotRead(why)
            if venue_ms is None or not place.clock.learn(venue_ms, asked, answered):
                raise NotRead(f"no usable time within {answered - asked:.1f} s")
        except Unreadable as error:
            raise NotRead(str(error)) from None
        finally:
            self.clock_asked[exchange].set()
        skew_ms = place.clock.skew_ms()
        far = abs(skew_ms) > self._config.clock_warning_seconds * 1000
        (self._log.warning if far else self._log.debug)(
            "venue_clock", exchange=exchange, ahead_ms=skew_ms
        )

    async def _read(self, exchange: str, call: Call) -> bytes:
        result = await self._http.send(public(call, self._places[exchange].endpoints.rest_url))
        if not isinstance(result, Answer):
            raise NotRead(f"{call.path}: {result.text}")
        if result.status != 200:
            raise NotRead(f"{call.path}: HTTP {result.status}")
        return result.body
