"""A client's settings, as its .cfg says them, seen from its end of the wire."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import shutil

from fixgw.runtime.clock import ManualClock
from tests.app.bench import ORDER, play, running
from tests.support.fixtext import fix
from tests.support.session import judged_by_quickfix

SATURDAY = datetime(2026, 1, 10, 18, tzinfo=UTC)
"""In New York an hour at which the session is open on other days."""


def answer_to(directory: Path, keys: str, order: str) -> dict[int, str]:
    """What a client whose .cfg has *keys* hears of *order*, all of it but the header."""
    heard: dict[int, str] = {}

    async def scenario() -> None:
        async with running(directory, sessions={"ONE": keys}) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.send(order)
            heard.update(await client.receive())

    play(scenario())
    return heard


@pytest.mark.parametrize(
    ("key", "lenient", "order", "reason"),
    [
        # SessionRejectReason(373): 14 out of order, 4 no value, 0 invalid tag number,
        # 2 not defined for this message type.
        ("ValidateFieldsOutOfOrder", "N", f"35=D|11=A|{ORDER}|50=DESK", "14"),
        ("ValidateFieldsHaveValues", "N", f"35=D|11=A|{ORDER}|58=", "4"),
        ("ValidateUserDefinedFields", "N", f"35=D|11=A|{ORDER}|7777=X", "0"),
        ("AllowUnknownMsgFields", "Y", f"35=D|11=A|{ORDER}|4999=X", "0"),
        ("AllowUnknownMsgFields", "Y", f"35=D|11=A|{ORDER}|112=X", "2"),
    ],
)
def test_how_strictly_a_message_is_looked_at(
    tmp_path: Path, key: str, lenient: str, order: str, reason: str
) -> None:
    refused = answer_to(tmp_path, "", order)
    assert ("3", reason) == (refused.get(35), refused.get(373)), refused

    shutil.rmtree(tmp_path / "journal")
    let_through = answer_to(tmp_path, f"{key}={lenient}\n", order)
    assert ("8", "A", "0") == tuple(let_through.get(tag) for tag in (35, 11, 39)), let_through


@pytest.mark.parametrize(
    ("keys", "length"),
    [
        ("", 21),
        ("TimestampPrecision=6\n", 24),
        ("TimeStampPrecision=NANOS\n", 27),
        ("MillisecondsInTimeStamp=N\n", 17),
        ("MillisecondsInTimeStamp=N\nTimestampPrecision=3\n", 21),
    ],
)
def test_the_precision_of_times_is_that_of_transact_time_too(
    tmp_path: Path, keys: str, length: int
) -> None:
    report = answer_to(tmp_path, keys, f"35=D|11=A|{ORDER}")

    assert (length, length) == (len(report[52]), len(report[60])), report


def test_quickfix_reads_times_of_every_precision() -> None:
    for decimals in range(10):
        stamp = "20260105-10:00:00" + ("." + "0" * decimals if decimals else "")
        judged_by_quickfix("FIX.4.4", fix(f"8=FIX.4.4|35=0|34=2|49=A|52={stamp}|56=B"))


def test_comp_ids_may_differ_after_the_logon_where_nobody_checks_them(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": "CheckCompID=N\n"}) as gateway:
            client = await gateway.client()
            await client.log_on()
            client.comp_id = "SOMEBODY"
            await client.send("35=1|112=T")
            await client.expect("35=0|112=T|56=ONE")

    play(scenario())


def test_on_a_day_without_a_session_nobody_is_answered(tmp_path: Path) -> None:
    keys = (
        "NonStopSession=N\nStartTime=09:30:00\nEndTime=16:00:00\n"
        "TimeZone=America/New_York\nWeekdays=Mon,Tue,Wed,Thu,Fri\n"
    )
    clock = ManualClock(int(SATURDAY.timestamp() * 1_000))

    async def scenario() -> None:
        async with running(tmp_path, clock=clock, sessions={"ONE": keys}) as gateway:
            client = await gateway.client()
            client.clock = lambda: SATURDAY
            await client.send("35=A|98=0|108=30")
            await client.expect_end()
            assert (1, 1) == gateway.numbers()

    play(scenario())
