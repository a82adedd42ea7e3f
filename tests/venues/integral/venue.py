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
    OrderUpdate,
    Outcome,
    QueryFailed,
    StreamRestored,
    VenueInput,
    VenueStatus,
)
from fixgw.runtime.clock import SystemClock
from fixgw.runtime.secrets import Secret
from fixgw.sandbox.integral import Runner, parse, serve
from fixgw.venues.integral.config import Account, IntegralConfig, Pair
from fixgw.venues.integral.execution import Integral

T = TypeVar("T")

DEADLINE_SECONDS = 10.0
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

_last_id = 0


def order_id() -> OrderID:
    """A new OrderID(37)."""
    global _last_id
    _last_id = max(_last_id + 1, SystemClock().now_ms() * 1000)
    return OrderID(str(_last_id))


def order(
    account: str = TRADER,
    side: Side = Side.BUY,
    quantity: str = "1000000",
    price: str | None = "1.1",
    **more: Any,
) -> VenueOrder:
    """A limit order for EUR/USD, good till cancelled, unless told otherwise."""
    name = more.pop("order_id", None) or order_id()
    fields: dict[str, Any] = {
        "order_id": name,
        "venue": VENUE,
        "venue_order_id": name,
        "account": account,
        "exchange": "INTEGRAL",
        "symbol": "EUR/USD",
        "side": side,
        "ord_type": OrdType.LIMIT,
        "time_in_force": TimeInForce.GOOD_TILL_CANCEL,
        "post_only": False,
        "order_qty": Decimal(quantity),
        "cash_order_qty": None,
        "price": None if price is None else Decimal(price),
        "placed_at": int(name[:13]),
    }
    return VenueOrder(**{**fields, **more})


class Bench:
    """A running adapter; `heard` is all that it delivered."""

    def __init__(self, sandbox: Runner, adapter: Integral) -> None:
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

    async def executed(self, order: VenueOrder, quantity: str) -> OrderUpdate:
        """The first update by which *quantity* of *order* is executed."""
        return await self.first(
            OrderUpdate,
            lambda m: m.order_id == order.order_id and m.cum_qty == Decimal(quantity),
        )

    async def working(self, order: VenueOrder) -> VenueOrder:
        """Submit *order* and wait until the venue works it."""
        self.submit(order)
        await self.status(order, VenueStatus.WORKING)
        return order

    async def ask(self, order: VenueOrder) -> OrderUpdate | QueryFailed:
        """Ask about *order*; the answer."""
        before = len(self.heard)
        self.adapter.perform([QueryOrder(order)])
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

    async def operate(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Call the sandbox's operator surface."""
        data = None if body is None else msgspec.json.encode(body)
        async with aiohttp.ClientSession() as session:
            url = f"{self.sandbox.url}/sandbox/{path}"
            async with session.request(method, url, data=data) as response:
                assert response.status < 300, await response.text()
                answer: dict[str, Any] = msgspec.json.decode(await response.read())
                return answer

    async def arm(self, call: str, fault: str, **more: int) -> None:
        """Tell the sandbox what to do wrong."""
        await self.operate("POST", "faults", {"call": call, "fault": fault, **more})

    async def requests(self, call: str) -> list[dict[str, Any]]:
        """What the sandbox was asked under the name *call*."""
        entries = (await self.operate("GET", "requests"))["requests"]
        return [entry for entry in entries if entry["call"] == call]


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
        adapter = Integral(VENUE, settings)
        running = Bench(sandbox, adapter)
        adapter.start(running.deliver)
        try:
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
