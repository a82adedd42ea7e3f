"""The operator's API of this sandbox: the orders on record, and its own commands."""

from typing import Literal

import msgspec
from aiohttp import web
from msgspec import Raw, Struct

from fixgw.sandbox.asmlink.exchange import Order
from fixgw.sandbox.asmlink.server import Server
from fixgw.sandbox.asmlink.webhooks import Delivery
from fixgw.sandbox.asmlink.wire import RouteView, encode, number
from fixgw.sandbox.operator_api import OperatorApi


class FillRow(Struct, frozen=True, kw_only=True):
    """One fill of an order."""

    price: Raw
    quantity: Raw
    at: int


class OrderRow(Struct, frozen=True, kw_only=True):
    """One order on the venue's own record."""

    account: str
    route_calls: int
    order: RouteView
    quantity: Raw
    fills: list[FillRow]


class OrdersBody(Struct, frozen=True, kw_only=True):
    """GET /sandbox/orders. *unbooked*: route calls by ids that never became an order."""

    orders: list[OrderRow]
    unbooked: dict[str, int]


class DeliveriesBody(Struct, frozen=True):
    """GET /sandbox/deliveries."""

    deliveries: list[Delivery]


class AlertBody(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /sandbox/alert: an event of no order."""

    event_type: str
    account_id: str
    message: str = ""


class TiersBody(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /sandbox/tiers: routing tier -> why all that is routed there is rejected."""

    rejecting: dict[Literal["TIER_1", "TIER_2", "TIER_3"], str]


class Operator(OperatorApi):
    """The handlers."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.recorder, server.faults, encode)
        self._server = server

    def add_routes(self, app: web.Application) -> None:
        """Everything under /sandbox/."""
        super().add_routes(app)
        app.router.add_get("/sandbox/orders", self._orders)
        app.router.add_get("/sandbox/deliveries", self._deliveries)
        app.router.add_post("/sandbox/replay", self._replay)
        app.router.add_post("/sandbox/alert", self._alert)
        app.router.add_post("/sandbox/tiers", self._tiers)

    async def _orders(self, request: web.Request) -> web.Response:
        exchange = self._server.exchange
        calls = exchange.route_calls
        rows = [_row(order, calls[order.body.order_id]) for order in exchange.orders()]
        booked = {row.order.order_id for row in rows}
        unbooked = {name: times for name, times in calls.items() if name not in booked}
        return self.reply(OrdersBody(orders=rows, unbooked=unbooked))

    async def _deliveries(self, request: web.Request) -> web.Response:
        return self.reply(DeliveriesBody(self._server.webhooks.deliveries))

    async def _replay(self, request: web.Request) -> web.Response:
        self._server.webhooks.replay()
        return await self._deliveries(request)

    async def _alert(self, request: web.Request) -> web.Response:
        try:
            body = msgspec.json.decode(await request.read(), type=AlertBody)
        except msgspec.DecodeError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        server = self._server
        server.exchange.alert(body.event_type, body.account_id, body.message, server.clock())
        server.turn()
        return await self._deliveries(request)

    async def _tiers(self, request: web.Request) -> web.Response:
        try:
            body = msgspec.json.decode(await request.read(), type=TiersBody)
        except msgspec.DecodeError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        self._server.exchange.rejecting = {str(tier): why for tier, why in body.rejecting.items()}
        return self.reply(body)


def _row(order: Order, calls: int) -> OrderRow:
    return OrderRow(
        account=order.body.account_id,
        route_calls=calls,
        order=order.view(),
        quantity=number(order.body.quantity),
        fills=[
            FillRow(price=number(fill.price), quantity=number(fill.quantity), at=fill.at)
            for fill in order.fills
        ],
    )
