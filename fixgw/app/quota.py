"""The journal quota of a client per day (UTC): MaxJournalMegabytes, and the consequences above it.

At four fifths an operator is alerted. Above the quota everything but cancels is refused with
BusinessMessageReject(35=j, 380=4); a client that keeps sending refused messages is logged out.
Reports on events at venues count, and are never held back: only a client's own messages can be
refused. Above twice the quota a client is logged out at any message, including cancels. The amount
used is in the client's row of the journal, so a restart does not forgive it.
"""

import structlog

from fixgw.app.throttle import NEVER_REFUSED
from fixgw.model.enums import BusinessRejectReason
from fixgw.model.errors import BusinessRefused

DAY_MS = 86_400_000
MEGABYTE = 1_000_000

TELL_AT = 0.8
"""The part of the quota at which an operator is alerted."""

HARD = 2
"""Multiple of the quota above which even cancels are no longer accepted."""

REFUSALS_MAX = 1_000
"""Messages refused, each with an answer that is journaled too, before the client is logged out at
each further one."""

ROW_BYTES = 120
"""Size of a tick that contains only a change of one client's numbers."""

EVENT_LENGTHS = 3
"""Size of the order events that follow from a message, as a multiple of its length: about right for
an order that is filled."""


class Quota:
    """The amount one client has used today."""

    __slots__ = ("day", "used", "refused", "_megabytes", "_max", "_tell_at", "_told")

    def __init__(self, megabytes: int, day: int = 0, used: int = 0) -> None:
        self.day = day
        """Days since 1970, UTC."""
        self.used = used
        """Bytes on that day."""
        self.refused = 0
        self.limit_to(megabytes)

    def limit_to(self, megabytes: int) -> None:
        """Set a new quota; the amount used stays used."""
        self._megabytes = megabytes
        self._max = megabytes * MEGABYTE
        self._tell_at = int(self._max * TELL_AT)
        self._told = self.used >= self._tell_at

    def add(self, size: int, now_ms: int, session: str) -> None:
        """Count *size* bytes that the journal writes for *session*."""
        self._turn(now_ms)
        before, self.used = self.used, self.used + size
        if self.used < self._tell_at:
            return
        log = structlog.get_logger()
        used, most = self.used // MEGABYTE, self._megabytes
        if not self._told:
            self._told = True
            log.warning("journal_quota_nearly_used", session=session, megabytes=used, of=most)
        if before < self._max <= self.used:
            log.warning("journal_quota_used", session=session, megabytes=used, of=most)

    def _turn(self, now_ms: int) -> None:
        day = now_ms // DAY_MS
        if day != self.day:
            self.day, self.used, self.refused, self._told = day, 0, 0, False

    def check(self, msg_type: str, now_ms: int) -> None:
        """Raise BusinessRefused if an application message of this type is one too many."""
        if self.used < self._max:
            return
        self._turn(now_ms)
        if self.used < self._max:
            return
        if msg_type not in NEVER_REFUSED or self.used >= HARD * self._max:
            self.refused += 1
            raise BusinessRefused(BusinessRejectReason.APPLICATION_NOT_AVAILABLE, self.text)

    @property
    def exhausted(self) -> bool:
        """True if the client, of which a message was just refused, is to be logged out."""
        return self.refused > REFUSALS_MAX or self.used >= HARD * self._max

    @property
    def text(self) -> str:
        """The text for the client."""
        return (
            f"the day's {self._megabytes} MB of journal are used (MaxJournalMegabytes): only "
            "cancels until 00:00 UTC"
        )
