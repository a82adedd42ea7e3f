"""The hours of a session, and the times at which its sequence numbers start again.

A session opens at its start, closes at its end, and repeats on the days it has: [start, end).
Numbers start again at the end. Reports after the end belong to the numbers of the next session, so
nothing that happens while the client is away is lost to the reset.

Start and end are wall-clock times of one time zone. Where its clocks are put forward, a time that
does not exist is as much later as they jump; where they are put back, a time that occurs twice is
the first of the two. Both are converted to instants before anything is compared, so no session ends
twice.

Two things differ from QuickFIX (C++ 1.16), on purpose: with StartTime equal to EndTime it renews
the session at midnight whatever the time is (its issue 87), we do so at that time; and at the
instant of EndTime its session is still open, ours is not, so that no instant belongs to two
sessions.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, tzinfo
from typing import NamedTuple, Protocol, TypeVar

from fixgw.runtime.session_settings import SessionSettings

MIDNIGHT = time()
EVERY_DAY = range(7)

T = TypeVar("T")


class Bounds(NamedTuple):
    """The settings whose hours exclude a moment; for people."""

    opens: str
    closes: str


SESSION = Bounds("StartTime", "EndTime")
LOGON = Bounds("LogonTime", "LogoutTime")


class Hours(Protocol):
    """The questions a session asks about its times."""

    @property
    def non_stop(self) -> bool:
        """True if none of its sessions ever ends."""

    def is_open(self, now: datetime) -> bool:
        """Return True if the client may be logged on at *now*."""

    def outside(self, now: datetime, since: datetime | None = None) -> Bounds | None:
        """Return the hours that exclude *now*; None where the session is open.

        It must also be the same session as at *since*: one session may follow another without a
        pause, and a clock may jump over the pause.
        """

    def ends(self, now: datetime) -> datetime | None:
        """Return the end of the session that is open at *now*; None if none is, or if it never
        ends."""

    def turns(self, now: datetime) -> datetime | None:
        """Return the next moment, after *now*, at which any answer may change; None: never."""

    def same_session(self, then: datetime, now: datetime) -> bool:
        """Return True if numbers that started *then* still count at *now*: no session ended
        between.

        If *now* is earlier, the clock has been set back, and they do: a session that has ended does
        not end again.
        """


def end_ms(hours: Hours, at_ms: int) -> int | None:
    """Return the end of the session that is open at *at_ms*, both Unix milliseconds; None if none
    is open, or if it never ends."""
    end = hours.ends(datetime.fromtimestamp(at_ms / 1000, UTC))
    return None if end is None else int(end.timestamp() * 1000)


TURNS_MAX = 64
"""Number of changes examined for the next opening: more than a week of two schedules has."""


def next_times(hours: "Hours", now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the client's next opening after *now*, and the closing after that. None: there is
    none, because the session is always open, or none is near."""
    opens: datetime | None = None
    closes: datetime | None = None
    at, is_open = now, hours.is_open(now)
    for _ in range(TURNS_MAX):
        turn = hours.turns(at)
        if turn is None:
            break
        # Where one session follows another without a pause it closes and opens at once.
        if is_open and closes is None and hours.outside(turn, at) is not None:
            closes = turn
        was_open, at, is_open = is_open, turn, hours.is_open(turn)
        if is_open and opens is None and (not was_open or closes == turn):
            opens = turn
        if opens is not None and closes is not None:
            break
    return opens, closes


class Span(NamedTuple):
    """A stretch of time, [start, end), in which all answers are the same."""

    start: datetime
    end: datetime
    session: int
    """The day, as an ordinal, on which the session began that is open or, otherwise, comes next."""
    is_open: bool


_NEVER = datetime.max.replace(tzinfo=UTC)
_NOTHING_YET = Span(_NEVER, _NEVER, 0, False)


