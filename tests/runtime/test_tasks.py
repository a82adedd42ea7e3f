"""Tasks under supervision: a bug is heard of, a stop is clean."""

import asyncio

import pytest
from structlog.testing import capture_logs

from fixgw.runtime.tasks import Tasks


async def bug() -> None:
    raise RuntimeError("bug")


async def forever() -> None:
    await asyncio.Event().wait()


def test_a_task_that_dies_is_raised_where_it_is_waited_for() -> None:
    async def gateway() -> None:
        tasks = Tasks()
        tasks.start(forever(), name="listener")
        tasks.start(bug(), name="venue")
        await tasks.failure()

    with capture_logs() as logged, pytest.raises(RuntimeError, match="^bug$"):
        asyncio.run(gateway())
    assert [("task_died", "venue")] == [(each["event"], each["task"]) for each in logged]


def test_the_first_of_several_is_raised() -> None:
    async def gateway() -> None:
        tasks = Tasks()
        tasks.start(bug(), name="venue")
        tasks.start(asyncio.sleep(0, "late"), name="client")
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="^bug$"):
            await tasks.stop()

    with capture_logs():
        asyncio.run(gateway())


def test_stop_cancels_and_waits() -> None:
    told: list[str] = []

    async def polite() -> None:
        try:
            await forever()
        finally:
            await asyncio.sleep(0)
            told.append("goodbye")

    async def gateway() -> None:
        tasks = Tasks()
        tasks.start(polite(), name="client")
        await asyncio.sleep(0)
        await tasks.stop()
        assert 0 == len(tasks)

    asyncio.run(gateway())

    assert ["goodbye"] == told


def test_a_task_may_stop_all_others_and_live() -> None:
    async def operator(tasks: Tasks) -> str:
        await tasks.stop()
        return "stopped"

    async def gateway() -> str:
        tasks = Tasks()
        other = tasks.start(forever(), name="client")
        asked = tasks.start(operator(tasks), name="operator")
        result: str = await asked
        assert other.cancelled()
        return result

    assert "stopped" == asyncio.run(gateway())


def test_a_task_that_returns_or_is_cancelled_is_no_failure() -> None:
    async def gateway() -> None:
        tasks = Tasks()
        tasks.start(asyncio.sleep(0), name="client")
        tasks.start(forever(), name="other").cancel()
        for _ in range(3):
            await asyncio.sleep(0)
        assert 0 == len(tasks)
        await tasks.stop()

    asyncio.run(gateway())


def test_a_task_that_does_not_end_is_not_waited_for_for_ever() -> None:
    async def stubborn(until: asyncio.Event) -> None:
        while not until.is_set():
            try:
                await until.wait()
            except asyncio.CancelledError:
                continue

    async def gateway() -> None:
        tasks, until = Tasks(), asyncio.Event()
        tasks.start(stubborn(until), name="stubborn")
        await asyncio.sleep(0)
        await tasks.stop(wait_seconds=0.0)
        assert 1 == len(tasks)
        until.set()
        await asyncio.sleep(0)

    with capture_logs() as logged:
        asyncio.run(gateway())
    assert [("task_does_not_end", "stubborn")] == [(e["event"], e["task"]) for e in logged]
