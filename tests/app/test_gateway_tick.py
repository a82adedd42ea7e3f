"""The order of things in a tick: decided, then on record, and only then heard of by anybody."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import pytest

from fixgw.core.orders.index import Orders
from fixgw.journal.replay import replay
from fixgw.loop.order_loop import VENUE_WORDS_A_TICK
from fixgw.model.errors import JournalError
from fixgw.model.number import ZERO
from fixgw.model.venue import OrderUpdate, UnknownOrderSeen, VenueStatus
from fixgw.runtime import logs
from tests.app.bench import DEADLINE_SECONDS, ORDER, Running, play, running, settings, until
from tests.app.paper import VENUE
from tests.support import recorded

NOISE = UnknownOrderSeen(VENUE, "X", "not ours")


def orders_on_record(directory: Path) -> list[str]:
    """ClOrdID(11) of every order in the journal, as another process reads it."""
    path, orders = directory / "journal", Orders()
    replay(path, orders.apply)
    return [order.request.cl_ord_id for order in orders]


def break_journal(gateway: Running) -> None:
    """From now on every write is refused, as on a disk that was remounted read-only."""
    recorded.break_journal(gateway.journal.path)


async def stopped_by(gateway: Running) -> BaseException:
    """What made the gateway stop by itself."""
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await gateway.gateway.failure()
    except TimeoutError:
        raise AssertionError("it runs") from None
    except Exception as error:
        return error
    raise AssertionError("it has no failure")


def test_an_order_is_on_record_before_the_venue_hears_of_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            recorded: list[list[str]] = []
            gateway.paper.on_perform = lambda commands: recorded.append(orders_on_record(tmp_path))
            client = await gateway.client()
            await client.log_on()

            await client.orders("A")
            await client.expect("35=8|11=A|39=0")
            await client.orders("B", "C")
            await client.expect("35=8|11=B|39=0")

            # B and C came in one segment, so one commit and one call hold both.
            assert [["A"], ["A", "B", "C"]] == recorded

    play(scenario())


def test_of_a_tick_that_cannot_be_recorded_nothing_leaves(tmp_path: Path) -> None:
    async def scenario() -> None:
        gateway = Running(settings(tmp_path))
        await gateway.start()
        client = await gateway.client()
        await client.log_on()
        await client.orders("A")
        await client.expect("35=8|11=A|39=0")
        performed = list(gateway.paper.commands)
        break_journal(gateway)

        await client.send("35=1|112=HELLO", "35=D|11=B|55=BTCUSDT|54=1|38=1|40=2|44=100|59=1")

        error = await stopped_by(gateway)
        assert isinstance(error, JournalError)
        assert str(error).startswith(f"journal {tmp_path}/journal: Bad file descriptor")
        assert performed == gateway.paper.commands
        with pytest.raises(JournalError):
            await gateway.stop()
        # Neither the report nor the Heartbeat that a TestRequest asks for.
        await client.expect_end()

        # And none of it has happened: the client is asked for both messages again.
        assert ["A"] == orders_on_record(tmp_path)
        async with running(tmp_path) as gateway:
            client = await gateway.client(next_out=5)
            await client.log_on()
            await client.expect("35=2|7=3|16=0")

    play(scenario())


def test_a_log_that_nobody_reads_any_more_stops_the_gateway(tmp_path: Path) -> None:
    """Half a tick is none: what fails in the middle of it must not go on with the next."""

    async def scenario(log: TextIO) -> None:
        logs.configure("info", "console", log)
        gateway = Running(settings(tmp_path))
        await gateway.start()
        client = await gateway.client()
        await client.send("35=A|98=0|108=30", f"35=D|11=A|{ORDER}")

        assert isinstance(await stopped_by(gateway), BrokenPipeError)
        with pytest.raises(BrokenPipeError):
            await gateway.stop()
        await client.expect_end()
        assert [] == orders_on_record(tmp_path) == gateway.paper.commands

    read_end, write_end = os.pipe()
    os.close(read_end)
    with suppress(BrokenPipeError), open(write_end, "w") as log:
        play(scenario(log))


def test_a_venue_that_says_very_much_at_once_keeps_no_client_waiting(tmp_path: Path) -> None:
    """As when a socket is lost with 10,000 commands: an order that comes then goes first."""
    words = [
        UnknownOrderSeen(VENUE, f"X{number}", "not ours")
        for number in range(20 * VENUE_WORDS_A_TICK)
    ]

    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            heard: list[object] = []
            gateway.gateway.listeners.append(heard.append)
            behind: list[int] = []
            gateway.paper.on_perform = lambda commands: behind.append(len(heard))
            await client.orders("A")
            gateway.paper.say(*words)
            await client.expect("35=8|11=A|39=0")
            assert behind[0] < len(words)
            await until(lambda: len(heard) >= len(words))

    play(scenario())


@pytest.mark.parametrize("much", [0, 3])
def test_what_venues_say_last_is_on_record(tmp_path: Path, much: int) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            client = await gateway.client()
            await client.log_on()
            await client.orders("A")
            await client.expect("35=8|11=A|39=0")
            gateway.paper.say(*much * VENUE_WORDS_A_TICK * [NOISE], OrderUpdate(
                order_id=gateway.order_id("A"), status=VenueStatus.CANCELED, cum_qty=ZERO
            ))

        async with running(tmp_path) as gateway:
            assert [] == list(gateway.gateway.engine.orders.open())

    play(scenario())


def test_an_end_that_cannot_be_recorded_is_no_good_end(tmp_path: Path) -> None:
    async def scenario() -> None:
        gateway = Running(settings(tmp_path))
        await gateway.start()
        client = await gateway.client()
        await client.log_on()
        await client.orders("A")
        await client.expect("35=8|11=A|39=0")
        break_journal(gateway)
        gateway.paper.say(OrderUpdate(
            order_id=gateway.order_id("A"), status=VenueStatus.CANCELED, cum_qty=ZERO
        ))

        with pytest.raises(JournalError):
            await gateway.stop()

    play(scenario())
