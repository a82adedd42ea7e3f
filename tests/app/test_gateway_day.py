"""Day=GTC on real sockets and a real journal: orders for the day at a venue without Day, at the
EndTime of their session. The venue is of paper, the gateway's clock is by hand."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fixgw.model.effects import CancelOrder, QueryOrder, VenueCommand
from fixgw.model.enums import Command
from fixgw.model.ids import VenueName
from fixgw.model.venue import (
    CommandOutcome,
    OrderUpdate,
    QueryFailed,
    VenueInput,
    VenueStatus,
)
from fixgw.runtime.clock import ManualClock
from fixgw.venues.outcome import kept_back
from tests.app.bench import Client, Running, play, running, until
from tests.app.bench import settings as made_settings

EVENING = datetime(2026, 1, 5, 21, 59, tzinfo=UTC)
NIGHT = EVENING + timedelta(hours=3)
NEXT_MORNING = EVENING + timedelta(hours=11)
HOURS = "NonStopSession=N\nStartTime=08:00:00\nEndTime=22:00:00\n"
DAY = {"ONE": f"{HOURS}Day=GTC\n"}
ORDER = "55=BTCUSDT|54=1|38=1|40=2|44=100"
"""No TimeInForce(59): Day."""
OVER = "the day is over: EndTime of the session has come"
EXPIRED = f"35=8|11=A|150=C|39=C|14=0|151=0|58={OVER}"


def clock_at(moment: datetime) -> ManualClock:
    return ManualClock(int(moment.timestamp() * 1_000))


async def logged_on(gateway: Running, clock: ManualClock, more: str = "") -> Client:
    client = await gateway.client()
    client.clock = lambda: datetime.fromtimestamp(clock.now_ms() / 1_000, UTC)
    await client.log_on(more)
    return client


async def place(directory: Path) -> None:
    """A first life: A is at the venue, and EndTime has not come."""
    clock = clock_at(EVENING)
    async with running(directory, clock=clock, sessions=DAY) as gateway:
        client = await logged_on(gateway, clock)
        await client.send(f"35=D|11=A|{ORDER}")
        told = await client.expect("35=8|11=A|39=0|151=1")
        assert 59 not in told, "Day, as the client has it"
        assert not [c for c in gateway.paper.commands if isinstance(c, CancelOrder)]


def cancels(gateway: Running) -> int:
    return sum(isinstance(c, CancelOrder) for c in gateway.paper.commands)


async def expired(gateway: Running) -> None:
    (order,) = gateway.gateway.engine.orders
    await until(lambda: not order.open)
    assert ("C", OVER) == (order.status, order.text)


def test_at_end_time_the_client_hears_that_its_order_expired(tmp_path: Path) -> None:
    async def scenario() -> None:
        clock = clock_at(EVENING)
        async with running(tmp_path, clock=clock, sessions=DAY) as gateway:
            client = await logged_on(gateway, clock)
            await client.send(f"35=D|11=A|{ORDER}")
            await client.expect("35=8|11=A|39=0")
            clock.advance(60_000)
            await client.expect("35=5|58=the session's EndTime is reached")
            await client.send("35=5")
            await client.expect_end()
            await expired(gateway)
            assert 1 == cancels(gateway)

            # Reported under the numbers of the session to come.
            clock.advance(10 * 3_600_000)
            await until(lambda: gateway.gone()() and gateway.numbers() == (2, 1))
            back = await logged_on(gateway, clock)
            await back.send("35=2|7=1|16=0")
            await back.expect(EXPIRED)

    play(scenario())


@pytest.mark.parametrize("back_at", [NIGHT, NEXT_MORNING])
def test_a_gateway_that_was_dead_at_end_time_cancels_when_it_is_back(
    tmp_path: Path, back_at: datetime
) -> None:
    play(place(tmp_path))

    async def scenario() -> None:
        async with running(tmp_path, clock=clock_at(back_at), sessions=DAY) as gateway:
            await expired(gateway)
            assert 1 == cancels(gateway)
        # And once more: nothing is left to do.
        async with running(tmp_path, clock=clock_at(back_at), sessions=DAY) as gateway:
            await until(lambda: VenueName("paper") in gateway.gateway.loaded)
            assert 0 == cancels(gateway)

    play(scenario())


@pytest.mark.parametrize("day", ["Day=refuse\n", "EndTime=23:59:00\nDay=GTC\n"])
def test_what_was_agreed_stays_with_the_order_whatever_the_settings_say_later(
    tmp_path: Path, day: str
) -> None:
    play(place(tmp_path))

    async def scenario() -> None:
        hours = HOURS.replace("EndTime=22:00:00\n", "") if "EndTime" in day else HOURS
        async with running(
            tmp_path, clock=clock_at(EVENING + timedelta(minutes=1)),
            sessions={"ONE": f"{hours}{day}"},
        ) as gateway:
            await expired(gateway)

    play(scenario())


def test_a_venue_that_is_down_at_end_time_is_told_when_it_is_back(tmp_path: Path) -> None:
    answers: Any = None

    def is_down(command: VenueCommand) -> VenueInput:
        order_id = command.order.order_id
        if isinstance(command, QueryOrder):
            return QueryFailed(order_id, "no connection")
        return CommandOutcome(order_id, Command.CANCEL, kept_back("no connection"))

    def is_back(command: VenueCommand) -> VenueInput:
        if isinstance(command, QueryOrder):
            return OrderUpdate(
                order_id=command.order.order_id, status=VenueStatus.WORKING, asked=True
            )
        return answers(command)

    play(place(tmp_path))

    async def scenario() -> None:
        nonlocal answers
        clock = clock_at(NIGHT)
        one = Running(made_settings(tmp_path, sessions=DAY), clock)
        answers, one.paper.answer = one.paper.answer, is_down
        try:
            await one.start()
            await until(lambda: cancels(one) == 1)
            clock.advance(3_600_000)
            await until(lambda: any(isinstance(c, QueryOrder) for c in one.paper.commands))
            (order,) = one.gateway.engine.orders
            assert order.open

            one.paper.answer = is_back

            def passes() -> bool:
                clock.advance(1_000)
                return not order.open

            await until(passes)
            assert "C" == order.status and order.text.startswith(OVER)
        finally:
            await one.stop()

    play(scenario())
