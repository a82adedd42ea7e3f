"""A session's keys together: what it needs, what contradicts, and what its errors say."""

from datetime import time

import pytest

from fixgw.runtime.session_settings import SessionSettings
from tests.runtime.directory import CLIENT, Directory

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$bm9wYXNzd29yZGhhc3RoaXNoYXNo"


def session(directory: Directory, **changes: str | None) -> SessionSettings:
    directory.client(**changes)
    (only,) = directory.settings().sessions.values()
    return only


def test_the_defaults(directory: Directory) -> None:
    found = session(directory)

    assert found == SessionSettings(
        key=found.key,
        begin_string="FIX.4.4",
        sender_comp_id="FIXGW",
        target_comp_id="CLIENT",
        non_stop_session=True,
        venues=found.venues,
        accounts=("A1",),
        file=directory.path / "client.cfg",
        line=1,
        lines=found.lines,
    )


def test_an_error_found_later_has_file_and_line(directory: Directory) -> None:
    found = session(directory)

    assert f"{found.file}:7: A1 is unknown" == str(found.error("accounts", "A1 is unknown"))
    assert f"{found.file}:1: no such" == str(found.error("dialect", "no such"))


def test_a_key_of_default_keeps_its_line(directory: Directory) -> None:
    directory.write("client.cfg", "[DEFAULT]\nDialect=fixgw\n" + CLIENT)

    (found,) = directory.settings().sessions.values()

    assert (3, 2, 4) == (found.line, found.lines["dialect"], found.lines["begin_string"])


def test_what_is_wrong_in_default_is_said_once(directory: Directory) -> None:
    other = CLIENT.replace("=CLIENT", "=OTHER")
    directory.write("client.cfg", "[DEFAULT]\nCheckCompID=1\nSocketNodelay=N\n" + CLIENT + other)

    assert [
        "client.cfg:3: SocketNodelay: always on",
        "client.cfg:2: CheckCompID=1: expected Y or N",
    ] == directory.errors()


def test_a_daily_schedule(directory: Directory) -> None:
    found = session(directory, NonStopSession=None, StartTime="22:00:00", EndTime="21:55:00")

    assert (time(22), time(21, 55), None, None) == (
        found.start_time,
        found.end_time,
        found.start_day,
        found.end_day,
    )


def test_a_weekly_schedule(directory: Directory) -> None:
    found = session(
        directory,
        NonStopSession=None,
        StartTime="17:00:00",
        EndTime="16:00:00",
        StartDay="Sunday",
        EndDay="fr",
    )

    assert (6, 4) == (found.start_day, found.end_day)


def test_a_non_stop_session_may_run_from_midnight_to_midnight(directory: Directory) -> None:
    found = session(directory, StartTime="00:00:00", EndTime="00:00:00")

    assert (None, None) == (found.start_time, found.end_time)


def test_quickfix_j_has_another_name_for_the_next_expected_number(directory: Directory) -> None:
    assert session(directory, EnableNextExpectedMsgSeqNum="Y").send_next_expected_msg_seq_num


@pytest.mark.parametrize(
    ("given", "precision"),
    [
        ({}, 3),
        ({"MillisecondsInTimeStamp": "N"}, 0),
        ({"TimestampPrecision": "6"}, 6),
        ({"TimeStampPrecision": "NANOS"}, 9),
        ({"TimestampPrecision": "6", "MillisecondsInTimeStamp": "N"}, 6),
        ({"MillisecondsInTimeStamp": "N", "TimestampPrecision": "6"}, 6),
    ],
)
def test_timestamp_precision_overrides_milliseconds_in_time_stamp(
    directory: Directory, given: dict[str, str], precision: int
) -> None:
    assert precision == session(directory, **given).timestamp_precision


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({}, "FIX.4.4:FIXGW->CLIENT"),
        ({"TargetSubID": "DESK"}, "FIX.4.4:FIXGW->CLIENT/DESK"),
        ({"SenderSubID": "S", "SenderLocationID": "L"}, "FIX.4.4:FIXGW/S/L->CLIENT"),
        ({"TargetLocationID": "L"}, "FIX.4.4:FIXGW->CLIENT//L"),
    ],
)
def test_sub_ids_and_location_ids_are_part_of_the_name(
    directory: Directory, given: dict[str, str], key: str
) -> None:
    assert key == session(directory, **given).key


def test_two_sessions_may_differ_in_a_sub_id_alone(directory: Directory) -> None:
    directory.write("other.cfg", CLIENT + "TargetSubID=DESK\n")

    assert 2 == len(directory.settings().sessions)


