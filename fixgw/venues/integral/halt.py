"""New orders held back: HTTP 500 means "Stop trading immediately" (vendor, "Status codes").

One for all accounts of a venue. Cancels and questions go on: they take risk
away. Nothing but an operator ends it, which today is a restart.
"""

import structlog

from fixgw.model.ids import VenueName

log = structlog.get_logger()


class Halt:
    """Whether new orders are held, and why."""

    def __init__(self, venue: VenueName) -> None:
        self._venue = venue
        self.reason = ""
        """For Text(58); "" while orders may leave."""

    def hold(self, request: str) -> None:
        """The venue answered *request* with HTTP 500."""
        if self.reason:
            return
        self.reason = (
            f"{self._venue} answered HTTP 500 (stop trading): new orders are held until an "
            "operator resumes"
        )
        log.error("venue_halted", venue=self._venue, request=request, way_out="resume, or restart")

    def resume(self) -> None:
        """An operator has talked to the venue."""
        if self.reason:
            self.reason = ""
            log.warning("venue_resumed", venue=self._venue)
