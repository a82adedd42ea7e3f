"""`fixgw refused`: what met a bug, for a person and for a program."""

import json
from pathlib import Path

import pytest

from fixgw.cli import main
from fixgw.cli.exit_codes import Exit
from fixgw.journal.journal import Journal
from fixgw.model.refusals import InputRefused, RefusedKind
from tests.app.bench import settings

ONE = "FIX.4.4:FIXGW->ONE"


def refused(directory: Path, *arguments: str) -> int:
    return main.run(["refused", "--sessions", str(directory / "sessions"), *arguments])


def test_before_there_is_a_journal_nothing_was_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(tmp_path)

    assert Exit.NO_GATEWAY == refused(tmp_path)

    captured = capsys.readouterr()
    assert "" == captured.out
    assert "no gateway is running: this is what is on record\n" == captured.err


def test_each_has_its_reference_time_source_error_and_a_readable_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings(tmp_path)
    journal = Journal.open(tmp_path / "journal")
    journal.add_events([
        InputRefused(
            at=1_796_040_000_000, number=1, kind=RefusedKind.MESSAGE, source=ONE,
            content=b"8=FIX.4.4\x0135=D\x0158=\x1b[2J\xe9\x01", error="KeyError: 'x'",
        ),
        InputRefused(
            at=1_796_040_060_000, number=2, kind=RefusedKind.WORD, source="paper",
            content=b'OrderUpdate {"order_id":"1"}', error="ValueError: no",
        ),
    ])
    journal.commit(0)
    journal.close()

    assert Exit.NO_GATEWAY == refused(tmp_path, "--json")
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {
        "reference": "R-20261130-000001", "at": "2026-11-30T12:00:00.000Z", "kind": "message",
        "source": ONE, "error": "KeyError: 'x'", "content": "8=FIX.4.4|35=D|58=\x1b[2Jé|",
    } == rows[0]
    assert ["R-20261130-000002", "word", "paper"] == [
        rows[1][name] for name in ("reference", "kind", "source")
    ]

    assert Exit.NO_GATEWAY == refused(tmp_path)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"R-20261130-000001\t2026-11-30T12:00:00.000Z\tmessage\t{ONE}\t")
    assert "\x1b" not in first, "a terminal obeys nothing of it"
    assert second.endswith('\tValueError: no\tOrderUpdate {"order_id":"1"}')
