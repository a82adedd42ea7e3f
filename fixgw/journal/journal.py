"""The journal: one SQLite database, one transaction a tick, and nothing acted on before it.

`commit` returns only when the tick is on record; with durability "power"
only when the disk says so. Any error of the database is a JournalError, and
the gateway stops: it never trades without a record. The loop's connection
never makes a checkpoint; `checkpoint` is for another thread.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Literal, NamedTuple

import msgspec

from fixgw.journal import schema
from fixgw.model.errors import JournalError
from fixgw.model.events import OrderEvent
from fixgw.model.ids import SessionKey

BUSY_TIMEOUT_SECONDS = 5.0
"""How long a commit waits for a checkpoint that is just ending; then it is an error."""

WAL_BYTES_MAX = 64 * 1024 * 1024
"""Above it a checkpoint makes the log start again at its beginning, holding up one commit."""

Durability = Literal["process", "power"]


class SessionRow(NamedTuple):
    """Where a session's numbers stand."""

    id: int
    next_sender: int
    next_target: int
    epoch: int
    since_ms: int


_encode = msgspec.json.Encoder().encode
_decoder = msgspec.json.Decoder(OrderEvent)


@contextmanager
def _reporting(path: Path) -> Iterator[None]:
    """Turn what SQLite or the file system says into one clear sentence."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalError(
            f"journal {path}: {error}; the gateway does not run without its record. "
            "Check the disk (space, permissions), then start again: nothing sent is lost"
        ) from error


class Journal:
    """The one writer of a journal. Use `open`."""

    def __init__(self, path: Path, database: sqlite3.Connection, lock: IO[bytes]) -> None:
        self.path = path
        self._database = database
        self._lock = lock
        self._events: list[tuple[str]] = []
        self._messages: list[tuple[int, int, int, bytes]] = []
        self._numbers: dict[int, tuple[int, int, int, int, int]] = {}

    @classmethod
    def open(cls, path: Path, durability: Durability = "process") -> "Journal":
        """Open, or make, the journal at *path*; refused while another gateway has it open."""
        with _reporting(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = _lock(path)
            database = sqlite3.connect(
                path, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS,
                check_same_thread=False, cached_statements=32,
            )
            synchronous = "FULL" if durability == "power" else "NORMAL"
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(f"PRAGMA synchronous = {synchronous}")
            database.execute("PRAGMA wal_autocheckpoint = 0")
            _prepare(path, database)
            os.chmod(path, 0o600)
        return cls(path, database, lock)

    def close(self) -> None:
        """Give the journal up. What was not committed never happened."""
        self._database.close()
        self._lock.close()

    # --------------------------------------------------------------------- reading

    def sessions(self) -> dict[SessionKey, SessionRow]:
        """Every session that ever had numbers."""
        return session_rows(self.path, self._database)

    def events(self) -> Iterator[OrderEvent]:
        """All order events, in order."""
        return read_events(self.path, self._database)

    def stored(
        self, session: int, epoch: int, begin: int, end: int, limit: int
    ) -> list[tuple[int, bytes]]:
        """Stored messages of *session* from *begin* to *end*, at most *limit*, this tick's too."""
        with _reporting(self.path):
            self._flush()
            rows = self._database.execute(
                "SELECT seq_num, message FROM messages WHERE session = ? AND epoch = ? "
                "AND seq_num BETWEEN ? AND ? ORDER BY seq_num LIMIT ?",
                (session, epoch, begin, end, limit),
            )
            return rows.fetchall()

    # --------------------------------------------------------------------- writing

    def add_session(self, key: SessionKey, since_ms: int) -> SessionRow:
        """Give *key* a row of its own, with both numbers at 1; committed at once."""
        with _reporting(self.path):
            cursor = self._database.execute(
                "INSERT INTO sessions (key, next_sender, next_target, epoch, since_ms) "
                "VALUES (?, 1, 1, 0, ?)",
                (key, since_ms),
            )
        assert cursor.lastrowid is not None
        return SessionRow(cursor.lastrowid, 1, 1, 0, since_ms)

    def add_events(self, events: list[OrderEvent]) -> None:
        """Order events of this tick, in order."""
        self._events += [(_encode(event).decode(),) for event in events]

    def add_messages(self, session: int, messages: list[tuple[int, int, bytes]]) -> None:
        """Outgoing messages of this tick: (epoch, MsgSeqNum(34), message)."""
        self._messages += [(session, *message) for message in messages]

    def set_numbers(self, row: SessionRow) -> None:
        """Where a session's numbers stand at the end of this tick."""
        self._numbers[row.id] = (*row[1:], row.id)

    @property
    def dirty(self) -> bool:
        """Whether there is anything to commit."""
        pending = self._events or self._messages or self._numbers
        return bool(pending) or self._database.in_transaction

    def commit(self) -> None:
        """Put this tick on record, all of it or nothing. Raises JournalError: then stop."""
        with _reporting(self.path):
            self._flush()
            if self._database.in_transaction:
                self._database.execute("COMMIT")

    def _flush(self) -> None:
        """Hand what waits to the database, inside the tick's transaction."""
        database = self._database
        if not database.in_transaction:
            if not (self._events or self._messages or self._numbers):
                return
            database.execute("BEGIN IMMEDIATE")
        if self._events:
            database.executemany("INSERT INTO events (event) VALUES (?)", self._events)
            self._events.clear()
        if self._messages:
            database.executemany(
                "INSERT OR REPLACE INTO messages VALUES (?, ?, ?, ?)", self._messages
            )
            self._messages.clear()
        if self._numbers:
            database.executemany(
                "UPDATE sessions SET next_sender = ?, next_target = ?, epoch = ?, since_ms = ? "
                "WHERE id = ?",
                self._numbers.values(),
            )
            self._numbers.clear()


