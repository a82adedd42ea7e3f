"""The venue's instruments: read at the start, with retries, and again periodically.

A signed call like any other (the venue has no public ones), made for the first account.
"""

from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

from fixgw.model.ids import VenueName
from fixgw.model.instrument import Instrument
from fixgw.model.venue import InstrumentsLoaded
from fixgw.venues.adapter import Deliver
from fixgw.venues.finery import build, codes, parse, symbols
from fixgw.venues.finery.build import Call
from fixgw.venues.finery.config import FineryConfig
from fixgw.venues.finery.schemas import read_instruments
from fixgw.venues.outcome import Answer, Result
from fixgw.venues.kit.payloads import Unreadable
from fixgw.venues.reading import NotRead, keep_reading, say_left_out
from fixgw.venues.stream import Backoff, Random

log = structlog.get_logger()


class Reference:
    """The data common to all accounts."""

    def __init__(
        self,
        *,
        venue: VenueName,
        config: FineryConfig,
        call: Callable[[Call], Awaitable[Result]],
        random: Random,
        deliver: Deliver,
    ) -> None:
        self._venue = venue
        self._config = config
        self._call = call
        self._random = random
        self._deliver = deliver
        self._loaded: tuple[Instrument, ...] | None = None
        self._log = log.bind(venue=venue)

    @property
    def instruments(self) -> int:
        """The number of known instruments."""
        return len(self._loaded or ())

    async def keep_instruments(self) -> NoReturn:
        """Read the instruments periodically; deliver them when they have changed."""
        config = self._config
        await keep_reading(
            self._load,
            seconds=config.instruments_seconds,
            backoff=Backoff(config.backoff_min_seconds, config.backoff_max_seconds, self._random),
            log=self._log,
            what="instruments",
        )

    async def _load(self) -> None:
        result = await self._call(build.INSTRUMENTS)
        if not isinstance(result, Answer):
            raise NotRead(result.text)
        answered = parse.read(result)
        if answered.error is not None:
            raise NotRead(codes.describe(answered.error))
        if answered.body is None:
            raise NotRead(answered.text)
        try:
            listed = read_instruments(answered.body)
        except Unreadable as error:
            raise NotRead(str(error)) from None
        found, left_out = symbols.instruments(
            listed, self._venue, self._config.exchange, price_step=self._config.check_price_step
        )
        if found == self._loaded:
            return
        self._loaded = found
        self._log.info("instruments_loaded", instruments=len(found), left_out=len(left_out))
        say_left_out(left_out, self._log)
        self._deliver(InstrumentsLoaded(self._venue, found))
