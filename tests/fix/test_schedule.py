"""When a session is open and when its numbers start again. 2026-07-06 is a Monday."""

from datetime import datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.fix.schedule import NonStop, Schedule, schedule

DAY_SESSION = schedule(time(8), time(17))
NIGHT_SESSION = schedule(time(22), time(6, 30))
WHOLE_DAY = schedule(time(17), time(17))
WEEK = schedule(time(17), time(16), 6, 4)  # Sunday to Friday
MID_WEEK = schedule(time(8), time(17), 1, 3)  # Tuesday to Thursday
WHOLE_WEEK = schedule(time(17), time(17), 6, 6)
NEARLY_A_WEEK = schedule(time(17), time(16), 6, 6)
NON_STOP = schedule(None, None)

MONDAY = datetime(2026, 7, 6, tzinfo=timezone.utc)
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
        (NON_STOP, "Mon 00:00", "+++Mon 00:00", True),
    ],
)
def test_same_session(session: Schedule | NonStop, then: str, now: str, same: bool) -> None:
    assert same == session.same_session(at(then), at(now))
    assert same == session.same_session(at(now), at(then))


TIMES = st.times().map(lambda each: each.replace(microsecond=0))
MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(timezone.utc)
)
SCHEDULES = st.one_of(
    st.builds(schedule, TIMES, TIMES),
    st.builds(schedule, TIMES, TIMES, st.integers(0, 6), st.integers(0, 6)),
)


@given(SCHEDULES, MOMENTS)
def test_it_repeats_and_the_numbers_with_it(session: Schedule, now: datetime) -> None:
    later = now + session.period

    assert session.is_open(now) == session.is_open(later)
    assert not session.same_session(now, later)


@given(SCHEDULES, MOMENTS)
def test_a_whole_session_has_one_set_of_numbers(session: Schedule, now: datetime) -> None:
    into = (now - datetime(1970, 1, 5, tzinfo=timezone.utc) - session.start) % session.period
    opened = now - into
    last = opened + session.length - timedelta(microseconds=1)

    assert session.is_open(opened)
    assert session.is_open(last)
    assert session.same_session(opened, last)
    assert not session.same_session(opened, opened + session.length)
