"""`fixgw orders --disputed`: the executions that clients dispute, as the journal has them."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from fixgw.cli.show import show, show_blocks, utc
from fixgw.core.orders.index import Orders
from fixgw.journal.closed import ClosedOrders
from fixgw.journal.places import CLOSED
from fixgw.journal.replay import replay
from fixgw.journal.snapshot import orders_events
from fixgw.journal.tick import JournalEvent
from fixgw.model.enums import Side
from fixgw.model.events import FillBusted, FillCorrected, OrderEvent
from fixgw.model.ids import OrderID, execution_of
from fixgw.model.number import text
from fixgw.model.session_events import SessionEvent, TradeDisputed

COLUMNS = (
    "order_id", "exec_id", "reason", "at", "session", "symbol", "side", "last_qty", "last_px",
    "text", "now", "cl_ord_id", "venue", "account", "venue_order_id",
)

REASONS = {
    "A": "unknown symbol", "B": "wrong side", "C": "quantity exceeds order",
    "D": "no matching order", "E": "price exceeds limit", "F": "calculation difference",
    "G": "no matching execution report", "Z": "other",
}
"""DKReason(127), as in FIX 5.0 SP2."""

SIDES = {side.value: side.name for side in Side}


class Disputed(Orders):
    """The orders, and the last dispute of each of their executions."""

    def __init__(self) -> None:
        super().__init__()
        self._disputes: dict[str, TradeDisputed] = {}
        """By ExecID(17)."""
        self._changed: dict[tuple[OrderID, str], str] = {}
        """The later fate of an execution, since the venue first reported it."""

    def take(self, event: OrderEvent) -> None:
        """Apply the next event of an order."""
        self.apply(event)
        if isinstance(event, FillCorrected | FillBusted):
            self._changed[event.order_id, event.venue_exec_id] = (
                "busted" if isinstance(event, FillBusted) else "corrected"
            )

    def take_session(self, event: SessionEvent) -> None:
        """Apply the next event of a session."""
        if isinstance(event, TradeDisputed):
            # The last one counts, and stands where it came.
            self._disputes.pop(event.exec_id, None)
            self._disputes[event.exec_id] = event

    def take_filed(self, filed: Callable[[OrderID], list[JournalEvent] | None]) -> None:
        """Apply the events on file of each disputed order that has left the snapshot."""
        for dispute in self._disputes.values():
            order_id, _ = execution_of(dispute.exec_id)
            if not self.has(order_id):
                for event in orders_events(filed(order_id) or ()):
                    self.take(event)

    def rows(self, session: str) -> Iterator[dict[str, Any]]:
        """Yield one row per dispute, oldest first; of *session* alone unless that is ""."""
        for dispute in self._disputes.values():
            if not session or dispute.session == session:
                yield self._row(dispute)

    def _row(self, dispute: TradeDisputed) -> dict[str, Any]:
        order_id, name = execution_of(dispute.exec_id)
        order = self.get(order_id)
        row = msgspec.structs.asdict(dispute) | {
            "at": utc(dispute.at, "milliseconds"),
            "reason": f"{dispute.reason} {REASONS.get(dispute.reason, '')}".rstrip(),
            "side": SIDES.get(dispute.side, dispute.side),
            "last_qty": "" if dispute.last_qty is None else text(dispute.last_qty),
            "last_px": "" if dispute.last_px is None else text(dispute.last_px),
            "now": self._changed.get((order_id, name), ""),
        }
        row["cl_ord_id"] = order.request.cl_ord_id if order is not None else ""
        for name in ("venue", "account", "venue_order_id"):
            row[name] = getattr(order, name) if order is not None else ""
        return row


def show_disputed(path: Path, session: str, as_json: bool) -> None:
    """Print the disputed executions in the journal at *path*."""
    orders = Disputed()
    replay(path, orders.take, on_session_event=orders.take_session)
    if (path / CLOSED).exists():
        with closing(ClosedOrders(path / CLOSED, read_only=True)) as closed:
            orders.take_filed(closed.events)
    rows = list(orders.rows(session))
    if as_json:
        show("disputed trades", COLUMNS, rows, as_json)
    else:
        show_blocks("disputed trades", COLUMNS, rows)
