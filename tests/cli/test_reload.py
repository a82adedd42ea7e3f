"""`fixgw reload`: what it says, and how it ends; the running gateway judges the settings."""

import json
import os
from pathlib import Path

import pytest

from fixgw.journal.files import lock_path
from tests.app.bench import play, settings
from tests.app.operated import fixgw, operated

BOTH = {"ONE": "", "TWO": ""}


def test_it_says_what_came_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        async with operated(tmp_path):
            settings(tmp_path, sessions=BOTH)
            capsys.readouterr()
            assert 0 == await fixgw(tmp_path, "reload")
            first = capsys.readouterr().out
            assert 0 == await fixgw(tmp_path, "reload")
            second = capsys.readouterr().out

            assert "added\tFIX.4.4:FIXGW->TWO\t\nunchanged\t1 sessions\t\n" in first
            assert "unchanged\t2 sessions\t\n" in second

    play(scenario())


def test_it_fails_unless_all_is_in_force(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with operated(tmp_path):
            settings(tmp_path, sessions=BOTH, tables="[limits]\nshutdown_seconds = 9")
            capsys.readouterr()

            assert 1 == await fixgw(tmp_path, "reload", "--json")

    play(scenario())
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[0] == "{"]
    assert [("added", "FIX.4.4:FIXGW->TWO"), ("restart", "[limits] shutdown_seconds"),
            ("unchanged", "1 sessions")] == [(row["what"], row["name"]) for row in rows]


def test_settings_with_an_error_change_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async def scenario() -> None:
        async with operated(tmp_path) as gateway:
            settings(tmp_path, sessions=BOTH)
            (tmp_path / "sessions" / "TWO.cfg").write_text("[SESSION]\nnonsense\n")

            assert 1 == await fixgw(tmp_path, "reload")

            assert 1 == len(gateway.gateway.clients)

    play(scenario())
    captured = capsys.readouterr().err
    assert "fixgw: nothing was changed:\n" in captured
    assert "TWO.cfg:2: expected Key=Value" in captured


def test_no_gateway_is_running(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = settings(tmp_path).journal_path
    # Left behind by one that ran: the number is of a process that is none, or no gateway.
    lock_path(path).write_text(str(os.getpid()))

    async def scenario() -> None:
        assert 4 == await fixgw(tmp_path, "reload")

    play(scenario())
    assert f"fixgw: no gateway is running on the journal {path}" in capsys.readouterr().err
