"""When a session is open and when its numbers start again. 2026-07-06 is a Monday."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.fix.schedule import (
    LOGON,
    LogonWindow,
    SESSION,
    Hours,
    NonStop,
    Schedule,
    end_ms,
    hours,
    next_times,
    schedule,
)
from tests.support.session import settings

NEW_YORK = ZoneInfo("America/New_York")

DAY_SESSION = schedule(time(8), time(17))
NIGHT_SESSION = schedule(time(22), time(6, 30))
WHOLE_DAY = schedule(time(17), time(17))
WEEK = schedule(time(17), time(16), 6, 4)  # Sunday to Friday
MID_WEEK = schedule(time(8), time(17), 1, 3)  # Tuesday to Thursday
WHOLE_WEEK = schedule(time(17), time(17), 6, 6)
NEARLY_A_WEEK = schedule(time(17), time(16), 6, 6)
WEEKDAYS = schedule(time(8), time(17), weekdays=(0, 2))  # Monday and Wednesday
WEEKNIGHTS = schedule(time(22), time(6), weekdays=(0, 4))  # into Tuesday and Saturday
NON_STOP = schedule(None, None)

MONDAY = datetime(2026, 7, 6, tzinfo=UTC)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def at(text: str) -> datetime:
    """`Mon 08:00`, or a week later `+Mon 08:00`."""
    day, clock = text.lstrip("+").split()
    weeks = text.count("+")
    moment = time.fromisoformat(clock)
    return MONDAY + timedelta(
        days=7 * weeks + DAYS.index(day),
        hours=moment.hour,
        minutes=moment.minute,
        seconds=moment.second,
        microseconds=moment.microsecond,
    )


@pytest.mark.parametrize(
    ("session", "now", "is_open"),
    [
        (DAY_SESSION, "Mon 07:59:59.999", False),
        (DAY_SESSION, "Mon 08:00", True),
        (DAY_SESSION, "Sun 12:00", True),
        (DAY_SESSION, "Mon 16:59:59.999", True),
        (DAY_SESSION, "Mon 17:00", False),
        (NIGHT_SESSION, "Mon 21:59:59", False),
        (NIGHT_SESSION, "Mon 22:00", True),
        (NIGHT_SESSION, "Tue 00:00", True),
        (NIGHT_SESSION, "Tue 06:29:59", True),
        (NIGHT_SESSION, "Tue 06:30", False),
        (WHOLE_DAY, "Mon 16:59:59", True),
        (WHOLE_DAY, "Mon 17:00", True),
        (WEEK, "Sun 16:59:59", False),
        (WEEK, "Sun 17:00", True),
        (WEEK, "+Mon 00:00", True),
        (WEEK, "Fri 15:59:59", True),
        (WEEK, "Fri 16:00", False),
        (WEEK, "Sat 12:00", False),
        (MID_WEEK, "Mon 12:00", False),
        (MID_WEEK, "Tue 08:00", True),
        (MID_WEEK, "Wed 03:00", True),
        (MID_WEEK, "Thu 17:00", False),
        (WHOLE_WEEK, "Sun 16:59:59", True),
        (WHOLE_WEEK, "Sun 17:00", True),
        (NEARLY_A_WEEK, "Sun 15:59:59", True),
        (NEARLY_A_WEEK, "Sun 16:30", False),
        (WEEKDAYS, "Mon 08:00", True),
        (WEEKDAYS, "Tue 12:00", False),
        (WEEKDAYS, "Wed 16:59:59", True),
        (WEEKDAYS, "Sun 12:00", False),
        (WEEKNIGHTS, "Mon 05:00", False),
        (WEEKNIGHTS, "Tue 05:59:59", True),
        (WEEKNIGHTS, "Tue 22:00", False),
        (WEEKNIGHTS, "Sat 05:00", True),
        (NON_STOP, "Sat 03:00", True),
    ],
)
def test_is_open(session: Schedule | NonStop, now: str, is_open: bool) -> None:
    assert is_open == session.is_open(at(now))


@pytest.mark.parametrize(
    ("session", "then", "now", "same"),
    [
        (DAY_SESSION, "Mon 08:00", "Mon 16:59:59", True),
        (DAY_SESSION, "Mon 08:00", "Mon 17:00", False),
        (DAY_SESSION, "Mon 12:00", "Tue 12:00", False),
        (DAY_SESSION, "Mon 12:00", "+Mon 12:00", False),
        # A report of after the end belongs to the next day's numbers.
        (DAY_SESSION, "Mon 17:00", "Tue 08:00", True),
        (NIGHT_SESSION, "Mon 22:00", "Tue 06:29:59", True),
        (NIGHT_SESSION, "Mon 23:59:59", "Tue 00:00", True),
        (NIGHT_SESSION, "Mon 22:00", "Tue 22:00", False),
        (NIGHT_SESSION, "Tue 06:30", "Tue 22:00", True),
        (WHOLE_DAY, "Mon 16:59:59", "Mon 17:00", False),
        (WHOLE_DAY, "Mon 17:00", "Tue 16:59:59", True),
        (WHOLE_DAY, "Mon 23:59:59", "Tue 00:00", True),
        (WEEK, "Sun 17:00", "+Fri 15:59:59", True),
        (WEEK, "Sun 17:00", "+Sun 17:00", False),
        (WEEK, "Fri 15:59:59", "Fri 16:00", False),
        (WEEK, "Sat 12:00", "Sun 18:00", True),
        (WHOLE_WEEK, "Sun 16:59:59", "Sun 17:00", False),
        (WHOLE_WEEK, "Sun 17:00", "+Sun 16:59:59", True),
        (WHOLE_WEEK, "Mon 00:00", "+Mon 00:00", False),
        (WEEKDAYS, "Mon 12:00", "Mon 17:00", False),
        # Nothing ends on a day without a session.
        (WEEKDAYS, "Mon 17:00", "Wed 16:59:59", True),
        (WEEKDAYS, "Tue 12:00", "Tue 17:00", True),
        (WEEKDAYS, "Wed 17:00", "+Mon 16:59:59", True),
        (WEEKNIGHTS, "Tue 05:59:59", "Tue 06:00", False),
        (NON_STOP, "Mon 00:00", "+++Mon 00:00", True),
    ],
)
def test_same_session(session: Schedule | NonStop, then: str, now: str, same: bool) -> None:
    assert same == session.same_session(at(then), at(now))


@pytest.mark.parametrize("session", [DAY_SESSION, WHOLE_DAY, WEEK, WEEKDAYS, NON_STOP])
def test_a_clock_that_is_set_back_over_the_end_does_not_end_the_session_twice(
    session: Schedule | NonStop,
) -> None:
    began = at("Fri 17:00:00.050")

    assert session.same_session(began, at("Fri 16:59:58"))
    assert session.same_session(began, at("Fri 17:00"))
    assert session.same_session(began, at("Fri 12:00"))


# ------------------------------------------------------------------------ time zones

OPENING_BELL = schedule(time(9, 30), time(16), zone=NEW_YORK)


@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        ("2026-03-07", "14:30", "21:00"),
        ("2026-03-08", "13:30", "20:00"),  # the clocks were put forward in the night
        ("2026-10-31", "13:30", "20:00"),
        ("2026-11-01", "14:30", "21:00"),  # and back
    ],
)
def test_new_york_opens_at_half_past_nine_all_the_year(day: str, opens: str, closes: str) -> None:
    first, end = (datetime.fromisoformat(f"{day}T{each}+00:00") for each in (opens, closes))
    moment = timedelta(milliseconds=1)

    assert [False, True, True, False] == [
        OPENING_BELL.is_open(each) for each in (first - moment, first, end - moment, end)
    ]
    assert OPENING_BELL.same_session(first, end - moment)
    assert not OPENING_BELL.same_session(first, end)
    assert OPENING_BELL.same_session(end, end + timedelta(hours=12))


def instants(day: str) -> list[datetime]:
    """Every 5 minutes of two days, UTC, around a change of New York's clocks."""
    start = datetime.fromisoformat(f"{day}T00:00+00:00") - timedelta(hours=12)
    return [start + timedelta(minutes=5 * count) for count in range(2 * 288)]


