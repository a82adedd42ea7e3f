"""A file that is no journal of ours, or too new a one, is refused with the way out."""

import os
import sqlite3
import zlib
from pathlib import Path

import pytest

from fixgw.journal.files import holder, lock_path
from fixgw.journal.follow import follow
from fixgw.journal.journal import Journal
from fixgw.journal.segments import HEAD, MAGIC, VERSION, segment_path
from fixgw.model.errors import JournalError


def test_a_database_of_something_else_is_refused(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE cats (name TEXT)")
    database.close()

    with pytest.raises(JournalError, match="this is no journal of fixgw; name another place"):
        Journal.open(path)


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("not a database, by far" * 100)

    with pytest.raises(JournalError) as raised:
        Journal.open(path)

    assert (
        f"journal {path}: file is not a database; this is no journal of fixgw, or no longer one. "
        "If [journal] path in gateway.toml names the wrong file, name the right one; if something "
        "else was written over the journal, keep this file, put the last backup in its place, and "
        'ask the venues about what came after it (docs/operating.md, "From a backup")'
    ) == str(raised.value)
    assert path.read_text().startswith("not a database"), "it is left as it is"


def test_a_damaged_database_is_not_said_to_have_kept_everything(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE journal (version INTEGER)")
        database.execute("INSERT INTO journal VALUES (4)")
        database.execute("CREATE TABLE filler AS SELECT zeroblob(100000) AS zeros")
    database.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * len(content[4096:])
    path.write_bytes(content)

    with pytest.raises(JournalError, match="the file is damaged. Keep it") as raised:
        Journal.open(path)

    assert "nothing on record is lost" not in str(raised.value)
    assert content == path.read_bytes(), "it is left as it is"


def test_a_newer_journal_is_refused(path: Path) -> None:
    Journal.open(path).close()
    start = HEAD.pack(MAGIC, 99, 1, 0, 0, 0)[:-4]
    segment_path(path, 1).write_bytes(start + zlib.crc32(start).to_bytes(4, "little"))

    with pytest.raises(JournalError, match=f"version 99, and this fixgw knows {VERSION} at most"):
        Journal.open(path)


def test_a_directory_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file in the way")

    with pytest.raises(JournalError, match="the gateway does not run without its record"):
        Journal.open(tmp_path / "var" / "journal")


def test_looking_at_a_journal_that_is_not_there_yet(path: Path) -> None:
    with pytest.raises(JournalError, match="there is none yet; `fixgw run` makes it"):
        list(follow(path))


def test_the_lock_says_who_runs_on_a_journal(path: Path, journal: Journal) -> None:
    assert os.getpid() == holder(path)

    journal.close()

    assert holder(path) is None


def test_nobody_runs_on_a_journal_that_is_not_there(path: Path) -> None:
    assert holder(path) is None


@pytest.mark.parametrize("written", ["", "999999999", "1"])
def test_a_lock_file_that_was_left_behind_holds_nothing(path: Path, written: str) -> None:
    path.parent.mkdir()
    lock_path(path).write_text(written)

    assert holder(path) is None
    Journal.open(path).close()


@pytest.mark.parametrize("name", ["what?", "a#b", "100%25"])
def test_a_journal_of_any_name_can_be_looked_at(tmp_path: Path, name: str) -> None:
    path = tmp_path / name / name
    Journal.open(path).close()

    assert [] == list(follow(path))
