"""Keeps the core's knowledge of accounts fresh: queries the directories, on schedule and on demand.

It decides nothing about orders, and no order waits for it. However many demands arrive, a directory
is queried one call at a time and not more often than its `lookup_seconds`.
"""

import asyncio
import random
from collections.abc import Callable, Iterable

import structlog

from fixgw.directory.adapter import AccountDirectory
from fixgw.model.accounts import AccountsLoaded
from fixgw.runtime.clock import Clock
from fixgw.runtime.tasks import Tasks
from fixgw.venues.stream import Backoff

Deliver = Callable[[AccountsLoaded], None]
"""Passes the result to the gateway's loop."""

BACKOFF_MIN_SECONDS = 1.0
"""Wait after the first incomplete look-up; doubles up to refresh_seconds."""


class AccountPoller:
    """Polls one directory: every refresh_seconds, and sooner on demand."""

    def __init__(
        self, directory: AccountDirectory, accounts: Iterable[str], clock: Clock
    ) -> None:
        self.name = directory.name
        self.asked = False
        """True if the directory was queried once, whatever its answer."""
        self._directory = directory
        self._accounts = tuple(accounts)
        self._clock = clock
        self._wanted = asyncio.Event()
        self._tasks = Tasks()
        self._problems: tuple[str, ...] = ()
        self._log = structlog.get_logger().bind(directory=directory.name)

    def start(self, deliver: Deliver) -> None:
        """Start polling; results go to *deliver*."""
        self._tasks.start(self._run(deliver), name=f"look-ups at {self.name}")

    def soon(self) -> None:
        """Query ahead of schedule, as soon as that is allowed."""
        self._wanted.set()

    async def failure(self) -> None:
        """Return never, or raise the bug that ended the look-ups."""
        await self._tasks.failure()

    async def stop(self) -> None:
        """Abandon the look-up under way and close all sockets."""
        try:
            await self._tasks.stop()
        finally:
            await self._directory.stop()

    async def _run(self, deliver: Deliver) -> None:
        config = self._directory.config
        least = min(BACKOFF_MIN_SECONDS, config.refresh_seconds)
        backoff = Backoff(least, config.refresh_seconds, random.random)
        while True:
            began, wait = self._clock.monotonic(), float(config.refresh_seconds)
            # A demand from here on was not known when this look-up began.
            self._wanted.clear()
            if await self._look_up(deliver):
                backoff.reset()
            else:
                wait = backoff.next()
            took = self._clock.monotonic() - began
            if took > config.refresh_seconds:
                # Its data may be too old to count before it can be asked again.
                self._log.warning("directory_slow", seconds=round(took))
            await self._pause(began, wait, float(config.lookup_seconds))

    async def _look_up(self, deliver: Deliver) -> bool:
        """Query and deliver the answers; return True if the look-up was complete."""
        asked_at_ms = self._clock.now().mono_ms
        answers = await self._directory.look_up(self._accounts)
        self.asked = True
        if answers.accounts:
            deliver(AccountsLoaded(
                directory=self.name, accounts=answers.accounts, asked_at_ms=asked_at_ms
            ))
        if answers.problems and answers.problems != self._problems:
            self._log.warning("directory_down", reason="; ".join(answers.problems))
        elif self._problems and not answers.problems:
            self._log.info("directory_up")
        self._problems = answers.problems
        return not answers.problems

    async def _pause(self, began: float, wait: float, least: float) -> None:
        """Wait until *wait* seconds have passed since *began*; on demand, only *least* seconds."""
        left = began + wait - self._clock.monotonic()
        try:
            async with asyncio.timeout(max(0.0, left)):
                await self._wanted.wait()
        except TimeoutError:
            return
        await asyncio.sleep(max(0.0, min(began + least, began + wait) - self._clock.monotonic()))
