"""`fixgw log`: messages and events from the journal, while the gateway runs or not."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fixgw.cli import main
from fixgw.journal.journal import Journal
from fixgw.model.ids import SessionKey
from tests.app.bench import settings
from tests.journal.test_journal import accepted
from tests.support.processes import REPOSITORY

ONE = SessionKey("FIX.4.4:FIXGW->ONE")
TWO = SessionKey("FIX.4.4:FIXGW->TWO")
AT_MS = 1_767_607_200_000


def order(name: str) -> bytes:
    return f"8=FIX.4.4\x0135=D\x0134=2\x0111={name}\x01".encode()


def reject(name: str) -> bytes:
    return f"8=FIX.4.4\x0135=8\x0134=2\x0111={name}\x01150=8\x01".encode()


def recorded(directory: Path) -> Journal:
    """A journal in which two clients have spoken and one was answered."""
    settings(directory)
    journal = Journal.open(directory / "journal")
    rows = journal.add_sessions([ONE, TWO], AT_MS)
    journal.add_received([(AT_MS * 1_000, ONE, "in", order("A"))])
    journal.add_events([accepted(1)])
    journal.add_messages(rows[ONE].id, [(0, 2, reject("A"))])
    journal.commit(AT_MS)
    journal.add_received([(AT_MS * 1_000 + 5_000_000, TWO, "in", order("B"))])
    journal.commit(AT_MS + 5_000)
    return journal


def log(directory: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[Any]:
    capsys.readouterr()
    given = ["log", "--json", "--sessions", str(directory / "sessions"), *arguments]
    assert 0 == main.run(given)
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("arguments", "kinds"),
    [
        ((), ["in", "out", "in"]),
        (("--events",), ["event", "event", "in", "event", "out", "in"]),
        (("--session", TWO), ["in"]),
        (("--cl-ord-id", "A"), ["in", "out"]),
        (("--rejects",), ["out"]),
        (("--since", "2026-01-05 10:00:04"), ["in"]),
        (("--after", "2"), ["in"]),
    ],
)
def test_what_is_asked_for_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...],
    kinds: list[str],
) -> None:
    recorded(tmp_path).close()

    assert kinds == [each["kind"] for each in log(tmp_path, capsys, *arguments)]


def test_a_session_has_its_name_wherever_one_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path).close()

    assert [ONE, ONE] == [
        each["source"] for each in log(tmp_path, capsys, "--after", "1", "--cl-ord-id", "A")
    ]


def test_a_line_for_a_person_has_the_time_the_source_and_the_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path).close()
    capsys.readouterr()

    assert 0 == main.run(["log", "--sessions", str(tmp_path / "sessions")])

    first = capsys.readouterr().out.splitlines()[0]
    assert f"2026-01-05 10:00:00.000000 {ONE} in 8=FIX.4.4|35=D|34=2|11=A|" == first


def test_what_comes_is_followed(tmp_path: Path) -> None:
    journal = recorded(tmp_path)
    follower = subprocess.Popen(
        [sys.executable, "-m", "fixgw", "log", "-f", "--json", "--sessions",
         str(tmp_path / "sessions")],
        cwd=REPOSITORY, stdout=subprocess.PIPE, text=True,
    )
    try:
        assert follower.stdout is not None
        seen = [json.loads(follower.stdout.readline())["content"] for _ in range(3)]
        journal.add_received([(AT_MS * 1_000, ONE, "in", order("C"))])
        journal.commit(AT_MS)
        seen.append(json.loads(follower.stdout.readline())["content"])
        assert "8=FIX.4.4|35=D|34=2|11=C|" == seen[3]
    finally:
        follower.kill()
        follower.communicate()
    journal.close()
