"""`fixgw orders`: what the journal says of the orders; also while the gateway runs."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from fixgw.cli.options import json_option, sessions_option
from fixgw.cli.show import show, utc
from fixgw.core.order import Order
from fixgw.core.orders import Orders
from fixgw.journal.replay import reading, replay
from fixgw.model.number import text
from fixgw.runtime.settings import read

COLUMNS = (
    "order_id", "cl_ord_id", "status", "in_doubt", "side", "order_qty", "cum_qty", "symbol",
    "price", "avg_px", "session", "text", "placed_at", "account", "venue", "exchange",
)


@click.command()
@sessions_option
@json_option
@click.option("--open", "only_open", is_flag=True, help="Only orders that are not closed.")
@click.option("--in-doubt", is_flag=True, help="Only orders with a command of unknown outcome.")
@click.option("--session", default="", help="Only orders of this session, e.g. 'FIX.4.4:A->B'.")
@click.option("--limit", type=click.IntRange(min=0), default=100, show_default=True,
              help="The newest so many; 0: all.")
def command(
    directory: Path, as_json: bool, only_open: bool, in_doubt: bool, session: str, limit: int
) -> None:
    """List orders from the journal, oldest first."""
    path = read(directory).journal_path
    orders = Orders()
    with reading(path) as database:
        replay(path, database, orders.apply)
    chosen = [
        order
        for order in orders
        if (not only_open or order.open)
        and (not in_doubt or order.in_doubt is not None)
        and (not session or order.request.session == session)
    ]
    show("orders", COLUMNS, _rows(chosen[-limit:] if limit else chosen), as_json)


def _rows(orders: Iterable[Order]) -> Iterable[dict[str, Any]]:
    for order in orders:
        request = order.request
        quantity = request.order_qty if request.order_qty is not None else request.cash_order_qty
        yield {
            "order_id": order.order_id,
            "session": request.session,
            "cl_ord_id": request.cl_ord_id,
            "status": order.status.name,
            "side": request.side.name,
            "symbol": request.symbol,
            "order_qty": text(quantity) if quantity is not None else "",
            "price": text(request.price) if request.price is not None else "",
            "cum_qty": text(order.cum_qty),
            "avg_px": text(order.avg_px),
            "venue": order.venue,
            "exchange": order.exchange,
            "account": order.account,
            "in_doubt": order.in_doubt or "",
            "placed_at": utc(order.placed_at, "milliseconds"),
            "text": order.text,
        }
