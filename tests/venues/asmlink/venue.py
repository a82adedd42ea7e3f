"""An asmlink adapter and the sandbox it trades with, over real sockets, for the tests beside it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import msgspec
import uvloop

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command, OrdType, Side, TimeInForce
from fixgw.model.ids import OrderID, VenueName
from fixgw.model.venue import (
    CommandOutcome,
    Fill,
    InstrumentsLoaded,
    OrderUpdate,
    Outcome,
    QueryFailed,
    StreamRestored,
    VenueInput,
)
from fixgw.runtime.clock import SystemClock
from fixgw.runtime.secrets import Secret
from fixgw.sandbox.asmlink import Runner, parse, serve
from fixgw.venues.asmlink.config import AsmlinkConfig, Instrument, Webhooks
from fixgw.venues.asmlink.execution import Asmlink
from fixgw.venues.asmlink.ids import venue_order_id

T = TypeVar("T")

DEADLINE_SECONDS = 10.0
VENUE = VenueName("asmlink")
PREFIX = "FIXGW-"
TRADER, MAKER = "CORP-ENT-0042", "CORP-ENT-0099"
TRADER_KEY = "cm_test_trader_key_of_no_value"
MAKER_KEY = "cm_test_maker_key_of_no_value"
HOOK_SECRET = "whs_a_secret_of_no_value"

SANDBOX = f"""
[[keys]]
api_key = "{TRADER_KEY}"
accounts = ["{TRADER}"]
[[keys]]
api_key = "{MAKER_KEY}"
accounts = ["{MAKER}"]
[[instruments]]
symbol = "EURUSD"
step = 1000
"""

_last_id = 0


def order_id() -> OrderID:
    """A new OrderID(37)."""
    global _last_id
    _last_id = max(_last_id + 1, SystemClock().now_ms() * 1000)
    return OrderID(str(_last_id))


def order(quantity: str | None = "5000000", price: str | None = None, **more: Any) -> VenueOrder:
    """A MARKET order to buy EURUSD; with a *price* a LIMIT order, good till cancelled."""
    name = more.pop("order_id", None) or order_id()
    fields: dict[str, Any] = {
        "order_id": name,
        "venue": VENUE,
        "venue_order_id": venue_order_id(name, PREFIX),
        "account": TRADER,
        "exchange": "ASMLINK",
        "symbol": "EURUSD",
        "side": Side.BUY,
        "ord_type": OrdType.LIMIT if price else OrdType.MARKET,
        "time_in_force": TimeInForce.GOOD_TILL_CANCEL if price else TimeInForce.DAY,
        "post_only": False,
        "order_qty": None if quantity is None else Decimal(quantity),
        "cash_order_qty": None,
        "price": None if price is None else Decimal(price),
        "placed_at": int(name[:13]),
    }
    return VenueOrder(**{**fields, **more})


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def webhooks(port: int, **more: Any) -> Webhooks:
    """A listener on *port*, and its address as the sandbox sees it."""
    url = f"http://127.0.0.1:{port}/hooks/cm"
    return Webhooks(**{"url": url, "secret": Secret(HOOK_SECRET), "port": port, **more})


def config(url: str, record: Path, **changes: Any) -> AsmlinkConfig:
    """Settings for the sandbox at *url*: quick to give up."""
    given: dict[str, Any] = {
        "environment": "sandbox",
        "api_key": Secret(TRADER_KEY),
        "accounts": (TRADER,),
        "instruments": (Instrument(symbol="EURUSD", base="EUR", quote="USD"),),
        "record": record,
        "rest_url": f"{url}/v2",
        "stream_url": f"{url.replace('http://', 'ws://')}/v2/executions",
        "request_timeout_seconds": 1.0,
        "connect_timeout_seconds": 1.0,
        "backoff_min_seconds": 0.01,
        "backoff_max_seconds": 0.1,
    }
    return AsmlinkConfig(**{**given, **changes})


class Bench:
    """A running adapter; `heard` is all that it delivered."""

    def __init__(self, sandbox: Runner, settings: AsmlinkConfig) -> None:
        self.sandbox = sandbox
        self.settings = settings
        self.heard: list[VenueInput] = []
        self._news = asyncio.Event()
        self.adapter = Asmlink(VENUE, settings)

    async def start(self) -> None:
        """Start the adapter and wait until it hears."""
        before = self.count(StreamRestored)
        self.adapter.start(self.deliver)
        await self.first(InstrumentsLoaded)
        await self.until(lambda: self.count(StreamRestored) > before)
        if self.settings.webhooks is not None:
            await self.eventually(self.hears_webhooks)
            # Orders of this very millisecond would not count as later.
            await asyncio.sleep(0.002)

    async def restart(self) -> None:
        """Another adapter on the same record; what was heard is forgotten."""
        await self.adapter.stop()
        self.heard.clear()
        self.adapter = Asmlink(VENUE, self.settings)
        await self.start()

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

    async def eventually(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Look at something that cannot notify, until it holds."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not await holds():
                await asyncio.sleep(0.01)

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

    async def submitted(self, order: VenueOrder) -> Outcome:
        """Submit *order*; how that ended."""
        self.submit(order)
        return await self.outcome(order)

    def updates(self, order: VenueOrder) -> list[OrderUpdate]:
        """All that was delivered of *order*, in replies and as news."""
        found = []
        for message in self.heard:
            if isinstance(message, CommandOutcome):
                message = getattr(message.outcome, "update", None)
            if isinstance(message, OrderUpdate) and message.order_id == order.order_id:
                found.append(message)
        return found

    def fills(self, order: VenueOrder) -> list[Fill]:
        """The executions of *order* that were news."""
        return [update.fill for update in self.updates(order) if update.fill is not None]

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

    # ------------------------------------------------------------ the sandbox

    async def sell(self, quantity: str, price: str) -> None:
        """The liquidity provider offers *quantity* at *price*."""
        body = {
            "order_id": f"MAKER-{order_id()}", "symbol": "EURUSD", "side": "SELL",
            "quantity": json.loads(quantity), "order_type": "LIMIT", "routing_tier": "TIER_1",
            "account_id": MAKER, "timestamp_utc": "", "time_in_force": "GTC",
        }
        text = json.dumps(body)[:-1] + f', "limit_price": {price}}}'
        await self._call("POST", "/v2/order/route", text.encode(), {"X-CM-API-Key": MAKER_KEY})

    async def arm(self, call: str, fault: str, **more: int) -> None:
        """Tell the sandbox what to do wrong."""
        wanted = {"call": call, "fault": fault, "delay_ms": 1500, **more}
        await self._call("POST", "/sandbox/faults", msgspec.json.encode(wanted))

    async def armed(self) -> list[Any]:
        """The faults that nothing has met yet."""
        return list((await self._call("GET", "/sandbox/faults"))["armed"])

    async def requests(self, call: str) -> list[dict[str, Any]]:
        """What the sandbox was asked, or told, under the name *call*."""
        body = await self._call("GET", "/sandbox/requests")
        return [entry for entry in body["requests"] if entry["call"] == call]

    async def hears_webhooks(self) -> bool:
        """Whether the adapter listens for webhooks, and the sandbox knows."""
        return self.adapter.status().webhooks_since_ms is not None

    async def deliveries(self, **wanted: Any) -> list[Any]:
        """The webhooks' deliveries that are as *wanted*."""
        rows = (await self._call("GET", "/sandbox/deliveries"))["deliveries"]
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    async def delivered(self, order: VenueOrder) -> None:
        """Wait until every webhook about *order* was taken."""

        async def done() -> bool:
            rows = await self.deliveries(order_id=order.venue_order_id)
            return bool(rows) and all(row["status"] == "DELIVERED" for row in rows)

        await self.eventually(done)

    async def alert(self, event_type: str, message: str) -> None:
        """The venue tells of something that is of no order."""
        body = {"event_type": event_type, "account_id": TRADER, "message": message}
        await self._call("POST", "/sandbox/alert", msgspec.json.encode(body))

    async def _call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Any:
        async with aiohttp.ClientSession() as session:
            url = f"{self.sandbox.url}{path}"
            async with session.request(method, url, data=body, headers=headers) as response:
                assert response.status < 300, await response.text()
                return json.loads(await response.read(), parse_float=Decimal)


@asynccontextmanager
async def bench(tmp_path: Path, sandbox: str = "", **changes: Any) -> AsyncIterator[Bench]:
    """The sandbox and an adapter that hears of everything."""
    server = await serve(parse(f"{SANDBOX}\n[settings]\n{sandbox}\n", "test"))
    try:
        running = Bench(server, config(server.url, tmp_path / "told.sqlite", **changes))
        try:
            await running.start()
            yield running
        finally:
            await running.adapter.stop()
    finally:
        await server.close()


Scene = Callable[[Bench], Awaitable[None]]


def play(tmp_path: Path, scene: Scene, sandbox: str = "", **changes: Any) -> None:
    """Run *scene* with settings for the sandbox and for the adapter."""

    async def run() -> None:
        async with bench(tmp_path, sandbox, **changes) as running:
            await scene(running)

    uvloop.run(run())
