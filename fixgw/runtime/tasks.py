"""Supervised tasks: one that dies of a bug is noticed, and stops whoever waits.

A task that nobody awaits keeps its exception to itself, and a gateway with half of its tasks looks
healthy. So every task is started here. A task may return, and may be cancelled; an exception that
leaves it is a bug.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from fixgw.model.errors import GatewayError

STOP_WAIT_SECONDS = 10.0
"""The time cancelled tasks may take to end, all together."""

log = structlog.get_logger()


class Tasks:
    """The tasks of one owner, which started them and will stop them."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[Any]] = set()
        self._failed = asyncio.Event()
        self._failure: BaseException | None = None

    def start(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Run *work*; the log calls it *name*."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def __len__(self) -> int:
        """Return the number of running tasks."""
        return len(self._running)

    async def failure(self) -> None:
        """Wait until a task dies of a bug, then raise its exception; otherwise wait for ever."""
        await self._failed.wait()
        self._raise_failure()

    async def stop(self, wait_seconds: float = STOP_WAIT_SECONDS) -> None:
        """Cancel the running tasks and wait for them; then raise the exception of a task that
        died."""
        ending = self._running - {asyncio.current_task()}
        for task in ending:
            task.cancel()
        if ending:
            _, stuck = await asyncio.wait(ending, timeout=wait_seconds)
            for task in stuck:
                log.error("task_does_not_end", task=task.get_name(), waited_seconds=wait_seconds)
        self._raise_failure()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        failure = None if task.cancelled() else task.exception()
        if failure is None:
            return
        if isinstance(failure, GatewayError):
            # What the world did wrong: said in a sentence, and again by whoever waits.
            log.error("task_died", task=task.get_name(), reason=str(failure))
        else:
            log.error("task_died", task=task.get_name(), exc_info=failure)
        if self._failure is None:
            self._failure = failure
            self._failed.set()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure
