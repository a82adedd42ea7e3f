"""Files that the gateway makes: nobody's to read but its own user's, whatever the umask.

What is in them (orders, numbers, hashes of passwords) must never be another user's to read, not
even in the moment between making a file and closing it.
"""

import os
from contextlib import suppress
from pathlib import Path

PRIVATE = 0o600

BESIDE_DATABASE = ("-wal", "-shm")
"""What a process that was killed has left there keeps its mode."""


def make_private(path: Path) -> None:
    """See that the file at *path* is there, and its owner's alone; raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        os.fchmod(descriptor, PRIVATE)
    finally:
        os.close(descriptor)


def make_database_private(path: Path) -> None:
    """The same for an SQLite database that this process has not opened yet, and what is beside it.

    Not while it has: to close a file drops all its locks (fcntl(2)), SQLite's too. What SQLite
    makes beside it later gets the mode of the database.
    """
    make_private(path)
    for name in BESIDE_DATABASE:
        with suppress(FileNotFoundError):
            os.chmod(path.with_name(path.name + name), PRIVATE)


def read_only(path: Path) -> str:
    """The URI with which SQLite opens *path* for reading alone, whatever its name holds.

    https://www.sqlite.org/uri.html: `?`, `#` and `%` mean something there, and are escaped.
    """
    return f"{path.absolute().as_uri()}?mode=ro"
