"""ResetSeqNumFlag(141) of a client's Logon: the policy by which its session lets the numbers start
again.

After a reset, messages sent before it can no longer be requested. Where a client resets at every
Logon, the operator may allow it once a trading day, or never: the Logon is then answered with a
Logout that gives this reason, and the numbers stay.
"""

from datetime import datetime
from typing import Literal

from fixgw.fix.outbox import Numbers
from fixgw.fix.schedule import Hours
from fixgw.fix.timestamp import moment

Policy = Literal["always", "daily", "never"]


class Resets:
    """The policy of one session, and when its client last used it."""

    __slots__ = ("last_ms", "_policy", "_hours")

    def __init__(self, policy: Policy, hours: Hours) -> None:
        self.last_ms = 0
        """Time when the client last made the numbers start again, Unix milliseconds; 0: never."""
        self._policy = policy
        self._hours = hours

    def refusal(self, numbers: Numbers, now_ms: int) -> str:
        """Return the reason why the client may not make the numbers start again; "" if it may."""
        if self._policy == "always" or self._policy == "daily" and self._may(numbers, now_ms):
            return ""
        often = "again in this trading day" if self._policy == "daily" else "on this session"
        return (
            f"ResetSeqNumFlag(141)=Y is not allowed {often}; log on without it, "
            f"expecting MsgSeqNum(34) {numbers.next_target}"
        )

    def take(self, numbers: Numbers, now_ms: int) -> bool:
        """Grant the client's request; return True if it counts as a use of the policy."""
        counts = not self.changes_nothing(numbers)
        if counts:
            self.last_ms = now_ms
        return counts

    def _may(self, numbers: Numbers, now_ms: int) -> bool:
        if self.changes_nothing(numbers) or not self.last_ms:
            return True
        then, now = moment(self.last_ms), moment(now_ms)
        return not _same_trading_day(self._hours, then, now)

    @staticmethod
    def changes_nothing(numbers: Numbers) -> bool:
        """Return True if no Logon was accepted since the numbers started: a client may always state
        that it begins at 1, and has not used up its reset.

        Our numbers may have advanced meanwhile: with reports, or with a Logout that refused its
        Logon.
        """
        return numbers.next_target == 1


def _same_trading_day(hours: Hours, then: datetime, now: datetime) -> bool:
    """Return True for the same session of the schedule; without one, the same day in UTC."""
    if hours.non_stop:
        return then.date() >= now.date()
    return hours.same_session(then, now)
