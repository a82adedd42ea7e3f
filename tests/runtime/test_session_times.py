"""Zones, days and logon hours together: what a session's times may be, and what is refused."""

from datetime import UTC, time
from zoneinfo import ZoneInfo

import pytest

from fixgw.runtime.session_settings import SessionSettings
from fixgw.runtime.zone import local_zone
from tests.runtime.directory import Directory

NEW_YORK = ZoneInfo("America/New_York")

DAILY = {"NonStopSession": None, "StartTime": "08:00:00", "EndTime": "17:00:00"}
WEEKLY = DAILY | {"StartDay": "Sunday", "EndDay": "Friday"}


def session(directory: Directory, **changes: str | None) -> SessionSettings:
    directory.client(**changes)
    (only,) = directory.settings().sessions.values()
    return only


def errors(directory: Directory, **changes: str | None) -> list[str]:
    """What is wrong, without file and line."""
    directory.client(**changes)
    return [each.partition(": ")[2] for each in directory.errors()]


def test_times_are_utc_unless_told_otherwise(directory: Directory) -> None:
    assert session(directory, **DAILY).time_zone is UTC


@pytest.mark.parametrize(
    "times",
    [
        {"TimeZone": "America/New_York"},
        {"StartTime": "08:00:00 America/New_York", "EndTime": "17:00:00 America/New_York"},
        {"TimeZone": "America/New_York", "EndTime": "17:00:00 America/New_York"},
        {"TimeZone": "America/New_York", "UseLocalTime": "N"},
    ],
)
def test_a_time_zone_for_all_or_behind_each_time(
    directory: Directory, times: dict[str, str]
) -> None:
    found = session(directory, **DAILY | times)

    assert (NEW_YORK, time(8), time(17)) == (found.time_zone, found.start_time, found.end_time)


def test_local_time_is_the_machines(directory: Directory) -> None:
    assert session(directory, **DAILY, UseLocalTime="Y").time_zone is local_zone()


def test_a_machine_whose_zone_has_no_name(
    directory: Directory, monkeypatch: pytest.MonkeyPatch
) -> None:
    local_zone.cache_clear()
    monkeypatch.setenv("TZ", "nowhere")

    assert [
        "UseLocalTime: the machine's TZ names none: expected a time zone of the machine's "
        "database, such as America/New_York"
    ] == errors(directory, **DAILY, UseLocalTime="Y")


def test_weekdays(directory: Directory) -> None:
    assert (0, 2) == session(directory, **DAILY, Weekdays="Wed,Mon").weekdays


@pytest.mark.parametrize(
    "given",
    [
        DAILY | {"LogonTime": "08:00:00", "LogoutTime": "17:00:00"},
        DAILY | {"LogonTime": "08:30:00"},
        DAILY | {"LogoutTime": "16:30:00"},
        DAILY | {"LogonDay": "Mon", "LogoutDay": "Fri"},
        DAILY | {"StartTime": "22:00:00", "EndTime": "06:00:00", "LogonTime": "01:00:00"},
        DAILY | {"StartTime": "00:00:00", "EndTime": "00:00:00", "LogonTime": "01:00:00"},
        WEEKLY | {"LogonTime": "08:30:00", "LogoutTime": "16:30:00"},
        WEEKLY | {"LogonDay": "Mon", "LogonTime": "00:00:00", "LogoutDay": "Thu"},
        {"LogonTime": "08:00:00", "LogoutTime": "17:00:00"},
    ],
)
def test_logon_hours_lie_within_the_session(
    directory: Directory, given: dict[str, str | None]
) -> None:
    assert [] == errors(directory, **given)


ONE_DAY = (
    "from LogonTime to LogoutTime of the same day is a week to QuickFIX: for hours of each day "
    "leave the days out, else give both the same time"
)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (
            {"TimeZone": "America/New_York", "UseLocalTime": "Y"},
            "UseLocalTime: there is a TimeZone as well; leave one of them out",
        ),
        (
            {"EndTime": "17:00:00 America/New_York"},
            "EndTime: in another time zone than StartTime; write both in one",
        ),
        (
            {"Weekdays": "Mon", "StartDay": "Mon", "EndDay": "Tue"},
            "Weekdays: for a daily session; StartDay and EndDay make a weekly one",
        ),
        ({"LogonTime": "07:59:59"}, "LogonTime: not between StartTime and EndTime"),
        ({"LogoutTime": "17:00:01"}, "LogoutTime: not between StartTime and EndTime"),
        (
            {"StartDay": "Mon", "EndDay": "Fri", "LogonTime": "07:00:00"},
            "LogonTime: not between StartTime and EndTime",
        ),
        (
            {"StartDay": "Mon", "EndDay": "Fri", "LogoutDay": "Sat"},
            "LogoutDay: not between StartTime and EndTime",
        ),
        ({"LogonDay": "Mon"}, "LogonDay: without LogoutDay; a daily session needs both, or none"),
        ({"LogoutDay": "Mon"}, "LogoutDay: without LogonDay; a daily session needs both, or none"),
        ({"LogonDay": "Mon", "LogoutDay": "Mon"}, f"LogonDay: {ONE_DAY}"),
    ],
)
def test_what_contradicts(directory: Directory, given: dict[str, str], error: str) -> None:
    assert [error] == errors(directory, **DAILY | given)


def test_day_orders_need_an_end_time(directory: Directory) -> None:
    assert [
        "Day: GTC needs an EndTime, when Day orders expire, and a NonStopSession has none; give "
        "StartTime and EndTime instead, or leave Day out"
    ] == errors(directory, Day="GTC")
    assert [] == errors(directory, Day="refuse")
    assert [] == errors(directory, **DAILY | {"Day": "GTC"})
    assert ["Day=Y: expected one of refuse, GTC"] == errors(directory, **DAILY | {"Day": "Y"})


def test_a_non_stop_session_has_no_weekdays(directory: Directory) -> None:
    assert [
        "Weekdays: a NonStopSession has no schedule; leave one of them out"
    ] == errors(directory, Weekdays="Mon")
