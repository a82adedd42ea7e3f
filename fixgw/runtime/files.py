"""Files that the gateway creates: readable by its own user only, whatever the umask.

Their content (orders, numbers, hashes of passwords) must never be readable by another user, not
even between creating a file and closing it.
"""

import os
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600

BESIDE_DATABASE = ("-wal", "-shm")
"""Files that a killed process has left there keep their mode."""


def make_private(path: Path) -> None:
    """Create the file at *path* if necessary, and make it its owner's alone. Raise OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        os.fchmod(descriptor, PRIVATE)
    finally:
        os.close(descriptor)


def make_database_private(path: Path) -> None:
    """Do the same for an SQLite database that this process has not opened yet, and the files beside
    it.

    Not while it is open: closing a file drops all its locks (fcntl(2)), SQLite's too. Files that
    SQLite makes beside it later get the mode of the database.
    """
    make_private(path)
    for name in BESIDE_DATABASE:
        with suppress(FileNotFoundError):
            os.chmod(path.with_name(path.name + name), PRIVATE)


def read_only(path: Path) -> str:
    """Return the URI with which SQLite opens *path* read-only, whatever characters its name has.

    https://www.sqlite.org/uri.html: `?`, `#` and `%` have a meaning there, and are escaped.
    """
    return f"{path.absolute().as_uri()}?mode=ro"
