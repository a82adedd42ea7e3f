"""Redelivery after a start of the reports that may not have reached the core's journal.

The core journals each input in the tick that follows it, so an input delivered a while ago in this
process is in the journal: otherwise the gateway would have ended. Later deliveries are repeated
after a start. The core takes an order's fills once, however often they are delivered; a repeated
notice is one more message to clients, so the period for notices is short.
"""

import asyncio
from collections.abc import Callable
from typing import NoReturn

import structlog

from fixgw.venues.adapter import Deliver
from fixgw.venues.asmlink.events import Events
from fixgw.venues.asmlink.store import Mark, Store, StoreError
from fixgw.venues.asmlink.received import Received

NOTICE_SECONDS = 1.0
"""A tick follows a delivery within the same turn of the loop; a failed one ends the gateway."""

log = structlog.get_logger()


def tell_again(received: Received, store: Store, events: Events, deliver: Deliver) -> None:
    """At the start: whatever may not have reached the core. Raises StoreError."""
    for update in received.not_passed_on():
        deliver(update)
    for notice in store.untold():
        events.tell_notice(notice)


async def note(seconds: float, store: Store, passed_on: Callable[[Mark], None]) -> NoReturn:
    """Note every *seconds*, by *passed_on*, how far the record went the time before."""
    before = done = Mark()
    while True:
        await asyncio.sleep(seconds)
        try:
            if before != done:
                passed_on(before)
                done = before
            before = store.mark()
        except StoreError as error:
            # What is not noted is told once more after a start, which does no harm.
            log.error("asmlink_not_noted", reason=str(error))
