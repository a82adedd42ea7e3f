"""An adapter and the sandbox it trades with, over real sockets, for the tests beside this file."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, TypeVar

import aiohttp
import msgspec
import pytest
import uvloop

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command, OrdType, Side, TimeInForce
from fixgw.model.ids import OrderID, VenueName
from fixgw.model.venue import (
    CommandOutcome,
    InstrumentsLoaded,
    OrderUpdate,
    Outcome,
    QueryFailed,
    StreamRestored,
    VenueInput,
    VenueStatus,
)
from fixgw.runtime.clock import SystemClock
from fixgw.runtime.secrets import Secret
from fixgw.sandbox.apifiny import Runner, parse, serve
from fixgw.venues.apifiny.config import Account, ApifinyConfig, Exchange
from fixgw.venues.apifiny.execution import Apifiny
from fixgw.venues.apifiny.ids import venue_order_id

T = TypeVar("T")

DEADLINE_SECONDS = 10.0
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

_last_id = 0


def order_id() -> OrderID:
    """A new OrderID(37)."""
    global _last_id
    _last_id = max(_last_id + 1, SystemClock().now_ms() * 1000)
    return OrderID(str(_last_id))


def order(
    account: str = TRADER,
    side: Side = Side.BUY,
    quantity: str | None = "1",
    price: str | None = "100",
    **more: Any,
) -> VenueOrder:
    """A LIMIT order for BTCUSDT at VENUE1, good till cancelled, unless told otherwise."""
    name = more.pop("order_id", None) or order_id()
    fields: dict[str, Any] = {
        "order_id": name,
        "venue": VENUE,
        "venue_order_id": venue_order_id(name, account),
        "account": account,
        "exchange": "VENUE1",
        "symbol": "BTCUSDT",
        "side": side,
        "ord_type": OrdType.LIMIT,
        "time_in_force": TimeInForce.GOOD_TILL_CANCEL,
        "post_only": False,
        "order_qty": None if quantity is None else Decimal(quantity),
        "cash_order_qty": None,
        "price": None if price is None else Decimal(price),
        "placed_at": int(name[:13]),
    }
    return VenueOrder(**{**fields, **more})


class Bench:
    """A running adapter; `heard` is all that it delivered."""

    def __init__(self, sandbox: Runner, adapter: Apifiny) -> None:
        self.sandbox = sandbox
        self.adapter = adapter
        self.heard: list[VenueInput] = []
        self._news = asyncio.Event()

    def deliver(self, message: VenueInput) -> None:
        self.heard.append(message)
        self._news.set()

    async def until(self, found: Callable[[], T | None]) -> T:
        """Wait until *found* finds something; fail at the deadline with what was heard."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while True:
                    self._news.clear()
                    result = found()
                    if result is not None and result is not False:
                        return result
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"not heard; heard only: {self.heard}") from None

    async def first(self, kind: type[T], fits: Callable[[T], bool] = lambda one: True) -> T:
        """The first message of *kind* that fits."""
        return await self.until(
            lambda: next((m for m in self.heard if isinstance(m, kind) and fits(m)), None)
        )

    async def outcome(self, order: VenueOrder, command: Command = Command.SUBMIT) -> Outcome:
        """How *command* for *order* ended."""
        ended = await self.first(
            CommandOutcome, lambda m: (m.order_id, m.command) == (order.order_id, command)
        )
        return ended.outcome

    async def status(self, order: VenueOrder, *statuses: VenueStatus) -> OrderUpdate:
        """The first update of *order* with one of *statuses*."""
        return await self.first(
            OrderUpdate, lambda m: m.order_id == order.order_id and m.status in statuses
        )

    async def working(self, order: VenueOrder) -> VenueOrder:
        """Submit *order* and wait until the venue works it."""
        self.submit(order)
        await self.status(order, VenueStatus.WORKING)
        return order

    async def ask(self, order: VenueOrder, *, fills: bool = False) -> OrderUpdate | QueryFailed:
        """Ask about *order*; the answer."""
        before = len(self.heard)
        self.adapter.perform([QueryOrder(order, fills=fills)])
        return await self.until(lambda: self._answer(order, before))

    def _answer(self, order: VenueOrder, since: int) -> OrderUpdate | QueryFailed | None:
        for message in self.heard[since:]:
            if isinstance(message, QueryFailed) or (
                isinstance(message, OrderUpdate) and message.asked
            ):
                if message.order_id == order.order_id:
                    return message
        return None

    def submit(self, *orders: VenueOrder) -> None:
        self.adapter.perform([SubmitOrder(each) for each in orders])

    def cancel(self, *orders: VenueOrder) -> None:
        self.adapter.perform([CancelOrder(each) for each in orders])

    def count(self, kind: type[VenueInput]) -> int:
        return sum(isinstance(message, kind) for message in self.heard)

    async def arm(self, call: str, fault: str, **more: int) -> None:
        """Tell the sandbox what to do wrong."""
        async with aiohttp.ClientSession() as session:
            body = msgspec.json.encode({"call": call, "fault": fault, **more})
            async with session.post(f"{self.sandbox.url}/sandbox/faults", data=body) as response:
                assert response.status < 300, await response.text()

    async def requests(self, call: str) -> list[dict[str, Any]]:
        """What the sandbox was asked under the name *call*."""
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{self.sandbox.url}/sandbox/requests") as response:
                body = msgspec.json.decode(await response.read())
        return [entry for entry in body["requests"] if entry["call"] == call]


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
        adapter = Apifiny(VENUE, settings)
        running = Bench(sandbox, adapter)
        adapter.start(running.deliver)
        try:
            await running.first(InstrumentsLoaded)
            await running.until(
                lambda: running.count(StreamRestored) >= len(settings.accounts) or None
            )
            yield running
        finally:
            await adapter.stop()
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

    async def run() -> None:
        async with bench(sandbox, **changes) as running:
            await scene(running)

    uvloop.run(run())
