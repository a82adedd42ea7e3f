"""A venue's clock: how far it is from ours, how far off it may be to be believed, and following it.

The Date of its HTTP answers (RFC 9110, 6.6.1) has whole seconds, so by that a clock is taken for
off only as far as it proves. Nothing here sends a request.
"""

from email.utils import parsedate_to_datetime

import structlog

from fixgw.runtime.clock import Clock
from fixgw.venues.outcome import Answer

DATE = "date"
"""The header, as `Answer.headers` has it."""

SECOND_MS = 1_000

BELIEVED_MS = 15 * 60 * SECOND_MS
"""A time of a venue that is further off ours is not believed, and nothing is signed by it: it is
in seconds, of another time zone, or none. A machine whose own clock were so wrong could not have
one client logged on (SendingTime(52) may be two minutes off)."""

MAX_ROUND_TRIP_MS = 5_000
"""An answer that took longer says too little of the time at which it was given."""

DIGITS_SHOWN = 20

log = structlog.get_logger()


def doubt(told_ms: int, ours_ms: int) -> str:
    """Return the reason a venue's clock at *told_ms* is not believed at our time *ours_ms*, or "".
    """
    off_ms = told_ms - ours_ms
    if abs(off_ms) <= BELIEVED_MS:
        return ""
    return (
        f"its clock says {_shown(told_ms)} ms since 1970, {_shown(abs(off_ms) // SECOND_MS)} s "
        f"{'ahead of' if off_ms > 0 else 'behind'} ours; more than {BELIEVED_MS // SECOND_MS} s "
        "is not believed"
    )


def _shown(number: int) -> str:
    """*number* for a text: never all of one with a thousand digits."""
    written = str(number)
    return written if len(written) <= DIGITS_SHOWN else f"{written[:DIGITS_SHOWN]}..."


class Doubts:
    """Says in the log that a venue's clock is not believed: once, until it is again."""

    def __init__(self, bound: structlog.stdlib.BoundLogger) -> None:
        self._log = bound
        self._told = False

    def believes(self, told_ms: int, ours_ms: int) -> bool:
        """Return True if the venue's clock is to be believed."""
        why = doubt(told_ms, ours_ms)
        if why and not self._told:
            self._log.warning("venue_clock_not_believed", reason=why)
        self._told = bool(why)
        return not why


def date_ms(answer: Answer) -> int | None:
    """The Date of *answer* in Unix milliseconds; None if it has no readable one."""
    try:
        told = parsedate_to_datetime(answer.headers.get(DATE, ""))
        return int(told.timestamp()) * SECOND_MS
    except (ValueError, OverflowError):
        # OverflowError: an offset from UTC that no clock could have.
        return None


class Skew:
    """The venue's clock less ours, in milliseconds, as the last answer had it."""

    def __init__(self, venue: str = "") -> None:
        self.ms: int | None = None
        """None before the first answer with a Date that can be believed."""
        self._doubts = Doubts(log.bind(venue=venue))

    def heard(self, answer: Answer, sent_ms: int, got_ms: int) -> None:
        """An answer to what was sent at *sent_ms* came at *got_ms*, by our clock (Unix ms)."""
        told_ms = date_ms(answer)
        if told_ms is None or not self._doubts.believes(told_ms, got_ms):
            return
        # It was written between the two, and somewhere in the second that it names.
        least, most = told_ms - got_ms, told_ms + SECOND_MS - sent_ms
        self.ms = least if least > 0 else min(most, 0)


class FollowedClock:
    """*follows* says whether requests are signed by it, or by *clock*."""

    def __init__(self, clock: Clock, *, follows: bool) -> None:
        self.ours = clock
        self._follows = follows
        self._skew = Skew()

    @property
    def skew_ms(self) -> int | None:
        """The venue's clock less ours; None before the first answer with a Date."""
        return self._skew.ms

    def now_ms(self) -> int:
        """The time for a timestamp: Unix milliseconds."""
        now_ms = self.ours.now_ms()
        skew_ms = self._skew.ms
        return now_ms + skew_ms if self._follows and skew_ms else now_ms

    def heard(self, answer: Answer, sent_ms: int, got_ms: int) -> None:
        """An answer to what was sent at *sent_ms* came at *got_ms*, by our clock."""
        if 0 <= got_ms - sent_ms <= MAX_ROUND_TRIP_MS:
            self._skew.heard(answer, sent_ms, got_ms)
