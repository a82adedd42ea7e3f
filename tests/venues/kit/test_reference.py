"""Reading again and again: by its period while it works, ever more slowly while it does not."""

import asyncio

import structlog

from fixgw.venues.kit.reference import NotRead, keep_reading
from fixgw.venues.stream import Backoff


def test_what_is_not_read_is_told_and_tried_again_and_success_begins_small_again(capsys):
    answers = ["no", "no", "", "no", "", ""]
    told: list[float] = []

    class Waits(Backoff):
        def next(self) -> float:
            told.append(super().next())
            return told[-1]

    async def read() -> None:
        if not answers:
            raise asyncio.CancelledError
        if answer := answers.pop(0):
            raise NotRead(answer)

    async def run() -> None:
        try:
            async with asyncio.timeout(30):
                await keep_reading(
                    read, seconds=0.001, backoff=Waits(0.001, 1.0, lambda: 0.0),
                    log=structlog.get_logger(), what="clock",
                )
        except asyncio.CancelledError:
            pass

    asyncio.run(run())

    assert (answers, told) == ([], [0.001, 0.002, 0.001])
    lines = [line for line in capsys.readouterr().out.splitlines() if "reference_not_read" in line]
    assert len(lines) == 3
    assert all("what=clock" in line and "reason=no" in line for line in lines)
