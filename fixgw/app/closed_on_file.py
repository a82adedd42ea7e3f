"""Closed orders that have left memory: back before anything that names them is handled.

Looks up by names in memory (8 bytes each), reads the file of closed orders in a thread, and gives
the engine what was found between two steps. Who names such an order waits for that; others do not.
It also lets orders leave that compaction has put on file. Never decides about an order.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec
import structlog

from fixgw.core.engine import Engine
from fixgw.core.orders.index import Filed, Orders
from fixgw.core.orders.leg import Leg
from fixgw.journal.closed import ClosedOrders
from fixgw.journal.durable import remove
from fixgw.journal.names import Names, rebuild_names
from fixgw.journal.places import CLOSED, FILED
from fixgw.journal.snapshot import orders_events
from fixgw.journal.tick import JournalEvent
from fixgw.model.events import OrderEvent
from fixgw.model.ids import ClOrdID, OrderID, SessionKey, VenueName, execution_of
from fixgw.model.now import Now

DROPPED_AT_ONCE = 500
"""Orders that leave memory in one tick: some milliseconds."""

AGAIN_MS = 60_000
"""Time after which an order is offered again that could not leave."""

ABSENT_MAX = 10_000
"""Names that were looked up and are of no order; above that all are forgotten."""

CL_ORD_ID, ORIG_CL_ORD_ID, ORDER_ID, EXEC_ID = 11, 41, 37, 17

NAMING = {
    "D": (CL_ORD_ID,),
    "F": (CL_ORD_ID, ORIG_CL_ORD_ID, ORDER_ID),
    "G": (CL_ORD_ID, ORIG_CL_ORD_ID, ORDER_ID),
    "H": (CL_ORD_ID, ORDER_ID),
    "Q": (ORDER_ID, EXEC_ID),
}
"""MsgType(35) -> the fields that name an order."""

Reading = asyncio.Future[list[list[JournalEvent]]]

_filed = msgspec.msgpack.Decoder(list[Filed]).decode


class Name(NamedTuple):
    """A way to name an order: by ClOrdID(11) of a session, or by OrderID(37)."""

    session: SessionKey | None
    text: str


class ClosedOnFile:
    """The closed orders of one journal."""

    def __init__(self, directory: Path, engine: Engine, closed_minutes: int) -> None:
        """Raise JournalError."""
        self._directory = directory
        self._engine = engine
        self._closed_ms = closed_minutes * 60_000
        self._names: Names | None = None
        self._closed: ClosedOrders | None = None
        self._thread = ThreadPoolExecutor(1, "closed orders")
        self._found: list[tuple[Sequence[Name], Reading, Callable[[], None]]] = []
        self._absent: set[Name] = set()
        self._leaving: deque[Filed] = deque()
        self._later: deque[tuple[int, Filed]] = deque()
        """Orders that came back, or could not leave, and the time from which they may."""
        self.open()

    def open(self) -> None:
        """Use the files that are there now. Raise JournalError."""
        if self._closed is None and (self._directory / CLOSED).exists():
            closed = ClosedOrders(self._directory / CLOSED, read_only=True)
            names = Names(self._directory)
            if names.missing(closed.filed_through):
                structlog.get_logger().warning("names_made_again", journal=str(self._directory))
                rebuild_names(self._directory, closed)
                names.refresh()
            self._closed, self._names = closed, names

    def refresh(self) -> list[Filed]:
        """After a compaction, in a thread: use its files, and return what may leave memory. Raise
        JournalError."""
        self.open()
        if self._names is not None:
            self._names.refresh()
        leaving: list[Filed] = []
        for path in sorted(self._directory.glob(FILED)):
            leaving += _filed(path.read_bytes())
            remove(path)
        return leaving

    def may_leave(self, filed: Iterable[Filed]) -> None:
        """Let these leave memory, a few in each tick."""
        self._leaving.extend(filed)

    @property
    def leaving(self) -> int:
        """Number of orders that are on file and still in memory."""
        return len(self._leaving)

    def close(self) -> None:
        """Give the files up."""
        self._thread.shutdown()
        if self._closed is not None:
            self._closed.close()

    # ----------------------------------------------------------------- what is missing

    def named_by(self, session: SessionKey, msg_type: str, fields: dict[int, str]) -> list[Name]:
        """Return the names in a client's message of orders that may be on file, not in memory."""
        if self._names is None:
            return []
        found = []
        for tag in NAMING.get(msg_type, ()):
            text = fields.get(tag)
            if text is None:
                continue
            if tag in (CL_ORD_ID, ORIG_CL_ORD_ID):
                name = Name(session, text)
                missing = (
                    self._engine.orders.of_client(session, ClOrdID(text)) is None
                    and self._names.may_have(session, ClOrdID(text))
                )
            else:
                name = Name(None, execution_of(text)[0] if tag == EXEC_ID else text)
                missing = self._may_be_filed(name.text)
            if missing and name not in self._absent:
                found.append(name)
        return found

    def has_left(self, order_id: OrderID) -> bool:
        """Return True if the order *order_id*, of which a venue speaks, may be on file."""
        return (
            self._closed is not None and self._may_be_filed(order_id)
            and Name(None, order_id) not in self._absent
        )

    def _may_be_filed(self, order_id: str) -> bool:
        orders = self._engine.orders
        return (
            order_id.isdecimal() and not orders.has(OrderID(order_id))
            and int(order_id) <= orders.last_order_id
        )

    # ------------------------------------------------------------------ what comes back

    def look_up(self, names: Sequence[Name], then: Callable[[], None]) -> None:
        """Bring the orders back that *names* name, and call *then* in the tick in which they are
        back. The file is read in a thread; `wake` is called when it has been."""
        reading = asyncio.get_running_loop().run_in_executor(self._thread, self._read, names)

        def done(future: Reading) -> None:
            self._found.append((names, future, then))
            self.wake()

        reading.add_done_callback(done)

    def wake(self) -> None:
        """Have a tick soon. The gateway replaces it."""

    def _read(self, names: Sequence[Name]) -> list[list[JournalEvent]]:
        assert self._closed is not None
        found = []
        for name in names:
            if name.session is None:
                events = self._closed.events(OrderID(name.text))
            else:
                events = self._closed.by_name(name.session, ClOrdID(name.text))
            found.append(events or [])
        return found

    def take(self, now: Now) -> None:
        """Give the engine what was found, at the beginning of a tick. Raise JournalError: without
        its record the gateway does not run."""
        found, self._found = self._found, []
        for names, reading, then in found:
            self._revive(names, reading.result(), now)
            then()

    def bring(self, names: Sequence[Name], now: Now) -> None:
        """Bring the orders back now, while everybody waits: for an operator, and for a message that
        was kept until its turn came. Raise JournalError."""
        if self._closed is not None and names:
            self._revive(names, self._read(names), now)

    def _revive(
        self, names: Sequence[Name], chains: Sequence[list[JournalEvent]], now: Now
    ) -> None:
        for name, events in zip(names, chains):
            of_orders: list[OrderEvent] = orders_events(events)
            if of_orders:
                filed = self._engine.revive(of_orders, now)
                self._later.append((now.ms + self._closed_ms, filed))
            else:
                if len(self._absent) >= ABSENT_MAX:
                    self._absent.clear()
                self._absent.add(name)

    def ended_since(self, venue: VenueName, since_ms: int) -> list[Leg]:
        """Return the orders of *venue* on file that ended at *since_ms* or later. Raise
        JournalError."""
        if self._closed is None:
            return []
        orders = Orders()
        for events in self._closed.ended_since(venue, since_ms):
            of_orders = orders_events(events)
            if not self._engine.orders.has(of_orders[0].order_id):
                orders.revive(of_orders)
        return list(orders)

    # --------------------------------------------------------------------- what leaves

    def drop_some(self, now: Now) -> None:
        """Let some orders leave memory, when the timer has fired."""
        while self._later and self._later[0][0] <= now.ms:
            self._leaving.append(self._later.popleft()[1])
        if self._leaving:
            count = min(len(self._leaving), DROPPED_AT_ONCE)
            some = [self._leaving.popleft() for _ in range(count)]
            for filed in self._engine.drop(some):
                self._later.append((now.ms + AGAIN_MS, filed))
