"""A backup is whole, of one moment, verified, its owner's alone, and writes over nothing."""

import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fixgw.journal import backup as backups
from fixgw.journal.backup import PARTIAL, BackupError, backup
from fixgw.journal.compaction import Keeping, compact
from fixgw.journal.follow import follow
from fixgw.journal.journal import Journal
from fixgw.journal.manifest import MANIFEST, RESTORED, accept_restored, read_manifest
from fixgw.journal.replay import replay
from fixgw.journal.segments import segment_path, segments
from fixgw.journal.tick import Tick
from fixgw.journal.verify import verify
from fixgw.model.errors import JournalError
from fixgw.model.ids import SessionKey
from tests.journal.test_journal import accepted
from tests.journal.test_segments import engine

ONE = SessionKey("FIX.4.4:FIXGW->ONE")
DEADLINE_SECONDS = 60.0


def message(number: int) -> bytes:
    return b"8=FIX.4.4\x019=20\x0135=8\x0134=%d\x0158=%s\x01" % (number, b"x" * 500)


def test_what_is_on_record_is_in_the_copy(path: Path, journal: Journal, tmp_path: Path) -> None:
    row = journal.add_session(ONE, 5)

    [copied] = backup(path, {}, tmp_path / "a" / "backup")

    assert (path, tmp_path / "a" / "backup" / path.name) == (copied.of, copied.file)
    assert copied.bytes == sum(each.stat().st_size for each in copied.file.iterdir()) > 0
    assert {ONE: row} == replay(copied.file, lambda event: None)
    manifest = read_manifest(copied.file)
    assert manifest is not None and (1, 5) == (manifest.tick, manifest.at)
    assert {f"{1:020d}.ticks"} == set(manifest.sha256)


def test_it_ends_though_the_gateway_never_pauses(
    path: Path, journal: Journal, tmp_path: Path
) -> None:
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
        journal.add_messages(row.id, [(0, commits, message(commits))])
        journal.commit(commits)
        if commits == 2_000:
            thread.start()
        assert commits < 10**7, "it does not end"
    thread.join(DEADLINE_SECONDS)

    numbers = [each.number for each in follow(tmp_path / "backup" / path.name)]
    assert list(range(1, len(numbers) + 1)) == numbers, "each tick up to that moment, and no other"
    assert 2_000 < len(numbers) <= commits + 1
    assert len(numbers) == verify(tmp_path / "backup" / path.name).last


def test_snapshot_and_closed_orders_go_with_it_when_segments_are_gone(
    path: Path, tmp_path: Path
) -> None:
    journal = Journal.open(path)
    row = journal.add_session(ONE, 5)
    for number in range(2, 50):
        journal.set_numbers(row._replace(next_sender=number, unsent_from=number))
        journal.add_messages(row.id, [(0, number - 1, message(number - 1))])
        journal.commit(number)
    journal.close()
    compact(path, Keeping())
    again = Journal.open(path)
    again.replay(lambda event: None)
    last = replay(path, lambda event: None)

    [copied] = backup(path, {}, tmp_path / "backup")

    assert last == replay(copied.file, lambda event: None)
    assert 49 == verify(copied.file).snapshot
    segment_path(copied.file, 1).unlink()
    assert last == replay(copied.file, lambda event: None), "the snapshot alone is enough"
    again.close()


def test_it_is_its_owners_alone(path: Path, journal: Journal, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        backup(path, {}, tmp_path / "backup")
    finally:
        os.umask(before)

    assert [path.name] == os.listdir(tmp_path / "backup"), "nothing else is left there"
    assert 0o700 == stat.S_IMODE((tmp_path / "backup").stat().st_mode)
    copy = tmp_path / "backup" / path.name
    assert 0o700 == stat.S_IMODE(copy.stat().st_mode)
    assert {0o600} == {stat.S_IMODE(each.stat().st_mode) for each in copy.iterdir()}


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

    assert not (tmp_path / "backup").exists()


def test_what_fails_on_the_way_leaves_nothing_that_looks_like_a_backup(
    path: Path, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "record.sqlite"
    with closing(sqlite3.connect(record)) as database:
        database.execute("CREATE TABLE tells (number INTEGER)")
    journal.add_session(ONE, 5)
    sync = backups.sync

    def fail_at(name: str) -> Callable[[Path], None]:
        def failing(file: Path) -> None:
            if file.name == name:
                raise OSError(28, "No space left on device")
            sync(file)

        return failing

    for name in (path.name + PARTIAL, "record.sqlite" + PARTIAL, "backup"):
        monkeypatch.setattr(backups, "sync", fail_at(name))

        with pytest.raises(BackupError, match="No space left on device; check that disk"):
            backup(path, {"record.sqlite": record}, tmp_path / "backup")

        assert [] == os.listdir(tmp_path / "backup")


def test_a_damaged_journal_is_said_to_be_that(path: Path, tmp_path: Path) -> None:
    made = engine(path)
    for number in range(1, 51):
        made.put(Tick(number, number, 0, events=[accepted(number)]))
    made.close()
    damage(segments(path)[1].path)

    with pytest.raises(JournalError, match="is damaged: tick .* cannot be read"):
        backup(path, {}, tmp_path / "backup")

    assert [] == os.listdir(tmp_path / "backup")


def damage(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def test_a_record_that_is_none_is_named(path: Path, journal: Journal, tmp_path: Path) -> None:
    record = tmp_path / "record.sqlite"
    record.write_text("no database at all" * 100)

    with pytest.raises(BackupError, match=f"^{record}: file is not a database"):
        backup(path, {"record.sqlite": record}, tmp_path / "backup")


def test_a_restored_journal_is_used_only_if_an_operator_says_so(
    path: Path, journal: Journal, tmp_path: Path
) -> None:
    journal.add_session(ONE, 5)
    [copied] = backup(path, {}, tmp_path / "backup")

    with pytest.raises(JournalError, match="this is a backup, and it ends at 1970-01-01 00:00:00"):
        accept_restored(copied.file, after_restore=False)
    restored = accept_restored(copied.file, after_restore=True)

    assert restored is not None and 1 == restored.tick
    assert (copied.file / RESTORED).exists() and not (copied.file / MANIFEST).exists()
    assert accept_restored(copied.file, after_restore=False) is None, "it is said once"
    assert accept_restored(path, after_restore=False) is None


def test_a_backup_that_has_changed_is_found(path: Path, journal: Journal, tmp_path: Path) -> None:
    journal.add_session(ONE, 5)
    [copied] = backup(path, {}, tmp_path / "backup")
    verify(copied.file)
    with segment_path(copied.file, 1).open("ab") as file:
        file.write(b"more")

    with pytest.raises(JournalError, match="is not what it was when it was made"):
        verify(copied.file)
