"""Order entry of one account: a few workers do what waits in its queue.

A request is signed when it leaves the queue, not when it enters it. It is
sent once: whatever becomes of a submit, a replace or a cancel is told to the
core, and only the core decides what follows.
"""

from collections.abc import Callable
from typing import NoReturn

from msgspec import Struct

from fixgw.model.effects import (
    CancelOrder,
    EndedOrder,
    QueryOrder,
    ReplaceOrder,
    SubmitOrder,
    VenueOrder,
)
from fixgw.model.enums import Command
from fixgw.model.errors import OrderRefused
from fixgw.model.venue import CommandOutcome, Connection, Headroom, Outcome, Refused, Unknown
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.integral import build, jobs, parse
from fixgw.venues.integral.channel import Channel
from fixgw.venues.integral.config import IntegralConfig
from fixgw.venues.integral.jobs import ListActive, Look, NewOrder, ProveQuery, Work
from fixgw.venues.integral.login import Login
from fixgw.venues.integral.mass_cancel import MassCancel
from fixgw.venues.integral.parse import NotFound
from fixgw.venues.integral.polling import Polling
from fixgw.venues.integral.queries import Queries
from fixgw.venues.integral.questions import Questions
from fixgw.venues.integral.trading_halt import TradingHalt
from fixgw.venues.outcome import NOT_SENT, kept_back
from fixgw.venues.payloads import Unreadable
from fixgw.venues.ratelimit import Lane
from fixgw.venues.strangers import Strangers
from fixgw.venues.stream import Random
from fixgw.venues.work_queue import Job


class EntryStatus(Struct, frozen=True, kw_only=True):
    """How one account is."""

    connection: Connection
    """Up: the last look at the venue's active orders was answered."""
    headroom: Headroom | None
    """Requests that may leave at once; None without a rate limit."""
    clock_ahead_ms: int | None
    """The venue's clock against ours."""


