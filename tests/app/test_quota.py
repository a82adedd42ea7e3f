"""MaxJournalMegabytes: above it only cancels are taken, until the day is over."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixgw.app.quota import DAY_MS, MEGABYTE, REFUSALS_MAX, Quota
from fixgw.model.errors import BusinessRefused
from fixgw.runtime import logs
from fixgw.runtime.clock import ManualClock
from tests.app.bench import ORDER, play, running

NOON = 20_000 * DAY_MS + DAY_MS // 2
LITTLE = {"ONE": "MaxJournalMegabytes=1\n"}


def noon() -> datetime:
    return datetime.fromtimestamp(NOON / 1_000, UTC)


def test_what_is_left_is_of_the_day_and_cancels_are_taken() -> None:
    quota = Quota(1)
    quota.add(MEGABYTE - 1, NOON, "ONE")
    quota.check("D", NOON)
    quota.add(1, NOON, "ONE")
    for msg_type in ("D", "G", "H", "AF", "XLQ"):
        with pytest.raises(BusinessRefused, match="the day's 1 MB of journal are used"):
            quota.check(msg_type, NOON)
    quota.check("F", NOON)
    quota.check("q", NOON)

    quota.check("D", NOON + DAY_MS // 2)
    assert (0, 0) == (quota.used, quota.refused)


def test_who_goes_on_is_logged_out_and_at_twice_as_much_cancels_end_too() -> None:
    quota = Quota(1)
    quota.add(MEGABYTE, NOON, "ONE")
    for _ in range(REFUSALS_MAX):
        with pytest.raises(BusinessRefused):
            quota.check("D", NOON)
    assert not quota.exhausted
    with pytest.raises(BusinessRefused):
        quota.check("D", NOON)
    assert quota.exhausted

    quota.add(MEGABYTE, NOON, "ONE")
    with pytest.raises(BusinessRefused):
        quota.check("F", NOON)


def test_an_operator_hears_of_four_fifths_once_and_of_all_of_it() -> None:
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    quota = Quota(10)
    for _ in range(30):
        quota.add(MEGABYTE // 2, NOON, "ONE")

    lines = [line for line in stream.getvalue().splitlines() if "journal_quota" in line]
    assert ["nearly_used", "used"] == [
        "nearly_used" if "nearly" in line else "used" for line in lines
    ]
    assert (8, 10) == (json.loads(lines[0])["megabytes"], json.loads(lines[0])["of"])


def test_a_client_that_has_used_it_up_can_cancel_and_a_restart_does_not_forgive_it(
    tmp_path: Path,
) -> None:
    long = "x" * 50_000
    clock = ManualClock(NOON)

    async def scenario() -> None:
        async with running(tmp_path, clock=clock, sessions=LITTLE) as gateway:
            client = await gateway.client()
            client.clock = noon
            await client.log_on()
            answers = []
            for number in range(12):
                await client.send(f"35=D|11=O{number}|{ORDER}|58={long}")
                answers.append(await client.receive())
            assert ["8", "j"] == [answers[0][35], answers[-1][35]]
            assert ("D", "O11", "4") == tuple(answers[-1][tag] for tag in (372, 379, 380))
            assert "MaxJournalMegabytes" in answers[-1][58]

            await client.send(
                f"35=F|11=C|41=O0|55=BTCUSDT|54=1|60={client.now()}", "35=1|112=HELLO"
            )
            # No answer of refusal: the cancel is on its way to the venue.
            await client.expect("35=0|112=HELLO")

        async with running(tmp_path, clock=clock, sessions=LITTLE) as gateway:
            client = await gateway.client(next_out=client.next_out)
            client.clock = noon
            await client.log_on()
            await client.send(f"35=D|11=AGAIN|{ORDER}")
            while (answer := await client.receive())[35] != "j":
                pass
            assert "AGAIN" == answer[379]

    play(scenario())


def test_a_quota_that_is_raised_counts_at_once() -> None:
    quota = Quota(1)
    quota.add(MEGABYTE, NOON, "ONE")
    quota.limit_to(2)

    quota.check("D", NOON)
