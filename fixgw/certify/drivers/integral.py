"""Sandbox driver for Integral, with a login or with signatures."""

import asyncio
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import ClassVar

from msgspec import structs

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
from fixgw.sandbox import integral
from fixgw.sandbox.integral.config import UserSettings
from fixgw.sandbox.integral.orders import Order as VenueOrder
from fixgw.sandbox.integral.orders import PlaceRequest, Status
from fixgw.sandbox.running import Clock

PASSWORD, HMAC_SECRET = "not-a-secret-certify-password", "not-a-secret-certify-hmac"
SYMBOL = "EUR/USD"
POLL_SECONDS = 0.002
PREFIX_MAX = 16

SANDBOX = f"""
[[users]]
user = "trader@FI1"
org = "FI1"
password = "{PASSWORD}"
hmac_secret = "{HMAC_SECRET}"
[[users]]
user = "maker@FI1"
org = "FI1"
password = "{PASSWORD}"
[[instruments]]
symbol = "{SYMBOL}"
max_size = 100000000
[settings]
token_ttl_ms = 5000
"""

SETTINGS = """
url = "{url}"
authentication = "{authentication}"
requests_per_second = 0
request_timeout_seconds = {seconds}
absence = "always"
absence_proof_seconds = 3.0
limit_fok = true
poll_min_seconds = 0.05
poll_max_seconds = 0.5
resync_seconds = 1.0
login_backoff_min_seconds = 0.05
login_backoff_max_seconds = 0.5
co_id_prefix = "{prefix}"
[accounts.FUND1]
user = "trader@FI1"
org = "FI1"
secret = {{ file = "secret" }}
[instruments."EUR/USD"]
tick = "0.0000001"
step = "0.01"
"""


class Integral(Sandboxed):
    """With a token."""

    adapter = "integral"
    authentication: ClassVar[str] = "token"
    secret: ClassVar[str] = PASSWORD
    cannot: Mapping[SandboxFeature, str] = {
        SandboxFeature.NEWS_FAULTS: "it tells nothing by itself"
    }
    calls_of: ClassVar[Mapping[Step, str]] = {
        Step.SUBMIT: "placeOrder", Step.CANCEL: "cancelOrder", Step.ASK: "queryOrders",
        Step.EXECUTIONS: "queryTrades",
    }
    market = Market(
        account="FUND1", symbol=SYMBOL, exchange="INTEGRAL", lot=Decimal(250_000),
        price=Decimal("1.09717"), tick=Decimal("0.00001"),
        exact=(
            (Decimal("0.01"), Decimal("0.0000001")),
            (Decimal("1234567.89"), Decimal("1.0971678")),
        ),
        refused=SampleOrder(quantity=Decimal(900_000_000), price=Decimal("1.09717")),
    )

    def __init__(self) -> None:
        super().__init__()
        self._numbers = count(1)

    async def serve(self, clock: Clock) -> integral.Runner:
        """One pair, two users."""
        (self.directory / "secret").write_text(self.secret)
        (self.directory / "secret").chmod(0o600)
        self._settings = integral.parse(SANDBOX, "certify")
        self._sandbox = await integral.serve(self._settings, clock=clock)
        return self._sandbox

    def settings(self) -> str:
        """The adapter's table."""
        prefix = "X" * PREFIX_MAX if self.situation.longest_names else ""
        return SETTINGS.format(
            url=self._sandbox.url, authentication=self.authentication, seconds=REQUEST_SECONDS,
            prefix=prefix,
        )

    @property
    def _users(self) -> tuple[UserSettings, ...]:
        return self._settings.users

    async def trade(self, side: Side, quantity: Decimal, price: Decimal) -> None:
        """The maker's order."""
        await self._place(self._users[1], side, quantity, price)

    async def stranger(self) -> str:
        """An order of the trader's whose name is not of our form."""
        market = self.market
        return await self._place(self._users[0], Side.BUY, market.lot, market.price / 2)

    async def _place(
        self, user: UserSettings, side: Side, quantity: Decimal, price: Decimal
    ) -> str:
        server, co_id = self._sandbox.server, f"by-hand-{next(self._numbers)}"
        request = PlaceRequest(
            co_id=co_id, type="Limit", side=SIDES[side].value.title(), symbol=SYMBOL,
            currency="EUR", size=quantity, price=price, time_in_force="GTC",
        )
        server.exchange.place(user, request, server.clock())
        server.turn()
        (order,) = [each for each in server.exchange.orders() if each.request.co_id == co_id]
        while order.status is Status.RECEIVED:
            await asyncio.sleep(POLL_SECONDS)
        return co_id

    async def orders(self) -> Sequence[Booked]:
        """The trader's orders, and those that never became one."""
        exchange = self._sandbox.server.exchange
        rows = [self._row(each) for each in exchange.orders() if each.user == self._users[0]]
        return self._with_lost(rows, exchange.place_calls)

    def _row(self, order: VenueOrder) -> Booked:
        name = order.request.co_id
        return Booked(
            name=name, submitted_at=self._submitted_at(name),
            cancels=len(self.entries(Step.CANCEL, order.order_id)),
            works=not order.is_final, status=order.status.value,
            executions=tuple(Execution(fill.quantity, fill.price) for fill in order.fills),
        )

    def _asked_of(self, name: str) -> Booked:
        return Booked(name=name, found=False, submitted_at=self._submitted_at(name), cancels=0)

    def _submitted_at(self, name: str) -> tuple[int, ...]:
        """An order that replaces another one names that as well."""
        return tuple(
            entry.at
            for entry in self.entries(Step.SUBMIT, name)
            if f'"coId":"{name}"'.encode() in entry.request
        )


class IntegralHmac(Integral):
    """Each request is signed."""

    authentication = "hmac"
    secret = HMAC_SECRET


class IntegralReplace(Integral):
    """With `originalCoId`, as the settings may assume that it works."""

    cannot = {
        **Integral.cannot,
        SandboxFeature.RACE:
            "what is offered before a replace has arrived may be all that the order wants",
    }
    calls_of = {**Integral.calls_of, Step.REPLACE: "placeOrder"}

    def settings(self) -> str:
        """The adapter's table."""
        return f"replace_by_original_co_id = true\n{super().settings()}"

    def _row(self, order: VenueOrder) -> Booked:
        named = f'"originalCoId":"{order.request.co_id}"'.encode()
        replaces = sum(named in entry.request for entry in self._recorder.entries())
        return structs.replace(super()._row(order), replaces=replaces)
