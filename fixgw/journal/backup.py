"""A copy of the journal, and of records that belong to it, all as of one moment.

It may be made while the gateway runs and trades: from other processes, without a lock that a commit
would wait for. Segments are read to the last durable tick; a database is read within one
transaction and copied in one step, so that writers never make it begin again. Nothing is
overwritten, and a file with the final name is whole, has been verified, and is on the disk.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from msgspec import Struct

from fixgw.journal import snapshot_files
from fixgw.journal.closed import ClosedOrders
from fixgw.journal.files import DIRECTORY_MODE
from fixgw.journal.follow import Follower, check, readable
from fixgw.journal.manifest import write_manifest
from fixgw.journal.places import CLOSED
from fixgw.journal.segments import Segment, head, sync
from fixgw.journal.segments import record as written
from fixgw.journal.tick import decode_sent
from fixgw.journal.verify import verify
from fixgw.model.errors import GatewayError
from fixgw.runtime.files import BESIDE_DATABASE, PRIVATE, read_only

ALL_PAGES = -1
"""In one step: https://sqlite.org/c3ref/backup_finish.html, sqlite3_backup_step."""

PARTIAL = ".partial"
"""Suffix of a copy until it is whole."""

DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
"""Errors that mean damage to the file that is read, never to the copy that is written."""


class BackupError(GatewayError):
    """There is no backup; the text gives the reason and the remedy."""


class Copied(Struct, frozen=True, kw_only=True):
    """One file of a backup."""

    of: Path
    file: Path
    bytes: int


def backup(journal: Path, records: Mapping[str, Path], directory: Path) -> list[Copied]:
    """Copy the *journal* and the *records*, name of the copy -> file, into *directory*.

    Raises JournalError and BackupError; then no part of it is left there.
    """
    with ExitStack() as undo:
        check(journal)
        with _telling(directory):
            _prepare(directory, [journal.name, *records])
        partials = {name: directory / (name + PARTIAL) for name in (journal.name, *records)}
        undo.callback(_remove, partials.values())
        with ExitStack() as snapshots:
            # The journal's comes first: what a record calls passed on to the core was journaled a
            # second before that, or longer ago.
            with _telling(directory, DAMAGED):
                _copy_journal(journal, partials[journal.name])
            databases = {
                name: snapshots.enter_context(_record(path)) for name, path in records.items()
            }
            for name, database in databases.items():
                with _telling(directory, DAMAGED):
                    _copy(database, partials[name])
        with _telling(directory):
            for name in records:
                _look_through(partials[name])
            return _named(directory, {journal.name: journal, **records}, partials)


def _copy_journal(journal: Path, directory: Path) -> None:
    """Copy what a start needs of *journal*, and its segments, all of it read; the manifest is the
    last."""
    directory.mkdir(mode=DIRECTORY_MODE)
    # First the closed orders: a snapshot counts up to what is on file. Names are made again.
    snapshot = None
    if (journal / CLOSED).exists():
        with _record(journal / CLOSED) as database:
            _copy(database, directory / CLOSED)
        with closing(ClosedOrders(directory / CLOSED, read_only=True)) as closed:
            snapshot = snapshot_files.newest(journal, closed.filed_through)
    if snapshot is not None:
        snapshot_files.write(directory, snapshot)
    last, at = _copy_segments(journal, directory)
    for beside in BESIDE_DATABASE:
        (directory / (CLOSED + beside)).unlink(missing_ok=True)
    verify(directory)
    write_manifest(directory, last, at)


def _copy_segments(journal: Path, directory: Path) -> tuple[int, int]:
    """Copy the durable ticks of *journal*, each of them read; return the number and the time of the
    last one."""
    segment: Segment | None = None
    last = at = 0
    with ExitStack() as files:
        follower = files.enter_context(closing(Follower(journal)))
        for record in follower.records():
            reader = follower.reader
            assert reader is not None
            if reader.segment is not segment:
                segment = reader.segment
                fd = os.open(directory / segment.path.name, os.O_WRONLY | os.O_CREAT, PRIVATE)
                file = files.enter_context(open(fd, "wb"))
                file.write(head(segment.first, segment.position, segment.begun_ms))
            file.write(written(record.number, record.durable, bytes(record.tick)))
            last = record.number
            tick = record.tick
        if last:
            at = readable(journal, last, decode_sent, tick).at
    return last, at


@contextmanager
def _telling(directory: Path, others: frozenset[int] = frozenset()) -> Iterator[None]:
    """Turn an error of SQLite or the file system into one sentence; *others* are reported
    elsewhere."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in others:
            raise
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise BackupError(
            f"no backup was made in {directory}: {reason}; check that disk (space, permissions), "
            "or name another directory"
        ) from error


def _prepare(directory: Path, names: Iterable[str]) -> None:
    """Make *directory*, and check that nothing would be overwritten."""
    directory.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    for name in names:
        for file in (directory / name, directory / (name + PARTIAL)):
            if file.exists():
                raise BackupError(
                    f"{file} is there already, and no backup writes over anything: "
                    "name another directory"
                )


def _remove(files: Iterable[Path]) -> None:
    for file in files:
        if file.is_dir():
            shutil.rmtree(file)
        file.unlink(missing_ok=True)


@contextmanager
def _record(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(
            sqlite3.connect(read_only(path), uri=True, isolation_level=None)
        ) as database:
            _begin(database)
            yield database
    except sqlite3.Error as error:
        raise BackupError(
            f"{path}: {error}; it belongs to the journal: no backup was made"
        ) from error


def _begin(database: sqlite3.Connection) -> None:
    """Fix the view from here on; only a transaction that has read is fixed."""
    database.execute("BEGIN")
    database.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _copy(database: sqlite3.Connection, file: Path) -> None:
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))
    with closing(sqlite3.connect(file, isolation_level=None)) as copy:
        # A copy that is unfinished when it fails is removed; finished ones are synced below.
        copy.execute("PRAGMA synchronous = OFF")
        database.backup(copy, pages=ALL_PAGES)


def _look_through(file: Path) -> None:
    """Raise BackupError unless the copy is whole: an unread backup is no backup."""
    # No other process knows it yet. So no -wal and no -shm is made beside it.
    uri = f"{read_only(file)}&immutable=1"
    with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as copy:
        [found] = copy.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise BackupError(
                f"the copy {file} is damaged ({found}), and so may be what it was made of: look "
                "at both disks"
            )


def _named(
    directory: Path, files: Mapping[str, Path], partials: Mapping[str, Path]
) -> list[Copied]:
    """Sync all copies to the disk, and only then give each its name; the journal's is the last."""
    for partial in partials.values():
        for each in partial.iterdir() if partial.is_dir() else ():
            sync(each)
        sync(partial)
    with ExitStack() as undo:
        for name, partial in reversed(list(partials.items())):
            partial.rename(directory / name)
            undo.callback(_remove, [directory / name])
        sync(directory)
        undo.pop_all()
    return [
        Copied(of=path, file=directory / name, bytes=_size(directory / name))
        for name, path in files.items()
    ]


def _size(path: Path) -> int:
    files = path.iterdir() if path.is_dir() else (path,)
    return sum(each.stat().st_size for each in files)
