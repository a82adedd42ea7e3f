"""Sandbox driver for Apifiny, with orders by REST or by socket."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import ClassVar

from fixgw.certify.drivers.sandboxed import REQUEST_SECONDS, SIDES, Sandboxed
from fixgw.certify.sandbox_driver import (
    Booked,
    Execution,
    Market,
    SampleOrder,
    SandboxFeature,
    Step,
)
from fixgw.model.enums import Side
from fixgw.sandbox import apifiny
from fixgw.sandbox.apifiny.orders import Order as VenueOrder
from fixgw.sandbox.apifiny.params import NewOrder, OrderInfo
from fixgw.sandbox.running import Clock

VENUE, SYMBOL = "VENUE1", "BTCUSDT"
MAKER = "STA-00000002"
SECRET = "not-a-secret-certify-apifiny-000000001"
POLL_SECONDS = 0.002

SANDBOX = """
[settings]
colocated_venue = "VENUE1"
[[venues]]
name = "VENUE1"
[[currencies]]
currency = "BTC"
[[currencies]]
currency = "USDT"
[[instruments]]
symbol = "BTCUSDT"
base_asset = "BTC"
quote_asset = "USDT"
min_price = 0.01
max_price = 1000000
min_quantity = 0.00001
max_quantity = 90000
tick_size = 0.01
step_size = 0.00001
min_notional = 0.0000001
max_notional = 9000000000
[[accounts]]
account_id = "{trader}"
balances.VENUE1 = {{ BTC = 1000, USDT = 5000000 }}
[[keys]]
key_id = "certify"
secret = "{secret}"
account_id = "{trader}"
[[accounts]]
account_id = "{maker}"
balances.VENUE1 = {{ BTC = 1000000, USDT = 50000000000 }}
"""

# The sandbox counts requests by the time it reads them: a busy machine may read some a moment late,
# and so closer together than they left.
SETTINGS = """
order_entry = "{entry}"
request_timeout_seconds = {seconds}
signature_ttl_seconds = 2
backoff_min_seconds = 0.05
backoff_max_seconds = 0.5
resync_seconds = 1.0
rate_margin_seconds = 0.5
{more}
[exchanges.VENUE1]
rest_url = "{http}/ac/v2/VENUE1"
stream_url = "{ws}/ac/ws/v2/VENUE1/order"
orders_url = "{ws}/ws/stream"
market_orders = true
[accounts.{trader}]
key_id = "certify"
secret = {{ file = "secret" }}
"""


class Apifiny(Sandboxed):
    """Orders by REST, updates by the signed stream."""

    adapter = "apifiny"
    entry: ClassVar[str] = "rest"
    more: ClassVar[str] = ""
    cannot: Mapping[SandboxFeature, str] = {}
    calls_of: ClassVar[Mapping[Step, str]] = {
        Step.SUBMIT: "newOrder", Step.CANCEL: "cancelOrder", Step.ASK: "queryOrderInfo",
        Step.EXECUTIONS: "listFilledOrder", Step.NEWS: "order",
    }
    longest_digits: ClassVar[int] = 48
    """accountId: an orderId has at most 64 digits, 16 of which are OrderID(37)."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(1)

    @property
    def _trader(self) -> str:
        digits = self.longest_digits if self.situation.longest_names else 8
        return f"STA-{'1'.rjust(digits, '0')}"

    @property
    def market(self) -> Market:
        """The account's name depends on the situation."""
        return Market(
            account=self._trader, symbol=SYMBOL, exchange=VENUE, lot=Decimal("0.5"),
            price=Decimal(20000), tick=Decimal("0.01"),
            exact=(
                (Decimal("0.00001"), Decimal("0.01")), (Decimal("12.34567"), Decimal("19876.54")),
                (Decimal("100"), Decimal("20000.01")),
            ),
            refused=SampleOrder(quantity=Decimal(1000), price=Decimal(20000)),
        )

    async def serve(self, clock: Clock) -> apifiny.Runner:
        """One exchange, two accounts."""
        (self.directory / "secret").write_text(SECRET)
        (self.directory / "secret").chmod(0o600)
        text = SANDBOX.format(trader=self._trader, maker=MAKER, secret=SECRET)
        self._sandbox = await apifiny.serve(apifiny.parse(text, "certify"), clock=clock)
        return self._sandbox

    def settings(self) -> str:
        """The adapter's table."""
        http = self._sandbox.url
        return SETTINGS.format(
            entry=self.entry, seconds=REQUEST_SECONDS, http=http, more=self.more,
            ws=http.replace("http://", "ws://"), trader=self._trader,
        )

    async def trade(self, side: Side, quantity: Decimal, price: Decimal) -> None:
        """The maker's order."""
        await self._place(MAKER, side, quantity, price, None)

    async def stranger(self) -> str:
        """An order of the trader's whose name is not of our form."""
        order = await self._place(
            self._trader, Side.BUY, self.market.lot, self.market.price / 2, None
        )
        return order.order_id

    async def _place(
        self, account: str, side: Side, quantity: Decimal, price: Decimal, order_id: str | None
    ) -> VenueOrder:
        server = self._sandbox.server
        info = OrderInfo(
            symbol=SYMBOL, order_type="LIMIT", order_side=SIDES[side].value, time_in_force=1,
            limit_price=price, quantity=quantity,
        )
        request = NewOrder(order_id=order_id, order_info=info)
        order = server.exchange.place(account, VENUE, request, server.clock())
        server.turn()
        while order.status.value == "PENDING_SUBMIT":
            await asyncio.sleep(POLL_SECONDS)
        return order

    async def orders(self) -> Sequence[Booked]:
        """The trader's orders, and those that never became one."""
        exchange = self._sandbox.server.exchange
        rows = [self._row(o) for o in exchange.orders() if o.account_id == self._trader]
        return self._with_lost(rows, exchange.new_order_calls)

    def _row(self, order: VenueOrder) -> Booked:
        asked = self._asked_of(order.order_id)
        return Booked(
            name=order.order_id, submitted_at=asked.submitted_at, cancels=asked.cancels,
            works=not order.is_final, status=order.status.value,
            executions=tuple(Execution(fill.quantity, fill.price) for fill in order.fills),
        )


class ApifinySocket(Apifiny):
    """Orders and updates by the socket that logs in."""

    entry = "websocket"
    more = "absence_proof_seconds = 7.0"
    cannot: Mapping[SandboxFeature, str] = {SandboxFeature.TOO_OFTEN: "a socket has no HTTP status"}
    calls_of: ClassVar[Mapping[Step, str]] = {**Apifiny.calls_of, Step.NEWS: "stream"}
