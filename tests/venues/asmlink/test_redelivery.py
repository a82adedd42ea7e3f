"""What may not have reached the core is told again after a start; what has is not."""

import asyncio
from collections.abc import Callable

from fixgw.venues.asmlink import redelivery
from fixgw.venues.asmlink.store import Mark, Store, StoreError
from tests.venues.asmlink.test_executions import REPLY, STREAM
from tests.venues.asmlink.test_received import ONE

SECONDS = 0.001
DEADLINE_SECONDS = 20.0


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not holds():
            await asyncio.sleep(SECONDS)


def test_what_was_told_a_round_ago_has_reached_the_core(tmp_path):
    record = Store(tmp_path / "told.sqlite")
    noted: list[Mark] = []

    async def play() -> None:
        record.add(ONE, REPLY, 1)
        task = asyncio.create_task(redelivery.note(SECONDS, record, noted.append))
        await until(lambda: len(noted) == 1)
        record.add(ONE, STREAM, 1)
        await until(lambda: len(noted) == 2)
        task.cancel()

    asyncio.run(play())
    assert [1, 2] == [mark.tells for mark in noted]
    record.close()


def test_what_was_told_just_now_is_not_noted(tmp_path):
    record = Store(tmp_path / "told.sqlite")
    record.add(ONE, REPLY, 1)
    marks = []
    keep = record.mark

    def mark() -> Mark:
        marks.append(keep())
        return marks[-1]

    record.mark = mark  # type: ignore[method-assign]

    async def play() -> None:
        noted: list[Mark] = []
        task = asyncio.create_task(redelivery.note(SECONDS, record, noted.append))
        await until(lambda: len(marks) == 1)
        assert [] == noted
        await until(lambda: bool(noted))
        assert marks[0] == noted[0]
        task.cancel()

    asyncio.run(play())
    record.close()


def test_a_record_that_cannot_be_written_does_not_end_it(tmp_path, capsys):
    record = Store(tmp_path / "told.sqlite")
    record.add(ONE, REPLY, 1)
    noted: list[Mark] = []

    def fail_once(mark: Mark) -> None:
        noted.append(mark)
        if len(noted) == 1:
            raise StoreError("disk")

    async def play() -> None:
        task = asyncio.create_task(redelivery.note(SECONDS, record, fail_once))
        await until(lambda: len(noted) == 2)
        task.cancel()

    asyncio.run(play())
    assert [1, 1] == [mark.tells for mark in noted]
    assert 1 == capsys.readouterr().out.count("asmlink_not_noted")
    record.close()
