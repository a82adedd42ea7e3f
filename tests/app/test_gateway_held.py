"""Durability "power": ticks are decided while the disk syncs, and nothing leaves before it has."""

import asyncio
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixgw.model.errors import JournalError
from tests.app.bench import Client, Running, play, running, settings, until

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
            paper = gateway.paper
            threading.Timer(0.2, disk.works.set).start()
        assert 1 == len(paper.commands)

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