def session_rows(path: Path, database: sqlite3.Connection) -> dict[SessionKey, SessionRow]:
    """Every session that an open database has numbers of."""
    with _reporting(path):
        rows = database.execute(
            "SELECT key, id, next_sender, next_target, epoch, since_ms FROM sessions"
        )
        return {SessionKey(key): SessionRow(*rest) for key, *rest in rows}


def read_events(path: Path, database: sqlite3.Connection) -> Iterator[OrderEvent]:
    """All order events of an open database, in order."""
    with _reporting(path):
        for (number, event) in database.execute("SELECT number, event FROM events ORDER BY number"):
            try:
                yield _decoder.decode(event)
            except msgspec.MsgspecError as error:
                raise JournalError(
                    f"journal {path}: event {number} cannot be read ({error}); restore the "
                    "journal from a copy, or start with the version of fixgw that wrote it"
                ) from None


def checkpoint(path: Path) -> None:
    """Move what is on record from the log into the database file. For a thread of its own."""
    with _reporting(path):
        database = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS)
        try:
            database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            log = path.with_name(path.name + "-wal")
            if log.exists() and log.stat().st_size > WAL_BYTES_MAX:
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            database.close()


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only look at the journal of a gateway that may be running."""
    if not path.exists():
        raise JournalError(f"journal {path}: there is none yet; `fixgw run` makes it")
    with _reporting(path):
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
        try:
            _check_version(path, database)
            yield database
        finally:
            database.close()


def _lock(path: Path) -> IO[bytes]:
    """One gateway a journal: two would give out the same numbers."""
    lock = open(path.with_name(path.name + ".lock"), "ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise JournalError(
            f"journal {path}: another gateway is running on it; stop that one first, "
            "or give this one a journal of its own ([journal] path in gateway.toml)"
        ) from None
    return lock


def _prepare(path: Path, database: sqlite3.Connection) -> None:
    """Make the tables of a new journal, or bring an old one up to date."""
    empty = database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if empty:
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        database.executescript(f"BEGIN IMMEDIATE; {schema.TABLES} COMMIT;")
        database.execute("INSERT INTO journal VALUES (?, ?)", (schema.VERSION, made_at))
        return
    version = _check_version(path, database)
    for old in range(version, schema.VERSION):
        database.executescript(
            f"BEGIN IMMEDIATE; {schema.MIGRATIONS[old]} "
            f"UPDATE journal SET version = {old + 1}; COMMIT;"
        )


def _check_version(path: Path, database: sqlite3.Connection) -> int:
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
