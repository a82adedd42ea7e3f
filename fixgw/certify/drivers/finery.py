"""Sandbox driver for Finery Markets, with orders by socket or by REST."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import ClassVar

from fixgw.certify.drivers.sandboxed import REQUEST_SECONDS, Sandboxed
from fixgw.certify.sandbox_driver import (
    Booked,
    Execution,
    Market,
    SampleOrder,
    SandboxFeature,
    Step,
)
from fixgw.model.enums import Side
from fixgw.sandbox import finery
from fixgw.sandbox.finery.orders import Order as VenueOrder
from fixgw.sandbox.finery.params import Add
from fixgw.sandbox.running import Clock

UNIT = 100_000_000
TRADER, MAKER = 1, 2
SECRET = "not-a-secret-certify-finery"
SYMBOL = "BTC-USD"

SANDBOX = f"""
[[currencies]]
name = "BTC"
id = 1
[[currencies]]
name = "USD"
id = 2
[[instruments]]
name = "{SYMBOL}"
id = 4955410050
asset = "BTC"
balance = "USD"
[[accounts]]
client_id = {TRADER}
net_limits = {{ USD = {10_000_000 * UNIT} }}
[[accounts]]
client_id = {MAKER}
[[keys]]
key = "certify"
secret = "{SECRET}"
client_id = {TRADER}
"""

SETTINGS = """
rest_url = "{http}/api"
socket_url = "{ws}/ws"
order_entry = "{entry}"
requests_per_second = {per_second}
request_timeout_seconds = {seconds}
backoff_min_seconds = 0.05
backoff_max_seconds = 0.5
poll_seconds = 0.5
resync_seconds = 1.0
absence_proof_minutes = 0
timestamp_tolerance_seconds = 0.5
[accounts.FUND]
key = "certify"
secret = {{ file = "secret" }}
"""


class Finery(Sandboxed):
    """Orders and news by the one socket."""

    adapter = "finery"
    entry: ClassVar[str] = "websocket"
    per_second: ClassVar[int] = 0
    cannot: Mapping[SandboxFeature, str] = {SandboxFeature.TOO_OFTEN: "a socket has no HTTP status"}
    calls_of: ClassVar[Mapping[Step, str]] = {
        Step.SUBMIT: "add", Step.CANCEL: "del", Step.REPLACE: "mod", Step.ASK: "positions",
        Step.EXECUTIONS: "dealHistory", Step.NEWS: "O",
    }
    market = Market(
        account="FUND", symbol=SYMBOL, exchange="FINERY", lot=Decimal("0.25"),
        price=Decimal(50000), tick=Decimal("0.01"),
        exact=(
            (Decimal("0.00000001"), Decimal("50000.00000001")),
            (Decimal("12.34567891"), Decimal("0.00000001")),
            (Decimal("100"), Decimal("49999.98765432")),
        ),
        refused=SampleOrder(quantity=Decimal(1000), price=Decimal(50000)),
    )

    def __init__(self) -> None:
        super().__init__()
        self._names = count(1)

    async def serve(self, clock: Clock) -> finery.Runner:
        """One instrument, two customers."""
        (self.directory / "secret").write_text(SECRET)
        (self.directory / "secret").chmod(0o600)
        self._sandbox = await finery.serve(finery.parse(SANDBOX, "certify"), clock=clock)
        return self._sandbox

    def settings(self) -> str:
        """The adapter's table."""
        http = self._sandbox.url
        return SETTINGS.format(
            http=http, ws=http.replace("http://", "ws://"), entry=self.entry,
            per_second=self.per_second, seconds=REQUEST_SECONDS,
        )

    async def trade(self, side: Side, quantity: Decimal, price: Decimal) -> None:
        """The maker's order."""
        self._add(MAKER, side, quantity, price, 0)

    async def stranger(self) -> str:
        """An order of the trader's whose name is not of our form."""
        market = self.market
        return str(
            self._add(TRADER, Side.BUY, market.lot, market.price / 2, next(self._names))
            .client_order_id
        )

    def _add(
        self, client: int, side: Side, quantity: Decimal, price: Decimal, name: int
    ) -> VenueOrder:
        server = self._sandbox.server
        request = Add(
            instrument=SYMBOL, side="bid" if side is Side.BUY else "ask", type="limit",
            client_order_id=name, price=int(price * UNIT), size=int(quantity * UNIT),
        )
        order = server.exchange.add(client, request, server.clock())
        server.turn()
        return order

    async def orders(self) -> Sequence[Booked]:
        """The trader's orders, and those that never became one."""
        exchange = self._sandbox.server.exchange
        rows = [self._row(order) for order in exchange.orders() if order.client_id == TRADER]
        return self._with_lost(rows, (str(name) for name in exchange.add_calls if name))

    def _row(self, order: VenueOrder) -> Booked:
        asked = self._asked_of(str(order.client_order_id))
        return Booked(
            name=asked.name, submitted_at=asked.submitted_at, cancels=asked.cancels,
            replaces=asked.replaces, works=order.is_open, status=order.reason.name,
            executions=tuple(
                Execution(Decimal(deal.size) / UNIT, Decimal(deal.price) / UNIT)
                for deal in order.deals
            ),
        )


class FineryRest(Finery):
    """Orders by REST, news by the socket."""

    entry = "rest"
    per_second = 50
    cannot: Mapping[SandboxFeature, str] = {}
