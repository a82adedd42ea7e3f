"""Order entry of one account: a bounded queue behind a rate limit, and a few workers.

A venue's `OrderEntry` inherits this one and supplies two methods: `_check` refuses a command the
venue's API cannot express, and `_do` performs one job that may leave now. Everything else is here,
the same for every venue:

* a command gets a place in the queue or is refused; cancels overtake, queries wait;
* a request is stamped when it leaves the queue, and sent once; every outcome is reported to the
  core, and only the core decides what follows;
* a submit or a replace that waited too long does not leave;
* after HTTP 429 nothing leaves until Retry-After has passed;
* the same query is never queued twice;
* "no such order" is passed on only if it is fresh: an old answer does not describe the present.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Generic, NoReturn, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from fixgw.model.effects import (
    CancelOrder,
    QueryOrder,
    ReplaceOrder,
    SubmitOrder,
    VenueCommand,
    VenueOrder,
)
from fixgw.model.enums import Command
from fixgw.model.errors import OrderRefused
from fixgw.model.venue import (
    CommandOutcome,
    Headroom,
    OrderUpdate,
    Outcome,
    QueryFailed,
    Refused,
    VenueStatus,
)
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.kit.config import FRESH_SECONDS, VenueConfig
from fixgw.venues.outcome import NOT_SENT, Answer, Result, kept_back
from fixgw.venues.ratelimit import Lane, RateLimiter
from fixgw.venues.work_queue import QueuedJob, WorkQueue

TOO_OFTEN = frozenset({429})
"""Too Many Requests (RFC 6585, 4)."""
UNAVAILABLE = 503
"""Service Unavailable (RFC 9110, 15.6.4), which may have a Retry-After as well."""

RETRY_AFTER_SECONDS = 1.0
"""The time for which a 429 without Retry-After holds everything back: the window of most limits."""

RETRY_AFTER_MAX_SECONDS = 60.0
"""A Retry-After of more is not obeyed: cancels wait for it as well."""

WINDOW_SECONDS = 1.0
"""The limits of the venues here count requests by the second."""

OrderCommand = SubmitOrder | CancelOrder | ReplaceOrder

W = TypeVar("W")
"""A venue's jobs: commands, questions, and the other requests it makes."""


def ended(command: OrderCommand, outcome: Outcome) -> CommandOutcome:
    """Return the outcome of *command* for the core; that of a replace belongs to the new order."""
    match command:
        case SubmitOrder(order):
            return CommandOutcome(order.order_id, Command.SUBMIT, outcome)
        case CancelOrder(order):
            return CommandOutcome(order.order_id, Command.CANCEL, outcome)
        case ReplaceOrder(_, replacement):
            return CommandOutcome(replacement.order_id, Command.REPLACE, outcome)


def cannot_be_said(refused: OrderRefused) -> Refused:
    """Return the outcome of a command that the venue has no words for."""
    return Refused(NOT_SENT, refused.text, ord_rej_reason=refused.reason)


def fresh(update: OrderUpdate, took: float) -> OrderUpdate | QueryFailed:
    """Return *update*, which reports the order as absent, unless the answer took too long."""
    if took <= FRESH_SECONDS:
        return update
    text = f"the answer took {took:.1f} s, too long to prove absence"
    return QueryFailed(update.order_id, ": ".join(part for part in (text, update.text) if part))


def not_listed(
    update: OrderUpdate, order: VenueOrder, took: float
) -> Iterator[OrderUpdate | QueryFailed]:
    """Yield the inputs for *update*, which reports *order* as absent, with its executions.

    New executions are news in any case: an order that has them was there, and may well be open. An
    absence counts only if it is fresh.
    """
    if update.cum_qty is not None and update.cum_qty > order.cum_qty:
        yield replace(update, status=VenueStatus.UNCLEAR, asked=False)
    yield fresh(update, took)


class EntryStatus(Struct, frozen=True, kw_only=True):
    """The load of one order entry."""

    waiting: dict[str, int]
    """Lane -> how much waits in it."""
    sent: int
    """The jobs that left the queue since the start; not those that a socket takes past it."""
    headroom: int | None
    """Requests that may leave at once; None without a rate limit."""