@pytest.mark.parametrize("day", ["2026-03-08", "2026-11-01"])
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (time(1, 30), time(1, 30)),
        (time(2, 30), time(2, 30)),
        (time(3, 10), time(2, 40)),
        (time(1, 45), time(1, 15)),
        (time(0, 30), time(1, 30)),
    ],
)
def test_a_day_whose_clocks_change_ends_one_session(day: str, start: time, end: time) -> None:
    """Also where the time it ends at is there twice, or not at all."""
    session = schedule(start, end, zone=NEW_YORK)
    moments = instants(day)
    ends = [
        now for then, now in zip(moments, moments[1:]) if not session.same_session(then, now)
    ]

    assert 2 == len(ends)
    assert timedelta(hours=22) < ends[1] - ends[0] < timedelta(hours=26)


def test_a_time_that_does_not_exist_is_later_and_one_that_is_there_twice_the_first() -> None:
    session = schedule(time(2, 30), time(3), zone=NEW_YORK)
    spring = datetime(2026, 3, 8, 7, 30, tzinfo=UTC)  # 03:30 of the new time
    night = schedule(time(0), time(1, 30), zone=NEW_YORK)
    first_half_past_one = datetime(2026, 11, 1, 5, 30, tzinfo=UTC)

    assert not session.is_open(spring - timedelta(minutes=1))
    assert night.is_open(first_half_past_one - timedelta(seconds=1))
    assert not night.is_open(first_half_past_one + timedelta(hours=1, seconds=-1))


