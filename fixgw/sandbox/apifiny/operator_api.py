"""The operator's API of this sandbox: the orders on record, and its own commands."""

from collections.abc import Iterable

from aiohttp import web
from msgspec import Raw, Struct

from fixgw.sandbox.apifiny.orders import Fill, Order
from fixgw.sandbox.apifiny.server import Server
from fixgw.sandbox.apifiny.wire import OrderView, encode, number
from fixgw.sandbox.operator_api import OperatorApi


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


class Operator(OperatorApi):
    """The handlers."""

    def __init__(self, server: Server) -> None:
        super().__init__(server.recorder, server.faults, encode, strict=False)
        self._server = server

    def add_routes(self, app: web.Application) -> None:
        """Everything under /sandbox/."""
        super().add_routes(app)
        app.router.add_get("/sandbox/orders", self._orders)

    async def _orders(self, request: web.Request) -> web.Response:
        exchange = self._server.exchange
        calls = exchange.new_order_calls
        rows = [_order_row(order, calls[order.order_id]) for order in exchange.orders()]
        booked = {row.order.order_id for row in rows}
        unbooked = {name: times for name, times in calls.items() if name not in booked}
        return self.reply(OrdersBody(orders=rows, unbooked=unbooked))


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
