"""The venue's time, which decides whether the timestamp of a signed request is accepted.

The documents have no call that returns it; each HTTP answer has a Date. Requests are signed by the
venue's clock as far as the Date proves ours to be off.
"""

from fixgw.runtime.clock import Clock
from fixgw.venues.outcome import Answer
from fixgw.venues.skew import Skew

MAX_ROUND_TRIP_MS = 5_000
"""An answer that took longer says too little of the time at which it was given."""


class VenueClock:
    """*follows*: True to sign requests by the venue's clock, False to sign by *clock*."""

    def __init__(self, clock: Clock, *, follows: bool) -> None:
        self.ours = clock
        self._follows = follows
        self._skew = Skew()

    @property
    def skew_ms(self) -> int | None:
        """The venue's clock less ours; None before the first answer with a Date."""
        return self._skew.ms

    def now_ms(self) -> int:
        """Return the timestamp for a request: Unix milliseconds."""
        now_ms = self.ours.now_ms()
        skew_ms = self._skew.ms
        return now_ms + skew_ms if self._follows and skew_ms else now_ms

    def heard(self, answer: Answer, sent_ms: int, got_ms: int) -> None:
        """An answer to what was sent at *sent_ms* came at *got_ms*, by our clock."""
        if 0 <= got_ms - sent_ms <= MAX_ROUND_TRIP_MS:
            self._skew.heard(answer, sent_ms, got_ms)