def test_a_week_of_new_york_lasts_an_hour_less_or_more() -> None:
    week = schedule(time(18), time(17), 6, 4, zone=NEW_YORK)  # Sunday to Friday
    sunday = datetime(2026, 3, 8, 22, tzinfo=UTC)  # 18:00, the clocks are forward by now

    assert not week.is_open(sunday - timedelta(seconds=1))
    assert week.is_open(sunday)
    assert week.is_open(datetime(2026, 3, 13, 20, 59, tzinfo=UTC))
    assert not week.is_open(datetime(2026, 3, 13, 21, tzinfo=UTC))


def test_days_are_those_of_the_zone() -> None:
    tokyo = schedule(time(9), time(15), weekdays=(0,), zone=ZoneInfo("Asia/Tokyo"))

    assert tokyo.is_open(at("Mon 00:00"))
    assert not tokyo.is_open(at("Mon 06:00"))
    assert not tokyo.is_open(at("Sun 12:00"))


# --------------------------------------------------------------------- logon window


def windowed(**changes: Any) -> Hours:
    return hours(settings(**{"start_time": time(8), "end_time": time(17)} | changes))


@pytest.mark.parametrize(
    ("session", "now", "outside"),
    [
        (windowed(), "Mon 08:00", None),
        (windowed(), "Mon 17:00", SESSION),
        (windowed(logon_time=time(9)), "Mon 08:59:59", LOGON),
        (windowed(logon_time=time(9)), "Mon 09:00", None),
        (windowed(logon_time=time(9)), "Mon 16:59:59", None),
        (windowed(logon_time=time(9)), "Mon 07:00", SESSION),
        (windowed(logout_time=time(16)), "Mon 15:59:59", None),
        (windowed(logout_time=time(16)), "Mon 16:00", LOGON),
        (windowed(logon_day=0, logout_day=4), "Fri 16:59:59", None),
        (windowed(logon_day=0, logout_day=4), "Sat 12:00", LOGON),
        (windowed(start_day=6, end_day=4, logon_time=time(9)), "Sun 08:30", LOGON),
        (windowed(start_day=6, end_day=4, logon_time=time(9)), "+Mon 08:30", None),
        (windowed(start_time=None, end_time=None, logon_time=time(9)), "Mon 08:59:59", LOGON),
        (windowed(start_time=None, end_time=None, logon_time=time(9)), "Mon 23:59:59", None),
        (windowed(logout_time=time(10), time_zone=NEW_YORK), "Mon 13:59", None),
        (windowed(logout_time=time(10), time_zone=NEW_YORK), "Mon 14:00", LOGON),
    ],
)
def test_what_a_moment_lies_outside_of(session: Hours, now: str, outside: object) -> None:
    assert outside == session.outside(at(now))
    assert session.is_open(at(now)) == (outside is None)


def test_numbers_go_on_at_logout_time_and_start_again_at_the_end() -> None:
    session = windowed(logout_time=time(16))

    assert session.same_session(at("Mon 15:59"), at("Mon 16:59"))
    assert not session.same_session(at("Mon 15:59"), at("Mon 17:00"))


@pytest.mark.parametrize(("session", "now", "ends"), [
    (DAY_SESSION, "Mon 08:00", "Mon 17:00"),
    (DAY_SESSION, "Mon 16:59:59.999", "Mon 17:00"),
    (DAY_SESSION, "Mon 17:00", None),
    (NIGHT_SESSION, "Mon 23:00", "Tue 06:30"),
    (WHOLE_DAY, "Mon 17:00", "Tue 17:00"),
    (MID_WEEK, "Tue 09:00", "Thu 17:00"),
    (NON_STOP, "Mon 12:00", None),
    # Whoever may be logged on until then.
    (windowed(logout_time=time(16)), "Mon 15:59", "Mon 17:00"),
    (windowed(logout_time=time(16)), "Mon 16:30", "Mon 17:00"),
])
def test_when_a_session_ends(session: Hours, now: str, ends: str | None) -> None:
    end = None if ends is None else at(ends)

    assert end == session.ends(at(now))
    in_ms = end_ms(session, int(at(now).timestamp() * 1000))
    assert in_ms == (None if end is None else int(end.timestamp() * 1000))


