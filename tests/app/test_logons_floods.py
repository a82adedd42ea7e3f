"""What strangers who come and go can take from clients at the door: on real sockets."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from fixgw.acceptor.auth import backoff
from fixgw.acceptor.auth import password as passwords
from fixgw.app import logons
from tests.app.bench import (
    CREDENTIALS,
    DEADLINE_SECONDS,
    PASSWORD_ASKED,
    Running,
    play,
    running,
    until,
)
from tests.support.secrets import WRONG_PASSWORD

ELSEWHERE = "127.0.0.2"
PLACES = 5


def test_who_asks_and_goes_away_keeps_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one address that connects again and again keeps every other client's password out."""
    monkeypatch.setattr(logons, "VISITS_MAX", PLACES)

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            for _ in range(2 * PLACES):
                stranger = await gateway.client("NOBODY", source=ELSEWHERE)
                await stranger.send(f"35=A|98=0|108=30|553=jane|554={WRONG_PASSWORD}")
                await until(lambda: gateway.gateway._door._visits)
                stranger.close()
                await until(lambda: not gateway.acceptor.connections)
            await asyncio.sleep(0)
            assert 0 == len(gateway.gateway._door._turns)

            client = await gateway.client()
            await client.log_on(CREDENTIALS)

    play(scenario())


WRONG = f"35=A|98=0|108=30|553=jane|554={WRONG_PASSWORD}"
ADDRESSES = 20
CHECK_SECONDS = 0.03
PATIENCE_SECONDS = 300.0
"""Dozens of passwords are hashed one after the other, in a third of one core's time."""
NEARLY_AT_ONCE = 4
"""Checks until a client is in: one that runs, one that begins while it comes, and its own."""

PLENTY = "[limits]\nlogon_timeout_seconds = 60\nmax_connections = 500\n" \
    "max_unauthenticated_connections = 400\n"


@pytest.fixture
def decided(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Grows by one with each password that is looked at, in the same time on any machine."""
    monkeypatch.setattr(passwords, "MEMORY_KIB", 64)  # of what stands for unknown sessions
    monkeypatch.setattr(logons, "RESTS", 0.0)
    found: list[object] = []
    decide = logons.decide

    def slow(*given: Any) -> Any:
        found.append(given)
        time.sleep(CHECK_SECONDS)
        return decide(*given)

    monkeypatch.setattr(logons, "decide", slow)
    return found


async def flood(gateway: Running, comp_id: str = "NOBODY") -> None:
    """Wrong Logons from many addresses, two from each."""
    for number in range(2 * ADDRESSES):
        stranger = await gateway.client(comp_id, source=f"127.0.1.{1 + number % ADDRESSES}")
        await stranger.send(WRONG)


def test_who_was_refused_waits_behind_a_client_that_comes_for_the_first_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, decided: list[object]
) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_SECONDS", 0.000_1)
    monkeypatch.setattr(backoff, "WAIT_SECONDS_MAX", 0.000_1)

    async def scenario() -> None:
        sessions = {"ONE": PASSWORD_ASKED}
        async with running(tmp_path, sessions=sessions, tables=PLENTY) as gateway:
            await flood(gateway)
            await until(lambda: len(decided) == 2 * ADDRESSES, PATIENCE_SECONDS)
            await until(lambda: not gateway.acceptor.connections, PATIENCE_SECONDS)
            await flood(gateway)
            await until(lambda: len(gateway.gateway._door._turns) > ADDRESSES, PATIENCE_SECONDS)

            before = len(decided)
            await (await gateway.client(source=ELSEWHERE)).log_on(CREDENTIALS)
            assert len(decided) - before <= NEARLY_AT_ONCE

    play(scenario())


def test_after_a_restart_a_client_is_known_where_it_logged_on_before(
    tmp_path: Path, decided: list[object]
) -> None:
    async def scenario() -> None:
        sessions = {"ONE": PASSWORD_ASKED}
        async with running(tmp_path, sessions=sessions, tables=PLENTY) as gateway:
            client = await gateway.client()
            await client.log_on(CREDENTIALS)
        async with running(tmp_path, sessions=sessions, tables=PLENTY) as gateway:
            # Of addresses that have never been refused.
            await flood(gateway)
            await until(lambda: len(gateway.gateway._door._turns) > ADDRESSES, PATIENCE_SECONDS)

            before = len(decided)
            await (await gateway.client(next_out=2)).log_on(CREDENTIALS)
            assert len(decided) - before <= NEARLY_AT_ONCE

    play(scenario())


def test_a_known_client_keeps_its_place_until_its_password_was_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = "[limits]\nlogon_timeout_seconds = 60\nmax_unauthenticated_connections = 5\n"
    all_are_here = threading.Event()
    decide = logons.decide

    def late(*given: Any) -> Any:
        all_are_here.wait(DEADLINE_SECONDS)
        return decide(*given)

    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}, tables=few) as gateway:
            client = await gateway.client()
            await client.log_on(CREDENTIALS)
            await client.log_out()
            await until(gateway.gone())
            monkeypatch.setattr(logons, "decide", late)
            client = await gateway.client(next_out=3)
            await client.send(f"35=A|98=0|108=30|{CREDENTIALS}")
            await until(lambda: gateway.gateway._door._visits)
            came = [await gateway.client("X", source=f"127.0.1.{1 + n}") for n in range(10)]
            for stranger in came[:6]:
                await stranger.expect_end()
            all_are_here.set()
            await client.expect("35=A")

    play(scenario())


def test_a_client_that_connects_all_the_time_does_not_fill_the_journal(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, sessions={"ONE": PASSWORD_ASKED}) as gateway:
            for number in range(3):
                client = await gateway.client(next_out=1 + 2 * number)
                await client.log_on(CREDENTIALS)
                await client.log_out()
                await until(gateway.gone())
            events = gateway.journal.database.execute("SELECT events FROM ticks").fetchall()
            assert 1 == sum(text.count("LoggedOnFrom") for (text,) in events)

    play(scenario())
