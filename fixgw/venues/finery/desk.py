"""One account's desk: its commands in order, by socket or by REST, and its questions.

A command is sent once: whatever becomes of it is told to the core, and only
the core decides what follows. The venue has no question for one order; it
lists what is open (`positions`) and what was executed (`dealHistory`), and one
look at both answers for many orders. An answer "no such order" is passed on
only if it is fresh: an old one says nothing of now.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from msgspec import Struct

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command
from fixgw.model.errors import OrderRefused
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    OrderUpdate,
    Outcome,
    QueryFailed,
    Refused,
    VenueStatus,
)
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.finery import build, parse
from fixgw.venues.finery.config import ABSENCE_ANSWER_SECONDS, DEALS_PAGE_MAX, FineryConfig
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.questions import Questions
from fixgw.venues.finery.rest import Rest
from fixgw.venues.finery.schemas import DealRow
from fixgw.venues.outcome import NOT_SENT, kept_back
from fixgw.venues.ratelimit import Lane, RateLimiter
from fixgw.venues.work_queue import WorkQueue

DEALS_SINCE_MS = 3_600_000
"""How long before its OrderID(37) an order's deals are looked for: clocks differ."""

NOT_LISTED = "not among the venue's open orders"

Divert = Callable[[SubmitOrder | CancelOrder], bool]
"""Takes a command that may leave now over the socket; False if that way is not there."""


class DeskStatus(Struct, frozen=True, kw_only=True):
    """How busy one account is."""

    waiting: dict[str, int]
    """Lane -> how much waits in it."""
    sent: int
    """What left the queue since the start; not what a socket takes past it."""
    headroom: int | None
    """Requests that may leave at once; None without a rate limit."""