class OrderEntry:
    """All requests of one account, in order."""

    def __init__(
        self,
        *,
        name: str,
        config: IntegralConfig,
        login: Login,
        clock: Clock,
        random: Random,
        halt: TradingHalt,
        deliver: Deliver,
        strangers: Strangers,
        restored: Callable[[], None],
    ) -> None:
        self._name = name
        self._config = config
        self._login = login
        self._halt = halt
        self._rules = build.rules(config, name)
        self._channel = Channel(
            account=name, config=config, login=login, clock=clock, halt=halt, deliver=deliver,
            too_late=self._refuse,
        )
        self._queue = self._channel.queue
        queries = Queries(self._channel)
        self._queries = queries
        self._mass_cancel = MassCancel(self._channel, queries)
        self._questions = Questions(self._channel, queries)
        self._polling = Polling(
            self._channel, queries,
            random=random, strangers=strangers, restored=restored, drop_late=self._drop_late,
        )
        self.poll = self._polling.poll
        """The task that polls."""
        self.look_back = self._polling.look_back
        """The task that looks for corrections of what has ended."""
        self.list_now = self._polling.list_now
        halt.when_held(self._drop_orders)

    # ------------------------------------------------------------- commands

    def submit(self, command: SubmitOrder) -> None:
        """Queue a "Place order", or refuse it: held, no place, or cannot be said."""
        self._put(command, command.order, "")

    def replace(self, command: ReplaceOrder) -> None:
        """The same for one that names the order whose place it takes."""
        self._put(command, command.replacement, command.order.venue_order_id)

    def _put(self, command: NewOrder, order: VenueOrder, original_co_id: str) -> None:
        try:
            self._call(order, original_co_id)
        except OrderRefused as refused:
            self._refuse(command, _cannot_be_said(refused))
            return
        if self._halt.reason:
            self._refuse(command, kept_back(self._halt.reason))
        elif not self._queue.put(Lane.SUBMIT, command):
            self._refuse(command, self._queue.no_room())

    def cancel(self, command: CancelOrder) -> None:
        """Queue a "Cancel individual order", or refuse it if it has no place."""
        if not self._queue.put(Lane.CANCEL, command):
            self._tell(command.order, Command.CANCEL, self._queue.no_room())

    def query(self, command: QueryOrder) -> None:
        """Queue a question."""
        self._questions.put(command)

    def recall(self, ended: EndedOrder) -> None:
        """Look for corrections of an order that an earlier process has seen the end of."""
        age = (self._channel.clock.now_ms() - ended.at) / 1000
        self._channel.watches.recall(ended.order, max(age, 0.0), self._channel.now)

    def status(self) -> EntryStatus:
        """How it is now."""
        left, headroom = self._queue.headroom(), None
        if left is not None:
            headroom = Headroom(
                scope=self._name,
                left=left,
                maximum=self._config.requests_per_second,
                seconds=1 + self._config.rate_margin_seconds,
                waiting=sum(self._queue.waiting().values()),
            )
        return EntryStatus(
            connection=self._polling.connection(),
            headroom=headroom,
            clock_ahead_ms=self._login.skew_ms,
        )

    # ---------------------------------------------------------------- work

    async def work(self) -> NoReturn:
        """One worker: take the next piece of work, do it, again and again."""
        while True:
            await self._do(await self._queue.next())

    async def _do(self, job: Job[Work]) -> None:
        match job.work:
            case SubmitOrder(order):
                async with self._mass_cancel.placing():
                    await self._place(job.work, order, "")
            case ReplaceOrder(order, replacement):
                async with self._mass_cancel.placing():
                    await self._place(job.work, replacement, order.venue_order_id)
                self._channel.watch(order)
            case CancelOrder(order):
                await self._cancel_somehow(order)
            case QueryOrder(order):
                await self._questions.ask(order, alone=job.alone)
            case ListActive(orders):
                await self._polling.list_active(orders)
            case Look(watched, row):
                await self._polling.look_at(watched, row)
            case ProveQuery(watched):
                await self._polling.prove(watched)

    async def _place(self, command: NewOrder, order: VenueOrder, original_co_id: str) -> None:
        if self._halt.reason:  # since it was queued
            self._refuse(command, kept_back(self._halt.reason))
            return
        try:
            call = self._call(order, original_co_id)
        except OrderRefused as refused:  # its time is over
            self._refuse(command, _cannot_be_said(refused))
            return
        result = await self._channel.send(call)
        outcome, server_id = parse.submit_outcome(
            result, order, trust_400=self._config.http_400_refuses
        )
        if not isinstance(outcome, Refused):
            watched = self._channel.watch(order)
            watched.server_id = server_id or watched.server_id
        self._tell(order, _name_of(command), outcome)

    async def _cancel(self, order: VenueOrder) -> None:
        watched = self._channel.watch(order)
        if not watched.server_id:
            # Only the server's own id cancels, and it was not told to this process yet.
            try:
                row = await self._queries.row(watched)
            except Unreadable as error:
                self._tell(order, Command.CANCEL, Unknown(f"orderId not known: {error}"))
                return
            if isinstance(row, NotFound):
                self._tell(order, Command.CANCEL, Unknown(f"orderId not known: {row.text}"))
                return
            await self._queue.slot()
        result = await self._channel.send(build.cancel_order(watched.server_id))
        self._channel.watch(order)
        trust = self._config.http_400_refuses
        self._tell(order, Command.CANCEL, parse.cancel_outcome(result, trust_400=trust))

    async def _cancel_somehow(self, order: VenueOrder) -> None:
        """Cancel it with all others that are to be cancelled, if nothing else is active."""
        if await self._mass_cancel.joins(order):
            return
        canceled = await self._mass_cancel.run(order) if self._mass_cancel.due(order) else None
        if canceled is None:
            await self._cancel(order)
            return
        outcome = parse.cancel_outcome(canceled.result, trust_400=self._config.http_400_refuses)
        for each in canceled.orders:
            self._channel.watch(each)
            self._tell(each, Command.CANCEL, outcome)

    # ---------------------------------------------------------------- pieces

    def _call(self, order: VenueOrder, original_co_id: str) -> build.Call:
        return build.place_order(
            order, self._rules, self._channel.clock.now_ms(), original_co_id
        )

    def _drop_orders(self, why: str) -> None:
        """A hold begins: what waits and was never sent never will be."""
        for command in jobs.take_orders(self._queue):
            self._refuse(command, kept_back(why))

    def _drop_late(self) -> None:
        """Refuse what has waited too long, also while nothing can leave."""
        self._queue.drop_late()
        most = self._config.queue_seconds
        for command in jobs.take_late_replaces(self._queue, self._channel.now - most):
            self._refuse(command, kept_back(f"waited more than {most:g} s for its turn"))

    def _refuse(self, command: NewOrder, refused: Refused) -> None:
        """*command* never left."""
        order = command.order if isinstance(command, SubmitOrder) else command.replacement
        self._tell(order, _name_of(command), refused)

    def _tell(self, order: VenueOrder, command: Command, outcome: Outcome) -> None:
        self._channel.deliver(CommandOutcome(order.order_id, command, outcome))


def _name_of(command: NewOrder) -> Command:
    return Command.SUBMIT if isinstance(command, SubmitOrder) else Command.REPLACE


def _cannot_be_said(refused: OrderRefused) -> Refused:
    return Refused(NOT_SENT, refused.text, ord_rej_reason=refused.reason)
