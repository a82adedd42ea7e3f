"""One account's desk: what a few workers do with the work in its queue, and when it polls.

A request is signed when it leaves the queue, not when it enters it. It is
sent once: whatever becomes of a submit or a cancel is told to the core, and
only the core decides what follows. This venue pushes nothing, so every order
is looked at again and again until it has ended (`watch`).
"""

import asyncio
from collections.abc import Callable, Sequence

import msgspec
import structlog
from msgspec import Struct

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command
from fixgw.model.errors import OrderRefused
from fixgw.model.ids import OrderID
from fixgw.model.venue import (
    CommandOutcome,
    OrderUpdate,
    Outcome,
    QueryFailed,
    Refused,
    Unknown,
    VenueStatus,
)
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.integral import build, ids, parse, work
from fixgw.venues.integral.absence import Absence
from fixgw.venues.integral.build import Call, Terms
from fixgw.venues.integral.config import Account, IntegralConfig
from fixgw.venues.integral.halt import Halt
from fixgw.venues.integral.login import Login
from fixgw.venues.integral.parse import NotFound, Unreadable
from fixgw.venues.integral.schemas import OrderRow
from fixgw.venues.integral.watch import Watched, Watches
from fixgw.venues.integral.work import ListActive, Look, ProveQuery, Work
from fixgw.venues.outcome import NOT_SENT, Answer, Result, kept_back
from fixgw.venues.ratelimit import Lane
from fixgw.venues.stream import Backoff, Random
from fixgw.venues.strangers import Strangers
from fixgw.venues.work_queue import Job

log = structlog.get_logger()

HOUSEKEEPING_SECONDS = 1.0
"""The longest that the polling task sleeps: what waits too long is refused meanwhile."""

TOO_MANY_REQUESTS, UNAVAILABLE = 429, 503

RETRY_AFTER_SECONDS = 1.0
"""How long an answer of these that does not say holds everything back."""

RETRY_AFTER_MAX_SECONDS = 60.0
"""A longer pause than this is not taken from a venue: it would be an outage."""


class DeskStatus(Struct, frozen=True, kw_only=True):
    """How busy one account is."""

    up: bool
    """The last look at the venue's active orders was answered."""
    waiting: dict[str, int]
    """Lane -> how much waits in it."""
    watched: int
    """Orders that are polled."""
    sent: int
    headroom: int | None
    """Requests that may leave at once; None without a rate limit."""
    clock_ahead_ms: int
    """The venue's clock against ours, at the last login."""


