"""How far a venue's clock is from ours, by the Date of its HTTP answers.

Its Date (RFC 9110, 6.6.1) has whole seconds, so a clock is taken for off only as far as that
proves it. Nothing here sends a request or reads a clock.
"""

from email.utils import parsedate_to_datetime

from fixgw.venues.outcome import Answer

DATE = "date"
"""The header, as `Answer.headers` has it."""

SECOND_MS = 1_000


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

    def __init__(self) -> None:
        self.ms: int | None = None
        """None before the first answer with a Date."""

    def heard(self, answer: Answer, sent_ms: int, got_ms: int) -> None:
        """An answer to what was sent at *sent_ms* came at *got_ms*, by our clock (Unix ms)."""
        told_ms = date_ms(answer)
        if told_ms is None:
            return
        # It was written between the two, and somewhere in the second that it names.
        least, most = told_ms - got_ms, told_ms + SECOND_MS - sent_ms
        self.ms = least if least > 0 else min(most, 0)