class Schedule:
    """A session that begins at `start` on each of `days` (Monday = 0) and ends `length` days
    later at `end`, by the clocks of `zone`."""

    non_stop = False

    def __init__(
        self, start: time, end: time, days: Collection[int], length: int, zone: tzinfo
    ) -> None:
        assert days, "no day, no session"
        self._start = start.replace(tzinfo=zone)
        self._end = end.replace(tzinfo=zone)
        self._days = frozenset(days)
        self._length = length
        self._zone = zone
        self._known = _NOTHING_YET
        """The span of the last moment asked about: there are many calls a second, and it changes
        twice a day."""
        self._began = _NOTHING_YET
        """The span of the start of the numbers that was last asked about."""

    def is_open(self, now: datetime) -> bool:
        """Return True if the session is open at *now*."""
        return self._at(now).is_open

    def outside(self, now: datetime, since: datetime | None = None) -> Bounds | None:
        """Return the hours that exclude *now*, or the session of *since*."""
        goes_on = since is None or self.same_session(since, now)
        return None if goes_on and self._at(now).is_open else SESSION

    def ends(self, now: datetime) -> datetime | None:
        """Return the end of the session that is open at *now*; None if none is."""
        span = self._at(now)
        return span.end if span.is_open else None

    def turns(self, now: datetime) -> datetime | None:
        """Return the end of the span that contains *now*."""
        return self._found(now).end

    def same_session(self, then: datetime, now: datetime) -> bool:
        """Return True if numbers that started *then* still count at *now*."""
        began = self._began
        if not began.start <= then < began.end:
            began = self._began = self._found(then)
        return self._at(now).session <= began.session

    def _at(self, now: datetime) -> Span:
        known = self._known
        if not known.start <= now < known.end:
            known = self._known = self._found(now)
        return known

    def _found(self, now: datetime) -> Span:
        begun = self._next(now.astimezone(self._zone).toordinal() + 1, -1)
        while (start := self._begins(begun)) > now:
            begun = self._next(begun - 1, -1)
        coming = self._next(begun + 1, 1)
        next_start = self._begins(coming)
        # Where a clock put forward has moved the end beyond the next start, the next begins.
        end = min(self._instant(begun + self._length, self._end), next_start)
        if now < end:
            return Span(start, end, begun, True)
        return Span(end, next_start, coming, False)

    def _next(self, day: int, step: int) -> int:
        """Return the first day, from *day* on or back, on which a session begins."""
        while date.fromordinal(day).weekday() not in self._days:
            day += step
        return day

    def _begins(self, day: int) -> datetime:
        return self._instant(day, self._start)

    def _instant(self, day: int, at: time) -> datetime:
        return datetime.combine(date.fromordinal(day), at).astimezone(UTC)


class NonStop:
    """NonStopSession=Y: always open; only a Logon with ResetSeqNumFlag(141) resets."""

    non_stop = True

    def is_open(self, now: datetime) -> bool:
        """Return True."""
        return True

    def outside(self, now: datetime, since: datetime | None = None) -> Bounds | None:
        """Return None: nothing excludes it."""
        return None

    def ends(self, now: datetime) -> datetime | None:
        """Return None: it never ends."""
        return None

    def turns(self, now: datetime) -> datetime | None:
        """Return None: no answer ever changes."""
        return None

    def same_session(self, then: datetime, now: datetime) -> bool:
        """Return True."""
        return True


class LogonWindow:
    """LogonTime and LogoutTime: the hours of a session in which its client may be logged on.

    Outside them its numbers continue, as in QuickFIX (C++): only the session's own end resets.
    """

    def __init__(self, session: Hours, logon: Hours) -> None:
        self.non_stop = session.non_stop
        self._session = session
        self._logon = logon

    def is_open(self, now: datetime) -> bool:
        """Return True if the client may be logged on at *now*."""
        return self.outside(now) is None

    def outside(self, now: datetime, since: datetime | None = None) -> Bounds | None:
        """Return the hours that exclude *now*; None where the client may be logged on."""
        return self._session.outside(now, since) or (None if self._logon.is_open(now) else LOGON)

    def ends(self, now: datetime) -> datetime | None:
        """Return the end of the session, up to which a client may be logged on."""
        return self._session.ends(now)

    def turns(self, now: datetime) -> datetime | None:
        """Return the earlier of the next changes of both."""
        both = self._session.turns(now), self._logon.turns(now)
        return min((turn for turn in both if turn is not None), default=None)

    def same_session(self, then: datetime, now: datetime) -> bool:
        """Return True if numbers that started *then* still count at *now*."""
        return self._session.same_session(then, now)


def schedule(
    start_time: time | None,
    end_time: time | None,
    start_day: int | None = None,
    end_day: int | None = None,
    *,
    weekdays: Collection[int] = (),
    zone: tzinfo = UTC,
) -> Schedule | NonStop:
    """Return the schedule of the settings of these names, Monday = 0; no times: a NonStopSession.

    With two days it is a weekly session; otherwise a daily one, that begins on *weekdays* or every
    day. A start equal to the end is a session of a whole day, or a whole week.
    """
    if start_time is None or end_time is None:
        return NonStop()
    overnight = end_time <= start_time
    if start_day is None or end_day is None:
        return Schedule(start_time, end_time, weekdays or EVERY_DAY, int(overnight), zone)
    length = (end_day - start_day) % 7
    return Schedule(start_time, end_time, (start_day,), length or 7 * overnight, zone)


def hours(settings: SessionSettings) -> Hours:
    """Return the times of a session. Values that its logon window does not set are the
    session's."""
    s, zone = settings, settings.time_zone
    session = schedule(
        s.start_time, s.end_time, s.start_day, s.end_day, weekdays=s.weekdays, zone=zone
    )
    if (s.logon_time, s.logout_time, s.logon_day, s.logout_day) == (None, None, None, None):
        return session
    logon = schedule(
        _first(s.logon_time, s.start_time, MIDNIGHT),
        _first(s.logout_time, s.end_time, MIDNIGHT),
        _first(s.logon_day, s.start_day),
        _first(s.logout_day, s.end_day),
        zone=zone,
    )
    return LogonWindow(session, logon)


def _first(*values: T | None) -> T | None:
    """Return the first of *values* that is set."""
    return next((value for value in values if value is not None), None)
