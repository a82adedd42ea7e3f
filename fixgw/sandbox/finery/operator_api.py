"""The operator's API of this sandbox: the orders on record, and its own commands."""

import msgspec
from aiohttp import web
from msgspec import Struct

from fixgw.sandbox.finery.api import encode
from fixgw.sandbox.finery.orders import Order
from fixgw.sandbox.finery.server import Server
from fixgw.sandbox.operator_api import OperatorApi


class DealView(Struct, rename="camel", frozen=True, kw_only=True):
    """One execution of an order."""

    deal_id: int
    price: int
    size: int
    is_taker: bool


class OrderView(Struct, rename="camel", frozen=True, kw_only=True):
    """One order on the venue's own record; amounts in units of 1e-8."""

    client_id: int
    order_id: int
    client_order_id: int
    add_calls: int
    instrument: str
    initial: int
    left: int
    is_open: bool
    cancel_reason: int
    deals: list[DealView]


class OrdersBody(Struct, frozen=True, kw_only=True):
    """GET /sandbox/orders. *unbooked*: `add` calls by names that never became an order."""

    orders: list[OrderView]
    unbooked: dict[str, int]


class SocketView(Struct, rename="camel", frozen=True, kw_only=True):
    """One open socket."""

    client_id: int
    tells_all: bool
    """True if feed O is bound for all instruments."""
    owed: int
    """Requests that a fault has met: they are not answered, or too late."""


class SocketsBody(Struct, frozen=True):
    """GET /sandbox/sockets: the open ones, oldest first."""

    sockets: list[SocketView]


class ConnectedBody(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /sandbox/connected: what `X` says on every socket."""

    connected: bool


class Operator(OperatorApi):
    """The handlers."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.recorder, server.faults, encode)
        self._server = server

    def add_routes(self, app: web.Application) -> None:
        """Everything under /sandbox/."""
        super().add_routes(app)
        app.router.add_get("/sandbox/orders", self._orders)
        app.router.add_get("/sandbox/sockets", self._sockets)
        app.router.add_post("/sandbox/connected", self._connected)

    async def _orders(self, request: web.Request) -> web.Response:
        exchange = self._server.exchange
        calls = exchange.add_calls
        rows = [_order(order, calls[order.client_order_id]) for order in exchange.orders()]
        booked = {row.client_order_id for row in rows}
        unbooked = {str(name): times for name, times in calls.items() if name not in booked}
        return self.reply(OrdersBody(orders=rows, unbooked=unbooked))

    async def _sockets(self, request: web.Request) -> web.Response:
        views = [
            SocketView(client_id=one.key.client_id, tells_all=one.tells_all, owed=one.owed)
            for one in self._server.sessions
        ]
        return self.reply(SocketsBody(views))

    async def _connected(self, request: web.Request) -> web.Response:
        try:
            body = msgspec.json.decode(await request.read(), type=ConnectedBody)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        self._server.connect(body.connected)
        return self.reply(body)


def _order(order: Order, calls: int) -> OrderView:
    return OrderView(
        client_id=order.client_id,
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        add_calls=calls,
        instrument=order.instrument,
        initial=order.initial,
        left=order.left,
        is_open=order.is_open,
        cancel_reason=int(order.reason),
        deals=[
            DealView(
                deal_id=deal.deal_id,
                price=deal.price,
                size=deal.size,
                is_taker=deal.aggressor is order.side,
            )
            for deal in order.deals
        ],
    )
