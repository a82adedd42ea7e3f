"""The operator's surface of this sandbox: the orders on record, and what only it can be told."""

from aiohttp import web
from msgspec import Struct

from fixgw.sandbox.integral.server import Server
from fixgw.sandbox.integral.wire import OrderView, TradeView, encode
from fixgw.sandbox.operator_api import OperatorApi, RequestsBody


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

    def requests_body(self, since: int) -> RequestsBody:
        """What came after number *since*."""
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