class Desk:
    """All requests of one account, in order."""

    def __init__(
        self,
        *,
        account: Account,
        config: IntegralConfig,
        login: Login,
        clock: Clock,
        random: Random,
        halt: Halt,
        deliver: Deliver,
        strangers: Strangers,
        restored: Callable[[], None],
    ) -> None:
        self._account = account
        self._config = config
        self._login = login
        self._clock = clock
        self._halt = halt
        self._deliver = deliver
        self._strangers = strangers
        self._restored = restored
        self._watches = Watches(
            least=config.poll_min_seconds,
            most=config.poll_max_seconds,
            settle=config.settle_seconds,
        )
        self._queue = work.queue(config, clock, login.ready, self._too_late)
        self._terms = Terms(
            limit_fok=config.limit_fok,
            org=account.customer_org,
            account=account.customer_account,
        )
        self._backoff = Backoff(
            config.login_backoff_min_seconds, config.login_backoff_max_seconds, random
        )
        self._changed = asyncio.Event()
        self._asked: set[OrderID] = set()
        self._up = False
        self._listing = False
        self._list_at = clock.monotonic()
        self._absence = Absence(config)

    # ------------------------------------------------------------- commands

    def submit(self, command: SubmitOrder) -> None:
        """Queue a "Place order", or refuse it: held, no place, or cannot be said."""
        order = command.order
        try:
            build.place_order(order, self._terms)
        except OrderRefused as refused:
            outcome = Refused(NOT_SENT, refused.text, ord_rej_reason=refused.reason)
            self._tell(order, Command.SUBMIT, outcome)
            return
        if self._halt.reason:
            self._tell(order, Command.SUBMIT, kept_back(self._halt.reason))
        elif not self._queue.put(Lane.SUBMIT, command):
            self._tell(order, Command.SUBMIT, self._queue.no_room())

    def cancel(self, command: CancelOrder) -> None:
        """Queue a "Cancel individual order", or refuse it if it has no place."""
        if not self._queue.put(Lane.CANCEL, command):
            self._tell(command.order, Command.CANCEL, self._queue.no_room())

    def query(self, command: QueryOrder) -> None:
        """Queue a question, unless it waits already: one answer does for both."""
        order_id = command.order.order_id
        if order_id in self._asked:
            return
        if self._queue.put(Lane.QUERY, command):
            self._asked.add(order_id)
        else:
            self._deliver(QueryFailed(order_id, self._queue.no_room().text))

    def status(self) -> DeskStatus:
        """How busy it is now."""
        return DeskStatus(
            up=self._up,
            waiting=self._queue.waiting(),
            watched=len(self._watches),
            sent=self._queue.sent,
            headroom=self._queue.headroom(),
            clock_ahead_ms=self._login.skew_ms,
        )

    # ---------------------------------------------------------------- tasks

    async def work(self) -> None:
        """One worker: take the next piece of work, do it, again and again."""
        while True:
            await self._do(await self._queue.next())

    async def poll(self) -> None:
        """Queue a look at each order whose turn it is, and a list where one does for many."""
        while True:
            now = self._clock.monotonic()
            self._queue.drop_late()
            if now >= self._list_at and not self._listing:
                self._list(())
            due = self._watches.take_due(now)
            if len(due) > 1:
                self._list(tuple(due))
            elif due:
                self._look(Look(due[0]))
            await self._pause()

    async def _pause(self) -> None:
        now = self._clock.monotonic()
        turns = [now + HOUSEKEEPING_SECONDS, self._watches.next_due()]
        if not self._listing:
            turns.append(self._list_at)
        wait = min(turn for turn in turns if turn is not None) - now
        self._changed.clear()
        try:
            async with asyncio.timeout(max(wait, 0.0)):
                await self._changed.wait()
        except TimeoutError:
            pass

    def _list(self, orders: tuple[Watched, ...]) -> None:
        if self._queue.put(Lane.QUERY, ListActive(orders)):
            self._listing = self._listing or not orders
            return
        for each in orders:
            self._watches.failed(each, self._clock.monotonic())
        if not orders:
            self._list_at = self._clock.monotonic() + self._backoff.next()

    def _look(self, look: Look) -> None:
        if not self._queue.put(Lane.QUERY, look):
            self._watches.failed(look.watched, self._clock.monotonic())

    async def _do(self, job: Job[Work]) -> None:
        match job.work:
            case SubmitOrder(order):
                await self._submit(order)
            case CancelOrder(order):
                await self._cancel(order)
            case QueryOrder(order):
                await self._queries(order, alone=job.alone)
            case ListActive(orders):
                await self._list_active(orders)
            case Look(watched, row):
                await self._look_at(watched, row)
            case ProveQuery(watched):
                await self._prove(watched)

    async def _send(self, call: Call) -> Result:
        """Send *call* once; what the answer means for everybody is seen to here."""
        result = await self._login.send(call)
        if self._config.hold_on_500 and parse.is_halt(result):
            self._halt.hold(f"{call.method} {call.path}")
        if isinstance(result, Answer) and result.status in (TOO_MANY_REQUESTS, UNAVAILABLE):
            self._queue.hold(
                result.retry_after(default=RETRY_AFTER_SECONDS, most=RETRY_AFTER_MAX_SECONDS)
            )
        return result

    def _tell(self, order: VenueOrder, command: Command, outcome: Outcome) -> None:
        self._deliver(CommandOutcome(order.order_id, command, outcome))

    def _too_late(self, command: SubmitOrder, refused: Refused) -> None:
        self._tell(command.order, Command.SUBMIT, refused)

    # ----------------------------------------------------- submits, cancels

    async def _submit(self, order: VenueOrder) -> None:
        if self._halt.reason:  # since it was queued
            self._tell(order, Command.SUBMIT, kept_back(self._halt.reason))
            return
        result = await self._send(build.place_order(order, self._terms))
        outcome, server_id = parse.submit_outcome(
            result, order, trust_400=self._config.http_400_refuses
        )
        if not isinstance(outcome, Refused):
            watched = self._watch(order)
            watched.server_id = server_id or watched.server_id
        self._tell(order, Command.SUBMIT, outcome)

    async def _cancel(self, order: VenueOrder) -> None:
        watched = self._watch(order)
        if not watched.server_id:
            # Only the server's own id cancels, and it was not told to this process yet.
            try:
                row = await self._row(watched)
            except Unreadable as error:
                self._tell(order, Command.CANCEL, Unknown(f"orderId not known: {error}"))
                return
            if isinstance(row, NotFound):
                self._tell(order, Command.CANCEL, Unknown(f"orderId not known: {row.text}"))
                return
            await self._queue.slot()
        result = await self._send(build.cancel_order(watched.server_id))
        self._watch(order)
        trust = self._config.http_400_refuses
        self._tell(order, Command.CANCEL, parse.cancel_outcome(result, trust_400=trust))

    def _watch(self, order: VenueOrder) -> Watched:
        watched = self._watches.watch(order, self._clock.monotonic())
        self._changed.set()
        return watched

    # -------------------------------------------------------------- queries

    async def _queries(self, order: VenueOrder, *, alone: bool) -> None:
        """The core asks about one order, or about many at once: then one list does for all."""
        self._asked.discard(order.order_id)
        others = [] if alone else work.take_queries(self._queue)
        self._asked -= {other.order_id for other in others}
        if others:
            await self._query_many([order, *others])
        else:
            await self._query(order)

    async def _query_many(self, orders: Sequence[VenueOrder]) -> None:
        """One list for many. An order that it lacks is asked about alone: a list proves nothing."""
        try:
            rows = parse.read_orders(await self._send(build.active_orders()))
        except Unreadable as error:
            for order in orders:
                self._deliver(QueryFailed(order.order_id, str(error)))
            return
        by_co_id = {} if isinstance(rows, NotFound) else {row.co_id: row for row in rows}
        for order in orders:
            row = by_co_id.get(order.venue_order_id)
            if row is not None:
                await self._answer(self._known(order), row, b"")
            elif not self._queue.put(Lane.QUERY, QueryOrder(order), alone=True):
                self._deliver(QueryFailed(order.order_id, self._queue.no_room().text))

    async def _query(self, order: VenueOrder) -> None:
        """The core asks: it gets the venue's word as of now, executions with it."""
        asked_at = self._clock.monotonic()
        watched = self._known(order)
        try:
            row = await self._row(watched)
        except Unreadable as error:
            self._deliver(QueryFailed(order.order_id, str(error)))
            return
        if isinstance(row, NotFound):
            took = self._clock.monotonic() - asked_at
            verdict = self._absence.verdict(order.order_id, row, took)
            if isinstance(verdict, OrderUpdate):
                self._watches.forget(order.order_id)
            self._deliver(verdict)
        else:
            await self._answer(watched, *row)

    def _known(self, order: VenueOrder) -> Watched:
        now = self._clock.monotonic()
        return self._watches.get(order.order_id) or self._watches.new(order, now)

    async def _answer(self, watched: Watched, row: OrderRow, body: bytes) -> None:
        """Tell the core what *row* says, and what was executed; and look at it from now on."""
        order = watched.order
        watched.server_id = row.server_id
        self._watches.keep(watched)
        self._changed.set()
        await self._queue.slot()
        try:
            update = await self._with_fills(watched, row, body)
        except Unreadable as error:
            self._deliver(QueryFailed(order.order_id, str(error)))
            return
        self._watches.learned(watched, update, self._clock.monotonic())
        self._deliver(msgspec.structs.replace(update, asked=True))

    async def _row(self, watched: Watched) -> tuple[OrderRow, bytes] | NotFound:
        """The venue's view of one order, by the server's id if it is known, else by our own."""
        if watched.server_id:
            call = build.query_order(watched.server_id)
        else:
            call = build.query_co_id(
                watched.order.venue_order_id, self._config.co_id_parameter
            )
        result = await self._send(call)
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

    async def _with_fills(self, watched: Watched, row: OrderRow, body: bytes) -> OrderUpdate:
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
        rows = parse.read_trades(await self._send(call))
        fills = parse.executions(
            rows, watched.order, watched.trade_ids, self._config.trade_statuses
        )
        if len(fills) > len(watched.trade_ids):
            watched.trade_ids = tuple(fill.venue_exec_id for fill in fills)
        return parse.with_fills(update, fills)

    async def _look_at(self, watched: Watched, row: OrderRow | None) -> None:
        """One look of the polling: told only if it shows something new."""
        try:
            if row is None:
                found = await self._row(watched)
                if isinstance(found, NotFound):
                    raise Unreadable(found.text)
                await self._queue.slot()
                update = await self._with_fills(watched, *found)
            else:
                watched.server_id = row.server_id
                update = await self._with_fills(watched, row, b"")
        except Unreadable as error:
            self._watches.failed(watched, self._clock.monotonic())
            if watched.problem != str(error):
                watched.problem = str(error)
                log.warning(
                    "order_not_seen", order_id=watched.order.order_id, reason=str(error)
                )
            return
        finally:
            self._changed.set()
        watched.problem = ""
        if self._watches.looked(watched, update, self._clock.monotonic()):
            self._deliver(update)
        if watched.ended_at is not None and self._absence.wants_proof:
            self._absence.proving = self._queue.put(Lane.QUERY, ProveQuery(watched))

    async def _prove(self, watched: Watched) -> None:
        """Ask for an order that has ended by its coId: a list of active orders lacks it."""
        self._absence.proving = False
        call = build.query_co_id(watched.order.venue_order_id, self._config.co_id_parameter)
        try:
            rows = parse.read_orders(await self._send(call))
        except Unreadable:
            return
        if self._absence.learned(rows, watched.order.venue_order_id):
            log.info("query_by_co_id_proven", venue_account=self._account.user)

    # ------------------------------------------------------------ the list

    async def _list_active(self, orders: tuple[Watched, ...]) -> None:
        """One list for all. An order that it lacks is looked at alone: a list proves nothing."""
        try:
            rows = parse.read_orders(await self._send(build.active_orders()))
        except Unreadable as error:
            self._not_listed(orders, str(error))
            return
        listed = () if isinstance(rows, NotFound) else rows
        was_up = self._up
        self._listed(asked_for_itself=not orders)
        by_co_id = {row.co_id: row for row in listed}
        for watched in orders:
            self._look(Look(watched, by_co_id.get(watched.order.venue_order_id)))
        for row in listed:
            order_id = ids.order_id(row.co_id, self._config.co_id_prefix)
            if order_id is None:
                self._strangers.seen(row.server_id, f"{row.symbol} {row.status}".strip())
            elif was_up and self._watches.get(order_id) is None:
                self._strangers.forgotten(row.server_id, order_id, parse.status_of(row))
        self._changed.set()

    def _listed(self, *, asked_for_itself: bool) -> None:
        if asked_for_itself:
            self._listing = False
        self._list_at = self._clock.monotonic() + self._config.resync_seconds
        self._backoff.reset()
        if not self._up:
            self._up = True
            log.info("venue_answers", venue_account=self._account.user)
            # Whatever happened meanwhile was not seen: the core asks about all open orders.
            self._restored()

    def _not_listed(self, orders: tuple[Watched, ...], reason: str) -> None:
        """The venue does not answer: try again, more and more slowly, until it does."""
        now = self._clock.monotonic()
        for each in orders:
            self._watches.failed(each, now)
        wait = self._backoff.next()
        if not orders:
            self._listing = False
        self._up, self._list_at = False, now + wait
        log.warning(
            "active_orders_not_listed",
            venue_account=self._account.user,
            reason=reason,
            wait_seconds=round(wait, 2),
        )
        self._changed.set()
