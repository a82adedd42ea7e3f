"""How news goes wrong, message by message."""

import asyncio

import pytest

from fixgw.sandbox.failing import News
from fixgw.sandbox.faults import Armed


def sent(*faults: str) -> tuple[list[str], int]:
    """What is sent of the messages 1, 2, 3 …, each with a fault or "", and how often it is cut."""
    cuts: list[None] = []

    async def send() -> list[str]:
        news = News(lambda: cuts.append(None))
        messages = []
        for number, fault in enumerate(faults, 1):
            armed = Armed("order", fault, 1, 1) if fault else None
            messages += [each.decode() for each in await news.due(b"%d" % number, armed)]
        return messages

    return asyncio.run(send()), len(cuts)


@pytest.mark.parametrize(
    "faults, expected, cuts",
    [
        (("", "", ""), ["1", "2", "3"], 0),
        (("", "silent_stream", ""), ["1", "3"], 0),
        (("duplicate_updates", ""), ["1", "1", "2"], 0),
        (("late_updates", ""), ["1", "2"], 0),
        (("swapped_updates", "", ""), ["2", "1", "3"], 0),
        (("swapped_updates", "swapped_updates", ""), ["3", "1", "2"], 0),
        (("swapped_updates", "duplicate_updates"), ["2", "2", "1"], 0),
        (("drop_stream",), [], 1),
    ],
)
def test_what_is_sent(faults: tuple[str, ...], expected: list[str], cuts: int) -> None:
    assert (expected, cuts) == sent(*faults)
