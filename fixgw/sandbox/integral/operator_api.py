"""The operator's API of this sandbox: the orders on record, and its own commands."""

from collections.abc import Callable
from decimal import Decimal
from typing import TypeVar

import msgspec
from aiohttp import web
from msgspec import Struct

from fixgw.sandbox.integral.server import Server
from fixgw.sandbox.integral.wire import OrderView, Refusal, TradeView, encode, failure
from fixgw.sandbox.operator_api import OperatorApi, RequestsBody

B = TypeVar("B")


class OrderRow(Struct, rename="camel", frozen=True, kw_only=True):
    """One order on the venue's own record."""

    user: str
    place_calls: int
    order: OrderView
    trades: list[TradeView]


class OrdersBody(Struct, rename="camel", frozen=True, kw_only=True):
    """GET /sandbox/orders. *unbooked*: calls by coIds that never became an order."""

    orders: list[OrderRow]
    unbooked: dict[str, int]


class Amendment(Struct, rename="camel", frozen=True, kw_only=True, forbid_unknown_fields=True):
    """POST /sandbox/trades/{id}: a trade is amended; what is absent stays as it is."""

    dealt_amount: Decimal | None = None
    rate: Decimal | None = None


class Lists(Struct, rename="camel", frozen=True, kw_only=True, forbid_unknown_fields=True):
    """GET and POST /sandbox/lists: how far behind they are; what is absent is up to date."""

    trades_behind_ms: int = 0
    orders_hidden: bool = False


class RequestsWithIds(RequestsBody, frozen=True, kw_only=True):
    """GET /sandbox/requests, with what else the sandbox notes of a request."""

    request_ids: list[str]
    """X-Request-ID of each request, "" for none; all that the record still has."""


class Operator(OperatorApi):
    """The handlers."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.recorder, server.faults, encode)
        self._server = server

    def add_routes(self, app: web.Application) -> None:
        """Everything under /sandbox/."""
        super().add_routes(app)
        app.router.add_get("/sandbox/orders", self._orders)
        app.router.add_delete("/sandbox/tokens", self._forget_tokens)
        app.router.add_post("/sandbox/trades/{id}", self._amend_trade)
        app.router.add_delete("/sandbox/trades/{id}", self._cancel_trade)
        app.router.add_get("/sandbox/lists", self._lists)
        app.router.add_post("/sandbox/lists", self._set_lists)

    def requests_body(self, since: int) -> RequestsBody:
        """Return the requests after number *since*."""
        recorder = self._server.recorder
        return RequestsWithIds(
            last=recorder.last, requests=recorder.since(since),
            request_ids=list(self._server.request_ids),
        )

    async def _orders(self, request: web.Request) -> web.Response:
        exchange, now = self._server.exchange, self._server.clock()
        self._server.turn()
        calls = exchange.place_calls
        rows = [
            OrderRow(
                user=order.user.user,
                place_calls=calls[order.request.co_id],
                order=order.view(partially_filled=True),
                trades=order.trades(now),
            )
            for order in exchange.orders()
        ]
        booked = {row.order.co_id for row in rows}
        unbooked = {name: times for name, times in calls.items() if name not in booked}
        return self.reply(OrdersBody(orders=rows, unbooked=unbooked))

    async def _forget_tokens(self, request: web.Request) -> web.Response:
        self._server.users.forget_tokens()
        return self.reply({})

    async def _amend_trade(self, request: web.Request) -> web.Response:
        trade_id, asked = request.match_info["id"], await _body(request, Amendment)
        exchange = self._server.exchange
        return self._done(lambda: exchange.amend(trade_id, asked.dealt_amount, asked.rate))

    async def _cancel_trade(self, request: web.Request) -> web.Response:
        trade_id = request.match_info["id"]
        return self._done(lambda: self._server.exchange.cancel_trade(trade_id))

    def _done(self, change: Callable[[], None]) -> web.Response:
        try:
            change()
        except Refusal as refusal:
            return web.Response(
                status=refusal.status, body=failure(refusal), content_type="application/json"
            )
        return self.reply({})

    async def _lists(self, request: web.Request) -> web.Response:
        exchange = self._server.exchange
        return self.reply(
            Lists(trades_behind_ms=exchange.trades_behind_ms, orders_hidden=exchange.hides_orders)
        )

    async def _set_lists(self, request: web.Request) -> web.Response:
        asked, exchange = await _body(request, Lists), self._server.exchange
        exchange.trades_behind_ms = asked.trades_behind_ms
        exchange.hides_orders = asked.orders_hidden
        return await self._lists(request)


async def _body(request: web.Request, kind: type[B]) -> B:
    try:
        return msgspec.json.decode(await request.read(), type=kind, strict=False)
    except (ValueError, RecursionError) as error:
        raise web.HTTPBadRequest(text=str(error)) from None
