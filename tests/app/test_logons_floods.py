"""What strangers who come and go can take from clients at the door: on real sockets."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixgw.acceptor.auth import backoff
from fixgw.acceptor.auth import password as passwords
from fixgw.acceptor.auth.workers import PASSWORD_CHECKS_AT_ONCE
from fixgw.app import logons
from fixgw.model.session_events import LoggedOnFrom
from tests.app.bench import (
    CREDENTIALS,
    DEADLINE_SECONDS,
    PASSWORD_ASKED,
    Client,
    Running,
    play,
    running,
    until,
)
from tests.support import recorded
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
PATIENCE_SECONDS = 300.0
"""Dozens of passwords are hashed one after the other, in a third of one core's time."""

PLENTY = "[limits]\nlogon_timeout_seconds = 60\nmax_connections = 500\n" \
    "max_unauthenticated_connections = 400\n"


class Checks:
    """The checks of passwords, in the order in which they began; none ends while they are held."""

    def __init__(self) -> None:
        self.usernames: list[str] = []
        """Username(553) that each session asks for; "" for a session that is not there."""
        self.go_on = threading.Event()
        self.go_on.set()

    def hold(self) -> None:
        self.go_on.clear()

    def release(self) -> None:
        self.go_on.set()


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Checks]:
    """Every password that is looked at."""
    monkeypatch.setattr(passwords, "MEMORY_KIB", 64)  # of what stands for unknown sessions
    monkeypatch.setattr(logons, "RESTS", 0.0)
    found, decide = Checks(), logons.decide

    def noted(verdict: Any, username: str, *given: Any) -> Any:
        found.usernames.append(username)
        found.go_on.wait(PATIENCE_SECONDS)
        return decide(verdict, username, *given)

    monkeypatch.setattr(logons, "decide", noted)
    yield found
    found.release()


async def flood(gateway: Running) -> None:
    """Send wrong Logons from many addresses, two from each."""
    for number in range(2 * ADDRESSES):
        stranger = await gateway.client("NOBODY", source=f"127.0.1.{1 + number % ADDRESSES}")
        await stranger.send(WRONG)


async def is_next(gateway: Running, checks: Checks, client: Client) -> None:
    """Its password is looked at next, though all of a flood came before it and wait."""
    turns = gateway.gateway._door._turns
    checks.hold()
    try:
        before = len(checks.usernames) + PASSWORD_CHECKS_AT_ONCE
        waiting = 2 * ADDRESSES - PASSWORD_CHECKS_AT_ONCE
        await flood(gateway)
        await until(lambda: len(checks.usernames) == before, PATIENCE_SECONDS)
        await until(lambda: len(turns) == waiting, PATIENCE_SECONDS)

        await client.send(f"35=A|98=0|108=30|{CREDENTIALS}")
        await until(lambda: len(turns) > waiting, PATIENCE_SECONDS)
    finally:
        checks.release()
    await client.expect("35=A")
    assert "jane" == checks.usernames[before]


def test_who_was_refused_waits_behind_a_client_that_comes_for_the_first_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checks: Checks
) -> None:
    monkeypatch.setattr(backoff, "FIRST_WAIT_SECONDS", 0.000_1)
    monkeypatch.setattr(backoff, "WAIT_SECONDS_MAX", 0.000_1)

    async def scenario() -> None:
        sessions = {"ONE": PASSWORD_ASKED}
        async with running(tmp_path, sessions=sessions, tables=PLENTY) as gateway:
            await flood(gateway)
            await until(lambda: len(checks.usernames) == 2 * ADDRESSES, PATIENCE_SECONDS)
            await until(lambda: not gateway.acceptor.connections, PATIENCE_SECONDS)

            await is_next(gateway, checks, await gateway.client(source=ELSEWHERE))

    play(scenario())


def test_after_a_restart_a_client_is_known_where_it_logged_on_before(
    tmp_path: Path, checks: Checks
) -> None:
    async def scenario() -> None:
        sessions = {"ONE": PASSWORD_ASKED}
        async with running(tmp_path, sessions=sessions, tables=PLENTY) as gateway:
            client = await gateway.client()
            await client.log_on(CREDENTIALS)
        async with running(tmp_path, sessions=sessions, tables=PLENTY) as gateway:
            # The flood is of addresses that have never been refused.
            await is_next(gateway, checks, await gateway.client(next_out=2))

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
            events = recorded.events(gateway.journal.path)
            assert 1 == sum(type(event) is LoggedOnFrom for event in events)

    play(scenario())
