"""`fixgw orders`: lists the orders in the journal; also while the gateway runs."""

import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import msgspec

from fixgw.cli import verdict
from fixgw.cli.disputed import show_disputed
from fixgw.cli.options import behind_commands, json_option, sessions_option
from fixgw.cli.show import on_terminal, show, show_blocks, utc
from fixgw.core.orders.index import Orders
from fixgw.core.orders.leg import Leg
from fixgw.journal.closed import ClosedOrders
from fixgw.journal.places import CLOSED
from fixgw.journal.replay import replay
from fixgw.journal.snapshot import orders_events
from fixgw.model.events import OrderEvent, OutcomeUnknown
from fixgw.model.ids import OrderID, SessionKey
from fixgw.ops.answers import doubt, order_line
from fixgw.runtime.settings import where

SHOWN_TO_A_PERSON = 100
"""Orders listed by default. A program gets all of them."""

ALL = 2**62

COLUMNS = (
    "order_id", "cl_ord_id", "status", "in_doubt", "side", "order_qty", "cum_qty", "symbol",
    "price", "avg_px", "session", "text", "placed_at", "account", "venue", "exchange", "own_qty",
    "own_avg_px", "replaces",
)

IN_DOUBT_COLUMNS = (
    "order_id", "in_doubt", "since", "lost", "venue", "venue_order_id", "cl_ord_id", "status",
    "side", "order_qty", "cum_qty", "symbol", "price", "account", "session", "exchange",
    "placed_at",
)

WAY_OUT = """\
What became of these nobody has told yet. The gateway goes on asking, where the
venue can be asked. When the venue has said it by other means, record it
(docs/operating.md, "An order in doubt"), what was executed first:
  fixgw orders verdict ORDER_ID filled --qty Q --px P --who NAME --why TEXT
  fixgw orders verdict ORDER_ID rejected|canceled|working --who NAME --why TEXT"""


class OrdersInDoubt(Orders):
    """The orders, and the times since which some of them are in doubt."""

    def __init__(self) -> None:
        super().__init__()
        self._unknown: dict[OrderID, OutcomeUnknown] = {}
        """The first OutcomeUnknown of each order in doubt."""

    def take(self, event: OrderEvent) -> None:
        """Apply the next event of the journal."""
        order = self.apply(event)
        if type(event) is OutcomeUnknown:
            self._unknown.setdefault(event.order_id, event)
        elif order.in_doubt is None:
            self._unknown.pop(event.order_id, None)

    def of(self, order: Leg) -> tuple[int, str]:
        """Return since when (Unix milliseconds) the outcome is unknown, and why."""
        unknown = self._unknown.get(order.order_id)
        if unknown is None:
            return order.updated_at, "nothing was heard of it"
        return unknown.at, unknown.text


@click.group(invoke_without_command=True)
@sessions_option
@json_option
@click.option("--open", "only_open", is_flag=True, help="Only orders that are not closed.")
@click.option("--in-doubt", is_flag=True,
              help="Only orders with a command of unknown outcome, and how to record a verdict.")
@click.option("--disputed", is_flag=True,
              help="The executions that clients dispute (DontKnowTrade), and why.")
@click.option("--session", default="", help="Only orders of this session, e.g. 'FIX.4.4:A->B'.")
@click.option("--limit", type=click.IntRange(min=0), default=None,
              show_default=f"{SHOWN_TO_A_PERSON} on a terminal, else 0",
              help="The newest so many; 0: all.")
@click.pass_context
def command(
    context: click.Context, directory: Path, as_json: bool, only_open: bool, in_doubt: bool,
    disputed: bool, session: str, limit: int | None,
) -> None:
    """List orders from the journal, oldest first.

    cum_qty is CumQty(14), and avg_px AvgPx(6): both include the orders that this one replaced.
    own_qty and own_avg_px are of this order alone: use these for sums.
    """
    if context.invoked_subcommand is not None:
        return
    path = where(directory).journal_path
    if disputed:
        show_disputed(path, session, as_json)
        return
    orders = OrdersInDoubt()
    replay(path, orders.take)
    now_ms = time.time_ns() // 1_000_000
    chosen = [
        order
        for order in orders
        if (not only_open or order.open)
        and (not in_doubt or doubt(order, now_ms) is not None)
        and (not session or order.request.session == session)
    ]
    if limit is None:
        limit = SHOWN_TO_A_PERSON if on_terminal() and not as_json else 0
    is_more = False
    if not (only_open or in_doubt):
        filed, is_more = _on_file(path, orders, session, limit)
        chosen = sorted((*filed, *chosen), key=lambda leg: int(leg.order_id))
    found = len(chosen)
    chosen = chosen[-limit:] if limit else chosen
    _list(orders, chosen, now_ms, in_doubt, as_json)
    if is_more or len(chosen) < found:
        left_out = "older ones" if is_more else f"{found - len(chosen)} older ones of {found}"
        click.echo(f"{left_out} are not shown: --limit 0 shows all", err=True)
    if in_doubt and chosen and not as_json:
        click.echo(WAY_OUT + behind_commands(directory), err=True)


command.add_command(verdict.command)


def _on_file(path: Path, live: Orders, session: str, limit: int) -> tuple[list[Leg], bool]:
    """Return the orders that are on file and not *live*, the newest *limit* or a few more, 0: all;
    and whether there are more."""
    if not (path / CLOSED).exists():
        return [], False
    found: list[Leg] = []
    with closing(ClosedOrders(path / CLOSED, read_only=True)) as closed:
        key = SessionKey(session) if session else None
        for events in closed.newest(limit + 1 if limit else ALL, key):
            if limit and len(found) >= limit:
                return found, True
            chain = Orders()
            root = chain.revive(orders_events(events)).root
            if not live.has(root):
                found += chain
    return found, False


def _list(
    orders: OrdersInDoubt, chosen: Iterable[Leg], now_ms: int, in_doubt: bool, as_json: bool
) -> None:
    if not in_doubt:
        show("orders", COLUMNS, (_row(order, now_ms) for order in chosen), as_json)
        return
    rows = _in_doubt(orders, chosen, now_ms)
    if as_json:
        show("orders in doubt", IN_DOUBT_COLUMNS, rows, as_json)
        return
    show_blocks("orders in doubt", IN_DOUBT_COLUMNS, rows)


def _row(order: Leg, now_ms: int) -> dict[str, Any]:
    row = msgspec.structs.asdict(order_line(order, now_ms))
    for name in ("placed_at", "updated_at"):
        row[name] = utc(row[name], "milliseconds")
    return row


def _in_doubt(
    orders: OrdersInDoubt, chosen: Iterable[Leg], now_ms: int
) -> Iterable[dict[str, Any]]:
    for order in chosen:
        since, lost = orders.of(order)
        yield _row(order, now_ms) | {"since": utc(since, "milliseconds"), "lost": lost}
