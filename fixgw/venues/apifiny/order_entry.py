"""One account's order entry: what a few workers do with the work in its queue.

A request is signed when it leaves the queue, not when it enters it. It is
sent once: whatever becomes of a submit or a cancel is told to the core, and
only the core decides what follows. An answer "no such order" is passed on
only if it is fresh: an old one says nothing of now.
"""

from collections.abc import Callable, Mapping, Sequence

import structlog
from msgspec import Struct

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command
from fixgw.model.errors import OrderRefused
from fixgw.model.venue import (
    CommandOutcome,
    Headroom,
    NewsUnreadable,
    OrderUpdate,
    Outcome,
    QueryFailed,
    Refused,
    VenueStatus,
)
from fixgw.runtime.clock import Clock
from fixgw.venues import absence
from fixgw.venues.adapter import Deliver
from fixgw.venues.apifiny import build, codes, ids, parse, work
from fixgw.venues.apifiny.build import Call
from fixgw.venues.apifiny.config import ApifinyConfig
from fixgw.venues.apifiny.credentials import Credentials
from fixgw.venues.apifiny.parse import Answered
from fixgw.venues.apifiny.place import Place
from fixgw.venues.apifiny.schemas import CommissionRow, OrderRow
from fixgw.venues.apifiny.work import ListOpen, ReadCommission, Work
from fixgw.venues.http import HttpClient
from fixgw.venues.outcome import NOT_SENT, Answer, Result
from fixgw.venues.payloads import Unreadable
from fixgw.venues.ratelimit import Lane
from fixgw.venues.strangers import Strangers
from fixgw.venues.work_queue import Job

log = structlog.get_logger()

TOO_OFTEN = frozenset({429, 503})
"""HTTP (RFC 6585, 4; RFC 9110, 15.6.4): nothing more for as long as Retry-After says."""

RETRY_AFTER_SECONDS = 1.0
"""Where it does not say: the manual counts requests by the second."""

RETRY_AFTER_MAX_SECONDS = 60.0
"""It is not obeyed for longer: cancels wait as well."""

Divert = Callable[[SubmitOrder | CancelOrder], bool]
"""Takes a command that may leave now over another way; False if that way is not there."""


class EntryStatus(Struct, frozen=True, kw_only=True):
    """How busy one account is."""

    waiting: dict[str, int]
    """Lane -> how much waits in it."""
    sent: int
    """What left the queue since the start; not what a socket takes past it."""
    headroom: int | None
    """Requests that may leave at once; None without a rate limit."""
    commission_rates: dict[str, CommissionRow]
    """EXCHANGE:SYMBOL -> what the venue said."""


