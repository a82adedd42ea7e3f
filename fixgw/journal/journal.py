"""The journal: one SQLite database, one row per tick, and no action before it is recorded.

`commit` returns only when the tick is recorded; with durability "power" only when the disk confirms
it. Any error of the database is a JournalError, and the gateway stops: it never trades without a
record. The loop's connection never makes a checkpoint; `checkpoint` is for another thread.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, Literal

import msgspec

from fixgw.journal.files import lock, prepare, reporting
from fixgw.journal.index import SentIndex
from fixgw.journal.tick import JournalEvent, SessionRow
from fixgw.model.errors import JournalError
from fixgw.model.ids import SessionKey
from fixgw.model.session_events import ReportsCarried
from fixgw.runtime.files import make_database_private

BUSY_TIMEOUT_SECONDS = 5.0
"""Time that a commit waits for a checkpoint that is just ending; after that it is an error."""

WAL_BYTES_MAX = 256 * 1024 * 1024
"""Size above which a checkpoint makes the log start again at its beginning, holding up one
commit."""

POSTPONED = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
"""Errors on which a checkpoint is retried: no descriptor is left, or another process reads or
writes just now."""

Durability = Literal["process", "power"]

_json = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(list[bytes]).decode

INSERT = "INSERT INTO ticks (numbers, sent, events, messages) VALUES (?, ?, ?, ?)"


class Journal:
    """The one writer of a journal. Use `open`, then `replay.replay`, then write."""

    def __init__(self, path: Path, database: sqlite3.Connection, lock_file: IO[bytes]) -> None:
        self.path = path
        self.database = database
        self.index = SentIndex()
        self._lock = lock_file
        self._file = _identity(path)
        self._numbers: dict[int, SessionRow] = {}
        self._sent: list[tuple[int, int, int]] = []
        self._events: list[JournalEvent] = []
        self._messages: list[bytes] = []

    @classmethod
    def open(cls, path: Path, durability: Durability = "process") -> "Journal":
        """Open, or make, the journal at *path*; refuse while another gateway has it open."""
        with ExitStack() as undo, reporting(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock_file = undo.enter_context(lock(path))
            make_database_private(path)
            database = undo.enter_context(closing(
                sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS)
            ))
            synchronous = "FULL" if durability == "power" else "NORMAL"
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(f"PRAGMA synchronous = {synchronous}")
            database.execute("PRAGMA wal_autocheckpoint = 0")
            prepare(path, database)
            undo.pop_all()
        return cls(path, database, lock_file)

    def check_in_place(self) -> None:
        """Raise JournalError if another file, or none, is in our file's place: a restart would read
        that."""
        with reporting(self.path):
            file = _identity(self.path)
        if file != self._file:
            raise JournalError(
                f"journal {self.path}: the file was replaced while the gateway ran, which does "
                "not run without its record. Put the one with the record back, then start again"
            )

    def close(self) -> None:
        """Give the journal up. Anything uncommitted never happened."""
        self.database.close()
        self._lock.close()

    # --------------------------------------------------------------------- writing

    def add_session(self, key: SessionKey, since_ms: int) -> SessionRow:
        """Give *key* an id of its own, with both numbers at 1; recorded at once."""
        return self.add_sessions([key], since_ms)[key]

    def add_sessions(
        self, keys: Iterable[SessionKey], since_ms: int
    ) -> dict[SessionKey, SessionRow]:
        """Do the same as `add_session`, for thousands at the price of one: between ticks only."""
        assert not (self._numbers or self._events or self._sent), "a tick is half done"
        rows: dict[SessionKey, SessionRow] = {}
        with reporting(self.path):
            # An id and its numbers are recorded together, or neither is.
            self.database.execute("BEGIN IMMEDIATE")
            for key in keys:
                cursor = self.database.execute("INSERT INTO sessions (key) VALUES (?)", (key,))
                assert cursor.lastrowid is not None
                rows[key] = SessionRow(cursor.lastrowid, 1, 1, 0, since_ms, 1)
        for row in rows.values():
            self.set_numbers(row)
        self.commit()
        with reporting(self.path):
            self.database.execute("COMMIT")
        return rows

    def add_events(self, events: Sequence[JournalEvent]) -> None:
        """Add events of this tick, in order."""
        self._events += events

    def carry(self, session: int, event: ReportsCarried) -> None:
        """Note that the numbers of *session* started again in this tick, and these messages outlive
        it."""
        self._events.append(event)
        self.index.carry(session, event.epoch, event.first, event.origins)

    def add_messages(self, session: int, messages: list[tuple[int, int, bytes]]) -> None:
        """Add outgoing messages of this tick: (epoch, MsgSeqNum(34), message)."""
        for epoch, seq_num, message in messages:
            self._sent.append((session, epoch, seq_num))
            self._messages.append(message)

    def set_numbers(self, row: SessionRow) -> None:
        """Set a session's sequence numbers at the end of this tick."""
        self._numbers[row.id] = row

    def commit(self) -> None:
        """Record this tick, all of it or nothing. Raises JournalError: then stop."""
        if not (self._numbers or self._events or self._sent):
            return
        tick = (
            _json(list(self._numbers.values())).decode(),
            _json(self._sent).decode(),
            _json(self._events).decode(),
            _pack(self._messages),
        )
        with reporting(self.path):
            cursor = self.database.execute(INSERT, tick)
        assert cursor.lastrowid is not None
        self.index.add(cursor.lastrowid, self._sent)
        self._numbers.clear()
        self._events.clear()
        self._sent.clear()
        self._messages.clear()

    # --------------------------------------------------------------------- reading

    def stored(
        self, session: int, epoch: int, begin: int, end: int, limit: int
    ) -> list[tuple[int, bytes]]:
        """Return messages of *session* from *begin* to *end*, at most *limit*, including this
        tick's."""
        found: list[tuple[int, bytes]] = []
        for tick in self.index.ticks(session, epoch, begin, end, limit):
            sent, messages = self._tick(tick)
            found += _chosen(sent, messages, session, epoch, begin, end)
        found += _chosen(self._sent, self._messages, session, epoch, begin, end)
        return found[:limit]

    def _tick(self, number: int) -> tuple[list[tuple[int, int, int]], list[bytes]]:
        with reporting(self.path):
            sent, messages = self.database.execute(
                "SELECT sent, messages FROM ticks WHERE number = ?", (number,)
            ).fetchone()
        return msgspec.json.decode(sent, type=list[tuple[int, int, int]]), _unpack(messages)


def _chosen(
    sent: list[tuple[int, int, int]],
    messages: list[bytes],
    session: int,
    epoch: int,
    begin: int,
    end: int,
) -> list[tuple[int, bytes]]:
    return [
        (seq_num, message)
        for (of_session, of_epoch, seq_num), message in zip(sent, messages)
        if of_session == session and of_epoch == epoch and begin <= seq_num <= end
    ]


def _identity(path: Path) -> tuple[int, int]:
    """Return the identity of the file, whatever its name."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


def checkpoint(path: Path) -> str:
    """Move recorded ticks from the log into the database file. For a thread of its own.

    Returns the reason why it has to be tried again later, or "": nothing is lost meanwhile, the log
    grows.
    """
    with reporting(path):
        try:
            _checkpoint(path)
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF not in POSTPONED:
                raise
            return str(error)
    return ""


def _checkpoint(path: Path) -> None:
    with closing(
        sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS)
    ) as database:
        database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size > WAL_BYTES_MAX:
            # It keeps the gateway from committing while it waits for readers, such as a backup:
            # so it does not wait, and is tried again.
            database.execute("PRAGMA busy_timeout = 0")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
