"""Order entry of one account: turns a job that may leave now into requests.

A request is signed when it leaves the queue, not when it enters it. Queries that wait together are
sent together.
"""

from collections.abc import Callable, Mapping, Sequence

import structlog
from msgspec import Struct

from fixgw.model.effects import CancelOrder, QueryOrder, ReplaceOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command
from fixgw.model.venue import NewsUnreadable, OrderUpdate
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.apifiny import build, codes, parse
from fixgw.venues.apifiny.build import Call
from fixgw.venues.apifiny.config import ApifinyConfig, account_digits
from fixgw.venues.apifiny.credentials import Credentials
from fixgw.venues.apifiny.parse import Answered
from fixgw.venues.apifiny.place import Place
from fixgw.venues.apifiny.schemas import CommissionRow, OrderRow
from fixgw.venues.http import HttpClient
from fixgw.venues.kit import names, order_entry
from fixgw.venues.kit.order_entry import OrderCommand
from fixgw.venues.outcome import Answer, Result
from fixgw.venues.ratelimit import Lane
from fixgw.venues.strangers import Strangers
from fixgw.venues.work_queue import QueuedJob

log = structlog.get_logger()


class ListOpen(Struct, frozen=True):
    """Look for open orders at one exchange, ours and others."""

    exchange: str


class ReadCommission(Struct, frozen=True):
    """Read what the account pays for one symbol."""

    exchange: str
    symbol: str


Own = ListOpen | ReadCommission
Work = Own | OrderCommand | QueryOrder

Divert = Callable[[SubmitOrder | CancelOrder], bool]
"""Takes a command that may leave now over another way; False if that way is not there."""


