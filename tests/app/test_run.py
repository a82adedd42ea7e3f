"""A gateway's whole life, with real signals: its start, its end, and what makes it end."""

import asyncio
import gc
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from fixgw.acceptor.listener import CannotListen
from fixgw.app import run
from fixgw.app.gateway import Gateway
from fixgw.app.run import serve
from fixgw.model.errors import JournalError
from fixgw.model.now import Now
from fixgw.model.venue import InstrumentsLoaded
from tests.app.bench import DEADLINE_SECONDS, ORDER, Client, connect, play, settings, until
from tests.app.paper import BTC_USDT, VENUE, Paper, paper_is_known

NEVER = "LogoutTimeout=600\n"
LONG_GOODBYES = "[limits]\nshutdown_seconds = 600\n"
AT_ONCE_SECONDS = 30.0
"""Far below the time-outs that must not be waited for: the machine may be busy."""


@pytest.fixture(autouse=True)
def process_as_before() -> Iterator[None]:
    """`serve` has the process to itself; pytest has not."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


class Life:
    """A gateway that `serve` runs."""

    def __init__(self, papers: list[Paper], task: asyncio.Task[None]) -> None:
        self.port = 0
        self.silent: list[str] | None = None
        """Who has told nothing when the gateway says that it is ready; None: it has not yet."""
        self.task = task
        self._papers = papers

    @property
    def paper(self) -> Paper:
        return self._papers[0]

    async def client(self, comp_id: str = "ONE", **given: Any) -> Client:
        return await connect(self.port, comp_id, **given)

    def signal(self, number: int = signal.SIGTERM) -> None:
        os.kill(os.getpid(), number)

    async def end(self, seconds: float = DEADLINE_SECONDS) -> None:
        """Its end, within *seconds*, with what it raises."""
        async with asyncio.timeout(seconds):
            await self.task


@asynccontextmanager
async def serving(directory: Path, *, wait: bool = True, **given: Any) -> AsyncIterator[Life]:
    with paper_is_known() as papers:
        told = settings(directory, **given)
        task = asyncio.create_task(serve(told, lambda *at: listening(*at), lambda x: ready(x)))
        life = Life(papers, task)

        def listening(host: str, port: int) -> None:
            life.port = port

        def ready(silent: list[str]) -> None:
            life.silent = silent

        try:
            await until(lambda: life.silent is not None or task.done() or (life.port and not wait))
            yield life
        finally:
            if not task.done():
                life.signal()
                life.signal()
            await asyncio.wait([task])


def test_clients_are_told_and_answer(tmp_path: Path) -> None:
    async def scenario() -> None:
        sessions = {"ONE": NEVER, "TWO": NEVER}
        async with serving(tmp_path, sessions=sessions, tables=LONG_GOODBYES) as life:
            one, two = await life.client(), await life.client("TWO")
            await one.log_on()
            await two.log_on()

            life.signal()

            for client in (one, two):
                await client.expect("35=5|34=2|58=the gateway stops")
                await client.send("35=5")
                await client.expect_end()
            await life.end(AT_ONCE_SECONDS)
            with pytest.raises(OSError):
                await life.client()

    play(scenario())


def test_a_client_that_does_not_answer_is_cut_off(tmp_path: Path) -> None:
    async def scenario() -> None:
        sessions = {"ONE": "LogoutTimeout=1\n"}
        async with serving(tmp_path, sessions=sessions, tables=LONG_GOODBYES) as life:
            client = await life.client()
            await client.log_on()

            life.signal(signal.SIGINT)

            await client.expect("35=5|58=the gateway stops")
            await client.expect_end()
            await life.end(AT_ONCE_SECONDS)

    play(scenario())


def test_shutdown_seconds_bound_it_all(tmp_path: Path) -> None:
    async def scenario() -> None:
        tables = "[limits]\nshutdown_seconds = 1\n"
        async with serving(tmp_path, sessions={"ONE": NEVER}, tables=tables) as life:
            client = await life.client()
            await client.log_on()

            life.signal()

            await life.end(AT_ONCE_SECONDS)
            await client.expect("35=5")
            await client.expect_end()

    play(scenario())


def test_the_second_signal_does_not_wait(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, sessions={"ONE": NEVER}, tables=LONG_GOODBYES) as life:
            client = await life.client()
            await client.log_on()
            life.signal()
            await client.expect("35=5")
            assert not life.task.done()

            life.signal()

            await life.end(AT_ONCE_SECONDS)
            await client.expect_end()

    play(scenario())


def test_a_venue_that_hangs_keeps_no_client_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here it would be waited for ten minutes."""
    monkeypatch.setattr(run, "VENUE_WAIT_SECONDS", 600)

    async def scenario() -> None:
        async with serving(tmp_path, wait=False, venue="reachable = false") as life:
            client = await life.client()
            await client.log_on()
            await client.send(f"35=D|11=A|{ORDER}")

            await client.expect("35=j|34=2|45=2|372=D|380=4|379=A")
            assert life.silent is None
            life.paper.say(InstrumentsLoaded(VENUE, (BTC_USDT,)))
            await until(lambda: life.silent is not None)
            assert [] == life.silent
            await client.orders("B")
            await client.expect("35=8|11=B|39=0")

    play(scenario())


def test_who_says_nothing_for_long_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "VENUE_WAIT_SECONDS", 0.2)

    async def scenario() -> None:
        async with serving(tmp_path, venue="reachable = false") as life:
            assert ["paper"] == life.silent

    play(scenario())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_can_be_stopped_while_it_waits_for_a_venue(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "VENUE_WAIT_SECONDS", 600)

    async def scenario() -> None:
        async with serving(tmp_path, wait=False, venue="reachable = false") as life:
            assert not life.task.done()
            life.signal(number)

            await life.end(AT_ONCE_SECONDS)
            assert life.silent is None

    play(scenario())


def test_a_port_that_is_taken_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    """And the journal is given up: once the port is free the gateway starts."""

    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            with paper_is_known() as papers:
                taken = settings(tmp_path, port=port)
                with pytest.raises(CannotListen, match="Address already in use"):
                    await serve(taken)
            assert [None] == [paper._deliver for paper in papers], "no venue has been started"
        async with serving(tmp_path, port=port) as life:
            assert port == life.port

    play(scenario())


def test_a_journal_that_is_replaced_ends_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with serving(tmp_path, tables="checkpoint_seconds = 1\n") as life:
            client = await life.client()
            await client.log_on()
            journal = tmp_path / "journal"
            shutil.copytree(journal, tmp_path / "copy")
            journal.rename(tmp_path / "elsewhere")
            (tmp_path / "copy").rename(journal)

            with pytest.raises(JournalError, match="was replaced while the gateway ran"):
                await life.end()
            await client.expect_end()

    play(scenario())


def test_a_bug_while_it_stops_is_not_taken_for_a_good_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumble(gateway: Gateway, now: Now) -> None:
        raise RuntimeError("a bug")

    async def scenario() -> None:
        async with serving(tmp_path, sessions={"ONE": NEVER}, tables=LONG_GOODBYES) as life:
            client = await life.client()
            await client.log_on()
            life.signal()
            await client.expect("35=5")

            monkeypatch.setattr(Gateway, "before_commit", stumble)
            await client.send(f"35=D|11=A|{ORDER}")

            with pytest.raises(RuntimeError, match="a bug"):
                await life.end(AT_ONCE_SECONDS)

    play(scenario())
