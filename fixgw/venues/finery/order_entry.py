"""Order entry of one account: its commands in order, by socket or by REST, and its queries.

The venue has no query for one order; it lists open orders (`positions`) and executions
(`dealHistory`), and reading both once answers for many orders. Each REST call has a nonce of its
own; where the venue requires rising nonces, a call waits for the answer to the one before.
"""

import asyncio
from collections.abc import Callable, Container, Iterable, Sequence
from contextlib import nullcontext
from functools import partial
from typing import Never

from msgspec.structs import replace

from fixgw.model.effects import CancelOrder, QueryOrder, ReplaceOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command
from fixgw.model.ids import OrderID
from fixgw.model.venue import Headroom, OrderUpdate, VenueStatus
from fixgw.venues.adapter import Deliver
from fixgw.venues.finery import answers, build, parse, replacing
from fixgw.venues.finery.answers import ByName, Listed
from fixgw.venues.finery.build import Call
from fixgw.venues.kit.clock import FollowedClock
from fixgw.venues.finery.config import DEALS_PAGE_MAX, FineryConfig
from fixgw.venues.finery.credentials import Credentials, Nonces
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.questions import Questions
from fixgw.venues.finery.schemas import DealRow, Lost, OrderRow
from fixgw.venues.http import HttpClient
from fixgw.venues.kit import order_entry
from fixgw.venues.kit.order_entry import EntryStatus, OrderCommand
from fixgw.venues.outcome import Answer, Result, kept_back
from fixgw.venues.kit.payloads import Unreadable
from fixgw.venues.strangers import Strangers
from fixgw.venues.work_queue import QueuedJob

DEALS_SINCE_MS = 3_600_000
"""The time before its OrderID(37) from which an order's deals are looked for: clocks differ."""

NOT_LISTED = "not among the venue's open orders"

ItsDeals = dict[OrderID, list[DealRow] | str]
"""By order; or why an order's deals cannot be read."""

Divert = Callable[[OrderCommand], bool]
"""Takes a command that may leave now over the socket; False if that way is not there."""


