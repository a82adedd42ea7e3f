"""A backup is whole, of one moment, readable by its owner alone, and writes over nothing."""

import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fixgw.journal import backup as backups
from fixgw.journal import journal as journals
from fixgw.journal.backup import PARTIAL, BackupError, backup
from fixgw.journal.journal import Journal, checkpoint
from fixgw.journal.tick import SessionRow
from fixgw.journal.replay import reading, replay
from fixgw.model.errors import JournalError
from fixgw.model.ids import SessionKey

ONE = SessionKey("FIX.4.4:FIXGW->ONE")
DEADLINE_SECONDS = 60.0


def sessions(path: Path) -> dict[SessionKey, SessionRow]:
    with reading(path) as database:
        return replay(path, database, lambda event: None)


def test_what_is_on_record_is_in_the_copy(path: Path, journal: Journal, tmp_path: Path) -> None:
    row = journal.add_session(ONE, 5)

    [copied] = backup(path, {}, tmp_path / "a" / "backup")

    assert (path, tmp_path / "a" / "backup" / path.name) == (copied.of, copied.file)
    assert copied.bytes == copied.file.stat().st_size > 0
    assert {ONE: row} == sessions(copied.file)
    # A gateway may be started on it.
    Journal.open(copied.file).close()


def test_it_ends_though_the_gateway_never_pauses(
    path: Path, journal: Journal, tmp_path: Path
) -> None:
    """SQLite's own `.backup` begins again at each commit, and so for ever."""
    row = journal.add_session(ONE, 5)
    done = threading.Event()

    def copy() -> None:
        backup(path, {}, tmp_path / "backup")
        done.set()

    thread = threading.Thread(target=copy)
    commits = 0
    while not done.is_set():
        commits += 1
        journal.set_numbers(row._replace(next_sender=commits))
        journal.add_messages(row.id, [(0, commits, b"8=FIX.4.4" * 100)])
        journal.commit()
        if commits == 2_000:
            thread.start()
        assert commits < 10**7, "it does not end"
    thread.join(DEADLINE_SECONDS)

    with closing(sqlite3.connect(tmp_path / "backup" / path.name)) as copy_of_it:
        numbers = [n for n, in copy_of_it.execute("SELECT number FROM ticks ORDER BY number")]
    assert list(range(1, len(numbers) + 1)) == numbers, "each tick up to that moment, and no other"
    assert 2_000 < len(numbers) <= commits + 1


def test_it_is_its_owners_alone(path: Path, journal: Journal, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        backup(path, {}, tmp_path / "backup")
    finally:
        os.umask(before)

    assert [path.name] == os.listdir(tmp_path / "backup"), "nothing else is left there"
    assert 0o600 == stat.S_IMODE((tmp_path / "backup" / path.name).stat().st_mode)
    assert 0o700 == stat.S_IMODE((tmp_path / "backup").stat().st_mode)


@pytest.mark.parametrize("there", ["", PARTIAL])
def test_nothing_is_written_over(
    path: Path, journal: Journal, tmp_path: Path, there: str
) -> None:
    file = tmp_path / (path.name + there)
    file.write_text("of yesterday")

    with pytest.raises(BackupError, match="is there already, and no backup writes over anything"):
        backup(path, {}, tmp_path)

    assert "of yesterday" == file.read_text()


def test_it_never_takes_the_place_of_the_journal_itself(path: Path, journal: Journal) -> None:
    with pytest.raises(BackupError, match="is there already"):
        backup(path, {}, path.parent)


def test_a_directory_that_cannot_be_made_is_told(
    path: Path, journal: Journal, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BackupError, match="no backup was made in .*: Not a directory"):
        backup(path, {}, tmp_path / "file" / "backup")


def test_without_a_journal_there_is_no_backup(path: Path, tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="there is none yet"):
        backup(path, {}, tmp_path / "backup")

    assert [] == os.listdir(tmp_path / "backup")


def test_what_fails_on_the_way_leaves_nothing_that_looks_like_a_backup(
    path: Path, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "record.sqlite"
    with closing(sqlite3.connect(record)) as database:
        database.execute("CREATE TABLE tells (number INTEGER)")
    sync = backups._sync

    def fail_at(name: str) -> Callable[[Path], None]:
        def failing(file: Path) -> None:
            if file.name == name:
                raise OSError(28, "No space left on device")
            sync(file)

        return failing

    for name in (path.name + PARTIAL, "record.sqlite" + PARTIAL, "backup"):
        monkeypatch.setattr(backups, "_sync", fail_at(name))

        with pytest.raises(BackupError, match="No space left on device; check that disk"):
            backup(path, {"record.sqlite": record}, tmp_path / "backup")

        assert [] == os.listdir(tmp_path / "backup")


def test_a_damaged_journal_is_said_to_be_that(
    path: Path, journal: Journal, tmp_path: Path
) -> None:
    with journal.database:
        journal.database.execute("CREATE TABLE filler AS SELECT zeroblob(1000000) AS zeros")
    journal.close()
    content = bytearray(path.read_bytes())
    content[40_960:] = b"\xff" * len(content[40_960:])
    path.write_bytes(content)

    with pytest.raises(BackupError, match="the copy .* is damaged"):
        backup(path, {}, tmp_path / "backup")

    assert [] == os.listdir(tmp_path / "backup")


def test_a_record_that_is_none_is_named(path: Path, journal: Journal, tmp_path: Path) -> None:
    record = tmp_path / "record.sqlite"
    record.write_text("no database at all" * 100)

    with pytest.raises(BackupError, match=f"^{record}: file is not a database"):
        backup(path, {"record.sqlite": record}, tmp_path / "backup")


def test_the_gateways_log_is_not_cut_while_somebody_reads_and_nobody_waits_for_that(
    path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it waits no tick can be committed. Here it would wait for a day."""
    monkeypatch.setattr(journals, "WAL_BYTES_MAX", 0)
    monkeypatch.setattr(journals, "BUSY_TIMEOUT_SECONDS", 86_400.0)
    log = path.with_name(path.name + "-wal")
    journal.add_session(ONE, 5)
    with reading(path) as database:
        database.execute("BEGIN")
        database.execute("SELECT count(*) FROM ticks").fetchone()
        journal.add_session(SessionKey("FIX.4.4:FIXGW->TWO"), 5)

        assert "" == checkpoint(path)

        assert log.stat().st_size > 0
    assert "" == checkpoint(path)
    assert 0 == log.stat().st_size
