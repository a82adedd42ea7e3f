"""The times of a session, together: missing, contradictory or ambiguous values.

Zones, days, and the hours in which a client may log on. If QuickFIX's versions read a combination
differently, it is refused rather than chosen for the operator: wrong hours are found out when the
market is open.
"""

from collections.abc import Callable
from datetime import UTC, time, timedelta, tzinfo
from typing import Any

from fixgw.runtime.zone import local_zone

MIDNIGHT = time(0, 0, 0)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)

LOGON_KEYS = ("LogonTime", "LogoutTime", "LogonDay", "LogoutDay")


def check_times(
    values: dict[str, Any], written: Callable[..., list[str]], refuse: Callable[[str, str], None]
) -> None:
    """Check the times among *values*, by their keys, and convert them to one time zone there.

    *written* returns which of the given keys are in the file, valid or not; *refuse* takes a key
    and its error.
    """
    times = _Times(values, written, refuse)
    times.check_zone()
    times.check_session()
    times.check_logon()


class _Times:
    def __init__(
        self,
        values: dict[str, Any],
        written: Callable[..., list[str]],
        refuse: Callable[[str, str], None],
    ) -> None:
        self.values = values
        self.written = written
        self.refuse = refuse

    # ------------------------------------------------------------------------- zone

    def check_zone(self) -> None:
        """Check that all have one zone: QuickFIX/J's TimeZone or suffixes, QuickFIX's
        UseLocalTime."""
        values = self.values
        general = values.get("TimeZone", UTC)
        if values.get("UseLocalTime"):
            if self.written("TimeZone"):
                self.refuse("UseLocalTime", "there is a TimeZone as well; leave one of them out")
            general = self._local()
        zones = []
        for name in ("StartTime", "EndTime"):
            at = values.get(name)
            if at is not None:
                zones.append(at.tzinfo or general)
                values[name] = at.replace(tzinfo=None)
        if zones and zones[-1] is not zones[0]:
            self.refuse("EndTime", "in another time zone than StartTime; write both in one")
        values["TimeZone"] = zones[0] if zones else general

    def _local(self) -> tzinfo:
        try:
            return local_zone()
        except ValueError as error:
            self.refuse("UseLocalTime", f"the machine's TZ names none: {error}")
            return UTC

    # ---------------------------------------------------------------------- session

    def check_session(self) -> None:
        """Check StartTime, EndTime and their days, or a NonStopSession."""
        if self.values.get("NonStopSession"):
            # QuickFIX takes midnight to midnight along with it, and old files have that.
            times = [each for each in ("StartTime", "EndTime") if self._is_set(each)]
            for name in (*times, *self.written("StartDay", "EndDay", "Weekdays")):
                self.refuse(name, "a NonStopSession has no schedule; leave one of them out")
            if self.values.get("Day") == "GTC":
                self.refuse(
                    "Day", "GTC needs an EndTime, when Day orders expire, and a NonStopSession has "
                    "none; give StartTime and EndTime instead, or leave Day out",
                )
            return
        for name in ("StartTime", "EndTime"):
            if not self.written(name):
                self.refuse(name, "missing; give a schedule, or NonStopSession=Y")
        days = self.written("StartDay", "EndDay")
        if days and self.written("Weekdays"):
            self.refuse("Weekdays", "for a daily session; StartDay and EndDay make a weekly one")
        match days:
            case ["StartDay"]:
                self.refuse("StartDay", "without EndDay; a weekly session needs both")
            case ["EndDay"]:
                self.refuse("EndDay", "without StartDay; a weekly session needs both")
            case [_, _]:
                self._check_week()

    def _is_set(self, name: str) -> bool:
        return bool(self.written(name)) and self.values.get(name) != MIDNIGHT

    def _check_week(self) -> None:
        start_day, start = self.values.get("StartDay"), self.values.get("StartTime")
        end_day, end = self.values.get("EndDay"), self.values.get("EndTime")
        if start is None or end is None or start_day is None or start_day != end_day:
            return
        if start < end:
            self.refuse(
                "EndDay",
                "the same day as StartDay, with a later EndTime, is a week to QuickFIX and hours "
                "to QuickFIX/J: for a week give both the same time, for the hours of one day a "
                "week write Weekdays instead of both days",
            )

    # ------------------------------------------------------------------------ logon

    def check_logon(self) -> None:
        """Check LogonTime, LogoutTime and their days: a window within the session, as in
        QuickFIX."""
        given = self.written(*LOGON_KEYS)
        if not given:
            return
        values = self.values
        logon = values.get("LogonTime", values.get("StartTime"))
        logout = values.get("LogoutTime", values.get("EndTime"))
        logon_day = values.get("LogonDay", values.get("StartDay"))
        logout_day = values.get("LogoutDay", values.get("EndDay"))
        if (logon_day is None) != (logout_day is None):
            lone, other = "LogonDay", "LogoutDay"
            if logon_day is None:
                lone, other = other, lone
            self.refuse(lone, f"without {other}; a daily session needs both, or none")
        elif logon_day is not None and logon_day == logout_day and _before(logon, logout):
            self.refuse(
                given[0],
                "from LogonTime to LogoutTime of the same day is a week to QuickFIX: for hours of "
                "each day leave the days out, else give both the same time",
            )
        elif not values.get("NonStopSession"):
            self._check_within(("LogonTime", "LogonDay"), logon, logon_day)
            self._check_within(("LogoutTime", "LogoutDay"), logout, logout_day)

    def _check_within(self, keys: tuple[str, str], at: time | None, day: int | None) -> None:
        named = self.written(*keys)
        if named and not self._within(at, day):
            self.refuse(named[0], "not between StartTime and EndTime")

    def _within(self, at: time | None, day: int | None) -> bool:
        """Return True if the session is open then, its end included, as far as it is known."""
        values = self.values
        start, end = values.get("StartTime"), values.get("EndTime")
        if at is None or start is None or end is None:
            return True  # told already
        start_day, end_day = values.get("StartDay"), values.get("EndDay")
        if start_day is None or end_day is None or day is None:
            begin = _since(start)
            return (_since(at) - begin) % DAY <= ((_since(end) - begin) % DAY or DAY)
        begin = _since(start, start_day)
        length = (_since(end, end_day) - begin) % WEEK or WEEK
        return (_since(at, day) - begin) % WEEK <= length


def _before(at: time | None, other: time | None) -> bool:
    return at is not None and other is not None and at < other


def _since(at: time, day: int = 0) -> timedelta:
    """Return the time since Monday, 00:00."""
    return timedelta(days=day, hours=at.hour, minutes=at.minute, seconds=at.second)
