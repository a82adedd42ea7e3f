"""Order entry of one account: its commands in order, by socket or by REST, and its questions.

A command is sent once: whatever becomes of it is told to the core, and only
the core decides what follows. The venue has no question for one order; it
lists what is open (`positions`) and what was executed (`dealHistory`), and one
look at both answers for many orders. An answer "no such order" is passed on
only if it is fresh: an old one says nothing of now.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from functools import partial

from msgspec import Struct

from fixgw.model.effects import CancelOrder, QueryOrder, ReplaceOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command
from fixgw.model.errors import OrderRefused
from fixgw.model.ids import OrderID
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
from fixgw.venues import absence
from fixgw.venues.adapter import Deliver
from fixgw.venues.finery import answers, build, ids, parse, replacing
from fixgw.venues.finery.answers import ByName, Listed
from fixgw.venues.finery.config import DEALS_PAGE_MAX, FineryConfig
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.questions import Questions
from fixgw.venues.finery.rest import Rest
from fixgw.venues.finery.schemas import DealRow, Lost, OrderRow
from fixgw.venues.outcome import NOT_SENT, kept_back
from fixgw.venues.payloads import Unreadable
from fixgw.venues.ratelimit import Lane, RateLimiter
from fixgw.venues.strangers import Strangers
from fixgw.venues.work_queue import WorkQueue

DEALS_SINCE_MS = 3_600_000
"""How long before its OrderID(37) an order's deals are looked for: clocks differ."""

NOT_LISTED = "not among the venue's open orders"

Order = SubmitOrder | CancelOrder | ReplaceOrder

ItsDeals = dict[OrderID, list[DealRow] | str]
"""By order; or why an order's deals cannot be read."""

Divert = Callable[[Order], bool]
"""Takes a command that may leave now over the socket; False if that way is not there."""


class EntryStatus(Struct, frozen=True, kw_only=True):
    """How busy one account is."""

    waiting: dict[str, int]
    """Lane -> how much waits in it."""
    sent: int
    """What left the queue since the start; not what a socket takes past it."""
    headroom: int | None
    """Requests that may leave at once; None without a rate limit."""


