"""Durability "power": ticks are decided while the disk syncs, and nothing leaves before it has."""

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixgw.app.reload import Reloader
from fixgw.model.errors import JournalError
from fixgw.model.venue import VenueHeld
from fixgw.ops.answers import Resumed
from fixgw.ops.control import Peer
from fixgw.ops.requests import ResumeVenue
from fixgw.runtime.clock import SystemClock
from tests.app.bench import Client, Running, play, running, settings, until
from tests.app.operated import operator
from tests.app.paper import VENUE

POWER = 'durability = "power"\n'
DEADLINE_SECONDS = 60.0


class Disk:
    """A disk whose syncs wait for the test, or fail."""

    def __init__(self) -> None:
        self.works = threading.Event()
        self.works.set()
        self.fails = False
        self._fdatasync = os.fdatasync

    def sync(self, fd: int) -> None:
        assert self.works.wait(DEADLINE_SECONDS), "nobody let it go on"
        if self.fails:
            raise OSError(5, "Input/output error")
        self._fdatasync(fd)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk()
    monkeypatch.setattr(os, "fdatasync", made.sync)
    yield made
    made.works.set()


async def logged_on(gateway: Running, *names: str) -> list[Client]:
    clients = [await gateway.client(name) for name in names or ("ONE",)]
    for client in clients:
        await client.log_on()
    return clients


async def decided(gateway: Running, ticks: int) -> None:
    """So many more ticks are on file."""
    first = gateway.journal.last
    await until(lambda: gateway.journal.last >= first + ticks)


def test_an_order_leaves_when_the_disk_has_it_and_the_next_is_decided_meanwhile(
    tmp_path: Path, disk: Disk
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables=POWER) as gateway:
            [client] = await logged_on(gateway)
            disk.works.clear()
            await client.orders("A")
            await until(lambda: len(gateway.gateway.engine.orders) == 1)
            await client.orders("B")
            await until(lambda: len(gateway.gateway.engine.orders) == 2)
            assert [] == gateway.paper.commands
            assert gateway.journal.durable < gateway.journal.last

            disk.works.set()
            assert "A" == (await client.expect("35=8|39=0"))[11]
            assert "B" == (await client.expect("35=8|39=0"))[11]
            assert 2 == len(gateway.paper.commands)

    play(scenario())


def test_what_is_asked_for_again_while_ticks_are_held_comes_whole_and_in_order(
    tmp_path: Path, disk: Disk
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables=POWER) as gateway:
            [client] = await logged_on(gateway)
            await client.orders("A")
            await client.expect("35=8|11=A|39=0")
            disk.works.clear()
            await client.send("35=H|11=A|55=BTCUSDT|54=1")
            await until(lambda: gateway.journal.durable < gateway.journal.last)
            held = gateway.journal.last
            await client.send("35=2|7=1|16=0")
            await until(lambda: gateway.journal.last > held)
            disk.works.set()

            first = await client.expect("35=8|150=I")
            again = [await client.expect("43=Y") for _ in range(3)]
            assert ["4", "8", "8"] == [each[35] for each in again]
            assert first[34] == again[2][34] and first[17] == again[2][17]

    play(scenario())


def test_a_client_that_resets_its_numbers_while_ticks_are_held_gets_each_report_once(
    tmp_path: Path, disk: Disk
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables=POWER) as gateway:
            [client] = await logged_on(gateway)
            await client.orders("A")
            await client.expect("35=8|11=A|39=0")
            disk.works.clear()
            await client.send("35=H|11=A|55=BTCUSDT|54=1")
            await until(lambda: gateway.journal.durable < gateway.journal.last)
            client.close()
            await until(gateway.gone())
            again = await gateway.client()
            disk.works.set()
            await again.send("35=A|98=0|108=30|141=Y")
            await again.expect("35=A|141=Y")
            # Neither report is proven to have been read: both come under new numbers.
            carried = [await again.expect("35=8|97=Y") for _ in range(2)]
            assert ["0", "I"] == [each[150] for each in carried]

    play(scenario())


def test_a_disk_that_fails_ends_the_gateway_and_nothing_held_has_left(
    tmp_path: Path, disk: Disk
) -> None:
    async def scenario() -> None:
        gateway = Running(settings(tmp_path, tables=POWER))
        await gateway.start()
        [client] = await logged_on(gateway)
        disk.works.clear()
        await client.orders("A")
        await until(lambda: len(gateway.gateway.engine.orders) == 1)
        disk.fails = True
        disk.works.set()

        with pytest.raises(JournalError, match="Input/output error"):
            async with asyncio.timeout(DEADLINE_SECONDS):
                await gateway.gateway.failure()
        with pytest.raises(JournalError):
            await gateway.stop()
        assert [] == gateway.paper.commands
        await client.expect_end()

    play(scenario())


def test_a_stop_waits_for_what_is_decided(tmp_path: Path, disk: Disk) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables=POWER) as gateway:
            [client] = await logged_on(gateway)
            disk.works.clear()
            await client.orders("A")
            await until(lambda: len(gateway.gateway.engine.orders) == 1)
            paper, seen = gateway.paper, []

            async def stop() -> None:
                seen.extend(paper.commands)

            paper.stop = stop
            threading.Timer(0.2, disk.works.set).start()
        assert 1 == len(paper.commands)
        assert seen == paper.commands, "the adapter had it before it was stopped"

    play(scenario())


