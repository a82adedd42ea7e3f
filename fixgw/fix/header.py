"""What the header of every message must say: SendingTime(52), CompIDs, OrigSendingTime(122).

Pure: it finds what is wrong; what follows of it, the session does.
"""

from typing import NamedTuple

from fixgw.fix.timestamp import UtcTimestamps
from fixgw.runtime.session_settings import SessionSettings


class Fault(NamedTuple):
    """Why a message is rejected."""

    reason: int
    """SessionRejectReason(373)."""
    ref_tag: int
    """RefTagID(371)."""
    ends: bool = True
    """Whether a Logout follows the Reject."""


STALE = Fault(10, 52)
"""SendingTime accuracy problem (test case 2o)."""

NO_ORIGINAL = Fault(1, 122, ends=False)
"""A duplicate must say when it was sent first (test case 2g)."""

SENT_BEFORE_IT_WAS = Fault(10, 122)
"""OrigSendingTime(122) later than SendingTime(52) (test case 2f)."""


class HeaderChecks:
    """The checks of one session, as its settings have them."""

    def __init__(self, settings: SessionSettings, stamps: UtcTimestamps) -> None:
        self._stamps = stamps
        self._max_latency_ms = settings.max_latency * 1000 if settings.check_latency else None
        self._comp_ids = (settings.target_comp_id, settings.sender_comp_id)
        self._check_comp_ids = settings.check_comp_id
        self._requires_orig_sending_time = settings.requires_orig_sending_time

    def fault(self, fields: dict[int, str], now_ms: int, *, early: bool) -> Fault | None:
        """What is wrong, in QuickFIX's order; None: nothing.

        *early*: it came before its turn, and its SendingTime(52) was good then.
        """
        if not early and not self.good_time(fields, now_ms):
            return STALE
        if not self.good_comp_ids(fields):
            return Fault(9, 49 if fields.get(49) != self._comp_ids[0] else 56)
        return None

    def good_time(self, fields: dict[int, str], now_ms: int) -> bool:
        """Whether SendingTime(52) is within MaxLatency of now."""
        limit = self._max_latency_ms
        if limit is None:
            return True
        sent = self._stamps.parse(fields.get(52, ""))
        return sent is not None and -limit <= now_ms - sent <= limit

    def good_comp_ids(self, fields: dict[int, str]) -> bool:
        """Whether the CompIDs are the session's."""
        return (fields.get(49), fields.get(56)) == self._comp_ids or not self._check_comp_ids

    def fault_of_duplicate(self, fields: dict[int, str], msg_type: str) -> Fault | None:
        """What PossDupFlag(43)=Y lacks. QuickFIX asks it of a number too low only; the standard of
        one expected as well."""
        if fields[43] != "Y" or msg_type == "4":
            return None
        original = fields.get(122)
        if original is None:
            return NO_ORIGINAL if self._requires_orig_sending_time else None
        first, again = self._stamps.parse(original), self._stamps.parse(fields.get(52, ""))
        if first is None or again is None or first > again:
            return SENT_BEFORE_IT_WAS
        return None
