"""Files that the gateway makes, and names of files that mean something in a URI."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fixgw.runtime.files import make_database_private, make_private, read_only


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_file_is_its_owners_alone_new_or_old_whatever_the_umask(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    old.write_text("kept")
    old.chmod(0o644)
    before = os.umask(0)
    try:
        make_private(new)
        make_private(old)
    finally:
        os.umask(before)

    assert (0o600, 0o600) == (mode(new), mode(old))
    assert "kept" == old.read_text()


def test_what_a_killed_process_left_beside_a_database_is_its_owners_too(tmp_path: Path) -> None:
    for name in ("told.sqlite", "told.sqlite-wal", "told.sqlite-shm"):
        (tmp_path / name).touch(0o644)

    make_database_private(tmp_path / "told.sqlite")

    assert {0o600} == {mode(each) for each in tmp_path.iterdir()}


@pytest.mark.parametrize("name", ["a?b", "a#b", "a%20b", "a%b?mode=rwc#c", "ä b"])
def test_a_database_of_any_name_is_opened_and_for_reading_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    path = tmp_path / name / name
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE t (n)")

    with closing(sqlite3.connect(read_only(path), uri=True)) as database:
        assert [(0,)] == database.execute("SELECT count(*) FROM t").fetchall()
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            database.execute("INSERT INTO t VALUES (1)")
