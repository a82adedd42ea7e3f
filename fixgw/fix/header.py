"""Checks of every message's header: SendingTime(52), CompIDs, OrigSendingTime(122).

Pure: it finds the error; the session acts on it.
"""

from typing import NamedTuple

from fixgw.fix.timestamp import UtcTimestamps, seconds
from fixgw.runtime.session_settings import SessionSettings


class HeaderFault(NamedTuple):
    """The reason for which a message is rejected."""

    reason: int
    """SessionRejectReason(373)."""
    ref_tag: int
    """RefTagID(371)."""
    ends: bool = True
    """True if a Logout follows the Reject."""
    text: str = ""
    """For Text(58), where there is more to report than the reason."""


NO_TIME = HeaderFault(6, 52, ends=False, text="Incorrect data format for value: no UTCTimestamp")
"""A value that is no UTCTimestamp proves nothing about a clock."""

NO_FIELD = HeaderFault(1, 52, ends=False, text="Required tag missing")

NO_ORIGINAL = HeaderFault(1, 122, ends=False)
"""A duplicate must carry the time it was first sent (test case 2g)."""

SENT_BEFORE_IT_WAS = HeaderFault(10, 122)
"""OrigSendingTime(122) later than SendingTime(52) (test case 2f)."""


class HeaderChecks:
    """The checks of one session, as its settings have them."""

    def __init__(self, settings: SessionSettings, stamps: UtcTimestamps) -> None:
        self._stamps = stamps
        self._max_latency_ms = settings.max_latency * 1000 if settings.check_latency else None
        self._comp_ids = (settings.target_comp_id, settings.sender_comp_id)
        self._check_comp_ids = settings.check_comp_id
        self._requires_orig_sending_time = settings.requires_orig_sending_time

    def fault(self, fields: dict[int, str], now_ms: int, *, early: bool) -> HeaderFault | None:
        """Return the first fault, in QuickFIX's order; None: there is none.

        *early*: it came before its turn, and its SendingTime(52) was good then.
        """
        bad_time = None if early else self.bad_time(fields, now_ms)
        if bad_time is not None:
            return bad_time
        if not self.good_comp_ids(fields):
            return HeaderFault(9, 49 if fields.get(49) != self._comp_ids[0] else 56)
        return None

    def bad_time(self, fields: dict[int, str], now_ms: int) -> HeaderFault | None:
        """Return the amount by which SendingTime(52) is beyond MaxLatency of now (test case 2o)."""
        limit = self._max_latency_ms
        if limit is None:
            return None
        sent = self._stamps.parse(fields.get(52, ""))
        if sent is None:
            return NO_TIME if 52 in fields else NO_FIELD
        late = now_ms - sent
        if -limit <= late <= limit:
            return None
        by = f"{seconds(late)} s late" if late > 0 else f"{seconds(-late)} s early"
        return HeaderFault(
            10, 52, text=f"SendingTime accuracy problem: {by}, {seconds(limit)} s allowed"
        )

    def good_comp_ids(self, fields: dict[int, str]) -> bool:
        """Return True if the CompIDs are the session's."""
        return (fields.get(49), fields.get(56)) == self._comp_ids or not self._check_comp_ids

    def fault_of_duplicate(self, fields: dict[int, str], msg_type: str) -> HeaderFault | None:
        """Return the fault of a message with PossDupFlag(43)=Y. QuickFIX checks only numbers that
        are too low; the standard also checks one that is expected."""
        if fields[43] != "Y" or msg_type == "4":
            return None
        original = fields.get(122)
        if original is None:
            return NO_ORIGINAL if self._requires_orig_sending_time else None
        first, again = self._stamps.parse(original), self._stamps.parse(fields.get(52, ""))
        if first is None or again is None:
            return NO_TIME._replace(ref_tag=122 if first is None else 52)
        if first > again:
            return SENT_BEFORE_IT_WAS
        return None
