"""asmlink's reports on disk: an SQLite file of the adapter's own.

asmlink has no query for an order's status, and a webhook that was answered does not come again:
each report must be stored before it is answered. Entries are added and, when old, dropped; never
changed. The gateway's journal remains the record of orders; this file only lets it catch up: it
marks the entries that may not have reached the journal yet (`passed_on`), which are delivered again
after a start.
"""

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from fixgw.model.effects import VenueOrder
from fixgw.model.errors import GatewayError
from fixgw.model.ids import OrderID
from fixgw.model.venue import VenueNotice
from fixgw.runtime.files import make_database_private
from fixgw.venues.asmlink.parse import Tell

SCHEMA = """
CREATE TABLE IF NOT EXISTS tells (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id TEXT NOT NULL,
    told_at INTEGER NOT NULL,
    tell BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS tells_by_order ON tells (order_id);
CREATE INDEX IF NOT EXISTS tells_by_time ON tells (told_at);
CREATE TABLE IF NOT EXISTS orders (
    order_id TEXT PRIMARY KEY,
    symbol TEXT NOT NULL,
    quantity TEXT,
    price TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS doubts (order_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS notices (event_id TEXT PRIMARY KEY, told_at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS notices_by_time ON notices (told_at);
CREATE TABLE IF NOT EXISTS untold (number INTEGER PRIMARY KEY AUTOINCREMENT, notice BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS passed (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER);
CREATE TABLE IF NOT EXISTS registrations (fingerprint TEXT PRIMARY KEY, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS alive (one INTEGER PRIMARY KEY CHECK (one = 1), at INTEGER NOT NULL);
"""

BUSY_SECONDS = 2.0

FORGET_AT_ONCE = 200
"""Orders that `forget` drops in one go: some milliseconds."""

