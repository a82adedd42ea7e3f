"""An adapter and the sandbox it trades with, over real sockets, for the tests beside this file."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any, TypeVar

import aiohttp
import msgspec
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
from fixgw.runtime.clock import Clock, SystemClock
from fixgw.runtime.secrets import Secret
from fixgw.sandbox.finery import Runner, parse, serve
from fixgw.venues.finery.config import Account, FineryConfig
from fixgw.venues.finery.execution import Finery
from fixgw.venues.finery.ids import venue_order_id

T = TypeVar("T")

DEADLINE_SECONDS = 10.0
VENUE = VenueName("finery")
TRADER, MAKER = "TRADER", "MAKER"
KEYS = {TRADER: "trader-key", MAKER: "maker-key"}
SECRETS = {TRADER: "not-a-secret-finery-trader", MAKER: "not-a-secret-finery-maker"}

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
net_limits = { USD = 10_000_000_000_000 }
[[accounts]]
client_id = 2
[[keys]]
key = "trader-key"
secret = "not-a-secret-finery-trader"
client_id = 1
[[keys]]
key = "maker-key"
secret = "not-a-secret-finery-maker"
client_id = 2
"""
"""The trader may owe 100,000 USD."""

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
    """A LIMIT order for BTC-USD, good till cancelled, unless told otherwise."""
    name = more.pop("order_id", None) or order_id()
    fields: dict[str, Any] = {
        "order_id": name,
        "venue": VENUE,
        "venue_order_id": venue_order_id(name, account),
        "account": account,
        "exchange": "FINERY",
        "symbol": "BTC-USD",
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

    def __init__(self, sandbox: Runner, adapter: Finery) -> None:
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

    async def ask_until(self, order: VenueOrder, *statuses: VenueStatus) -> OrderUpdate:
        """Ask about *order*, again and again, until the answer is one of *statuses*."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while True:
                answer = await self.ask(order, fills=True)
                if isinstance(answer, OrderUpdate) and answer.status in statuses:
                    return answer
                await asyncio.sleep(0.05)

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

    def count(self, kind: type[Any]) -> int:
        return sum(isinstance(message, kind) for message in self.heard)

    def fills(self, order: VenueOrder) -> set[tuple[str, Decimal, Decimal]]:
        """Name, quantity and sum of all executions of *order* that were told, by whatever way."""
        told = set()
        for message in self.heard:
            update: object = message
            if isinstance(message, CommandOutcome):
                update = getattr(message.outcome, "update", None)
            if isinstance(update, OrderUpdate) and update.order_id == order.order_id:
                for fill in [*(update.fills or ()), *([update.fill] if update.fill else [])]:
                    told.add((fill.venue_exec_id, fill.last_qty, fill.cum_qty))
        return told

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
        async with aiohttp.ClientSession() as session:
            url = f"{self.sandbox.url}/sandbox/{path}"
            async with session.post(url, data=msgspec.json.encode(body)) as response:
                assert response.status < 300, await response.text()

    async def arm(self, call: str, fault: str, **more: int) -> None:
        """Tell the sandbox what to do wrong."""
        await self.operator("faults", {"call": call, "fault": fault, **more})

    async def requests(self, call: str) -> list[dict[str, Any]]:
        """What the sandbox was asked under the name *call*."""
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{self.sandbox.url}/sandbox/requests") as response:
                body = msgspec.json.decode(await response.read())
        return [entry for entry in body["requests"] if entry["call"] == call]


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
        "settle_seconds": 0.05,
    }
    return FineryConfig(**{**given, **changes})


@asynccontextmanager
async def bench(
    sandbox_settings: str = "", clock: Clock | None = None, **changes: Any
) -> AsyncIterator[Bench]:
    """The sandbox and an adapter that has its instruments and all its sockets."""
    sandbox = await serve(parse(f"{SANDBOX}\n[settings]\n{sandbox_settings}\n", "test"))
    try:
        settings = config(sandbox.url, **changes)
        adapter = Finery(VENUE, settings, clock=clock)
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


Scene = Callable[[Bench], Awaitable[None]]


def play(scene: Scene, sandbox: str = "", **changes: Any) -> None:
    """Run *scene* with settings for the sandbox and for the adapter."""

    async def run() -> None:
        async with bench(sandbox, **changes) as running:
            await scene(running)

    uvloop.run(run())
