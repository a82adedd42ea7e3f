"""When a directory is asked: in time, out of turn, and how little that takes of it."""

import asyncio
from collections.abc import Callable, Iterable

import pytest
from structlog.testing import capture_logs

from fixgw.app.account_poller import AccountPoller
from fixgw.directory.adapter import Answers
from fixgw.directory.config import DirectoryConfig
from fixgw.model.accounts import AccountsLoaded, AccountState, DirectoryName
from fixgw.runtime.clock import SystemClock
from tests.app.bench import play, until

GOOD = AccountState(enabled=True)
ALL_IS_WELL = Answers(accounts={"A1": GOOD})
DOWN = Answers(accounts={}, problems=("no connection",))
HOUR = 3_600


class Directory:
    """One in this process: it answers what *answer* says, when it says it."""

    def __init__(self, answer: Callable[[], Answers] = lambda: ALL_IS_WELL, **config: int) -> None:
        self.name = DirectoryName("crm")
        self.config = DirectoryConfig(**{"refresh_seconds": HOUR, **config})
        self.asked: list[tuple[float, list[str]]] = []
        self.slow: asyncio.Event | None = None
        self.stopped = False
        self._answer = answer

    def knows(self, account: str) -> bool:
        return True

    async def look_up(self, accounts: Iterable[str]) -> Answers:
        self.asked.append((asyncio.get_running_loop().time(), list(accounts)))
        if self.slow is not None:
            await self.slow.wait()
        return self._answer()

    async def stop(self) -> None:
        self.stopped = True


class Asked:
    """The look-ups of a directory, and what they have handed over."""

    def __init__(self, directory: Directory) -> None:
        self.directory = directory
        self.heard: list[AccountsLoaded] = []
        self.look_ups = AccountPoller(directory, ["A1", "A2"], SystemClock())

    async def times(self, count: int) -> list[float]:
        """When it was asked, after *count* times."""
        await until(lambda: len(self.directory.asked) >= count)
        return [when for when, _ in self.directory.asked]


def scene(play_it: Callable[[Asked], object], directory: Directory | None = None) -> None:
    async def run() -> None:
        asked = Asked(directory or Directory())
        asked.look_ups.start(asked.heard.append)
        try:
            await play_it(asked)  # type: ignore[misc]
        finally:
            await asked.look_ups.stop()

    play(run())


def test_it_is_asked_at_the_start_and_what_it_says_is_handed_over() -> None:
    async def run(asked: Asked) -> None:
        assert not asked.look_ups.asked
        before = SystemClock().now().mono_ms
        await until(lambda: asked.look_ups.asked)
        (heard,) = asked.heard
        assert ("crm", {"A1": GOOD}) == (heard.directory, heard.accounts)
        assert before <= heard.asked_at_ms <= SystemClock().now().mono_ms
        assert [["A1", "A2"]] == [accounts for _, accounts in asked.directory.asked]

    scene(run)


def test_it_is_asked_every_refresh_seconds() -> None:
    async def run(asked: Asked) -> None:
        one, two, three = await asked.times(3)
        assert two - one >= 0.99 and three - two >= 0.99

    scene(run, Directory(refresh_seconds=1))


def test_however_many_want_to_know_it_is_asked_once_and_not_too_often() -> None:
    async def run(asked: Asked) -> None:
        await until(lambda: asked.look_ups.asked)
        for _ in range(1_000):
            asked.look_ups.soon()
        one, two = await asked.times(2)
        assert two - one >= 0.99
        # What all of them wanted to know was told; nobody asks again.
        await asyncio.sleep(1.5)
        assert 2 == len(asked.directory.asked)

    scene(run, Directory(lookup_seconds=1))


def test_what_is_wanted_while_it_is_asked_is_asked_for_again() -> None:
    async def run(asked: Asked) -> None:
        asked.directory.slow = asyncio.Event()
        await asked.times(1)
        asked.look_ups.soon()
        asked.directory.slow.set()
        await asked.times(2)

    scene(run, Directory(lookup_seconds=1))


def test_who_is_down_is_asked_again_sooner_and_the_log_says_so_once() -> None:
    answers = iter([DOWN, DOWN, ALL_IS_WELL])

    async def run(asked: Asked) -> None:
        await until(lambda: bool(asked.heard))
        assert 3 == len(asked.directory.asked)

    with capture_logs() as lines:
        scene(run, Directory(lambda: next(answers)))
    assert [
        {"event": "directory_down", "log_level": "warning", "directory": "crm",
         "reason": "no connection"},
        {"event": "directory_up", "log_level": "info", "directory": "crm"},
    ] == lines


def test_what_was_found_out_is_handed_over_though_the_rest_was_not() -> None:
    half = Answers(accounts={"A1": GOOD}, problems=("no connection",))

    async def run(asked: Asked) -> None:
        await until(lambda: bool(asked.heard))
        assert {"A1": GOOD} == asked.heard[0].accounts

    scene(run, Directory(lambda: half))


def test_a_bug_ends_them_and_is_told() -> None:
    def bug() -> Answers:
        raise ZeroDivisionError

    async def run() -> None:
        asked = Asked(Directory(bug))
        asked.look_ups.start(asked.heard.append)
        with pytest.raises(ZeroDivisionError):
            await asked.look_ups.failure()
        with pytest.raises(ZeroDivisionError):
            await asked.look_ups.stop()
        assert asked.directory.stopped

    play(run())


def test_the_end_does_not_wait_for_an_answer() -> None:
    directory = Directory()

    async def run(asked: Asked) -> None:
        asked.directory.slow = asyncio.Event()
        await asked.times(1)

    scene(run, directory)
    assert directory.stopped
