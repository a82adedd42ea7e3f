"""How the venue sees an order: its own word, and then the trades that were done on it.

Status is asked first and trades second, so that an end never comes without
the executions before it. What cannot be read raises `Unreadable`.
"""

from fixgw.model.venue import OrderUpdate, VenueStatus
from fixgw.venues.integral import build, parse
from fixgw.venues.integral.line import Line
from fixgw.venues.integral.parse import NotFound, Unreadable
from fixgw.venues.integral.schemas import OrderRow
from fixgw.venues.integral.watch import Watched
from fixgw.venues.outcome import Answer


class Views:
    """The questions of one account; each needs its place in the queue first."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._config = line.config

    async def active(self) -> tuple[OrderRow, ...]:
        """All active orders."""
        rows = parse.read_orders(await self._line.send(build.active_orders()))
        return () if isinstance(rows, NotFound) else tuple(rows)

    async def row(self, watched: Watched) -> tuple[OrderRow, bytes] | NotFound:
        """The venue's view of one order, by the server's id if it is known, else by our own."""
        if watched.server_id:
            call = build.query_order(watched.server_id)
        else:
            call = build.query_co_id(
                watched.order.venue_order_id, self._config.co_id_parameter
            )
        result = await self._line.send(call)
        rows = parse.read_orders(result)
        if isinstance(rows, NotFound):
            return rows
        ours = [row for row in rows if row.co_id == watched.order.venue_order_id]
        if len(ours) > 1:
            raise Unreadable(f"{len(ours)} orders of one coId")
        if not ours and rows:
            raise Unreadable(f"{len(rows)} orders of other coIds: is co_id_parameter right?")
        if not ours:
            return NotFound("no orders")
        watched.server_id = ours[0].server_id
        assert isinstance(result, Answer), "it was read"
        return ours[0], result.body

    async def with_fills(self, watched: Watched, row: OrderRow, body: bytes) -> OrderUpdate:
        """*row* with all executions of its order, which are asked for after it was answered.

        There is room for one request.
        """
        update = parse.order_update(row, watched.order, body)
        unfilled = update.status is VenueStatus.WORKING and row.status.upper() == "NEW"
        if update.status is VenueStatus.PENDING or (
            unfilled and self._config.new_means_unfilled
        ):
            return update
        call = build.trades(watched.server_id, self._config.trades_parameter)
        rows = parse.read_trades(await self._line.send(call))
        fills = parse.executions(
            rows, watched.order, watched.trade_ids, self._config.trade_statuses
        )
        if len(fills) > len(watched.trade_ids):
            watched.trade_ids = tuple(fill.venue_exec_id for fill in fills)
        return parse.with_fills(update, fills)