# ------------------------------------------------------------------- for any schedule

TIMES = st.times().map(lambda each: each.replace(microsecond=0))
MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)
)
ZONES = st.sampled_from([UTC, NEW_YORK, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Tokyo")])
SCHEDULES = st.one_of(
    st.builds(schedule, TIMES, TIMES, zone=ZONES),
    st.builds(schedule, TIMES, TIMES, zone=ZONES, weekdays=st.sets(st.integers(0, 6), min_size=1)),
    st.builds(schedule, TIMES, TIMES, st.integers(0, 6), st.integers(0, 6), zone=ZONES),
)


@given(SCHEDULES, MOMENTS)
def test_no_numbers_last_longer_than_a_week_and_a_change_of_clocks(
    session: Schedule, now: datetime
) -> None:
    later = now + timedelta(days=7, hours=1)

    assert not session.same_session(now, later)
    assert session.same_session(later, now)


@given(SCHEDULES, MOMENTS, st.lists(st.integers(0, 14 * 24 * 60), min_size=2))
def test_sessions_follow_one_another(
    session: Schedule, now: datetime, minutes: list[int]
) -> None:
    """What one moment says of another does not depend on what was asked before."""
    moments = [now + timedelta(minutes=each) for each in sorted(minutes)]
    same = [session.same_session(moments[0], each) for each in moments]

    assert sorted(same, reverse=True) == same
    assert same == [session.same_session(moments[0], each) for each in reversed(moments)][::-1]


DAYS_OR_NONE = st.one_of(st.none(), st.tuples(st.integers(0, 6), st.integers(0, 6)))


def since_monday(day: int, at_: time) -> timedelta:
    return timedelta(days=day, hours=at_.hour, minutes=at_.minute, seconds=at_.second)


@given(TIMES, TIMES, DAYS_OR_NONE, MOMENTS, MOMENTS)
def test_in_utc_it_is_arithmetic(
    start: time, end: time, days: tuple[int, int] | None, one: datetime, other: datetime
) -> None:
    session = schedule(start, end, *(days or ()))
    period = timedelta(days=7 if days else 1)
    start_day, end_day = days or (0, 0)
    begin = since_monday(start_day, start)
    length = (since_monday(end_day, end) - begin) % period or period

    def ended(now: datetime) -> int:
        return (now - MONDAY - begin - length) // period

    assert ((one - MONDAY - begin) % period < length) == session.is_open(one)
    assert (ended(one) >= ended(other)) == session.same_session(one, other)


# ----------------------------------------------------------------------- what comes next


def next_of(hours: Hours, now: str) -> tuple[str, str]:
    """When it opens next, and closes next, after *now*; "" for never."""
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    opens, closes = next_times(hours, moment)
    return tuple(f"{at.astimezone(UTC):%d %H:%M}" if at else "" for at in (opens, closes))


@pytest.mark.parametrize(
    ("now", "opens", "closes"),
    [
        ("2026-01-05 05:00", "05 06:00", "05 22:00"),
        ("2026-01-05 06:00", "06 06:00", "05 22:00"),
        ("2026-01-05 22:00", "06 06:00", "06 22:00"),
    ],
)
def test_the_next_opening_and_closing_of_a_day(now: str, opens: str, closes: str) -> None:
    assert (opens, closes) == next_of(schedule(time(6), time(22)), now)


def test_a_session_that_follows_another_closes_and_opens_at_once() -> None:
    assert ("05 06:00", "05 06:00") == next_of(schedule(time(6), time(6)), "2026-01-05 05:00")


def test_over_a_weekend_the_next_opening_is_on_monday() -> None:
    working_days = schedule(time(6), time(22), weekdays=range(5))

    assert ("12 06:00", "09 22:00") == next_of(working_days, "2026-01-09 12:00")
    assert ("12 06:00", "12 22:00") == next_of(working_days, "2026-01-10 12:00")


def test_a_logon_window_closes_before_the_session_does() -> None:
    both = LogonWindow(schedule(time(6), time(22)), schedule(time(8), time(18)))

    assert ("05 08:00", "05 18:00") == next_of(both, "2026-01-05 07:00")
    assert ("06 08:00", "05 18:00") == next_of(both, "2026-01-05 09:00")


def test_what_is_always_open_opens_and_closes_never() -> None:
    assert ("", "") == next_of(NonStop(), "2026-01-05 05:00")
