"""How far the venue's clock is from ours, by the Date of its answers. For an operator only.

Nothing here depends on it: a request of asmlink is not signed with a time.
"""

from email.utils import parsedate_to_datetime

from fixgw.venues.outcome import Answer

DATE = "date"
"""The header (RFC 9110, 6.6.1), in whole seconds."""

SECOND_MS = 1_000


class Skew:
    """The venue's clock less ours, in milliseconds, as the last answer had it."""

    def __init__(self) -> None:
        self.ms: int | None = None
        """None before the first answer with a Date."""

    def heard(self, answer: Answer, sent_ms: int, got_ms: int) -> None:
        """An answer to what was sent at *sent_ms* came at *got_ms* (Unix milliseconds)."""
        try:
            told_ms = int(parsedate_to_datetime(answer.headers.get(DATE, "")).timestamp()) * 1000
        except (ValueError, TypeError):
            return
        # It was written between the two, and somewhere in the second that it names.
        least, most = told_ms - got_ms, told_ms + SECOND_MS - sent_ms
        self.ms = least if least > 0 else min(most, 0)
