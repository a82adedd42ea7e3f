"""The journal's directory: made and locked; errors of its files become one clear sentence."""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from fixgw.model.errors import JournalError
from fixgw.runtime.files import make_private


DIRECTORY_MODE = 0o700

RESTORING = 'docs/operating.md, "From a backup"'
"""The documentation on restoring a journal."""


@contextmanager
def reporting(path: Path) -> Iterator[None]:
    """Turn an error of SQLite or the file system into one clear sentence."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        text = (error.strerror if isinstance(error, OSError) else None) or error
        raise JournalError(f"journal {path}: {text}; {_way_out(error)}") from error


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


def make_directory(path: Path) -> None:
    """Make the directory of a journal, its owner's alone, if it is not there."""
    with reporting(path):
        path.mkdir(parents=True, exist_ok=True, mode=DIRECTORY_MODE)
        path.chmod(DIRECTORY_MODE)


def lock(path: Path) -> IO[bytes]:
    """The lock of one gateway per journal: two would give out the same numbers. The file names the
    process."""
    with reporting(path):
        path.parent.mkdir(parents=True, exist_ok=True)
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
