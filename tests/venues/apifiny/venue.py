"""An adapter and the sandbox it trades with, over real sockets, for the tests beside this file."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import Side
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import InstrumentsLoaded
from fixgw.runtime.secrets import Secret
from fixgw.sandbox.apifiny import parse, serve
from fixgw.venues.apifiny.config import Account, ApifinyConfig, Exchange, account_digits
from fixgw.venues.apifiny.execution import Apifiny
from fixgw.venues.kit.names import venue_order_id
from tests.venues import bench as benches
from tests.venues.bench import DEADLINE_SECONDS, limit_order, order_id, started

__all__ = ["DEADLINE_SECONDS", "order_id"]

VENUE = VenueName("apifiny")
TRADER, MAKER = "STA-00000001", "STA-00000002"
SECRETS = {
    TRADER: "trader-secret-of-at-least-32-bytes",
    MAKER: "maker-secret-of-at-least-32-bytes!",
}

SANDBOX = """
[[venues]]
name = "VENUE1"
[[venues]]
name = "VENUE2"
status = "disabled"
market_orders = false
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
min_quantity = 0.0001
max_quantity = 10000
tick_size = 0.01
step_size = 0.0001
min_notional = 1
max_notional = 100000000
[[accounts]]
account_id = "STA-00000001"
balances.VENUE1 = { BTC = 100, USDT = 1000000 }
[[accounts]]
account_id = "STA-00000002"
balances.VENUE1 = { BTC = 100, USDT = 1000000 }
[[keys]]
key_id = "key-1"
secret = "trader-secret-of-at-least-32-bytes"
account_id = "STA-00000001"
[[keys]]
key_id = "key-2"
secret = "maker-secret-of-at-least-32-bytes!"
account_id = "STA-00000002"
"""


def _name(order_id: OrderID, account: str) -> VenueOrderID:
    return venue_order_id(order_id, account_digits(account))


def order(
    account: str = TRADER,
    side: Side = Side.BUY,
    quantity: str | None = "1",
    price: str | None = "100",
    **more: Any,
) -> VenueOrder:
    """A LIMIT order for BTCUSDT at VENUE1, good till cancelled, unless told otherwise."""
    given: dict[str, Any] = {
        "venue": VENUE,
        "venue_order_id": _name,
        "account": account,
        "exchange": "VENUE1",
        "symbol": "BTCUSDT",
        "side": side,
        "order_qty": quantity,
        "price": price,
    }
    return limit_order(given, **more)


Bench = benches.Bench[Apifiny]


def config(url: str, accounts: Sequence[str] = (TRADER, MAKER), **changes: Any) -> ApifinyConfig:
    """Settings for the sandbox at *url*: quick to give up, without a rate limit."""
    socket = url.replace("http://", "ws://")
    keys = {TRADER: "key-1", MAKER: "key-2"}
    given: dict[str, Any] = {
        "accounts": {
            name: Account(key_id=keys[name], secret=Secret(SECRETS[name])) for name in accounts
        },
        "exchanges": {
            "VENUE1": Exchange(
                rest_url=f"{url}/ac/v2/VENUE1",
                stream_url=f"{socket}/ac/ws/v2/VENUE1/order",
                orders_url=f"{socket}/ws/stream",
                market_orders=True,
            )
        },
        "requests_per_second": 0,
        "request_timeout_seconds": 1.0,
        "connect_timeout_seconds": 1.0,
        "backoff_min_seconds": 0.01,
        "backoff_max_seconds": 0.1,
    }
    return ApifinyConfig(**{**given, **changes})


@asynccontextmanager
async def bench(sandbox_settings: str = "", **changes: Any) -> AsyncIterator[Bench]:
    """The sandbox and an adapter that has its instruments and all its streams."""
    text = f"{SANDBOX}\n[settings]\n{sandbox_settings or 'requests_per_second = 0'}\n"
    sandbox = await serve(parse(text, "test"))
    try:
        settings = config(sandbox.url, **changes)
        running = Bench(sandbox, Apifiny(VENUE, settings))
        async with started(running, InstrumentsLoaded, accounts=len(settings.accounts)):
            yield running
    finally:
        await sandbox.close()


REST = {"order_entry": "rest", "authentication": "jwt"}
REST_HMAC = {"order_entry": "rest", "authentication": "hmac"}
SOCKET = {"order_entry": "websocket", "authentication": "jwt"}
SOCKET_HMAC = {"order_entry": "websocket", "authentication": "hmac"}
SOCKET_QUEUED = {**SOCKET, "requests_per_second": 500}
ALL_WAYS = pytest.mark.parametrize(
    "way", [REST, REST_HMAC, SOCKET, SOCKET_HMAC, SOCKET_QUEUED], ids=str
)

Scene = Callable[[Bench], Awaitable[None]]


def play(scene: Scene, sandbox: str = "", **changes: Any) -> None:
    """Run *scene* with settings for the sandbox and for the adapter."""
    benches.run(bench(sandbox, **changes), scene)