class OrderEntry:
    """All requests of one account."""

    def __init__(
        self,
        *,
        rest: Rest,
        config: FineryConfig,
        clock: Clock,
        memory: Memory,
        strangers: Strangers,
        deliver: Deliver,
        divert: Divert,
    ) -> None:
        self._rest = rest
        self._config = config
        self._clock = clock
        self._memory = memory
        self._strangers = strangers
        self._deliver = deliver
        self._divert = divert
        self._queue: WorkQueue[Order] = WorkQueue(
            limit=config.orders_waiting_max,
            submit_seconds=config.queue_seconds,
            limiter=RateLimiter(config.requests_per_second, 1 + config.rate_margin_seconds),
            clock=clock,
            too_late=self._too_late,
        )
        self._questions = Questions(self._queue, config.queue_limit)
        rest.too_often = self._queue.hold

    def command(self, command: Order) -> None:
        """Queue a command, or refuse it if it has no place or cannot be said."""
        try:
            if isinstance(command, SubmitOrder):
                build.add(command.order)
            elif isinstance(command, ReplaceOrder):
                build.modify(command.order, command.replacement)
        except OrderRefused as refused:
            outcome = Refused(NOT_SENT, refused.text, ord_rej_reason=refused.reason)
            self._tell(command, outcome)
            return
        lane = Lane.CANCEL if isinstance(command, CancelOrder) else Lane.SUBMIT
        if not self._queue.put(lane, command):
            self._tell(command, self._queue.no_room())

    def query(self, query: QueryOrder) -> None:
        """Queue a question."""
        if not self._questions.ask(query):
            self._deliver(QueryFailed(query.order.order_id, self._queue.no_room().text))

    def look(self) -> None:
        """Look for open orders that are not ours."""
        self._questions.look()

    def limit(self, account: str) -> Headroom | None:
        """What is left of the account's share of requests; None where none is kept."""
        left = self._queue.headroom()
        if left is None:
            return None
        return Headroom(
            scope=account,
            left=left,
            maximum=self._config.requests_per_second,
            seconds=1 + self._config.rate_margin_seconds,
            waiting=sum(self.status().waiting.values()),
        )

    def status(self) -> EntryStatus:
        """How busy it is now."""
        return EntryStatus(
            waiting={**self._queue.waiting(), "query": len(self._questions)},
            sent=self._queue.sent,
            headroom=self._queue.headroom(),
        )

    # ------------------------------------------------------------- commands

    async def work(self) -> None:
        """One worker: let the next command leave, again and again."""
        while True:
            job = await self._queue.next()
            waited = self._clock.monotonic() - job.queued_at
            if isinstance(job.work, ReplaceOrder) and waited > self._config.queue_seconds:
                self._tell(job.work, kept_back(f"waited {waited:.1f} s for the rate limit"))
                continue
            await self._leave(job.work)

    async def _leave(self, command: Order) -> None:
        if self._divert(command):
            return
        if not isinstance(command, CancelOrder) and self._goes_with_its_socket(command.order):
            text = "the socket is down, and the order is to be cancelled on disconnect"
            self._tell(command, kept_back(text))
        elif isinstance(command, ReplaceOrder):
            await self._replace(command)
        else:
            await self._submit_or_cancel(command)

    def _goes_with_its_socket(self, order: VenueOrder) -> bool:
        """Where orders leave by REST only there is no socket for them to go with."""
        wanted = order.cancel_on_disconnect or self._config.cancel_on_disconnect
        return wanted and self._config.order_entry == "websocket"

    async def _submit_or_cancel(self, command: SubmitOrder | CancelOrder) -> None:
        order = command.order
        if isinstance(command, CancelOrder):
            kind, call = Command.CANCEL, build.delete(order)
        else:
            kind, call = Command.SUBMIT, build.add(order)
        result = await self._rest.call(call)
        outcome = parse.command_outcome(
            result, order, kind,
            trust_4xx=self._config.http_4xx_refuses, size=self._memory.size(order.order_id),
        )
        self._tell(command, outcome)

    async def _replace(self, command: ReplaceOrder) -> None:
        self._memory.replacing(command.order.order_id, command.replacement)
        result = await self._rest.call(build.modify(command.order, command.replacement))
        told = replacing.rest_answer(
            result, command, trust_4xx=self._config.http_4xx_refuses
        )
        replacing.settle(told, command, self._memory, self._deliver)

    def _too_late(self, command: SubmitOrder, refused: Refused) -> None:
        self._tell(command, refused)

    def _tell(self, command: Order, outcome: Outcome) -> None:
        match command:
            case ReplaceOrder(_, new):
                told = CommandOutcome(new.order_id, Command.REPLACE, outcome)
            case SubmitOrder(order):
                told = CommandOutcome(order.order_id, Command.SUBMIT, outcome)
            case CancelOrder(order):
                told = CommandOutcome(order.order_id, Command.CANCEL, outcome)
        self._deliver(told)

    # ------------------------------------------------------------- questions

    async def answer(self) -> None:
        """The one who looks: at all that is asked, again and again."""
        while True:
            queries = await self._questions.next(self._config.query_batch)
            await self._look(queries)

    async def _look(self, queries: Sequence[QueryOrder]) -> None:
        """Answer *queries*: what is open by one list, the rest and the executions by another."""
        asked_at = self._clock.monotonic()
        orders = answers.open_orders(await self._rest.call(build.POSITIONS))
        if isinstance(orders, str):
            self._failed(queries, orders)
            return
        listed = orders.by_name()
        asked: set[int | str] = {query.order.native_id for query in queries}
        self._look_for_strangers(
            orders.rows, asked.union(_name(query.order) for query in queries)
        )
        deep: list[QueryOrder] = []
        for query in queries:
            row = next(iter(answers.of(listed, query.order)), None)
            why = (orders.missing(query.order) or orders.anyones) if row is None else ""
            if why:
                self._failed([query], f"positions: {why}")
            elif row is None or query.fills:
                deep.append(query)
            else:
                self._say(query.order, partial(answers.answer_open, row, query.order, None))
        if not deep:
            return
        orders_of = [query.order for query in deep]
        orders_of += filter(None, map(self._memory.replacement, (o.order_id for o in orders_of)))
        deals = await self._deals(orders_of, listed)
        if isinstance(deals, str):
            self._failed(deep, deals)
            return
        took = self._clock.monotonic() - asked_at
        for query in deep:
            its_deals = deals[query.order.order_id]
            row = next(iter(answers.of(listed, query.order)), None)
            if isinstance(its_deals, str):
                self._failed([query], f"dealHistory: {its_deals}")
            elif row is not None:
                self._say(query.order, partial(answers.answer_open, row, query.order, its_deals))
            elif (new := self._memory.replacement(query.order.order_id)) and (
                shows := next(iter([*answers.of(listed, new), *_read(deals[new.order_id])]), None)
            ):
                self._say(query.order, partial(
                    answers.answer_replaced, query.order, its_deals, new, shows
                ))
            else:
                self._not_open(query.order, its_deals, took)

    def _look_for_strangers(self, rows: Iterable[OrderRow], asked: Container[int | str]) -> None:
        for row in rows:
            if (row.client_order_id or parse.native_id(row.order_id)) in asked:
                continue
            order_id = ids.order_id(row.client_order_id)
            if order_id is None:
                text = f"{row.instrument} clientOrderId {row.client_order_id}"
                self._strangers.seen(str(row.order_id), text)
            else:
                self._strangers.forgotten(str(row.order_id), order_id, VenueStatus.WORKING)

    async def _deals(
        self, orders: Sequence[VenueOrder], open_now: ByName[OrderRow]
    ) -> ItsDeals | str:
        """The deals of each of *orders*, or why they cannot be had; a text instead of all of them
        if none can. Of an order that is *open_now* its row says whether one is missing."""
        since = min(order.placed_at for order in orders) - DEALS_SINCE_MS
        instruments = {order.symbol for order in orders}
        instrument = instruments.pop() if len(instruments) == 1 else ""
        found: dict[tuple[int, int], DealRow] = {}
        lost: list[Lost] = []
        till: int | None = None
        for _ in range(self._config.deal_pages):
            await self._questions.slot()
            page = answers.deals(
                await self._rest.call(build.deal_history(since, instrument, till))
            )
            if isinstance(page, str):
                return page
            before = len(found)
            # Whether a page begins with *till* or behind it is not documented: both do.
            # Both sides of a deal may be ours: then it is listed for each of the two orders.
            found.update(((row.order_id, row.deal_id), row) for row in page.rows)
            lost += page.lost
            if len(page.rows) + len(page.lost) < DEALS_PAGE_MAX:
                return _by_order(Listed(list(found.values()), lost), orders, open_now)
            if len(found) == before:
                if page.lost:
                    return f"dealHistory cannot be read: {page.lost[0].text}"
                return _by_order(Listed(list(found.values()), lost), orders, open_now)
            till = min(deal_id for _, deal_id in found)
        return f"more than {self._config.deal_pages} pages of dealHistory"

    def _not_open(self, order: VenueOrder, its_deals: list[DealRow], took: float) -> None:
        """Tell what the lists have of *order*, which was not among the open ones."""
        try:
            answer = answers.answer_unlisted(order, its_deals, NOT_LISTED)
        except Unreadable as error:
            self._deliver(QueryFailed(order.order_id, f"cannot be read: {error}"))
            return
        if answer.status is VenueStatus.ABSENT:
            for each in absence.told(answer, order, took):
                self._deliver(each)
        else:
            self._deliver(answer)

    def _say(self, order: VenueOrder, answer: Callable[[], OrderUpdate]) -> None:
        try:
            update = answer()
        except Unreadable as error:
            self._deliver(QueryFailed(order.order_id, f"cannot be read: {error}"))
            return
        self._deliver(update)

    def _failed(self, queries: Sequence[QueryOrder], text: str) -> None:
        for query in queries:
            self._deliver(QueryFailed(query.order.order_id, text))


def _name(order: VenueOrder) -> int:
    """clientOrderId, as a number."""
    return int(order.venue_order_id)


def _read(deals: list[DealRow] | str) -> list[DealRow]:
    """Those that can be read."""
    return [] if isinstance(deals, str) else deals


def _by_order(
    listed: Listed[DealRow], orders: Iterable[VenueOrder], open_now: ByName[OrderRow]
) -> ItsDeals:
    found = listed.by_name()
    return {
        order.order_id: listed.missing(order)
        or ("" if answers.of(open_now, order) else listed.anyones)
        or answers.of(found, order)
        for order in orders
    }
