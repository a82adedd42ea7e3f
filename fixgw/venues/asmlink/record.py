"""What asmlink told, on disk: an SQLite file of the adapter's own.

asmlink cannot be asked how an order stands, and a webhook that was answered
does not come again: what it told must be kept before it is answered. Entries
are added and, when old, dropped; never changed. The gateway's journal stays
the record of orders; this one only lets it catch up.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fixgw.model.errors import GatewayError
from fixgw.model.ids import OrderID
from fixgw.venues.asmlink.parse import Tell

SCHEMA = """
CREATE TABLE IF NOT EXISTS tells (
    number INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL,
    told_at INTEGER NOT NULL,
    tell BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS tells_by_order ON tells (order_id);
CREATE INDEX IF NOT EXISTS tells_by_time ON tells (told_at);
CREATE TABLE IF NOT EXISTS notices (event_id TEXT PRIMARY KEY, told_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS notices_by_time ON notices (told_at);
CREATE TABLE IF NOT EXISTS registrations (fingerprint TEXT PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS alive (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL);
"""

BUSY_SECONDS = 2.0

FORGET_AT_ONCE = 200
"""Orders that `forget` drops in one go: some milliseconds."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Tell).decode


class RecordError(GatewayError):
    """The file cannot be read or written."""


class Record:
    """The open file. Each write is committed, and survives the death of the process, at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._database = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise RecordError(f"{path}: {error}") from None

    def add(self, order_id: OrderID, tell: Tell, now_ms: int) -> None:
        """Keep *tell*."""
        self._write(
            "INSERT INTO tells (order_id, told_at, tell) VALUES (?, ?, ?)",
            (order_id, now_ms, _encode(tell)),
        )

    def tells(self, order_id: OrderID) -> Iterator[Tell]:
        """All that was told of *order_id*, in the order it came."""
        query = "SELECT tell FROM tells WHERE order_id = ? ORDER BY number"
        try:
            rows = self._database.execute(query, (order_id,)).fetchall()
        except sqlite3.Error as error:
            raise RecordError(f"{self._path}: {error}") from None
        return (_decode(row[0]) for row in rows)

    def notice(self, event_id: str, now_ms: int) -> bool:
        """Keep the name of an event that is of no order; False if it was kept before."""
        query = "INSERT OR IGNORE INTO notices (event_id, told_at) VALUES (?, ?)"
        return self._write(query, (event_id, now_ms)) > 0

    def registered(self, fingerprint: str) -> bool:
        """Whether a webhook was registered so before."""
        query = "SELECT 1 FROM registrations WHERE fingerprint = ?"
        try:
            return self._database.execute(query, (fingerprint,)).fetchone() is not None
        except sqlite3.Error as error:
            raise RecordError(f"{self._path}: {error}") from None

    def add_registration(self, fingerprint: str, now_ms: int) -> None:
        """A webhook is registered."""
        self._write(
            "INSERT OR REPLACE INTO registrations (fingerprint, at) VALUES (?, ?)",
            (fingerprint, now_ms),
        )

    def last_alive(self) -> int | None:
        """When webhooks were last listened for, Unix milliseconds; None for never."""
        try:
            row = self._database.execute("SELECT at FROM alive").fetchone()
        except sqlite3.Error as error:
            raise RecordError(f"{self._path}: {error}") from None
        return None if row is None else int(row[0])

    def alive(self, now_ms: int) -> None:
        """Webhooks are listened for."""
        self._write("INSERT OR REPLACE INTO alive (one, at) VALUES (1, ?)", (now_ms,))

    def forget(self, before_ms: int) -> int:
        """Drop some of the orders that were last told of before *before_ms*, and of the notices;
        how many entries went, 0 when nothing is left to drop."""
        gone = self._write(
            "DELETE FROM tells WHERE order_id IN ("
            "SELECT DISTINCT order_id FROM tells AS old WHERE told_at < ? AND NOT EXISTS ("
            "SELECT 1 FROM tells AS new WHERE new.order_id = old.order_id AND new.told_at >= ?"
            ") LIMIT ?)",
            (before_ms, before_ms, FORGET_AT_ONCE),
        )
        return gone + self._write(
            "DELETE FROM notices WHERE event_id IN ("
            "SELECT event_id FROM notices WHERE told_at < ? LIMIT ?)",
            (before_ms, FORGET_AT_ONCE),
        )

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _write(self, statement: str, values: tuple[object, ...]) -> int:
        try:
            return self._database.execute(statement, values).rowcount
        except sqlite3.Error as error:
            raise RecordError(f"{self._path}: {error}") from None
