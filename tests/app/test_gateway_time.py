"""What happens because time passes: heartbeats, silence, the end of a session's day."""

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
        clock = ManualClock(milliseconds(EVENING))
        async with running(tmp_path, clock=clock) as gateway:
            client = await gateway.client()
            client.clock = lambda: EVENING
            await client.log_on(heartbeat=1)

            # Heartbeat after one second, TestRequest after 1.2; given up after 2.4.
            clock.advance(1_000)
            await client.expect("35=0")
            clock.advance(200)
            await client.expect("35=1")
            clock.advance(1_199)
            assert not gateway.gone()()
            clock.advance(1)
            await until(gateway.gone())

    play(scenario())


def test_a_client_that_answers_is_kept(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = ManualClock(milliseconds(EVENING))
        async with running(tmp_path, clock=clock) as gateway:
            client = await gateway.client()
            client.clock = lambda: EVENING
            await client.log_on(heartbeat=1)
            for _ in range(2):
                clock.advance(1_000)
                await client.expect("35=0")
                clock.advance(200)
                asked = await client.expect("35=1")
                await client.send(f"35=0|112={asked[112]}")
                await until(lambda: gateway.numbers()[1] == client.next_out)

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
