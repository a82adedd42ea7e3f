"""The file of closed orders: each a small row, found by OrderID(37), by name, by session, by the
time of its end, or as one of the newest.

Compaction writes it, and nobody else; other processes and threads read it meanwhile, read-only.
Filing completes a snapshot: a start begins with the newest snapshot whose tick is not above
`filed_through`. An order that is filed again replaces its row; one that is live again keeps it
until then, so whoever lists both counts what is live. Everything here comes from the journal's
segments: nothing may be in this file alone.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from fixgw.journal.closed_file import REFILLED, open_read_only, open_to_write
from fixgw.journal.durable import RETRIED
from fixgw.journal.packing import NO_DICTIONARY, EventPacker, UnreadableOrder, train
from fixgw.journal.snapshot import DAY_MS, FiledOrder
from fixgw.journal.tick import JournalEvent
from fixgw.model.errors import JournalError
from fixgw.model.ids import ClOrdID, OrderID, SessionKey, VenueName

TRAINED_AT = (4_000, 40_000, 400_000, 4_000_000)
"""Numbers of orders at which the next dictionary is trained: later orders may be unlike these."""

SAMPLES = 4_000
"""Orders, the newest ones, that a dictionary is trained on."""

PAGE_ROWS = 500
"""Rows that are read at once; then others get their turn."""

SOME = 500
"""Rows that are written at once."""

KEY_OFFSET = 1 << 63

DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

READ_AGAIN = "check that disk (permissions), and try again: nothing on record is lost"

_ORDERS = "SELECT dictionary, events FROM closed_orders"


class ClosedOrders:
    """The file, open. Any thread may use it; they take turns."""

    def __init__(self, path: Path, read_only: bool = False) -> None:
        """Open the file at *path*; make it if it is to be written. Raise JournalError."""
        self.path = path
        self._way_out = READ_AGAIN if read_only else RETRIED
        self._turn = threading.Lock()
        self._ids: dict[tuple[str, str], int] = {}
        with self._telling():
            self._database = open_read_only(path) if read_only else open_to_write(path)
            try:
                self._packer = EventPacker(self._dictionary, self._latest_dictionary())
            except BaseException:
                self._database.close()
                raise

    def close(self) -> None:
        """Give the file up."""
        with self._turn:
            self._database.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Turn an error of SQLite, the file system or a row into one clear sentence."""
        try:
            yield
        except UnreadableOrder as error:
            raise JournalError(
                f"{self.path}: a closed order cannot be read ({error}); {REFILLED}"
            ) from error
        except (sqlite3.Error, OSError) as error:
            damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in DAMAGED
            way_out = REFILLED if damaged else self._way_out
            raise JournalError(f"closed orders {self.path}: {error}; {way_out}") from error

    # --------------------------------------------------------------------- writing

    def file(self, rows: Iterable[FiledOrder], tick: int) -> None:
        """File *rows*, and note that every order that was due at *tick* is filed: all on the disk,
        or nothing changed. *tick* never falls. Raise JournalError."""
        with self._turn, self._telling():
            self._train()
            self._database.execute("BEGIN IMMEDIATE")
            try:
                self._begin(tick)
                left = iter(rows)
                new = sum(map(self._file_some, iter(lambda: list(islice(left, SOME)), [])))
                self._database.execute("UPDATE file SET orders = orders + ?", (new,))
                self._database.execute("COMMIT")
            except BaseException:
                self._ids.clear()
                if self._database.in_transaction:  # SQLite itself may have rolled it back
                    self._database.execute("ROLLBACK")
                raise

    def _begin(self, tick: int) -> None:
        """Note that what is filed now is as of *tick*."""
        _, through = self._ticks()
        if tick < through:
            raise JournalError(
                f"{self.path}: it holds the orders as of tick {through}, and the journal is at "
                f"tick {tick}: it belongs to another one, or to a later state of it; {REFILLED}"
            )
        if tick > through:
            self._database.execute("DELETE FROM superseded")
            self._database.execute(
                "UPDATE file SET filed_through = ?, before = filed_through", (tick,)
            )

    def _file_some(self, rows: Sequence[FiledOrder]) -> int:
        """File some orders; return the number of those that were not here before."""
        many = self._database.executemany
        roots = [int(row.root) for row in rows]
        known = self._database.execute(
            f"SELECT root FROM closed_orders WHERE root IN ({', '.join('?' * len(roots))})", roots
        ).fetchall()
        many(
            "INSERT OR IGNORE INTO superseded SELECT root, dictionary, events FROM closed_orders "
            "WHERE root = ?", known
        )
        sessions = [self._id("sessions", row.session) for row in rows]
        many("INSERT OR REPLACE INTO closed_orders VALUES (?, ?, ?, ?, ?, ?)", (
            (root, session, self._venues(row), row.ended_at, *self._packer.pack(row.events))
            for root, session, row in zip(roots, sessions, rows)
        ))
        many("INSERT OR REPLACE INTO legs VALUES (?, ?)", (
            (int(leg), root) for root, row in zip(roots, rows) for leg in row.legs
        ))
        # A name that was forgotten may have been used again.
        many(
            "INSERT INTO order_names VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET root = excluded.root WHERE excluded.root > root",
            (
                (session, name, root)
                for root, session, row in zip(roots, sessions, rows) for name in row.names
            ),
        )
        return len(rows) - len(known)

    def _venues(self, row: FiledOrder) -> int:
        return self._id("venues", msgspec.json.encode(sorted(row.venues)).decode())

    def _id(self, table: str, text: str) -> int:
        """Return the number that stands for *text* in the rows, a new one if there is none."""
        number = self._ids.get((table, text))
        if number is None:
            self._database.execute(f"INSERT OR IGNORE INTO {table} (text) VALUES (?)", (text,))
            [number] = self._database.execute(
                f"SELECT id FROM {table} WHERE text = ?", (text,)
            ).fetchone()
            self._ids[table, text] = number
        assert number is not None
        return number

    def _train(self) -> None:
        """Train the next dictionary if enough orders are here for it."""
        number = self._packer.latest + 1
        if number > len(TRAINED_AT) or self._orders() < TRAINED_AT[number - 1]:
            return
        newest = self._database.execute(f"{_ORDERS} ORDER BY root DESC LIMIT {SAMPLES}")
        body = train([self._packer.decompress(*row) for row in newest])
        self._database.execute("INSERT INTO dictionaries VALUES (?, ?)", (number, body))
        self._packer.use(number)

    def _dictionary(self, number: int) -> bytes:
        row = self._database.execute(
            "SELECT body FROM dictionaries WHERE id = ?", (number,)
        ).fetchone()
        if row is None:
            raise KeyError(number)
        body: bytes = row[0]
        return body

    def _latest_dictionary(self) -> int:
        [latest] = self._database.execute("SELECT max(id) FROM dictionaries").fetchone()
        return latest or NO_DICTIONARY

    # --------------------------------------------------------------------- reading

    @property
    def filed_through(self) -> int:
        """The tick as of which every order is filed that was due; 0: none yet."""
        with self._turn, self._telling():
            return self._ticks()[1]

    def _ticks(self) -> tuple[int, int]:
        """Return the ticks of the last two filings."""
        before, through = self._database.execute(
            "SELECT before, filed_through FROM file"
        ).fetchone()
        return before, through

    def __len__(self) -> int:
        """The number of orders."""
        with self._turn, self._telling():
            return self._orders()

    def _orders(self) -> int:
        return int(self._database.execute("SELECT orders FROM file").fetchone()[0])

    def events(self, order_id: OrderID, as_of: int | None = None) -> list[JournalEvent] | None:
        """Return all events of the order of which *order_id* names a leg, in order; None: it is not
        here. Raise JournalError.

        *as_of* is the tick of the last filing, or of the one before it: then without what was filed
        since, as a fold needs it that begins with the snapshot of that tick and will meet the later
        events again.
        """
        number = _number(order_id)
        if number is None:
            return None
        with self._turn, self._telling():
            execute = self._database.execute
            leg = execute("SELECT root FROM legs WHERE order_id = ?", (number,)).fetchone()
            root = (number,) if leg is None else leg
            row = None
            if as_of is not None and self._is_before(as_of):
                row = execute(
                    "SELECT dictionary, events FROM superseded WHERE root = ?", root
                ).fetchone()
            if row is None:
                row = execute(f"{_ORDERS} WHERE root = ?", root).fetchone()
            return None if row is None else self._packer.unpack(*row)

    def _is_before(self, tick: int) -> bool:
        """Return True if *tick* is that of the filing before the last one. Raise JournalError if it
        is of no filing that can be told apart."""
        before, through = self._ticks()
        if tick not in (before, through):
            raise JournalError(
                f"{self.path}: it holds the orders as of ticks {before} and {through}, and the "
                f"snapshot is of tick {tick}; {REFILLED}"
            )
        return tick != through

    def root_of(self, session: SessionKey, name: ClOrdID) -> OrderID | None:
        """Return the OrderID(37) of the newest order that a client named so; None: there is none
        here. Raise JournalError."""
        root = self._one(
            "SELECT root FROM order_names WHERE name = ? "
            "AND session = (SELECT id FROM sessions WHERE text = ?)", name, session,
        )
        return None if root is None else OrderID(str(root))

    def by_name(self, session: SessionKey, name: ClOrdID) -> list[JournalEvent] | None:
        """Return all events of the newest order that a client named so, as `events` does."""
        root = self.root_of(session, name)
        return None if root is None else self.events(root)

    def newest(
        self, limit: int, session: SessionKey | None = None
    ) -> Iterator[list[JournalEvent]]:
        """Return the events of each of the *limit* newest orders, newest first: of all, or of
        *session*. Raise JournalError."""
        where, given = "", []
        if session is not None:
            where = "WHERE session = (SELECT id FROM sessions WHERE text = ?)"
            given = [session]
        return self._each(f"{_ORDERS} {where} ORDER BY root DESC LIMIT ?", *given, limit)

    def of_day(self, day: int) -> Iterator[list[JournalEvent]]:
        """Return the events of each order that ended on *day* (days since 1970, UTC), in the order
        of their ends. Raise JournalError."""
        return self._each(
            f"{_ORDERS} WHERE ended_at >= ? AND ended_at < ? ORDER BY ended_at",
            day * DAY_MS, (day + 1) * DAY_MS,
        )

    def ended_since(self, venue: VenueName, since_ms: int) -> Iterator[list[JournalEvent]]:
        """Return the events of each order of *venue* that ended at *since_ms* (Unix milliseconds)
        or later, in the order of their ends. Raise JournalError."""
        return self._each(
            f"{_ORDERS} INDEXED BY closed_orders_by_end WHERE ended_at >= ? AND venues IN "
            "(SELECT venues.id FROM venues, json_each(venues.text) AS each WHERE each.value = ?) "
            "ORDER BY ended_at",
            since_ms, venue,
        )

    def days(self) -> tuple[int, int]:
        """Return the first and the last day on which an order ended (days since 1970, UTC); 0, 0 if
        there is none. Raise JournalError."""
        first = self._one("SELECT min(ended_at) FROM closed_orders")
        last = self._one("SELECT max(ended_at) FROM closed_orders")
        return (0, 0) if first is None else (first // DAY_MS, last // DAY_MS)

    def sorted_names(self, key: Callable[[SessionKey, ClOrdID], int]) -> Iterator[int]:
        """Return the *key* of each name of an order, rising; a key has 64 bits and no sign.

        Memory stays small: SQLite sorts them in temporary files. Raise JournalError.
        """
        # SQLite's numbers have a sign.
        with self._turn, self._telling():
            self._database.create_function(
                "signed_key", 2, lambda session, name: key(session, name) - KEY_OFFSET
            )
        for [signed] in self._rows(
            "SELECT signed_key(sessions.text, name) AS key "
            "FROM order_names JOIN sessions ON sessions.id = session ORDER BY key"
        ):
            yield signed + KEY_OFFSET

    def _one(self, query: str, *given: object) -> Any:
        """Return the only value of the first row; None if there is no row."""
        with self._turn, self._telling():
            row = self._database.execute(query, given).fetchone()
        return None if row is None else row[0]

    def _each(self, query: str, *given: object) -> Iterator[list[JournalEvent]]:
        for row in self._rows(query, *given):
            with self._turn, self._telling():
                events = self._packer.unpack(*row)
            yield events

    def _rows(self, query: str, *given: object) -> Iterator[Any]:
        """Return the rows page by page."""
        with self._turn, self._telling():
            cursor = self._database.execute(query, given)
        while True:
            with self._turn, self._telling():
                page = cursor.fetchmany(PAGE_ROWS)
            if not page:
                return
            yield from page


def _number(order_id: str) -> int | None:
    """Return the number that *order_id* is as the gateway writes it; None: it gave out no such."""
    if not (order_id.isascii() and order_id.isdigit() and len(order_id) <= 18):
        return None
    number = int(order_id)
    return number if str(number) == order_id else None
