"""What a venue publishes, above all its instruments: read at the start, with retries, and again
periodically.

It decides when to read, which rows can be traded and when the gateway is told; it knows no venue.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import NoReturn, TypeVar

import structlog
from msgspec import Raw, Struct

from fixgw.model.ids import VenueName
from fixgw.model.instrument import Instrument
from fixgw.model.venue import InstrumentsLoaded
from fixgw.venues.adapter import Deliver
from fixgw.venues.kit.border import text_of
from fixgw.venues.kit.payloads import Damaged, RowReader
from fixgw.venues.kit.wording import SAFE_NAME
from fixgw.venues.stream import Backoff

LEFT_OUT_SHOWN = 20
"""Instruments that are named in the log, with the reason why they cannot be traded."""

T = TypeVar("T", bound=Struct)
Tradable = tuple[tuple[Instrument, ...], list[str]]
"""The instruments of a list that can be traded; and why its other rows cannot."""


class NotRead(Exception):
    """The call gave no answer that can be used."""


async def keep_reading(
    read: Callable[[], Awaitable[None]],
    *,
    seconds: float,
    backoff: Backoff,
    log: structlog.stdlib.BoundLogger,
    **what: str,
) -> NoReturn:
    """Call *read* every *seconds*; after NotRead, wait as *backoff* says.

    *what* are the fields of the log event that identify the data that was not read.
    """
    while True:
        try:
            await read()
            backoff.reset()
            wait = seconds
        except NotRead as error:
            wait = backoff.next()
            log.warning(
                "reference_not_read", **what, reason=str(error), wait_seconds=round(wait, 2)
            )
        await asyncio.sleep(wait)


def tradable(
    raws: Iterable[Raw], reader: RowReader[T], name: str, make: Callable[[T], Instrument | str]
) -> Tradable:
    """Return the rows of a list as *make* makes them, which may also return the reason that it
    cannot; *name* is the row's field of the symbol."""
    found: list[Instrument] = []
    left_out: list[str] = []
    for raw in raws:
        row = reader.read(raw)
        if isinstance(row, Damaged):
            left_out.append(f"{row.name or f'a row without a {name}'}: {row.text}")
            continue
        symbol = getattr(row, name)
        made = make(row) if SAFE_NAME.fullmatch(symbol) else None
        if isinstance(made, Instrument):
            found.append(made)
        elif made is None:
            left_out.append(f"{symbol!r}: not a name that can stand in a request")
        else:
            left_out.append(f"{symbol}: {made}")
    return tuple(found), left_out


class InstrumentList:
    """The instruments of a venue as the gateway knows them; it may consist of several lists."""

    def __init__(self, venue: VenueName, deliver: Deliver) -> None:
        self.venue = venue
        self._deliver = deliver
        self._loaded: dict[str, tuple[Instrument, ...]] = {}
        self._log = structlog.get_logger().bind(venue=venue)

    def take(self, listed: Tradable, exchange: str = "", **facts: object) -> None:
        """Deliver everything if *listed* differs from what was read before of the same *exchange*;
        *facts* are for the log."""
        found, left_out = listed
        if self._loaded.get(exchange) == found:
            return
        which = {"exchange": exchange} if exchange else {}
        self._log.info(
            "instruments_loaded", **which, **facts, instruments=len(found), left_out=len(left_out)
        )
        for why in left_out[:LEFT_OUT_SHOWN]:
            self._log.warning("instrument_left_out", **which, reason=text_of(why))
        self._loaded[exchange] = found
        everything = tuple(one for each in self._loaded.values() for one in each)
        self._deliver(InstrumentsLoaded(self.venue, everything))
