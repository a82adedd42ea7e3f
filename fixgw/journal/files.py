"""The journal's file: made, locked and brought up to date; its errors become one clear sentence."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from fixgw.journal import schema
from fixgw.model.errors import JournalError
from fixgw.runtime.files import make_private


RESTORING = 'docs/operating.md, "From a backup"'
"""The documentation on restoring a journal."""


@contextmanager
def reporting(path: Path) -> Iterator[None]:
    """Turn an error of SQLite or the file system into one clear sentence."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalError(f"journal {path}: {error}; {_way_out(error)}") from error


def _way_out(error: sqlite3.Error | OSError) -> str:
    """Return the remedy for *error*; it promises nothing that the file may not keep."""
    # An extended code, such as SQLITE_CORRUPT_INDEX, has the plain one in its lowest byte:
    # https://sqlite.org/rescode.html.
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_NOTADB:
            return (
                "this is no journal of fixgw, or no longer one. If [journal] path in gateway.toml "
                "names the wrong file, name the right one; if something else was written over the "
                "journal, keep this file, put the last backup in its place, and ask the venues "
                f"about what came after it ({RESTORING})"
            )
        case sqlite3.SQLITE_CORRUPT:
            return (
                "the file is damaged. Keep it, with the -wal beside it, put the last backup in its "
                f"place, and ask the venues about what came after it ({RESTORING})"
            )
    return (
        "the gateway does not run without its record. Check the disk (space, permissions), then "
        "start again: nothing on record is lost"
    )


def lock(path: Path) -> IO[bytes]:
    """The lock of one gateway per journal: two would give out the same numbers. The file names the
    process."""
    make_private(lock_path(path))
    file = open(lock_path(path), "ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise JournalError(
            f"journal {path}: another gateway is running on it; stop that one first, "
            "or give this one a journal of its own ([journal] path in gateway.toml)"
        ) from None
    file.truncate(0)
    file.write(b"%d\n" % os.getpid())
    file.flush()
    return file


def lock_path(path: Path) -> Path:
    """Return the file that the gateway on the journal at *path* holds locked."""
    return path.with_name(path.name + ".lock")


def holder(path: Path) -> int | None:
    """Return the process id of the gateway that runs on the journal at *path*; None: there is none.

    A process that is gone holds no lock, whatever number the file has kept.
    """
    with reporting(path):
        try:
            file = open(lock_path(path), "rb")
        except FileNotFoundError:
            return None
        with file:
            written = file.read().strip()
            # The check takes the lock for a moment: only where it is likely to be held.
            if not written.isdigit() or not _exists(int(written)):
                return None
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(written)
            return None


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def prepare(path: Path, database: sqlite3.Connection) -> None:
    """Make the tables of a new journal, or bring an old one up to date."""
    empty = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if empty:
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        database.executescript(
            f"BEGIN IMMEDIATE; {schema.TABLES} "
            f"INSERT INTO journal VALUES ({schema.VERSION}, '{made_at}'); COMMIT;"
        )
        return
    for old in range(check_version(path, database), schema.VERSION):
        database.executescript(
            f"BEGIN IMMEDIATE; {schema.MIGRATIONS[old]} "
            f"UPDATE journal SET version = {old + 1}; COMMIT;"
        )


def check_version(path: Path, database: sqlite3.Connection) -> int:
    """Return the version of an open journal; raise JournalError if it is an unknown one."""
    try:
        version: int = database.execute("SELECT version FROM journal").fetchone()[0]
    except (sqlite3.OperationalError, TypeError):
        raise JournalError(
            f"journal {path}: this is no journal of fixgw; name another file "
            "([journal] path in gateway.toml)"
        ) from None
    if version > schema.VERSION:
        raise JournalError(
            f"journal {path}: version {version}, and this fixgw knows {schema.VERSION} at most; "
            "run the fixgw that wrote it, or a newer one"
        )
    return version
