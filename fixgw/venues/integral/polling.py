"""Polling of one account's orders, and evaluation of the list of active ones.

This venue pushes nothing, so every order is polled until it has ended. The list also shows whether
the venue answers at all, and orders that are not ours. It never sends a command.
"""

import asyncio
from collections.abc import Callable
from typing import NoReturn

import structlog

from fixgw.model.ids import OrderID
from fixgw.model.venue import ConnectionHealth, OrderUpdate
from fixgw.venues.integral import parse
from fixgw.venues.integral.channel import Channel
from fixgw.venues.integral.jobs import ListActive, Look, ProveQuery
from fixgw.venues.integral.parse import NotFound
from fixgw.venues.integral.queries import Queries
from fixgw.venues.integral.schemas import OrderRow
from fixgw.venues.integral.watch import Watched
from fixgw.venues.kit import names
from fixgw.venues.kit.payloads import Unreadable
from fixgw.venues.ratelimit import Lane
from fixgw.venues.strangers import Strangers
from fixgw.venues.stream import Backoff, Random

log = structlog.get_logger()

HOUSEKEEPING_SECONDS = 1.0
"""The longest that the polling task sleeps: what waits too long is refused meanwhile."""

QUESTIONS_A_LOOK = 2
"""One for the state of an order, one for its trades."""