class Desk:
    """All requests of one account."""

    def __init__(
        self,
        *,
        rest: Rest,
        config: FineryConfig,
        clock: Clock,
        memory: Memory,
        deliver: Deliver,
        divert: Divert,
    ) -> None:
        self._rest = rest
        self._config = config
        self._clock = clock
        self._memory = memory
        self._deliver = deliver
        self._divert = divert
        self._queue: WorkQueue[SubmitOrder | CancelOrder] = WorkQueue(
            limit=config.queue_limit,
            submit_seconds=config.queue_seconds,
            limiter=RateLimiter(config.requests_per_second, 1 + config.rate_margin_seconds),
            clock=clock,
            too_late=self._too_late,
        )
        self._questions = Questions(self._queue, config.queue_limit)
        rest.too_often = self._queue.hold

    def command(self, command: SubmitOrder | CancelOrder) -> None:
        """Queue a command, or refuse it if it has no place or cannot be said."""
        if isinstance(command, SubmitOrder):
            try:
                build.add(command.order)
            except OrderRefused as refused:
                outcome = Refused(NOT_SENT, refused.text, ord_rej_reason=refused.reason)
                self._tell(command, outcome)
                return
        lane = Lane.SUBMIT if isinstance(command, SubmitOrder) else Lane.CANCEL
        if not self._queue.put(lane, command):
            self._tell(command, self._queue.no_room())

    def query(self, query: QueryOrder) -> None:
        """Queue a question."""
        if not self._questions.ask(query):
            self._deliver(QueryFailed(query.order.order_id, self._queue.no_room().text))

    def status(self) -> DeskStatus:
        """How busy it is now."""
        return DeskStatus(
            waiting={**self._queue.waiting(), "query": len(self._questions)},
            sent=self._queue.sent,
            headroom=self._queue.headroom(),
        )

    # ------------------------------------------------------------- commands

    async def work(self) -> None:
        """One worker: let the next command leave, again and again."""
        while True:
            job = await self._queue.next()
            await self._leave(job.work)

    async def _leave(self, command: SubmitOrder | CancelOrder) -> None:
        if self._divert(command):
            return
        order = command.order
        if isinstance(command, CancelOrder):
            kind, call = Command.CANCEL, build.delete(order)
        elif self._config.cancel_on_disconnect:
            text = "the socket is down, and the order is to be cancelled on disconnect"
            self._tell(command, kept_back(text))
            return
        else:
            kind, call = Command.SUBMIT, build.add(order)
            self._memory.submitted(order.order_id)
        result = await self._rest.call(call)
        outcome = parse.command_outcome(
            result, order, kind, trust_4xx=self._config.http_4xx_refuses
        )
        if isinstance(outcome, Acked):
            self._memory.saw(order.order_id, self._clock.monotonic())
        self._tell(command, outcome)

    def _too_late(self, command: SubmitOrder, refused: Refused) -> None:
        self._tell(command, refused)

    def _tell(self, command: SubmitOrder | CancelOrder, outcome: Outcome) -> None:
        kind = Command.SUBMIT if isinstance(command, SubmitOrder) else Command.CANCEL
        self._deliver(CommandOutcome(command.order.order_id, kind, outcome))

    # ------------------------------------------------------------- questions

    async def answer(self) -> None:
        """The one who looks: at all that is asked, again and again."""
        while True:
            queries = await self._questions.next(self._config.query_batch)
            await self._look(queries)

    async def _look(self, queries: Sequence[QueryOrder]) -> None:
        """Answer *queries*: what is open by one list, the rest and the executions by another."""
        asked_at = self._clock.monotonic()
        rows = parse.open_orders(await self._rest.call(build.POSITIONS))
        if isinstance(rows, str):
            self._failed(queries, rows)
            return
        listed = {row.client_order_id: row for row in rows}
        deep: list[QueryOrder] = []
        for query in queries:
            row = listed.get(_name(query.order))
            if row is None or query.fills:
                deep.append(query)
            else:
                self._say(query.order, partial(parse.answer_open, row, query.order, None))
        if not deep:
            return
        deals = await self._deals([query.order for query in deep])
        if isinstance(deals, str):
            self._failed(deep, deals)
            return
        took = self._clock.monotonic() - asked_at
        for query in deep:
            name = _name(query.order)
            its_deals = deals.get(name, [])
            row = listed.get(name)
            if row is not None:
                self._say(query.order, partial(parse.answer_open, row, query.order, its_deals))
            else:
                self._not_open(query.order, its_deals, asked_at, took)

    async def _deals(self, orders: Sequence[VenueOrder]) -> dict[int, list[DealRow]] | str:
        """The deals of *orders* by clientOrderId, or why they cannot be had."""
        since = min(order.placed_at for order in orders) - DEALS_SINCE_MS
        instruments = {order.symbol for order in orders}
        instrument = instruments.pop() if len(instruments) == 1 else ""
        found: dict[int, DealRow] = {}
        till: int | None = None
        for _ in range(self._config.deal_pages):
            await self._questions.slot()
            page = parse.deals(
                await self._rest.call(build.deal_history(since, instrument, till))
            )
            if isinstance(page, str):
                return page
            before = len(found)
            # Whether a page begins with *till* or behind it is not documented: both do.
            found.update((row.deal_id, row) for row in page)
            if len(page) < DEALS_PAGE_MAX or len(found) == before:
                return _by_order(found.values(), {_name(order) for order in orders})
            till = min(found)
        return f"more than {self._config.deal_pages} pages of dealHistory"

    def _not_open(
        self, order: VenueOrder, its_deals: list[DealRow], asked_at: float, took: float
    ) -> None:
        """*order* was not open when it was asked about; what else is known of it decides.

        That it is over is known only of an order that was there before. One that arrived
        between the two lists shows by its deals, and may well be open.
        """
        order_id, now = order.order_id, self._clock.monotonic()
        was_there = self._memory.seen_before(order_id, asked_at - self._config.settle_seconds)
        if not was_there and (its_deals or self._memory.seen(order_id)):
            self._memory.saw(order_id, now)
            if not self._is_filled(order, its_deals):
                text = "it was shown too short a time ago to be known as over"
                self._deliver(QueryFailed(order_id, text))
                return
        elif not was_there:
            if took > ABSENCE_ANSWER_SECONDS:
                text = f"the answer took {took:.1f} s, too long to prove absence"
                self._deliver(QueryFailed(order_id, text))
                return
            was_there = self._memory.is_gone(order_id, now)
        answer = partial(
            parse.answer_closed, order, its_deals, was_there=was_there, text=NOT_LISTED
        )
        self._say(order, answer)

    @staticmethod
    def _is_filled(order: VenueOrder, its_deals: list[DealRow]) -> bool:
        try:
            update = parse.answer_closed(order, its_deals, was_there=True, text="")
        except parse.Unreadable:
            return False
        return update.status is VenueStatus.FILLED

    def _say(self, order: VenueOrder, answer: Callable[[], OrderUpdate]) -> None:
        try:
            update = answer()
        except parse.Unreadable as error:
            self._deliver(QueryFailed(order.order_id, f"cannot be read: {error}"))
            return
        if update.status is VenueStatus.WORKING:
            self._memory.saw(order.order_id, self._clock.monotonic())
        self._deliver(update)

    def _failed(self, queries: Sequence[QueryOrder], text: str) -> None:
        for query in queries:
            self._deliver(QueryFailed(query.order.order_id, text))


def _name(order: VenueOrder) -> int:
    """clientOrderId, as a number."""
    return int(order.venue_order_id)


def _by_order(rows: Iterable[DealRow], names: set[int]) -> dict[int, list[DealRow]]:
    found: dict[int, list[DealRow]] = {name: [] for name in names}
    for row in rows:
        if row.client_order_id in found:
            found[row.client_order_id].append(row)
    return found
