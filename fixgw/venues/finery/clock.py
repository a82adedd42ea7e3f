"""The time at the venue, which judges the timestamp of every signed request.

The documents have no call that tells it; each HTTP answer has a Date (RFC 9110, 6.6.1), in whole
seconds. It is taken for off only as far as that proves it: then requests are signed by it.
"""

from email.utils import parsedate_to_datetime

from fixgw.runtime.clock import Clock
from fixgw.venues.outcome import Answer

DATE = "date"
SECOND_MS = 1_000

MAX_ROUND_TRIP_MS = 5_000
"""An answer that took longer says too little of the time at which it was given."""


class VenueClock:
    """*follows* says whether requests are signed by it, or by *clock*."""

    def __init__(self, clock: Clock, *, follows: bool) -> None:
        self.ours = clock
        self._follows = follows
        self.skew_ms: int | None = None
        """The venue's clock less ours; None before the first answer with a Date."""

    def now_ms(self) -> int:
        """What a timestamp has to be: Unix milliseconds."""
        now_ms = self.ours.now_ms()
        return now_ms + self.skew_ms if self._follows and self.skew_ms else now_ms

    def heard(self, answer: Answer, sent_ms: int, got_ms: int) -> None:
        """An answer to what was sent at *sent_ms* came at *got_ms*, by our clock."""
        if not 0 <= got_ms - sent_ms <= MAX_ROUND_TRIP_MS:
            return
        try:
            told = parsedate_to_datetime(answer.headers.get(DATE, ""))
        except ValueError:
            return
        told_ms = int(told.timestamp()) * SECOND_MS
        # It was written between the two, and somewhere in the second that it names.
        least, most = told_ms - got_ms, told_ms + SECOND_MS - sent_ms
        self.skew_ms = least if least > 0 else min(most, 0)
