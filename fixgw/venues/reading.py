"""What a venue publishes, read at the start, with patience, and again from time to time.

It knows when to read, and nothing of what is read.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog

from fixgw.venues.stream import Backoff


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
    """Call *read* every so many *seconds*; where it raises NotRead, as *backoff* says.

    *what* are the fields of the log's event by which it is known what was not read.
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
