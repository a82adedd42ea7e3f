"""`fixgw reload`: what it says, when it says nothing to the gateway, and how it ends."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fixgw.app.outcome import Outcome, outcome_path, write
from fixgw.app.reload import Reloader
from fixgw.cli import main, reload
from fixgw.journal.files import lock_path
from tests.app.bench import Running, play, running, settings
from tests.app.paper import paper_is_known

BOTH = {"ONE": "", "TWO": ""}


async def fixgw(directory: Path, *arguments: str) -> int:
    """The command, beside the gateway that runs in this process."""
    all_arguments = ["reload", "--sessions", str(directory / "sessions"), *arguments]
    with paper_is_known():
        return await asyncio.to_thread(main.run, all_arguments)


@asynccontextmanager
async def reloading(directory: Path) -> AsyncIterator[Running]:
    """A gateway with a client ONE that heeds SIGHUP."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    async with running(directory) as gateway:
        reloader = Reloader(gateway.gateway, gateway.parts, gateway.journal, gateway.acceptor)
        loop.add_signal_handler(signal.SIGHUP, asked.set)
        task = loop.create_task(reloader.run(asked))
        try:
            yield gateway
        finally:
            task.cancel()
            loop.remove_signal_handler(signal.SIGHUP)


def test_it_says_what_came_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path):
            settings(tmp_path, sessions=BOTH)
            capsys.readouterr()
            assert 0 == await fixgw(tmp_path)
            first = capsys.readouterr().out
            assert 0 == await fixgw(tmp_path)
            second = capsys.readouterr().out

            assert "added\tFIX.4.4:FIXGW->TWO\t\nunchanged\t1 sessions\t\n" in first
            assert "unchanged\t2 sessions\t\n" in second

    play(scenario())


def test_it_fails_unless_all_is_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path):
            settings(tmp_path, sessions=BOTH, tables="[limits]\nshutdown_seconds = 9")
            capsys.readouterr()

            assert 1 == await fixgw(tmp_path, "--json")

    play(scenario())
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[0] == "{"]
    assert [("added", "FIX.4.4:FIXGW->TWO"), ("restart", "[limits] shutdown_seconds"),
            ("unchanged", "1 sessions")] == [(row["what"], row["name"]) for row in rows]


def test_settings_with_an_error_are_not_even_sent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with reloading(tmp_path) as gateway:
            (tmp_path / "sessions" / "TWO.cfg").write_text("[SESSION]\nnonsense\n")

            assert 1 == await fixgw(tmp_path)

            assert not outcome_path(gateway.journal.path).exists()

    play(scenario())
    assert "TWO.cfg:2: expected Key=Value" in capsys.readouterr().err


def test_no_gateway_is_running(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = settings(tmp_path).journal_path
    # Left behind by one that ran: the number is another's by now, here this process's own.
    lock_path(path).write_text(str(os.getpid()))

    assert 4 == asyncio.run(fixgw(tmp_path))

    assert f"fixgw: no gateway is running on the journal {path}" in capsys.readouterr().err


def test_a_gateway_that_does_not_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "DEADLINE_SECONDS", 0.2)

    async def scenario() -> None:
        async with running(tmp_path) as gateway:
            # The answer to somebody who asked before.
            write(outcome_path(gateway.journal.path), Outcome(began_ns=1))
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: None)

            assert 1 == await fixgw(tmp_path)

    play(scenario())
    assert "the gateway has not answered for 0.2 s" in capsys.readouterr().err