class OrderEntry(ABC, Generic[W]):
    """All requests under one rate limit, in order.

    *scope* is the name of the limit for operators. Nothing leaves until *ready*, if given, is set.
    """

    too_often = TOO_OFTEN
    """The HTTP statuses after which nothing leaves for a while."""
    waits_for = "the rate limit"
    """The limit that a client is told its order has waited for."""

    def __init__(
        self,
        *,
        scope: str,
        config: VenueConfig,
        requests_per_second: int,
        clock: Clock,
        deliver: Deliver,
        ready: asyncio.Event | None = None,
        retry_after_seconds: float = RETRY_AFTER_SECONDS,
        retry_after_max_seconds: float = RETRY_AFTER_MAX_SECONDS,
    ) -> None:
        self.clock = clock
        self.deliver = deliver
        self._scope = scope
        self._requests_per_second = requests_per_second
        self._queue_seconds = config.queue_seconds
        self._window_seconds = WINDOW_SECONDS + config.rate_margin_seconds
        self._retry_after_seconds = retry_after_seconds
        self._retry_after_max_seconds = retry_after_max_seconds
        self._asked: set[object] = set()
        """Questions that wait."""
        self.queue: WorkQueue[W | OrderCommand | QueryOrder] = WorkQueue(
            limit=config.queue_limit,
            submit_seconds=config.queue_seconds,
            limiter=RateLimiter(requests_per_second, self._window_seconds),
            clock=clock,
            too_late=self.tell,
            ready=ready,
            waits_for=self.waits_for,
        )

    # ------------------------------------------------ what a venue's own says

    def _check(self, command: SubmitOrder | ReplaceOrder) -> None:
        """Raise OrderRefused for a command that the venue has no words for."""

    @abstractmethod
    async def _do(self, job: QueuedJob[W | OrderCommand | QueryOrder]) -> None:
        """Do a piece of work: it may leave now, once."""

    # ---------------------------------------------------------------- in

    def take(self, command: VenueCommand) -> None:
        """Take on a command of the core."""
        if isinstance(command, QueryOrder):
            self.query(command)
        else:
            self.command(command)

    def command(self, command: OrderCommand) -> None:
        """Queue *command*; refuse it if the venue's API cannot express it or the queue is full."""
        if not isinstance(command, CancelOrder):
            try:
                self._check(command)
            except OrderRefused as refused:
                self.tell(command, cannot_be_said(refused))
                return
        lane = Lane.CANCEL if isinstance(command, CancelOrder) else Lane.SUBMIT
        if not self.queue.put(lane, command):
            self.tell(command, self.queue.no_room())

    def query(self, query: QueryOrder) -> None:
        """Queue a query, unless the same one is queued already: one answer serves both."""
        if not self.ask((query.order.order_id, query.fills), query):
            self.fail(query.order, self.queue.no_room().text)

    def ask(self, name: object, question: W | QueryOrder) -> bool:
        """Queue *question* unless one with the same *name* is queued; return False if there is no
        room.
        """
        if name in self._asked:
            return True
        if not self.queue.put(Lane.QUERY, question):
            return False
        self._asked.add(name)
        return True

    def other_questions(
        self, fits: Callable[[QueryOrder], bool] = lambda query: True, most: int | None = None
    ) -> list[VenueOrder]:
        """Take out the orders whose questions can be asked together with the one that leaves now:
        those that *fits*; at most *most*, or all."""
        if most == 0:
            return []  # which the queue would take for all
        jobs = self.queue.take(
            Lane.QUERY,
            lambda job: isinstance(job.work, QueryOrder) and not job.alone and fits(job.work),
            most or 0,
        )
        queries = [job.work for job in jobs if isinstance(job.work, QueryOrder)]
        for query in queries:
            self.leaves((query.order.order_id, query.fills))
        return [query.order for query in queries]

    def ask_alone(self, order: VenueOrder) -> None:
        """Queue the question of *order* again: a list of many orders left it unanswered."""
        if not self.queue.put(Lane.QUERY, QueryOrder(order), alone=True):
            self.fail(order, self.queue.no_room().text)

    def leaves(self, name: object) -> None:
        """The question *name* is asked now: from here on another one is another one."""
        self._asked.discard(name)

    # --------------------------------------------------------------- out

    async def work(self) -> NoReturn:
        """One worker: take the next piece of work, do it, again and again."""
        while True:
            job = await self.queue.next()
            if self._refuse_late(job):
                continue
            if isinstance(job.work, QueryOrder):
                self.leaves((job.work.order.order_id, job.work.fills))
            await self._do(job)

    def drop_late(self) -> None:
        """Refuse new orders that have waited too long, also while nothing can leave."""
        self.queue.drop_late()
        self.queue.take(Lane.SUBMIT, self._refuse_late)

    def _refuse_late(self, job: QueuedJob[W | OrderCommand | QueryOrder]) -> bool:
        """Refuse a replace that has waited too long, as the queue does with a submit; True if it
        was refused."""
        waited = self.clock.monotonic() - job.queued_at
        if not isinstance(job.work, ReplaceOrder) or waited <= self._queue_seconds:
            return False
        self.tell(job.work, kept_back(f"waited {waited:.1f} s for {self.waits_for}"))
        return True

    def heard(self, result: Result) -> None:
        """Process the result of a request: after a status in `too_often`, send nothing until
        Retry-After.
        """
        if isinstance(result, Answer) and result.status in self.too_often:
            self.queue.hold(result.retry_after(
                default=self._retry_after_seconds, most=self._retry_after_max_seconds
            ))

    def fail(self, order: VenueOrder, text: str) -> None:
        """Tell the core that *order* could not be asked about."""
        self.deliver(QueryFailed(order.order_id, text))

    def answer(self, answer: OrderUpdate | QueryFailed, order: VenueOrder, took: float) -> None:
        """Tell the core the *answer* to the question of *order*, which came after *took* seconds.
        """
        if isinstance(answer, OrderUpdate) and answer.status is VenueStatus.ABSENT:
            for each in not_listed(answer, order, took):
                self.deliver(each)
        else:
            self.deliver(answer)

    def tell(self, command: OrderCommand, outcome: Outcome) -> None:
        """Tell the core how *command* ended."""
        self.deliver(ended(command, outcome))

    # ------------------------------------------------------------- status

    def limit(self) -> Headroom | None:
        """Return what is left of the rate limit, and the number of jobs waiting; None without a
        limit.
        """
        left = self.queue.headroom()
        if left is None:
            return None
        return Headroom(
            scope=self._scope,
            left=left,
            maximum=self._requests_per_second,
            seconds=self._window_seconds,
            waiting=sum(self.queue.waiting().values()),
        )

    def status(self) -> EntryStatus:
        """Return how busy it is now."""
        return EntryStatus(
            waiting=self.queue.waiting(), sent=self.queue.sent, headroom=self.queue.headroom()
        )