REASONS = {
    sqlite3.SQLITE_NOTADB:
        "this is no record of asmlink; name another file in `record`, or move it away",
    sqlite3.SQLITE_CORRUPT: "the record of asmlink is damaged; restore it from a backup",
    sqlite3.SQLITE_CANTOPEN: "the record of asmlink cannot be opened",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the record of asmlink may not be written",
    sqlite3.SQLITE_BUSY: "the record of asmlink is in use by another process",
}
"""The meaning of SQLite's errors here."""
PRIMARY_CODE = 0xFF
"""The bits of an error's code that say its kind."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Tell).decode
_decode_notice = msgspec.json.Decoder(VenueNotice).decode


class Mark(Struct, frozen=True):
    """The last entries of the store at some moment."""

    tells: int = 0
    notices: int = 0


class Ordered(Struct, frozen=True):
    """The terms of an order."""

    symbol: str
    quantity: Decimal | None
    price: Decimal | None


class StoreError(GatewayError):
    """The file cannot be read or written."""


class Store:
    """The open file. Each write is committed, and survives the death of the process, at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            make_database_private(path)
            self._database = sqlite3.connect(path, isolation_level=None, timeout=BUSY_SECONDS)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(SCHEMA)
        except sqlite3.Error as error:
            raise self._failed(error) from None
        except OSError as error:
            raise StoreError(f"{path}: {error.strerror or error}") from None

    # ----------------------------------------------------------------- orders

    def add(self, order_id: OrderID, tell: Tell, now_ms: int) -> None:
        """Store *tell*."""
        self._write(
            "INSERT INTO tells (order_id, told_at, tell) VALUES (?, ?, ?)",
            (order_id, now_ms, _encode(tell)),
        )

    def tells(self, order_id: OrderID) -> Iterator[Tell]:
        """Return all reports about *order_id*, in the order they came."""
        query = "SELECT tell FROM tells WHERE order_id = ? ORDER BY number"
        return (_decode(row[0]) for row in self._read(query, (order_id,)))

    def place(self, order: VenueOrder) -> None:
        """Keep what is ordered by *order*; a second time changes nothing."""
        self._write(
            "INSERT OR IGNORE INTO orders (order_id, symbol, quantity, price) "
            "VALUES (?, ?, ?, ?)",
            (order.order_id, order.symbol, _written(order.order_qty), _written(order.price)),
        )

    def placed(self, order_id: OrderID) -> Ordered | None:
        """Return the terms of *order_id*; None if they were not stored."""
        rows = self._read(
            "SELECT symbol, quantity, price FROM orders WHERE order_id = ?", (order_id,)
        )
        return Ordered(rows[0][0], _number(rows[0][1]), _number(rows[0][2])) if rows else None

    def doubt(self, order_id: OrderID, doubted: bool) -> None:
        """Keep whether executions of *order_id* are held."""
        if doubted:
            self._write("INSERT OR IGNORE INTO doubts (order_id) VALUES (?)", (order_id,))
        else:
            self._write("DELETE FROM doubts WHERE order_id = ?", (order_id,))

    def doubted(self) -> list[OrderID]:
        """The orders of which executions are held."""
        return [OrderID(row[0]) for row in self._read("SELECT order_id FROM doubts")]

    # ---------------------------------------------------------------- notices

    def notice(self, event_id: str, now_ms: int, notice: VenueNotice | None = None) -> bool:
        """Store the id of an event without an order, and its notice; return False if it is stored
        already.
        """
        query = "INSERT OR IGNORE INTO notices (event_id, told_at) VALUES (?, ?)"
        if notice is None:
            return self._write(query, (event_id, now_ms)) > 0
        self._write("BEGIN")
        try:
            first = self._write(query, (event_id, now_ms)) > 0
            if first:
                self._write("INSERT INTO untold (notice) VALUES (?)", (_encode(notice),))
            self._write("COMMIT")
        except StoreError:
            self._database.rollback()
            raise
        return first

    def untold(self) -> list[VenueNotice]:
        """The notices that may not have reached the core, oldest first."""
        rows = self._read("SELECT notice FROM untold ORDER BY number")
        return [_decode_notice(row[0]) for row in rows]

    # ------------------------------------------------- what has reached the core

    def orders_not_passed_on(self) -> list[OrderID]:
        """Return the orders with a report that may not have reached the core."""
        query = (
            "SELECT order_id FROM tells WHERE number > "
            "coalesce((SELECT number FROM passed), 0) GROUP BY order_id ORDER BY min(number)"
        )
        return [OrderID(row[0]) for row in self._read(query)]

    def mark(self) -> Mark:
        """Return the mark of the last entries now."""
        ((tells,),) = self._read("SELECT coalesce(max(number), 0) FROM tells")
        ((notices,),) = self._read("SELECT coalesce(max(number), 0) FROM untold")
        return Mark(tells, notices)

    def tells_passed_on(self, mark: Mark) -> None:
        """Record that the reports up to *mark* have reached the core for certain."""
        query = "INSERT OR REPLACE INTO passed (one, number) VALUES (1, ?)"
        self._write(query, (mark.tells,))

    def notices_passed_on(self, mark: Mark) -> None:
        """Record that the notices up to *mark* have reached the core for certain."""
        self._write("DELETE FROM untold WHERE number <= ?", (mark.notices,))

    # --------------------------------------------------------------- webhooks

    def registered(self, fingerprint: str) -> bool:
        """Return True if a webhook was registered with this *fingerprint* before."""
        query = "SELECT 1 FROM registrations WHERE fingerprint = ?"
        return bool(self._read(query, (fingerprint,)))

    def add_registration(self, fingerprint: str, now_ms: int) -> None:
        """A webhook is registered."""
        self._write(
            "INSERT OR REPLACE INTO registrations (fingerprint, at) VALUES (?, ?)",
            (fingerprint, now_ms),
        )

    def last_alive(self) -> int | None:
        """Return the last time webhooks were listened for, Unix milliseconds; None for never."""
        rows = self._read("SELECT at FROM alive")
        return int(rows[0][0]) if rows else None

    def alive(self, now_ms: int) -> None:
        """Webhooks are listened for."""
        self._write("INSERT OR REPLACE INTO alive (one, at) VALUES (1, ?)", (now_ms,))

    # ---------------------------------------------------------------- the file

    def forget(self, before_ms: int) -> int:
        """Drop some of the orders whose last report is older than *before_ms*, and some such
        notices; return the number of entries dropped, 0 when none is left to drop.
        """
        gone = self._write(
            "DELETE FROM tells WHERE order_id IN ("
            "SELECT DISTINCT order_id FROM tells AS old WHERE told_at < ? AND NOT EXISTS ("
            "SELECT 1 FROM tells AS new WHERE new.order_id = old.order_id AND new.told_at >= ?"
            ") LIMIT ?)",
            (before_ms, before_ms, FORGET_AT_ONCE),
        )
        self._write(
            "DELETE FROM doubts WHERE order_id NOT IN (SELECT order_id FROM tells)", ()
        )
        # OrderID(37) begins with the milliseconds at which it was given out.
        gone += self._write(
            "DELETE FROM orders WHERE order_id IN ("
            "SELECT order_id FROM orders AS old WHERE order_id < ? AND NOT EXISTS ("
            "SELECT 1 FROM tells WHERE tells.order_id = old.order_id) LIMIT ?)",
            (str(before_ms), FORGET_AT_ONCE),
        )
        return gone + self._write(
            "DELETE FROM notices WHERE event_id IN ("
            "SELECT event_id FROM notices WHERE told_at < ? LIMIT ?)",
            (before_ms, FORGET_AT_ONCE),
        )

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _read(self, query: str, values: tuple[object, ...] = ()) -> list[Any]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise self._failed(error) from None

    def _write(self, statement: str, values: tuple[object, ...] = ()) -> int:
        try:
            return self._database.execute(statement, values).rowcount
        except sqlite3.Error as error:
            raise self._failed(error) from None

    def _failed(self, error: sqlite3.Error) -> StoreError:
        """Return *error* in words for an operator, who need not know SQLite."""
        code = getattr(error, "sqlite_errorcode", 0) & PRIMARY_CODE
        return StoreError(f"{self._path}: {REASONS.get(code, error)}")


def _written(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _number(written: str | None) -> Decimal | None:
    return None if written is None else Decimal(written)
