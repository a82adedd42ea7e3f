"""ResetSeqNumFlag(141) of a client's Logon: whether its session lets it start the numbers again.

After a reset nobody can ask for what was sent before it. Where a client does
it at every Logon, the operator may allow it once a trading day, or never: the
Logon is then answered with a Logout that says so, and the numbers stay.
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
        """When the client last made the numbers start again, Unix milliseconds; 0: never."""
        self._policy = policy
        self._hours = hours

    def refusal(self, numbers: Numbers, now_ms: int) -> str:
        """Why the numbers cannot start again at the client's wish; "" if they can."""
        if self._policy == "always" or self._policy == "daily" and self._may(numbers, now_ms):
            return ""
        often = "again in this trading day" if self._policy == "daily" else "on this session"
        return (
            f"ResetSeqNumFlag(141)=Y is not allowed {often}; log on without it, "
            f"expecting MsgSeqNum(34) {numbers.next_target}"
        )

    def take(self, numbers: Numbers, now_ms: int) -> bool:
        """The client's wish is granted; returns whether it counts as one."""
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
        """Whether no Logon was accepted since they started: a client may always say that it
        begins at 1, and has not used it up.

        Ours may have gone on without it: with reports, or with a Logout that refused its Logon.
        """
        return numbers.next_target == 1


def _same_trading_day(hours: Hours, then: datetime, now: datetime) -> bool:
    """A session of the schedule; where there is none, a day in UTC."""
    if hours.non_stop:
        return then.date() >= now.date()
    return hours.same_session(then, now)
