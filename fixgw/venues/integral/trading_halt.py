"""New orders held back: HTTP 500 means "Stop trading immediately" (vendor, "Status codes").

One for all accounts of a venue. The core keeps the hold, through restarts, and refuses new orders.
This holds back the orders that the core sent before it learned of the hold. Cancels and queries go
on: they remove risk.
"""

from collections.abc import Callable

import structlog

from fixgw.model.ids import VenueName
from fixgw.model.venue import VenueHeld
from fixgw.venues.adapter import Deliver

log = structlog.get_logger()


class TradingHalt:
    """The hold on new orders, and its reason."""

    def __init__(self, venue: VenueName, deliver: Deliver) -> None:
        self._venue = venue
        self._deliver = deliver
        self._drops: list[Callable[[str], None]] = []
        self.reason = ""
        """For Text(58); "" while orders may leave."""

    def when_held(self, drop: Callable[[str], None]) -> None:
        """Call *drop* with the reason at the beginning of each hold."""
        self._drops.append(drop)

    def hold(self, request: str) -> None:
        """The venue answered *request* with HTTP 500."""
        if self.reason:
            return
        self.reason = f"HTTP 500 (stop trading, contact Integral Business Support) to {request}"
        log.error(
            "venue_halted", venue=self._venue, request=request,
            way_out=f"talk to Integral, then: fixgw venues resume {self._venue}",
        )
        self._deliver(VenueHeld(venue=self._venue, text=self.reason))
        for drop in self._drops:
            drop(self.reason)

    def resume(self) -> None:
        """An operator has talked to the venue."""
        self.reason = ""
