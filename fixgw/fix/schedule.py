"""When a session is open, and when its sequence numbers start again. Times are UTC.

A session opens at its start, closes at its end, and repeats daily or weekly:
[start, end). Numbers start again at the end. What is reported after the
end belongs to the numbers of the session to come, so nothing that happens
while the client is away is lost to the reset.

Two things are not as in QuickFIX (C++ 1.16), on purpose: with StartTime equal to
EndTime it renews the session at midnight whatever the time is (its issue
87), we do so at that time; and at the instant of EndTime it is still
open, we are not, so that no instant belongs to two sessions.
"""

from datetime import datetime, time, timedelta, timezone

from msgspec import Struct

DAY = timedelta(days=1)
WEEK = timedelta(days=7)

MONDAY = datetime(1970, 1, 5, tzinfo=timezone.utc)
"""A Monday, 00:00, from which days and weeks are counted."""


class Schedule(Struct, frozen=True):
    """A session that opens at `start`, counted from MONDAY, for `length`, every `period`."""

    start: timedelta
    length: timedelta
    period: timedelta

    def is_open(self, now: datetime) -> bool:
        """Whether the session is open at *now*."""
        return (now - MONDAY - self.start) % self.period < self.length

    def same_session(self, then: datetime, now: datetime) -> bool:
        """Whether numbers of *then* still count at *now*: no session ended between them."""
        return self._ended(then) == self._ended(now)

    def _ended(self, now: datetime) -> int:
        """How many sessions have ended by *now*."""
        return (now - MONDAY - self.start - self.length) // self.period


class NonStop:
    """NonStopSession=Y: always open; only a Logon with ResetSeqNumFlag(141) resets."""

    def is_open(self, now: datetime) -> bool:
        """Yes."""
        return True

    def same_session(self, then: datetime, now: datetime) -> bool:
        """Yes."""
        return True


def schedule(
    start_time: time | None,
    end_time: time | None,
    start_day: int | None = None,
    end_day: int | None = None,
) -> Schedule | NonStop:
    """The schedule of the settings of these names, Monday = 0; no times: a NonStopSession.

    A start equal to the end is a session of a whole day, or a whole week.
    """
    if start_time is None or end_time is None:
        return NonStop()
    period = DAY if start_day is None or end_day is None else WEEK
    start = _since_monday(start_day or 0, start_time)
    end = _since_monday(end_day or 0, end_time)
    length = (end - start) % period or period
    return Schedule(start, length, period)


def _since_monday(day: int, at: time) -> timedelta:
    return timedelta(days=day, hours=at.hour, minutes=at.minute, seconds=at.second)
