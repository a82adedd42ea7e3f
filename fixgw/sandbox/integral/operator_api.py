"""The operator's surface, under /sandbox/: read back what happened, and script what goes wrong.

No part of the vendor's API, unsigned, and for a test bench only. Reading changes nothing;
faults change how answers travel, never what is booked.
"""

import msgspec
from aiohttp import web
from msgspec import Struct

from fixgw.sandbox.faults import Armed, ArmRequest, UnknownFault
from fixgw.sandbox.integral.server import Server
from fixgw.sandbox.integral.wire import OrderView, TradeView, encode
from fixgw.sandbox.record import EntryView


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


class RequestsBody(Struct, frozen=True, kw_only=True):
    """GET /sandbox/requests. Ask again with since=*last* for what came after."""

    last: int
    requests: list[EntryView]
    request_ids: list[str]
    """X-Request-ID of each request, "" for none; all that the record still has."""


class FaultsBody(Struct, frozen=True):
    """GET, POST and DELETE /sandbox/faults."""

    armed: list[Armed]


class Operator:
    """The handlers."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def add_routes(self, app: web.Application) -> None:
        """Everything under /sandbox/."""
        app.router.add_get("/sandbox/requests", self._requests)
        app.router.add_get("/sandbox/orders", self._orders)
        app.router.add_get("/sandbox/faults", self._faults)
        app.router.add_post("/sandbox/faults", self._arm)
        app.router.add_delete("/sandbox/faults", self._clear)
        app.router.add_delete("/sandbox/tokens", self._forget_tokens)

    async def _requests(self, request: web.Request) -> web.Response:
        try:
            since = int(request.query.get("since", "0"))
        except ValueError:
            raise web.HTTPBadRequest(text="since must be a number") from None
        recorder = self._server.recorder
        return _reply(
            RequestsBody(
                last=recorder.last,
                requests=recorder.since(since),
                request_ids=list(self._server.request_ids),
            )
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
        return _reply(OrdersBody(orders=rows, unbooked=unbooked))

    async def _faults(self, request: web.Request) -> web.Response:
        return _reply(FaultsBody(self._server.faults.armed))

    async def _arm(self, request: web.Request) -> web.Response:
        try:
            self._server.faults.arm(
                msgspec.json.decode(await request.read(), type=ArmRequest)
            )
        except (msgspec.DecodeError, UnknownFault, UnicodeDecodeError) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return await self._faults(request)

    async def _clear(self, request: web.Request) -> web.Response:
        self._server.faults.clear()
        return await self._faults(request)

    async def _forget_tokens(self, request: web.Request) -> web.Response:
        self._server.users.forget_tokens()
        return _reply({})


def _reply(body: object) -> web.Response:
    return web.Response(body=encode(body), content_type="application/json")
