"""What `fixgw reload` reads is what the gateway wrote, whole, or nothing."""

from pathlib import Path

import pytest

from fixgw.app.outcome import Change, Outcome, What, outcome_path, read, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return outcome_path(tmp_path / "journal.sqlite")


def test_what_is_written_is_read(path: Path) -> None:
    outcome = Outcome(began_ns=7, changes=(Change(What.ADDED, "A"),), unchanged=3)
    write(path, Outcome(began_ns=1, error="x" * 10_000))
    write(path, outcome)

    assert outcome == read(path)
    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == list(path.parent.iterdir())


def test_nothing_is_read_where_nothing_is(path: Path) -> None:
    assert read(path) is None

    path.write_text('{"began_ns": ')

    assert read(path) is None


@pytest.mark.parametrize(
    ("outcome", "complete"),
    [
        (Outcome(began_ns=0), True),
        (Outcome(began_ns=0, changes=tuple(Change(w, "A") for w in list(What)[:3])), True),
        (Outcome(began_ns=0, error="no"), False),
        (Outcome(began_ns=0, changes=(Change(What.REFUSED, "A"),)), False),
        (Outcome(began_ns=0, changes=(Change(What.RESTART, "A"),)), False),
    ],
)
def test_it_is_complete_if_all_is_in_force(outcome: Outcome, complete: bool) -> None:
    assert complete is outcome.complete
