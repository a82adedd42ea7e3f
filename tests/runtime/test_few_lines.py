"""A flood of lines leaves a few, and a count."""

import asyncio

import pytest
from structlog.testing import capture_logs

from fixgw.runtime import few_lines
from fixgw.runtime.few_lines import FewLines, FewLinesOfEach


def test_a_flood_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(few_lines, "SECOND", 0.05)

    async def scenario() -> None:
        lines = FewLines(3)
        for number in range(1_000):
            lines.info("refused", number=number)
            lines.warning("closed")
        assert [0, 1] == [line["number"] for line in logged if line["event"] == "refused"]
        assert 3 == len(logged)

        async with asyncio.timeout(30):
            while len(logged) < 4:
                await asyncio.sleep(0.01)
        assert {
            "event": "lines_left_out",
            "log_level": "warning",
            "count": 1_997,
            "events": {"refused": 998, "closed": 999},
        } == logged[3]

        # The next second has room again, and a quiet one says nothing.
        lines.info("refused", number=7)
        assert 7 == logged[4]["number"]
        await asyncio.sleep(0.2)
        assert 5 == len(logged)

    with capture_logs() as logged:
        asyncio.run(scenario())


def test_each_session_has_lines_of_its_own_and_none_is_remembered_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(few_lines, "MINUTE", 0.05)

    async def scenario() -> None:
        each = FewLinesOfEach(2)
        for _ in range(5):
            each.of("ONE").info("logged_on")
        each.of("TWO").info("logged_on")
        assert 3 == len(logged)

        async with asyncio.timeout(30):
            while each._of:
                await asyncio.sleep(0.01)
        assert {
            "event": "lines_left_out",
            "log_level": "warning",
            "session": "ONE",
            "count": 3,
            "events": {"logged_on": 3},
        } == logged[3]

    with capture_logs() as logged:
        asyncio.run(scenario())
