"""Data common to all accounts: instruments, the state of exchanges, the venue's clock.

Read at the start, with retries, and again periodically. These are public calls: they are not
signed, and do not count against any account's rate limit.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import NoReturn

import structlog

from fixgw.model.ids import VenueName
from fixgw.model.instrument import Instrument
from fixgw.model.venue import InstrumentsLoaded
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
from fixgw.venues.reading import NotRead, keep_reading, say_left_out
from fixgw.venues.kit.clock import doubt
from fixgw.venues.stream import Backoff, Random

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
        random: Random,
        deliver: Deliver,
    ) -> None:
        self._venue = venue
        self._places = places
        self._config = config
        self._http = http
        self._clock = clock
        self._random = random
        self._deliver = deliver
        self._loaded: dict[str, tuple[Instrument, ...]] = {}
        self._log = log.bind(venue=venue)
        self.clock_asked = {exchange: asyncio.Event() for exchange in places}
        """Set once the first attempt to read the venue's clock is over, well or not."""

    async def keep_instruments(self, exchange: str) -> NoReturn:
        """Load what *exchange* trades, and load it again from time to time."""
        await self._keep(
            lambda: self._load(exchange), self._config.instruments_seconds, "instruments", exchange
        )

    async def keep_clock(self, exchange: str) -> NoReturn:
        """Compare clocks with *exchange*, again and again."""
        await self._keep(
            lambda: self._compare_clocks(exchange), self._config.clock_seconds, "clock", exchange
        )

    async def _keep(
        self, read: Callable[[], Awaitable[None]], period: float, what: str, exchange: str
    ) -> NoReturn:
        config = self._config
        await keep_reading(
            read,
            seconds=period,
            backoff=Backoff(config.backoff_min_seconds, config.backoff_max_seconds, self._random),
            log=self._log,
            what=what,
            exchange=exchange,
        )

    async def _load(self, exchange: str) -> None:
        venues = await self._read(exchange, build.LIST_VENUES)
        listed = await self._read(exchange, build.LIST_SYMBOLS)
        try:
            venue_rows, rows = read_venues(venues).result, read_symbols(listed).result
        except Unreadable as error:
            raise NotRead(str(error)) from None
        if venue_rows is None or rows is None:
            raise NotRead("no result")
        enabled = symbols.exchange_enabled(venue_rows, exchange)
        found, left_out = symbols.instruments(rows, self._venue, exchange, enabled)
        if self._loaded.get(exchange) == found:
            return
        self._log.info(
            "instruments_loaded",
            exchange=exchange,
            enabled=enabled,
            instruments=len(found),
            left_out=len(left_out),
        )
        say_left_out(left_out, self._log, exchange=exchange)
        self._loaded[exchange] = found
        everything = tuple(one for each in self._loaded.values() for one in each)
        self._deliver(InstrumentsLoaded(self._venue, everything))

    async def _compare_clocks(self, exchange: str) -> None:
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