def test_default_appl_ver_id_means_nothing_below_fixt(directory: Directory) -> None:
    assert "" == session(directory, DefaultApplVerID="9").default_appl_ver_id


def test_a_password(directory: Directory) -> None:
    found = session(directory, Username="jane", PasswordHash=HASH)

    assert ("jane", HASH) == (found.username, found.password_hash)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"BeginString": None}, ["1: BeginString: missing; a session needs it"]),
        ({"SenderCompID": None}, ["1: SenderCompID: missing; a session needs it"]),
        ({"TargetCompID": None}, ["1: TargetCompID: missing; a session needs it"]),
        ({"Venues": None}, ["1: Venues: missing; a session needs it"]),
        ({"Accounts": None}, ["1: Accounts: missing; a session needs it"]),
        (
            {"BeginString": "FIXT.1.1"},
            ["1: DefaultApplVerID: missing; FIXT.1.1 needs it: 7, 8 or 9"],
        ),
        (
            {"NonStopSession": "N"},
            [
                "1: StartTime: missing; give a schedule, or NonStopSession=Y",
                "1: EndTime: missing; give a schedule, or NonStopSession=Y",
            ],
        ),
        (
            {"StartTime": "08:00:00", "EndTime": "00:00:00", "StartDay": "Mon"},
            [
                "8: StartTime: a NonStopSession has no schedule; leave one of them out",
                "10: StartDay: a NonStopSession has no schedule; leave one of them out",
            ],
        ),
        (
            {"NonStopSession": "N", "StartTime": "1", "EndTime": "00:00:00", "StartDay": "Mon"},
            [
                "8: StartTime=1: expected a time as HH:MM:SS",
                "10: StartDay: without EndDay; a weekly session needs both",
            ],
        ),
        (
            {
                "NonStopSession": "N",
                "StartTime": "00:00:00",
                "EndTime": "00:00:00",
                "EndDay": "Mon",
            },
            ["10: EndDay: without StartDay; a weekly session needs both"],
        ),
        (
            {
                "NonStopSession": "N",
                "StartTime": "08:00:00",
                "EndTime": "17:00:00",
                "StartDay": "Mon",
                "EndDay": "Mon",
            },
            [
                "11: EndDay: the same day as StartDay, with a later EndTime, is a week to QuickFIX "
                "and hours to QuickFIX/J: for a week give both the same time, for the hours of one "
                "day a week write Weekdays instead of both days"
            ],
        ),
        (
            {"SendNextExpectedMsgSeqNum": "Y", "EnableNextExpectedMsgSeqNum": "N"},
            [
                "9: EnableNextExpectedMsgSeqNum: SendNextExpectedMsgSeqNum says otherwise on line "
                "8; leave one out"
            ],
        ),
        (
            {"TestRequestDelayMultiplier": "1.5"},
            [
                "8: TestRequestDelayMultiplier: TestRequestDelayMultiplier is 1.5 and "
                "HeartBeatTimeoutMultiplier 1.4: the first must be the smaller"
            ],
        ),
        ({"Username": "jane"}, ["8: Username: without PasswordHash: run `fixgw hash-password`"]),
        ({"PasswordHash": HASH}, ["8: PasswordHash: without Username(553) to go with it"]),
        ({"Username": "", "PasswordHash": HASH}, ["8: Username: expected a name"]),
        (
            {"Username": "jane", "PasswordHash": "hunter2"},
            ["9: PasswordHash: expected an argon2id hash, made by `fixgw hash-password`"],
        ),
        (
            {"Username": "jane", "PasswordHash": HASH.replace("m=65536", "m=131072")},
            [
                "9: PasswordHash: its m times t is 393216, at most 262144 may be: every "
                "stranger's Logon would cost as much; make one with `fixgw hash-password`"
            ],
        ),
        (
            {"SocketAcceptPort": "5001"},
            ["8: SocketAcceptPort: belongs in gateway.toml: [listener] port"],
        ),
        ({"SenderCompld": "X"}, ["8: SenderCompld: unknown key; did you mean SenderCompID?"]),
    ],
)
def test_errors(directory: Directory, changes: dict[str, str | None], errors: list[str]) -> None:
    directory.client(**changes)

    assert [f"client.cfg:{each}" for each in errors] == directory.errors()


def test_a_file_without_a_session(directory: Directory) -> None:
    directory.write("other.cfg", "[DEFAULT]\n")

    assert ["other.cfg: no [SESSION] in it: add one, or delete the file"] == directory.errors()
