"""Journals of versions that people have traded with are read as those versions read them."""

import sqlite3
from pathlib import Path

import pytest

from fixgw.journal.journal import Journal
from tests.journal.saying import said_of

DATA = Path(__file__).parent / "data"
VERSIONS = sorted(each.name for each in DATA.iterdir())


def test_there_is_one_of_each_core() -> None:
    assert ["2026-11"] == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_an_old_journal_says_what_it_has_always_said(version: str, tmp_path: Path) -> None:
    """`fixgw orders --json`, and what a client hears that asks for the state of its orders."""
    journal = tmp_path / "journal"
    database = sqlite3.connect(journal, isolation_level=None)
    database.executescript((DATA / version / "journal.sql").read_text())
    database.close()
    Journal.open(journal).close()  # which brings its tables up to date

    for name, text in said_of(journal).items():
        assert (DATA / version / name).read_text() == text, name
