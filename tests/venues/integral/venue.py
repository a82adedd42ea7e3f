"""An adapter and the sandbox it trades with, over real sockets, for the tests beside this file."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import msgspec

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import Side
from fixgw.model.ids import VenueName
from fixgw.model.venue import OrderUpdate
from fixgw.runtime.clock import SystemClock
from fixgw.runtime.secrets import Secret
from fixgw.sandbox.integral import parse, serve
from fixgw.venues.integral.config import Account, IntegralConfig, Pair
from fixgw.venues.integral.execution import Integral
from tests.venues import bench as benches
from tests.venues.bench import DEADLINE_SECONDS, limit_order, order_id, started

__all__ = ["DEADLINE_SECONDS", "order_id"]

VENUE = VenueName("integral")
TRADER, MAKER = "Trader", "Maker"
USERS = {TRADER: "trader@FI1", MAKER: "maker@FI1"}
PASSWORDS = {TRADER: "trader-password", MAKER: "maker-password!"}

SANDBOX = """
[[users]]
user = "trader@FI1"
org = "FI1"
password = "trader-password"
hmac_secret = "trader-password"
account = "FI1LE"
customers = ["CustomerOrg"]
[[users]]
user = "maker@FI1"
org = "FI1"
password = "maker-password!"
hmac_secret = "maker-password!"
[[instruments]]
symbol = "EUR/USD"
[[instruments]]
symbol = "USD/JPY"
trading = false
"""


def order(
    account: str = TRADER,
    side: Side = Side.BUY,
    quantity: str = "1000000",
    price: str | None = "1.1",
    **more: Any,
) -> VenueOrder:
    """A limit order for EUR/USD, good till cancelled, unless told otherwise."""
    given: dict[str, Any] = {
        "venue": VENUE,
        "venue_order_id": lambda name, account: name,
        "account": account,
        "exchange": "INTEGRAL",
        "symbol": "EUR/USD",
        "side": side,
        "order_qty": quantity,
        "price": price,
    }
    return limit_order(given, **more)


class Bench(benches.Bench[Integral]):
    """A running adapter; `heard` is all that it delivered."""

    async def lists(self, *, trades_behind_ms: int = 0, orders_hidden: bool = False) -> None:
        """Let the sandbox's lists be behind; by default they are not."""
        asked = {"tradesBehindMs": trades_behind_ms, "ordersHidden": orders_hidden}
        await self.operate("POST", "lists", asked)

    async def rate(self, symbol: str) -> Any:
        """A rate that the venue quotes to the trader."""
        return await self._by_hand("GET", f"/v2/rates/spot?symbol={symbol}")

    async def place_by_hand(self, co_id: str) -> None:
        """An order of the trader's that the adapter knows nothing of."""
        order = {
            "coId": co_id, "type": "Limit", "side": "Buy", "symbol": "EUR/USD",
            "currency": "EUR", "size": 1000, "price": 1, "timeInForce": "GTC",
        }
        await self._by_hand("POST", "/v2/orders", msgspec.json.encode(order))

    async def log_out(self) -> None:
        """Let the trader have no token and get none, until the faults are taken away."""
        await self.arm("login", "http_502", times=100_000)
        await self.arm("renew", "http_502", times=100_000)
        await self.operate("DELETE", "tokens")
        before = len(await self.requests("login"))
        self.submit(order(price="1.01"))  # turned away: so the adapter finds out
        await self.eventually(lambda: self._asked_to_log_in(before))

    async def _asked_to_log_in(self, before: int) -> bool:
        return len(await self.requests("login")) > before

    async def _by_hand(self, method: str, path: str, body: bytes = b"") -> Any:
        users = self.sandbox.server.users  # type: ignore[attr-defined]
        token = users.log_in(USERS[TRADER], PASSWORDS[TRADER], "FI1", SystemClock().now_ms())
        return await self.call(method, path, body, {"SSO_TOKEN": token.text})

    async def executed(self, order: VenueOrder, quantity: str) -> OrderUpdate:
        """The first update by which *quantity* of *order* is executed."""
        return await self.first(
            OrderUpdate,
            lambda m: m.order_id == order.order_id and m.cum_qty == Decimal(quantity),
        )


def config(
    url: str, accounts: Sequence[str] | dict[str, Account] = (TRADER, MAKER), **changes: Any
) -> IntegralConfig:
    """Settings for the sandbox at *url*: quick to poll and to give up, without a rate limit."""
    given: dict[str, Any] = {
        "url": url,
        "accounts": accounts if isinstance(accounts, dict) else {
            name: Account(user=USERS[name], org="FI1", secret=Secret(PASSWORDS[name]))
            for name in accounts
        },
        "instruments": {"EUR/USD": Pair(), "USD/JPY": Pair()},
        "requests_per_second": 0,
        "request_timeout_seconds": 1.0,
        "connect_timeout_seconds": 1.0,
        "absence_proof_seconds": 3.0,
        "poll_min_seconds": 0.01,
        "poll_max_seconds": 0.1,
        "settle_seconds": 0.2,
        "corrections_seconds": 0.05,
        "corrections_per_minute": 6_000,
        "login_backoff_min_seconds": 0.01,
        "login_backoff_max_seconds": 0.1,
    }
    return IntegralConfig(**{**given, **changes})


@asynccontextmanager
async def bench(sandbox_settings: str = "", **changes: Any) -> AsyncIterator[Bench]:
    """The sandbox and an adapter that is logged in with all its accounts."""
    sandbox = await serve(parse(f"{SANDBOX}\n[settings]\n{sandbox_settings}\n", "test"))
    try:
        settings = config(sandbox.url, **changes)
        running = Bench(sandbox, Integral(VENUE, settings))
        async with started(running, accounts=len(settings.accounts)):
            yield running
    finally:
        await sandbox.close()


Scene = Callable[[Bench], Awaitable[None]]


def play(scene: Scene, sandbox: str = "", **changes: Any) -> None:
    """Run *scene* with settings for the sandbox and for the adapter."""
    benches.run(bench(sandbox, **changes), scene)