class OrderEntry(order_entry.OrderEntry[Own]):
    """All requests of one account, in order."""

    too_often = frozenset({429, order_entry.UNAVAILABLE})

    def __init__(
        self,
        *,
        credentials: Credentials,
        places: Mapping[str, Place],
        config: ApifinyConfig,
        http: HttpClient,
        clock: Clock,
        strangers: Strangers,
        deliver: Deliver,
        divert: Divert,
    ) -> None:
        super().__init__(
            scope=credentials.account, config=config, clock=clock, deliver=deliver,
            requests_per_second=config.requests_per_second,
        )
        self.commission_rates: dict[str, CommissionRow] = {}
        """EXCHANGE:SYMBOL -> what the venue said."""
        self._credentials = credentials
        self._digits = account_digits(credentials.account)
        self._places = places
        self._config = config
        self._http = http
        self._strangers = strangers
        self._divert = divert
        self._rates_asked: set[ReadCommission] = set()
        self._log = log.bind(account=credentials.account)

    def list_open(self, exchange: str) -> None:
        """Queue a look at all open orders of one exchange."""
        look = ListOpen(exchange)
        if not self.ask(look, look):
            self._not_listed(exchange, "the queue is full")

    def _check(self, command: SubmitOrder | ReplaceOrder) -> None:
        order = command.order
        takes_market = self._places[order.exchange].endpoints.market_orders
        build.check(order, market_orders=bool(takes_market))

    async def _do(self, job: QueuedJob[Work]) -> None:
        match job.work:
            case SubmitOrder(order):
                self._ask_commission(order)
                if not self._divert(job.work):
                    await self._command(job.work, Command.SUBMIT, build.new_order(order))
            case CancelOrder(order):
                if not self._divert(job.work):
                    await self._command(job.work, Command.CANCEL, build.cancel_order(order))
            case QueryOrder():
                await self._queries(job, job.work)
            case ListOpen(exchange):
                self.leaves(job.work)
                await self._list_open(exchange)
            case ReadCommission(exchange, symbol):
                await self._read_commission(exchange, symbol)

    async def _call(self, call: Call, exchange: str) -> Result:
        """Sign *call* now, send it once."""
        place = self._places[exchange]
        request = self._credentials.sign(call, place.endpoints.rest_url, place.clock.now_ms())
        result = await self._http.send(request)
        self.heard(result)
        return result

    async def _command(
        self, command: SubmitOrder | CancelOrder, kind: Command, call: Call
    ) -> None:
        order, trust = command.order, self._config.http_4xx_refuses
        result = await self._call(call, order.exchange)
        self.tell(
            command, parse.command_outcome(result, order.venue_order_id, kind, trust_4xx=trust)
        )

    # -------------------------------------------------------------- queries

    async def _queries(self, job: QueuedJob[Work], query: QueryOrder) -> None:
        """Ask about one order, or about all that wait and can be asked about together."""
        if query.fills or job.alone:
            await self._query(query)
            return
        orders = [query.order, *self._others_like(query)]
        if len(orders) == 1:
            await self._query(query)
        else:
            await self._query_many(orders)

    def _others_like(self, query: QueryOrder) -> list[VenueOrder]:
        """Orders of waiting questions that one list answers together with *query*; taken out."""

        exchange = query.order.exchange
        return self.other_questions(
            lambda other: not other.fills and other.order.exchange == exchange,
            self._config.query_batch - 1,
        )

    async def _query(self, query: QueryOrder) -> None:
        """Ask where an order stands; for its executions before, so that what the venue counts is
        never of an earlier moment than what it lists."""
        order = query.order
        listed = None
        if query.fills:
            listed = await self._call(build.list_fills(order), order.exchange)
            await self.queue.slot()
        asked_at = self.clock.monotonic()
        result = await self._call(build.query_order(order), order.exchange)
        took = self.clock.monotonic() - asked_at
        answer = parse.query_result(result, order.order_id, order.venue_order_id)
        if isinstance(answer, OrderUpdate) and listed is not None:
            answer = parse.with_fills(answer, order, listed)
        self.answer(answer, order, took)

    async def _query_many(self, orders: Sequence[VenueOrder]) -> None:
        """One list for many. An order that it lacks is asked about alone: a list proves nothing."""
        result = await self._call(build.query_orders(orders), orders[0].exchange)
        answered = parse.read_orders(result) if isinstance(result, Answer) else Answered()
        for order in orders:
            row = answered.of(order.venue_order_id)
            if isinstance(row, OrderRow):
                self.deliver(parse.asked(row, order.order_id))
            else:
                self.ask_alone(order)

    # --------------------------------------------------------------- others

    async def _list_open(self, exchange: str) -> None:
        result = await self._call(
            build.list_open(self._credentials.account, exchange), exchange
        )
        if not isinstance(result, Answer):
            self._not_listed(exchange, result.text)
            return
        answered = parse.read_orders(result)
        if answered.rows is None:
            error = answered.error
            reason = codes.describe(error) if error else f"HTTP {result.status}, cannot be read"
            self._not_listed(exchange, reason)
            return
        for row in answered.rows.rows:
            self._open_order(row)
        for each in answered.rows.damaged:
            self._log.warning("order_unreadable", order=each.name, reason=each.text)
            order_id = names.order_id(str(each.name), self._digits)
            if order_id is not None:
                self.deliver(NewsUnreadable(order_id, each.text))

    def _open_order(self, row: OrderRow) -> None:
        order_id = names.order_id(row.order_id, self._digits)
        if order_id is None:
            self._strangers.seen(row.order_id, parse.stranger(row))
            return
        news = parse.news(row, order_id)
        if isinstance(news, NewsUnreadable):
            self._log.warning("order_unreadable", order=row.order_id, reason=news.text)
        self.deliver(news)

    def _not_listed(self, exchange: str, reason: str) -> None:
        """No harm to our orders, which the core asks about one by one."""
        self._log.warning("open_orders_not_listed", exchange=exchange, reason=reason)

    def _ask_commission(self, order: VenueOrder) -> None:
        work = ReadCommission(order.exchange, order.symbol)
        if self._config.commission_rates and work not in self._rates_asked:
            self._rates_asked.add(work)
            self.queue.put(Lane.QUERY, work)

    async def _read_commission(self, exchange: str, symbol: str) -> None:
        call = build.commission_rate(self._credentials.account, exchange, symbol)
        rate = parse.commission_rate(await self._call(call, exchange))
        if rate is None:
            self._log.warning("commission_rate_not_read", exchange=exchange, symbol=symbol)
            return
        self.commission_rates[f"{exchange}:{symbol}"] = rate
