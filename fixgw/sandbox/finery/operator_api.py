"""The operator's surface, under /sandbox/: read back what happened, and script what goes wrong.

No part of the vendor's API, unsigned, and for a test bench only. Reading changes nothing; faults
change how answers travel, never what is booked.
"""

import msgspec
from aiohttp import web
from msgspec import Struct

from fixgw.sandbox.faults import Armed, ArmRequest, UnknownFault
from fixgw.sandbox.finery.api import encode
from fixgw.sandbox.finery.orders import Order
from fixgw.sandbox.finery.server import Server
from fixgw.sandbox.record import EntryView


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


class RequestsBody(Struct, frozen=True, kw_only=True):
    """GET /sandbox/requests. Ask again with since=*last* for what came after."""

    last: int
    requests: list[EntryView]


class FaultsBody(Struct, frozen=True):
    """GET, POST and DELETE /sandbox/faults."""

    armed: list[Armed]


class ConnectedBody(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /sandbox/connected: what `X` says on every socket."""

    connected: bool


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
        app.router.add_post("/sandbox/connected", self._connected)

    async def _requests(self, request: web.Request) -> web.Response:
        try:
            since = int(request.query.get("since", "0"))
        except ValueError:
            raise web.HTTPBadRequest(text="since must be a number") from None
        recorder = self._server.recorder
        return _reply(RequestsBody(last=recorder.last, requests=recorder.since(since)))

    async def _orders(self, request: web.Request) -> web.Response:
        exchange = self._server.exchange
        calls = exchange.add_calls
        rows = [_order(order, calls[order.client_order_id]) for order in exchange.orders()]
        booked = {row.client_order_id for row in rows}
        unbooked = {str(name): times for name, times in calls.items() if name not in booked}
        return _reply(OrdersBody(orders=rows, unbooked=unbooked))

    async def _faults(self, request: web.Request) -> web.Response:
        return _reply(FaultsBody(self._server.faults.armed))

    async def _arm(self, request: web.Request) -> web.Response:
        try:
            self._server.faults.arm(msgspec.json.decode(await request.read(), type=ArmRequest))
        except (ValueError, UnknownFault) as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return await self._faults(request)

    async def _clear(self, request: web.Request) -> web.Response:
        self._server.faults.clear()
        return await self._faults(request)

    async def _connected(self, request: web.Request) -> web.Response:
        try:
            body = msgspec.json.decode(await request.read(), type=ConnectedBody)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        self._server.connect(body.connected)
        return _reply(body)


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


def _reply(body: object) -> web.Response:
    return web.Response(body=encode(body), content_type="application/json")
