"""The venue's view of an order: its status first, and then its trades.

Status is requested first and trades second, so that a final status never comes without the
executions before it. An unreadable answer raises `Unreadable`.
"""

import structlog

from fixgw.model.venue import OrderUpdate, VenueStatus
from fixgw.venues.integral import build, parse
from fixgw.venues.integral.channel import Channel
from fixgw.venues.integral.parse import NotFound
from fixgw.venues.integral.schemas import Listed, OrderRow
from fixgw.venues.integral.watch import Watched
from fixgw.venues.outcome import Answer
from fixgw.venues.kit.payloads import Unreadable

log = structlog.get_logger()


class Queries:
    """The questions of one account; each needs its place in the queue first."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._config = channel.config
        self.co_id_works = channel.config.absence == "always"
        """A question by coId is known to be understood. A venue that ignored `co_id_parameter`
        would answer with its active orders, and with "no results" if it had none."""

    async def active(self) -> Listed:
        """All active orders."""
        listed = parse.read_orders(await self._channel.send(build.active_orders()))
        return Listed() if isinstance(listed, NotFound) else listed

    async def row(self, watched: Watched) -> tuple[OrderRow, bytes] | NotFound:
        """Return the venue's view of one order, by the server's id if it is known, else by our own.

        An id that finds nothing may be wrong: the next query uses our own.
        """
        by_server_id = bool(watched.server_id) and not watched.doubted
        watched.doubted = False
        if by_server_id:
            call = build.query_order(watched.server_id)
        else:
            call = build.query_co_id(
                watched.order.venue_order_id, self._config.co_id_parameter
            )
        result = await self._channel.send(call)
        listed = parse.read_orders(result)
        if isinstance(listed, NotFound):
            if by_server_id:
                watched.doubted = True
                raise Unreadable(f"{listed.text} for orderId {watched.server_id}")
            return listed
        ours = listed.of(watched.order.venue_order_id)
        if len(ours) > 1:
            raise Unreadable(f"{len(ours)} orders of one coId")
        others = len(listed.rows) + len(listed.damaged)
        if not ours and others:
            watched.doubted = by_server_id
            raise Unreadable(f"{others} orders of other coIds: is co_id_parameter right?")
        if not ours:
            return NotFound("no orders")
        watched.server_id = ours[0].server_id or watched.server_id
        assert isinstance(result, Answer), "it was read"
        return ours[0], result.body

    async def prove(self, co_id: str) -> None:
        """Ask for an order that has ended by its coId: a list of active orders lacks it."""
        call = build.query_co_id(co_id, self._config.co_id_parameter)
        listed = parse.read_orders(await self._channel.send(call))
        if isinstance(listed, NotFound) or listed.damaged:
            return
        if [row.co_id for row in listed.rows] == [co_id]:
            self.co_id_works = True
            log.info("query_by_co_id_proven", venue_account=self._channel.account)

    async def look(
        self, watched: Watched, row: OrderRow | None = None, *, behind_all: bool = False
    ) -> OrderUpdate | NotFound:
        """Return the order's status and executions; *row* is its status if a list has it already.
        There is room for one request; a second one may go *behind_all* other work.
        """
        body = b""
        self._channel.watches.keep(watched)  # found or not: it may show later
        if row is None:
            found = await self.row(watched)
            if isinstance(found, NotFound):
                self._channel.watches.absent(watched, self._channel.now)
                return found
            row, body = found
            await self._channel.queue.slot(behind_all=behind_all)
        watched.server_id = row.server_id or watched.server_id
        return await self.with_fills(watched, row, body)

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
        if not watched.server_id:
            raise Unreadable("the order has no orderId, by which its trades are asked for")
        call = build.trades(watched.server_id, self._config.trades_parameter)
        trades = parse.read_trades(await self._channel.send(call))
        executed = parse.executions(
            trades, watched.order, self._config.trade_statuses,
            self._config.trade_cancelled_statuses, watched.server_id,
        )
        watched.damage = _log_anew(
            "trade_unreadable", watched, executed.problem, before=watched.damage
        )
        watched.uncounted = _log_anew(
            "trade_not_counted", watched, executed.uncounted, before=watched.uncounted
        )
        return parse.with_fills(update, executed)


def _log_anew(event: str, watched: Watched, reason: str, *, before: str) -> str:
    """Log *reason*, unless it was logged *before*; return it."""
    if reason and reason != before:
        log.warning(event, order_id=watched.order.order_id, reason=reason)
    return reason
