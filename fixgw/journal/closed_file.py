"""The file of closed orders as an SQLite database: its tables, and how it is opened.

The indexes are for what is asked for, and nothing else: each costs some 20 bytes an order. A change
of any table is a new VERSION. Events keep their names and meanings here as in the journal.
"""

import sqlite3
from pathlib import Path

from fixgw.model.errors import JournalError
from fixgw.runtime.files import make_database_private, read_only

VERSION = 1

BUSY_SECONDS = 5.0
CACHE_KIB = 64 * 1024
"""For the writer: names come in no order, so each may be on another page."""

WAL_BYTES_KEPT = 64 * 1024 * 1024

REFILLED = (
    "put the journal's directory of the last backup in the place of the whole directory, or have "
    "the file made again from the segments and the archive "
    '(docs/operating.md, "Closed orders")'
)
"""The remedy for a file that is damaged or lost."""

TABLES = f"""
CREATE TABLE file (
    version       INTEGER NOT NULL,
    filed_through INTEGER NOT NULL,  -- every order that was due at this tick is here
    before        INTEGER NOT NULL,  -- the same before the last time something was filed
    orders        INTEGER NOT NULL   -- the number of rows of closed_orders
);
CREATE TABLE dictionaries (
    id            INTEGER PRIMARY KEY,
    body          BLOB NOT NULL
);
CREATE TABLE sessions (
    id            INTEGER PRIMARY KEY,
    text          TEXT NOT NULL UNIQUE
);
CREATE TABLE venues (
    id            INTEGER PRIMARY KEY,
    text          TEXT NOT NULL UNIQUE  -- JSON: the names of all venues of an order
);
CREATE TABLE closed_orders (
    root          INTEGER PRIMARY KEY,  -- OrderID(37) as the client knows it
    session       INTEGER NOT NULL,
    venues        INTEGER NOT NULL,
    ended_at      INTEGER NOT NULL,     -- Unix ms
    dictionary    INTEGER NOT NULL,     -- 0: none
    events        BLOB NOT NULL         -- zstd of MessagePack: its events, in order
);
CREATE INDEX closed_orders_of_session ON closed_orders (session);
CREATE INDEX closed_orders_by_end ON closed_orders (ended_at);
CREATE TABLE superseded (           -- rows that were replaced the last time
    root          INTEGER PRIMARY KEY,
    dictionary    INTEGER NOT NULL,
    events        BLOB NOT NULL
);
CREATE TABLE legs (
    order_id      INTEGER PRIMARY KEY,  -- of a leg that is not the root
    root          INTEGER NOT NULL
);
CREATE TABLE order_names (
    session       INTEGER NOT NULL,
    name          TEXT NOT NULL,        -- ClOrdID(11) of any request for it
    root          INTEGER NOT NULL,
    PRIMARY KEY (session, name)
) WITHOUT ROWID;
INSERT INTO file VALUES ({VERSION}, 0, 0, 0);
"""


def open_to_write(path: Path) -> sqlite3.Connection:
    """Return the database at *path*, made if necessary, for any thread. Raise sqlite3.Error,
    OSError or JournalError."""
    make_database_private(path)
    database = sqlite3.connect(
        path, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False
    )
    try:
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",  # an order leaves memory once it is here
            f"cache_size = -{CACHE_KIB}",
            f"journal_size_limit = {WAL_BYTES_KEPT}",
        ):
            database.execute(f"PRAGMA {pragma}")
        if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            database.executescript(f"BEGIN IMMEDIATE; {TABLES} COMMIT;")
        _check(path, database)
    except BaseException:
        database.close()
        raise
    return database


def open_read_only(path: Path) -> sqlite3.Connection:
    """Return the database at *path*, for any thread. Raise sqlite3.Error or JournalError."""
    if not path.exists():
        raise JournalError(f"{path}: the file of closed orders is missing; {REFILLED}")
    database = sqlite3.connect(
        read_only(path), uri=True, isolation_level=None, timeout=BUSY_SECONDS,
        check_same_thread=False,
    )
    try:
        _check(path, database)
    except BaseException:
        database.close()
        raise
    return database


def _check(path: Path, database: sqlite3.Connection) -> None:
    """Raise JournalError unless it is a file of closed orders that this version knows."""
    try:
        row = database.execute("SELECT version FROM file").fetchone()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
            raise
        row = None  # there is no such table
    if row is None:
        raise JournalError(f"{path}: this is no file of closed orders; {REFILLED}")
    if row[0] != VERSION:
        raise JournalError(
            f"{path}: version {row[0]} of the closed orders, and this fixgw knows {VERSION}; run "
            f"the fixgw that wrote it, or {REFILLED}"
        )
