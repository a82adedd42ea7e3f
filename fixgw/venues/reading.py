"""Reading of a venue's published data: at the start, with retries, and again periodically.

It decides when to read, and knows nothing of the data.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NoReturn

import structlog

from fixgw.venues.kit.border import text_of
from fixgw.venues.stream import Backoff

LEFT_OUT_SHOWN = 20
"""Instruments that are named in the log, with the reason why they cannot be traded."""


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


def say_left_out(
    left_out: Sequence[str], log: structlog.stdlib.BoundLogger, **what: str
) -> None:
    """Have the log name what a venue lists and nobody can trade here: each with its reason."""
    for why in left_out[:LEFT_OUT_SHOWN]:
        log.warning("instrument_left_out", **what, reason=text_of(why))