class Polling:
    """Looks and lists of one account."""

    def __init__(
        self,
        channel: Channel,
        queries: Queries,
        *,
        random: Random,
        strangers: Strangers,
        restored: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._config = channel.config
        self._queries = queries
        self._strangers = strangers
        self._restored = restored
        self._backoff = Backoff(
            self._config.login_backoff_min_seconds,
            self._config.login_backoff_max_seconds,
            random,
        )
        self._up = False
        self._since_ms = channel.clock.now_ms()
        self._trouble = "it has not answered yet"
        self._listing = False
        self._proving = False
        """A question waits that may prove that a question by coId is understood."""
        self._list_at = channel.now

    def connection(self) -> ConnectionHealth:
        """The state of the polling: True as *up* if the last list was answered, and the time of the
        change.
        """
        return ConnectionHealth(
            name=self._channel.account, up=self._up, since=self._since_ms, text=self._trouble
        )

    def list_now(self) -> None:
        """List the active orders now, on request."""
        self._list_at = self._channel.now
        self._channel.changed.set()

    # ---------------------------------------------------------------- whose turn it is

    async def poll(self) -> None:
        """Queue a look at each order whose turn it is, and a list where one does for many."""
        while True:
            now = self._channel.now
            self._channel.drop_late()
            if now >= self._list_at and not self._listing:
                self._list(())
            due = self._channel.watches.take_due(now)
            if len(due) > 1:
                self._list(tuple(due))
            elif due:
                self._look(Look(due[0]))
            await self._pause()

    async def _pause(self) -> None:
        now = self._channel.now
        turns = [now + HOUSEKEEPING_SECONDS, self._channel.watches.next_due()]
        if not self._listing:
            turns.append(self._list_at)
        wait = min(turn for turn in turns if turn is not None) - now
        self._channel.changed.clear()
        try:
            async with asyncio.timeout(max(wait, 0.0)):
                await self._channel.changed.wait()
        except TimeoutError:
            pass

    def _list(self, orders: tuple[Watched, ...]) -> None:
        if self._channel.queue.put(Lane.QUERY, ListActive(orders)):
            self._listing = self._listing or not orders
            return
        for each in orders:
            self._channel.watches.failed(each, self._channel.now)
        if not orders:
            self._list_at = self._channel.now + self._backoff.next()

    def _look(self, look: Look) -> None:
        if not self._channel.queue.put(Lane.QUERY, look):
            self._channel.watches.failed(look.watched, self._channel.now)

    # ------------------------------------------------------------------------ one order

    async def look_at(self, watched: Watched, row: OrderRow | None) -> None:
        """Poll one order; deliver the result only if it is new."""
        try:
            update = await self._seen(watched, row)
        except Unreadable as error:
            self._channel.watches.failed(watched, self._channel.now)
            if not watched.problem:  # once, until it is seen again
                log.warning(
                    "order_not_seen", order_id=watched.order.order_id, reason=str(error)
                )
            watched.problem = str(error)
            return
        finally:
            self._channel.changed.set()
        watched.problem = ""
        if self._channel.watches.looked(watched, update, self._channel.now):
            self._channel.deliver(update)
        unproven = not self._queries.co_id_works and self._config.absence == "proven"
        if watched.ended_at is not None and unproven and not self._proving:
            self._proving = self._channel.queue.put(Lane.QUERY, ProveQuery(watched))

    async def look_back(self) -> NoReturn:
        """Look at the orders that have ended, one after the other, behind all other work and
        never more often than the settings say: a trade of theirs may be amended or cancelled."""
        pause = QUESTIONS_A_LOOK * 60 / self._config.corrections_per_minute
        while True:
            watched = self._channel.watches.take_ended(self._channel.now)
            if watched is None:
                await asyncio.sleep(min(HOUSEKEEPING_SECONDS, self._config.corrections_seconds))
                continue
            await self._channel.queue.slot(behind_all=True)
            try:
                update = await self._seen(watched, behind_all=True)
            except Unreadable as error:
                log.debug(
                    "ended_order_not_seen", order_id=watched.order.order_id, reason=str(error)
                )
            else:
                news = self._channel.watches.looked_back(watched, update, self._channel.now)
                if news is not None:
                    self._channel.deliver(news)
            await asyncio.sleep(pause)

    async def _seen(
        self, watched: Watched, row: OrderRow | None = None, *, behind_all: bool = False
    ) -> OrderUpdate:
        seen = await self._queries.look(watched, row, behind_all=behind_all)
        if isinstance(seen, NotFound):
            raise Unreadable(seen.text)
        return seen

    async def prove(self, watched: Watched) -> None:
        """Find out whether a question by coId is understood."""
        self._proving = False
        try:
            await self._queries.prove(watched.order.venue_order_id)
        except Unreadable as error:
            log.debug("query_by_co_id_not_proven", reason=str(error))

    # ------------------------------------------------------------------------- the list

    async def list_active(self, orders: tuple[Watched, ...]) -> None:
        """One list for all. An order that it lacks is looked at alone: a list proves nothing."""
        try:
            listed = await self._queries.active()
        except Unreadable as error:
            self._not_listed(orders, str(error))
            return
        was_up = self._up
        self._listed(asked_for_itself=not orders)
        by_co_id = {row.co_id: row for row in listed.rows}
        for watched in orders:
            self._look(Look(watched, by_co_id.get(watched.order.venue_order_id)))
        for row in listed.rows:
            order_id = names.order_id(row.co_id, self._config.co_id_prefix)
            if order_id is None and row.server_id:
                self._strangers.seen(row.server_id, f"{row.symbol} {row.status}".strip())
            elif order_id is not None and was_up:
                self._ours_is_active(row, order_id)
        self._channel.changed.set()

    def _ours_is_active(self, row: OrderRow, order_id: OrderID) -> None:
        """One that nobody looks at, or that has ended by all that is known, is active."""
        watched = self._channel.watches.get(order_id)
        if watched is None:
            self._strangers.forgotten(row.server_id, order_id, parse.status_of(row))
        elif watched.ended_at is not None or watched.absent_at is not None:
            self._channel.watch(watched.order)  # the list may be older than its end

    def _listed(self, *, asked_for_itself: bool) -> None:
        if asked_for_itself:
            self._listing = False
        self._list_at = self._channel.now + self._config.resync_seconds
        self._backoff.reset()
        self._trouble = ""
        if not self._up:
            self._up, self._since_ms = True, self._channel.clock.now_ms()
            log.info("venue_answers", venue_account=self._channel.account)
            # Whatever happened meanwhile was not seen: the core asks about all open orders.
            self._restored()

    def _not_listed(self, orders: tuple[Watched, ...], reason: str) -> None:
        """The venue does not answer: try again, more and more slowly, until it does."""
        now = self._channel.now
        for each in orders:
            self._channel.watches.failed(each, now)
        wait = self._backoff.next()
        if not orders:
            self._listing = False
        if self._up:
            self._since_ms = self._channel.clock.now_ms()
        self._up, self._list_at, self._trouble = False, now + wait, reason
        log.warning(
            "active_orders_not_listed",
            venue_account=self._channel.account,
            reason=reason,
            wait_seconds=round(wait, 2),
        )
        self._channel.changed.set()
