"""The operator's surface, under /sandbox/: read back what happened, and script what goes wrong.

No part of the vendor's API, unsigned, and for a test bench only. Reading changes nothing;
faults change how answers travel, never what is booked.
"""

from collections.abc import Iterable

from aiohttp import web
from msgspec import Raw, Struct

from fixgw.sandbox.apifiny.orders import Fill, Order
from fixgw.sandbox.apifiny.params import Unreadable, read
from fixgw.sandbox.apifiny.server import Server
from fixgw.sandbox.apifiny.wire import OrderView, encode, number
from fixgw.sandbox.faults import Armed, ArmRequest, UnknownFault
from fixgw.sandbox.record import EntryView


class FillRow(Struct, rename="camel", frozen=True, kw_only=True):
    """One fill of an order. The vendor's API has no trade id; the record does."""

    trade_id: int
    price: Raw
    quantity: Raw
    commission: Raw
    commission_currency: str
    is_taker: bool
    at: int


class OrderRow(Struct, rename="camel", frozen=True, kw_only=True):
    """One order on the venue's own record."""

    account: str
    new_order_calls: int
    order: OrderView
    fills: list[FillRow]


class OrdersBody(Struct, rename="camel", frozen=True, kw_only=True):
    """GET /sandbox/orders. *unbooked*: newOrder calls by ids that never became an order."""

    orders: list[OrderRow]
    unbooked: dict[str, int]


class RequestsBody(Struct, frozen=True, kw_only=True):
    """GET /sandbox/requests. Ask again with since=*last* for what came after."""

    last: int
    requests: list[EntryView]


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

    async def _requests(self, request: web.Request) -> web.Response:
        try:
            since = int(request.query.get("since", "0"))
        except ValueError:
            raise web.HTTPBadRequest(text="since must be a number") from None
        recorder = self._server.recorder
        return _reply(RequestsBody(last=recorder.last, requests=recorder.since(since)))

    async def _orders(self, request: web.Request) -> web.Response:
        exchange = self._server.exchange
        calls = exchange.new_order_calls
        rows = [_order_row(order, calls[order.order_id]) for order in exchange.orders()]
        booked = {row.order.order_id for row in rows}
        unbooked = {name: times for name, times in calls.items() if name not in booked}
        return _reply(OrdersBody(orders=rows, unbooked=unbooked))

    async def _faults(self, request: web.Request) -> web.Response:
        return _reply(FaultsBody(self._server.faults.armed))

    async def _arm(self, request: web.Request) -> web.Response:
        try:
            self._server.faults.arm(read(await request.read(), ArmRequest))
        except (Unreadable, UnknownFault) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return await self._faults(request)

    async def _clear(self, request: web.Request) -> web.Response:
        self._server.faults.clear()
        return await self._faults(request)


def _order_row(order: Order, calls: int) -> OrderRow:
    return OrderRow(
        account=order.account_id,
        new_order_calls=calls,
        order=order.view(),
        fills=_fill_rows(order.fills),
    )


def _fill_rows(fills: Iterable[Fill]) -> list[FillRow]:
    return [
        FillRow(
            trade_id=fill.trade_id,
            price=number(fill.price),
            quantity=number(fill.quantity),
            commission=number(fill.commission),
            commission_currency=fill.commission_currency,
            is_taker=fill.is_taker,
            at=fill.at,
        )
        for fill in fills
    ]


def _reply(body: object) -> web.Response:
    return web.Response(body=encode(body), content_type="application/json")
