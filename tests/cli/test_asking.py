"""What the commands that talk to a gateway have in common."""

from pathlib import Path

import pytest

from fixgw.cli import main
from fixgw.cli.exit_codes import Exit
from fixgw.journal.journal import Journal
from tests.app.bench import settings


def test_a_gateway_that_does_not_listen_yet_is_told_from_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal.open(settings(tmp_path).journal_path)
    try:
        assert 1 == main.run(["reconcile", "--sessions", str(tmp_path / "sessions")])
    finally:
        journal.close()

    error = capsys.readouterr().err
    assert "does not listen to operators yet: it has just been started" in error


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("part", [
    ("venues", "resume", "paper"), ("orders", "verdict", "1", "working", "--why", "w"),
])
def test_sessions_may_stand_before_the_part_of_a_command_and_behind_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], part: tuple[str, ...], before: bool
) -> None:
    path = settings(tmp_path).journal_path
    sessions = ("--sessions", str(tmp_path / "sessions"))
    arguments = [part[0], *sessions * before, *part[1:], "--who", "jane", *sessions * (not before)]

    assert Exit.NO_GATEWAY == main.run(arguments)

    assert f"no gateway is running on the journal {path}" in capsys.readouterr().err
