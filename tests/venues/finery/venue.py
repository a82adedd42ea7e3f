"""An adapter and the sandbox it trades with, over real sockets, for the tests beside this file."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import Side
from fixgw.model.ids import VenueName
from fixgw.model.venue import InstrumentsLoaded, OrderUpdate, VenueStatus
from fixgw.runtime.clock import Clock
from fixgw.runtime.secrets import Secret
from fixgw.sandbox.finery import parse, serve
from fixgw.sandbox.running import wall_clock
from fixgw.venues.finery.config import Account, FineryConfig
from fixgw.venues.finery.execution import Finery
from fixgw.venues.kit.names import venue_order_id
from tests.support.secrets import FINERY_SECRETS
from tests.venues import bench as benches
from tests.venues.bench import DEADLINE_SECONDS, limit_order, order_id, started

__all__ = ["DEADLINE_SECONDS", "order_id"]

VENUE = VenueName("finery")
TRADER, MAKER = "TRADER", "MAKER"
KEYS = {TRADER: "trader-key", MAKER: "maker-key"}
SECRETS = dict(zip((TRADER, MAKER), FINERY_SECRETS, strict=True))
UNIT = 100_000_000
"""The venue tells amounts and prices as whole numbers of these."""

NET_LIMIT_USD = 100_000

SANDBOX = """
[[currencies]]
name = "BTC"
id = 1
[[currencies]]
name = "USD"
id = 2
balance_step = 1000000
type = "fiat"
[[instruments]]
name = "BTC-USD"
id = 4955410050
asset = "BTC"
balance = "USD"
[[accounts]]
client_id = 1
net_limits = {{ USD = {net_limit} }}
[[accounts]]
client_id = 2
[[keys]]
key = "{keys[TRADER]}"
secret = "{secrets[TRADER]}"
client_id = 1
[[keys]]
key = "{keys[MAKER]}"
secret = "{secrets[MAKER]}"
client_id = 2
"""


def sandbox_toml(net_limit_usd: int = NET_LIMIT_USD) -> str:
    """Settings of a sandbox where the trader may owe so many USD, and the maker what he likes."""
    return SANDBOX.format(net_limit=net_limit_usd * UNIT, keys=KEYS, secrets=SECRETS)


def order(
    account: str = TRADER,
    side: Side = Side.BUY,
    quantity: str | None = "1",
    price: str | None = "100",
    **more: Any,
) -> VenueOrder:
    """A LIMIT order for BTC-USD, good till cancelled, unless told otherwise."""
    given: dict[str, Any] = {
        "venue": VENUE,
        "venue_order_id": lambda order_id, account: venue_order_id(order_id),
        "account": account,
        "exchange": "FINERY",
        "symbol": "BTC-USD",
        "side": side,
        "order_qty": quantity,
        "price": price,
    }
    return limit_order(given, **more)


class Bench(benches.Bench[Finery]):
    """A running adapter; `heard` is all that it delivered."""

    async def ask_until(self, order: VenueOrder, *statuses: VenueStatus) -> OrderUpdate:
        """Ask about *order*, again and again, until the answer is one of *statuses*."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                answer = await self.ask(order, fills=True)
                if isinstance(answer, OrderUpdate) and answer.status in statuses:
                    return answer
                await asyncio.sleep(0.05)

    def fills(self, order: VenueOrder) -> set[tuple[str, Decimal, Decimal]]:
        """Name, quantity and sum of all executions of *order* that were told, by whatever way."""
        return {
            (fill.venue_exec_id, fill.last_qty, fill.cum_qty)
            for update in self.updates(order)
            for fill in [*(update.fills or ()), *([update.fill] if update.fill else [])]
        }

    async def up(self, account: str = TRADER) -> None:
        """Wait until the feed of *account* is bound."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not self.adapter.status().streams[account]:
                await asyncio.sleep(0.01)

    async def down(self, account: str = TRADER) -> None:
        """Wait until it is not."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while self.adapter.status().streams[account]:
                await asyncio.sleep(0.01)

    async def operator(self, path: str, body: object) -> None:
        """Tell the sandbox something under /sandbox/."""
        await self.operate("POST", path, body)


def config(url: str, accounts: Sequence[str] = (TRADER, MAKER), **changes: Any) -> FineryConfig:
    """Settings for the sandbox at *url*: quick to give up, without a rate limit."""
    given: dict[str, Any] = {
        "accounts": {
            name: Account(key=KEYS[name], secret=Secret(SECRETS[name])) for name in accounts
        },
        "rest_url": f"{url}/api",
        "socket_url": f"{url.replace('http://', 'ws://')}/ws",
        "requests_per_second": 0,
        "request_timeout_seconds": 1.0,
        "connect_timeout_seconds": 1.0,
        "backoff_min_seconds": 0.01,
        "backoff_max_seconds": 0.1,
        "absence_proof_minutes": 0,
    }
    return FineryConfig(**{**given, **changes})


@asynccontextmanager
async def bench(
    sandbox_settings: str = "",
    clock: Clock | None = None,
    venue_clock: Callable[[], int] = wall_clock,
    **changes: Any,
) -> AsyncIterator[Bench]:
    """The sandbox and an adapter that has its instruments and all its sockets.

    *venue_clock* is the sandbox's.
    """
    settings = parse(f"{sandbox_toml()}\n[settings]\n{sandbox_settings}\n", "test")
    sandbox = await serve(settings, clock=venue_clock)
    try:
        given = config(sandbox.url, **changes)
        running = Bench(sandbox, Finery(VENUE, given, clock=clock))
        async with started(running, InstrumentsLoaded, accounts=len(given.accounts)):
            yield running
    finally:
        await sandbox.close()


Scene = Callable[[Bench], Awaitable[None]]


def play(scene: Scene, sandbox: str = "", **changes: Any) -> None:
    """Run *scene* with settings for the sandbox and for the adapter."""
    benches.run(bench(sandbox, **changes), scene)