class OrderEntry(order_entry.OrderEntry[Never]):
    """All requests of one account."""

    def __init__(
        self,
        *,
        credentials: Credentials,
        nonces: Nonces,
        config: FineryConfig,
        http: HttpClient,
        clock: FollowedClock,
        memory: Memory,
        strangers: Strangers,
        deliver: Deliver,
        divert: Divert,
    ) -> None:
        super().__init__(
            scope=credentials.account,
            config=replace(config, queue_limit=config.orders_waiting_max),
            clock=clock.ours,
            deliver=deliver,
            requests_per_second=config.requests_per_second,
            retry_after_seconds=config.too_often_seconds,
        )
        self._credentials = credentials
        self._nonces = nonces
        self._config = config
        self._http = http
        self._venue_clock = clock
        self._memory = memory
        self._strangers = strangers
        self._divert = divert
        self._url = config.rest_url.rstrip("/")
        self._turn = asyncio.Lock() if config.nonces_in_order else nullcontext()
        self._questions = Questions(self.queue, config.queue_limit)

    def query(self, query: QueryOrder) -> None:
        """Queue a question."""
        if not self._questions.ask(query):
            self.fail(query.order, self.queue.no_room().text)

    def look(self) -> None:
        """Look for open orders that are not ours."""
        self._questions.look()

    def limit(self) -> Headroom | None:
        """Return what is left of the rate limit, and the number of jobs waiting, queries included.
        """
        limit = super().limit()
        return limit and replace(limit, waiting=limit.waiting + len(self._questions))

    def status(self) -> EntryStatus:
        """Return how busy it is now."""
        status = super().status()
        return replace(status, waiting={**status.waiting, "query": len(self._questions)})

    async def call(self, call: Call) -> Result:
        """Sign *call* now, send it once."""
        async with self._turn:
            sent_ms = self.clock.now_ms()
            nonce = self._nonces.next(sent_ms)
            result = await self._http.send(
                self._credentials.sign(call, self._url, self._venue_clock.now_ms(), nonce)
            )
        if isinstance(result, Answer):
            self._venue_clock.heard(result, sent_ms, self.clock.now_ms())
        self.heard(result)
        return result

    # ------------------------------------------------------------- commands

    def _check(self, command: SubmitOrder | ReplaceOrder) -> None:
        if isinstance(command, SubmitOrder):
            build.add(command.order)
        else:
            build.modify(command.order, command.replacement)

    async def _do(self, job: QueuedJob[OrderCommand | QueryOrder]) -> None:
        command = job.work
        assert not isinstance(command, QueryOrder), "questions wait elsewhere"
        if self._divert(command):
            return
        if not isinstance(command, CancelOrder) and self._goes_with_its_socket(command.order):
            text = "the socket is down, and the order is to be cancelled on disconnect"
            self.tell(command, kept_back(text))
        elif isinstance(command, ReplaceOrder):
            await self._replace(command)
        else:
            await self._submit_or_cancel(command)

    def _goes_with_its_socket(self, order: VenueOrder) -> bool:
        """Return True if the order is to be canceled when its socket is lost; False with REST
        orders.
        """
        wanted = order.cancel_on_disconnect or self._config.cancel_on_disconnect
        return wanted and self._config.order_entry == "websocket"

    async def _submit_or_cancel(self, command: SubmitOrder | CancelOrder) -> None:
        order = command.order
        if isinstance(command, CancelOrder):
            kind, call = Command.CANCEL, build.delete(order)
        else:
            kind, call = Command.SUBMIT, build.add(order)
        outcome = parse.command_outcome(
            await self.call(call), order, kind,
            trust_4xx=self._config.http_4xx_refuses, size=self._memory.size(order.order_id),
        )
        self.tell(command, outcome)

    async def _replace(self, command: ReplaceOrder) -> None:
        self._memory.replacing(command.order.order_id, command.replacement)
        told = replacing.rest_answer(
            await self.call(build.modify(command.order, command.replacement)), command,
            trust_4xx=self._config.http_4xx_refuses,
        )
        replacing.settle(told, command, self._memory, self.deliver)

    # ------------------------------------------------------------- questions

    async def keep_asking(self) -> None:
        """Answer the queued queries, a batch at a time, until stopped."""
        while True:
            queries = await self._questions.next(self._config.query_batch)
            await self._look(queries)

    async def _look(self, queries: Sequence[QueryOrder]) -> None:
        """Answer *queries*: what is open by one list, the rest and the executions by another."""
        asked_at = self.clock.monotonic()
        orders = answers.open_orders(await self.call(build.POSITIONS))
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
        took = self.clock.monotonic() - asked_at
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
            order_id = parse.our_order(row.client_order_id)
            if order_id is None:
                text = f"{row.instrument} clientOrderId {row.client_order_id}"
                self._strangers.seen(str(row.order_id), text)
            else:
                self._strangers.forgotten(str(row.order_id), order_id, VenueStatus.WORKING)

    async def _deals(
        self, orders: Sequence[VenueOrder], open_now: ByName[OrderRow]
    ) -> ItsDeals | str:
        """Return the deals of each of *orders*, or the reason they are unavailable: one text for
        all of them if none can be read. For an order in *open_now*, its row shows whether a deal is
        missing.
        """
        since = min(order.placed_at for order in orders) - DEALS_SINCE_MS
        instruments = {order.symbol for order in orders}
        instrument = instruments.pop() if len(instruments) == 1 else ""
        found: dict[tuple[int, int], DealRow] = {}
        lost: list[Lost] = []
        till: int | None = None
        for _ in range(self._config.deal_pages):
            await self._questions.slot()
            page = answers.deals(
                await self.call(build.deal_history(since, instrument, till))
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
            self.fail(order, f"cannot be read: {error}")
            return
        self.answer(answer, order, took)

    def _say(self, order: VenueOrder, answer: Callable[[], OrderUpdate]) -> None:
        try:
            update = answer()
        except Unreadable as error:
            self.fail(order, f"cannot be read: {error}")
            return
        self.deliver(update)

    def _failed(self, queries: Sequence[QueryOrder], text: str) -> None:
        for query in queries:
            self.fail(query.order, text)


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