def test_too_many_held_ticks_stop_the_reading_and_nothing_is_lost(
    tmp_path: Path, disk: Disk
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables=POWER + "held_ticks_max = 2\n") as gateway:
            [client] = await logged_on(gateway)
            disk.works.clear()
            for number in range(20):
                await client.orders(f"A{number}")
                await asyncio.sleep(0.01)
            assert gateway.journal.last - gateway.journal.durable <= 3
            disk.works.set()
            names = [(await client.expect("35=8|39=0"))[11] for _ in range(20)]
            assert [f"A{number}" for number in range(20)] == names

    play(scenario())


def test_an_operator_is_answered_when_the_disk_has_it(tmp_path: Path, disk: Disk) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables=POWER) as gateway:
            gateway.paper.say(VenueHeld(venue=VENUE, text="HTTP 500"))
            await until(lambda: gateway.gateway.engine.held)
            await until(lambda: gateway.journal.durable == gateway.journal.last)
            disk.works.clear()
            request, of = ResumeVenue(venue=VENUE, who="jane"), Peer(pid=1, uid=1)
            answer = asyncio.create_task(operator(gateway, SystemClock()).answer(request, of))
            await until(lambda: not gateway.gateway.engine.held)
            for _ in range(20):
                await asyncio.sleep(0.001)
            assert not answer.done() and 0 == gateway.paper.resumed

            disk.works.set()
            assert isinstance(await answer, Resumed)
            assert 1 == gateway.paper.resumed

    play(scenario())


def test_a_goodbye_ends_the_connection_when_the_disk_has_it(tmp_path: Path, disk: Disk) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables=POWER) as gateway:
            [client] = await logged_on(gateway)
            disk.works.clear()
            connection = gateway.state().connection
            written = connection.written
            await client.send("35=5")
            await until(lambda: connection.closing_reason)
            await client.orders("A")
            await until(lambda: connection.inbox)
            assert written == connection.written and not connection.closing

            disk.works.set()
            await client.expect("35=5|34=2")
            await client.expect_end()
            await until(gateway.gone())
            assert [] == list(gateway.gateway.engine.orders)

    play(scenario())


def test_a_client_that_comes_back_while_ticks_are_held_finds_the_gap(
    tmp_path: Path, disk: Disk
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables=POWER) as gateway:
            [client] = await logged_on(gateway)
            await client.orders("A")
            await client.expect("35=8|34=2|11=A|39=0")
            disk.works.clear()
            await client.send("35=H|11=A|55=BTCUSDT|54=1")
            await until(lambda: gateway.numbers()[0] == 4)
            client.close()
            await until(gateway.gone())
            again = await gateway.client(next_out=client.next_out)
            await again.send("35=A|98=0|108=30")
            await until(lambda: gateway.state().session.logged_on)
            written = gateway.state().connection.written
            disk.works.set()
            # What was held for the connection before is not said to this one.
            await again.expect("35=A|34=4")
            assert 0 == written
            await again.send("35=2|7=3|16=0")
            await again.expect("35=8|34=3|150=I|43=Y")

    play(scenario())


def test_a_client_that_is_changed_while_ticks_are_held_is_told_everything_first(
    tmp_path: Path, disk: Disk
) -> None:
    async def scenario() -> None:
        async with running(tmp_path, tables=POWER, sessions={"ONE": "MaxHeartBtInt=30"}) as gateway:
            [client] = await logged_on(gateway)
            await client.orders("A")
            await client.expect("35=8|34=2|11=A|39=0")
            disk.works.clear()
            await client.send("35=H|11=A|55=BTCUSDT|54=1")
            await until(lambda: gateway.numbers()[0] == 4)
            settings(tmp_path, tables=POWER, sessions={"ONE": "MaxHeartBtInt=10"})
            before = gateway.state()
            reloader = Reloader(
                gateway.gateway, gateway.parts, gateway.journal, gateway.acceptor
            )
            reloaded = asyncio.create_task(reloader.reload())
            await until(lambda: gateway.numbers()[0] == 5)
            assert not reloaded.done()

            disk.works.set()
            await reloaded
            await client.expect("35=8|34=3|150=I")
            await client.expect("35=5|34=4|58=this session was changed; log on again")
            disk.works.clear()
            await client.send("35=5")
            await until(lambda: before.connection.closing_reason)
            assert before is gateway.state()
            disk.works.set()
            await client.expect_end()
            await until(lambda: before is not gateway.state())
            again = await gateway.client(next_out=client.next_out)
            await again.send("35=A|98=0|108=10")
            await again.expect("35=A|34=5")

    play(scenario())


def test_a_goodbye_proves_nothing_of_what_is_still_held(tmp_path: Path, disk: Disk) -> None:
    """Its TCP has acknowledged all that was written: the report was not, and is carried over."""
    async def scenario() -> None:
        async with running(
            tmp_path, tables=POWER, sessions={"ONE": "ResetOnLogout=Y"}
        ) as gateway:
            [client] = await logged_on(gateway)
            await client.orders("A")
            await client.expect("35=8|34=2|11=A|39=0")
            disk.works.clear()
            await client.send("35=H|11=A|55=BTCUSDT|54=1")
            await until(lambda: gateway.numbers()[0] == 4)
            await client.send("35=5")
            await until(lambda: gateway.state().connection.closing_reason)
            disk.works.set()
            await client.expect("35=8|34=3|150=I")
            await client.expect("35=5|34=4")
            await client.expect_end()
            await until(gateway.gone())
            again = await gateway.client()
            await again.send("35=A|98=0|108=30")
            await again.expect("35=A|34=2")
            await again.send("35=2|7=1|16=0")
            await again.expect("35=8|34=1|150=I|97=Y")

    play(scenario())
