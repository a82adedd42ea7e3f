"""What happens because time passes: heartbeats, silence, the end of a session's day."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fixgw.runtime.clock import ManualClock
from tests.app.bench import play, running, until

EVENING = datetime(2026, 1, 5, 21, tzinfo=UTC)
HOUR_MS = 3_600_000
DAY = "NonStopSession=N\nStartTime=08:00:00\nEndTime=22:00:00\n"


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def test_heartbeats_over_a_real_socket(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await gateway.client()
            begin = asyncio.get_running_loop().time()
            await client.log_on(heartbeat=1)

            heard = [(await client.receive()).get(35, "end") for _ in range(4)]

            # Heartbeat after one second, TestRequest after 1.2; given up after 2.4.
            assert ["0", "1", "1", "end"] == heard or ["0", "1", "end"] == heard[:3], heard
            assert 2.3 < asyncio.get_running_loop().time() - begin
            await until(gateway.gone())

    play(scenario())


def test_a_client_that_answers_is_kept(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on(heartbeat=1)
            await client.expect("35=0")
            asked = await client.expect("35=1")
            await client.send(f"35=0|112={asked[112]}")
            await client.expect("35=0")
            await client.expect("35=1")

    play(scenario())


def test_the_day_ends_for_clients_that_are_away_too(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = ManualClock(milliseconds(EVENING))
        sessions = {"HERE": DAY, "AWAY": DAY}
        async with running(tmp_path, clock=clock, sessions=sessions) as gateway:
            here, away = await gateway.client("HERE"), await gateway.client("AWAY")
            for client in (here, away):
                client.clock = lambda: EVENING
                await client.log_on()
            await away.log_out()
            away.close()
            await until(gateway.gone("AWAY"))
            assert (3, 3) == gateway.numbers("AWAY")

            clock.advance(HOUR_MS)
            await here.expect("35=5|34=2|58=the session's EndTime is reached")
            here.clock = lambda: EVENING + timedelta(hours=1)
            await here.send("35=5")
            await here.expect_end()
            here.close()

            # The numbers of both start again, before anybody logs on.
            await until(lambda: gateway.numbers("HERE") == (1, 1) == gateway.numbers("AWAY"))

        async with running(tmp_path, clock=clock, sessions=sessions) as gateway:
            assert (1, 1) == gateway.numbers("HERE") == gateway.numbers("AWAY")

    play(scenario())