class OrderEntry:
    """All requests of one account, in order."""

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
        self._credentials = credentials
        self._places = places
        self._config = config
        self._http = http
        self._clock = clock
        self._strangers = strangers
        self._deliver = deliver
        self._divert = divert
        self._digits = ids.account_digits(credentials.account)
        self._queue = work.queue(config, clock, self._too_late)
        self._waiting: set[object] = set()
        self._rates: dict[str, CommissionRow] = {}
        self._rates_asked: set[ReadCommission] = set()
        self._log = log.bind(account=credentials.account)

    def submit(self, command: SubmitOrder) -> None:
        """Queue a newOrder, or refuse it if it has no place or cannot be said."""
        try:
            self._check(command.order)
        except OrderRefused as refused:
            outcome = Refused(NOT_SENT, refused.text, ord_rej_reason=refused.reason)
            self._tell(command.order, Command.SUBMIT, outcome)
            return
        if not self._queue.put(Lane.SUBMIT, command):
            self._tell(command.order, Command.SUBMIT, self._queue.no_room())
        self._ask_commission(command.order)

    def cancel(self, command: CancelOrder) -> None:
        """Queue a cancelOrder, or refuse it if it has no place."""
        if not self._queue.put(Lane.CANCEL, command):
            self._tell(command.order, Command.CANCEL, self._queue.no_room())

    def query(self, command: QueryOrder) -> None:
        """Queue a question, unless the same one waits already: one answer does for both."""
        key = (command.order.order_id, command.fills)
        if key in self._waiting:
            return
        if self._queue.put(Lane.QUERY, command):
            self._waiting.add(key)
        else:
            self._deliver(QueryFailed(command.order.order_id, self._queue.no_room().text))

    def list_open(self, exchange: str) -> None:
        """Queue a look at all open orders of one exchange."""
        work = ListOpen(exchange)
        if work in self._waiting:
            return
        if self._queue.put(Lane.QUERY, work):
            self._waiting.add(work)
        else:
            self._not_listed(exchange, "the queue is full")

    def limit(self) -> Headroom | None:
        """Its share of the venue's rate limit, and what waits for it; None if none is kept."""
        left = self._queue.headroom()
        if left is None:
            return None
        return Headroom(
            scope=self._credentials.account,
            left=left,
            maximum=self._config.requests_per_second,
            seconds=1 + self._config.rate_margin_seconds,
            waiting=sum(self._queue.waiting().values()),
        )

    def status(self) -> EntryStatus:
        """How busy it is now."""
        return EntryStatus(
            waiting=self._queue.waiting(),
            sent=self._queue.sent,
            headroom=self._queue.headroom(),
            commission_rates=dict(self._rates),
        )

    async def work(self) -> None:
        """One worker: take the next job, do it, again and again."""
        while True:
            await self._do(await self._queue.next())

    def _check(self, order: VenueOrder) -> None:
        """Raise OrderRefused for what would be refused on its way out."""
        build.check(order, market_orders=self._places[order.exchange].endpoints.market_orders)

    def _too_late(self, command: SubmitOrder, refused: Refused) -> None:
        self._tell(command.order, Command.SUBMIT, refused)

    async def _do(self, job: Job[Work]) -> None:
        match job.work:
            case SubmitOrder(order):
                if not self._divert(job.work):
                    await self._command(order, Command.SUBMIT, build.new_order(order))
            case CancelOrder(order):
                if not self._divert(job.work):
                    await self._command(order, Command.CANCEL, build.cancel_order(order))
            case QueryOrder():
                await self._queries(job, job.work)
            case ListOpen(exchange):
                await self._list_open(exchange)
            case ReadCommission(exchange, symbol):
                await self._read_commission(exchange, symbol)

    async def _call(self, call: Call, exchange: str) -> Result:
        """Sign *call* now, send it once."""
        place = self._places[exchange]
        request = self._credentials.sign(call, place.endpoints.rest_url, place.clock.now_ms())
        result = await self._http.send(request)
        if isinstance(result, Answer) and result.status in TOO_OFTEN:
            self._queue.hold(
                result.retry_after(default=RETRY_AFTER_SECONDS, most=RETRY_AFTER_MAX_SECONDS)
            )
        return result

    # ------------------------------------------------------------- commands

    async def _command(self, order: VenueOrder, command: Command, call: Call) -> None:
        result = await self._call(call, order.exchange)
        trust = self._config.http_4xx_refuses
        outcome = parse.command_outcome(result, order.venue_order_id, command, trust_4xx=trust)
        self._tell(order, command, outcome)

    def _tell(self, order: VenueOrder, command: Command, outcome: Outcome) -> None:
        self._deliver(CommandOutcome(order.order_id, command, outcome))

    # -------------------------------------------------------------- queries

    async def _queries(self, job: Job[Work], query: QueryOrder) -> None:
        """Ask about one order, or about all that wait and can be asked about together."""
        self._waiting.discard((query.order.order_id, query.fills))
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

        def fits(job: Job[Work]) -> bool:
            other = job.work
            return (
                isinstance(other, QueryOrder)
                and not other.fills
                and not job.alone
                and other.order.exchange == query.order.exchange
            )

        found = []
        for job in self._queue.take(Lane.QUERY, fits, self._config.query_batch - 1):
            assert isinstance(job.work, QueryOrder)
            self._waiting.discard((job.work.order.order_id, False))
            found.append(job.work.order)
        return found

    async def _query(self, query: QueryOrder) -> None:
        """Ask where an order stands; for its executions before, so that what the venue counts is
        never of an earlier moment than what it lists."""
        order = query.order
        listed = None
        if query.fills:
            listed = await self._call(build.list_fills(order), order.exchange)
            await self._queue.slot()
        asked_at = self._clock.monotonic()
        result = await self._call(build.query_order(order), order.exchange)
        took = self._clock.monotonic() - asked_at
        answer = parse.query_result(result, order.order_id, order.venue_order_id)
        if isinstance(answer, OrderUpdate) and listed is not None:
            answer = parse.with_fills(answer, order, listed)
        if isinstance(answer, OrderUpdate) and answer.status is VenueStatus.ABSENT:
            for each in absence.told(answer, order, took):
                self._deliver(each)
        else:
            self._deliver(answer)

    async def _query_many(self, orders: Sequence[VenueOrder]) -> None:
        """One list for many. An order that it lacks is asked about alone: a list proves nothing."""
        result = await self._call(build.query_orders(orders), orders[0].exchange)
        answered = parse.read_orders(result) if isinstance(result, Answer) else Answered()
        for order in orders:
            row = answered.of(order.venue_order_id)
            if isinstance(row, OrderRow):
                self._deliver(parse.asked(row, order.order_id))
                continue
            if not self._queue.put(Lane.QUERY, QueryOrder(order), alone=True):
                self._deliver(QueryFailed(order.order_id, self._queue.no_room().text))

    # --------------------------------------------------------------- others

    async def _list_open(self, exchange: str) -> None:
        self._waiting.discard(ListOpen(exchange))
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
            order_id = ids.order_id(str(each.name), self._digits)
            if order_id is not None:
                self._deliver(NewsUnreadable(order_id, each.text))

    def _open_order(self, row: OrderRow) -> None:
        order_id = ids.order_id(row.order_id, self._digits)
        if order_id is None:
            self._strangers.seen(row.order_id, parse.stranger(row))
            return
        try:
            self._deliver(parse.order_update(row, order_id))
        except Unreadable as unreadable:
            self._log.warning("order_unreadable", order=row.order_id, reason=str(unreadable))
            self._deliver(NewsUnreadable(order_id, str(unreadable)))

    def _not_listed(self, exchange: str, reason: str) -> None:
        """No harm to our orders, which the core asks about one by one."""
        self._log.warning("open_orders_not_listed", exchange=exchange, reason=reason)

    def _ask_commission(self, order: VenueOrder) -> None:
        work = ReadCommission(order.exchange, order.symbol)
        if self._config.commission_rates and work not in self._rates_asked:
            self._rates_asked.add(work)
            self._queue.put(Lane.QUERY, work)

    async def _read_commission(self, exchange: str, symbol: str) -> None:
        call = build.commission_rate(self._credentials.account, exchange, symbol)
        rate = parse.commission_rate(await self._call(call, exchange))
        if rate is None:
            self._log.warning("commission_rate_not_read", exchange=exchange, symbol=symbol)
            return
        self._rates[f"{exchange}:{symbol}"] = rate
