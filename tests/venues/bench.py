"""An adapter and the sandbox it trades with, over real sockets: what is the same for all venues."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from decimal import Decimal
from typing import Any, Generic, Protocol, TypeVar

import aiohttp
import msgspec
import uvloop

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command, OrdType, Side, TimeInForce
from fixgw.model.ids import OrderID
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
from fixgw.venues.base import BaseAdapter

DEADLINE_SECONDS = 30.0
DECODER = msgspec.json.Decoder(float_hook=Decimal)

T = TypeVar("T")
A = TypeVar("A", bound=BaseAdapter)

_last_id = 0


def order_id() -> OrderID:
    """A new OrderID(37)."""
    global _last_id
    _last_id = max(_last_id + 1, SystemClock().now_ms() * 1000)
    return OrderID(str(_last_id))


def limit_order(given: dict[str, Any], **more: Any) -> VenueOrder:
    """A limit order to buy, good till cancelled, as *given* by the venue and changed by *more*.

    Where `venue_order_id` is a function, it makes it of `order_id` and `account`.
    """
    fields: dict[str, Any] = {
        "order_id": order_id(),
        "side": Side.BUY,
        "ord_type": OrdType.LIMIT,
        "time_in_force": TimeInForce.GOOD_TILL_CANCEL,
        "post_only": False,
        "cash_order_qty": None,
        **given,
        **more,
    }
    for name in ("order_qty", "price"):
        if isinstance(fields[name], str):
            fields[name] = Decimal(fields[name])
    if callable(fields["venue_order_id"]):
        fields["venue_order_id"] = fields["venue_order_id"](fields["order_id"], fields["account"])
    return VenueOrder(**{"placed_at": int(fields["order_id"][:13]), **fields})


class Sandbox(Protocol):
    """A venue's sandbox as it runs."""

    @property
    def url(self) -> str: ...


class Bench(Generic[A]):
    """A running adapter; `heard` is all that it delivered."""

    def __init__(self, sandbox: Sandbox, adapter: A) -> None:
        self.sandbox = sandbox
        self.adapter = adapter
        self.heard: list[VenueInput] = []
        self._news = asyncio.Event()

    def deliver(self, message: VenueInput) -> None:
        self.heard.append(message)
        self._news.set()

    # --------------------------------------------------------------- waiting

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

    async def status(self, order: VenueOrder, *statuses: VenueStatus) -> OrderUpdate:
        """The first update of *order* with one of *statuses*."""
        return await self.first(
            OrderUpdate, lambda m: m.order_id == order.order_id and m.status in statuses
        )

    # --------------------------------------------------------------- trading

    def submit(self, *orders: VenueOrder) -> None:
        self.adapter.perform([SubmitOrder(each) for each in orders])

    def cancel(self, *orders: VenueOrder) -> None:
        self.adapter.perform([CancelOrder(each) for each in orders])

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

    # --------------------------------------------------------------- looking

    def count(self, kind: type[Any]) -> int:
        return sum(isinstance(message, kind) for message in self.heard)

    def updates(self, order: VenueOrder) -> list[OrderUpdate]:
        """All that was delivered of *order*, in replies and as news."""
        found = []
        for message in self.heard:
            if isinstance(message, CommandOutcome):
                message = getattr(message.outcome, "update", None)
            if isinstance(message, OrderUpdate) and message.order_id == order.order_id:
                found.append(message)
        return found

    # ------------------------------------------------------------ the sandbox

    async def call(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> Any:
        """Ask the sandbox for *path*; its answer, which must be good."""
        async with aiohttp.ClientSession() as session:
            url = f"{self.sandbox.url}{path}"
            async with session.request(method, url, data=body, headers=headers) as response:
                answer = await response.read()
                assert response.status < 300, answer.decode()
                return DECODER.decode(answer) if answer else None

    async def operate(self, method: str, path: str, body: object = None) -> Any:
        """Call the sandbox's operator surface."""
        data = b"" if body is None else msgspec.json.encode(body)
        return await self.call(method, f"/sandbox/{path}", data)

    async def arm(self, call: str, fault: str, **more: int) -> None:
        """Tell the sandbox what to do wrong."""
        await self.operate("POST", "faults", {"call": call, "fault": fault, **more})

    async def requests(self, call: str) -> list[dict[str, Any]]:
        """What the sandbox was asked, or told, under the name *call*."""
        entries = (await self.operate("GET", "requests"))["requests"]
        return [entry for entry in entries if entry["call"] == call]


B = TypeVar("B", bound=Bench[Any])


@asynccontextmanager
async def started(bench: B, *kinds: type[VenueInput], accounts: int) -> AsyncIterator[B]:
    """Its adapter, once it has told one of each of *kinds* and that all *accounts* are up."""
    bench.adapter.start(bench.deliver)
    try:
        for kind in kinds:
            await bench.first(kind)
        await bench.until(lambda: bench.count(StreamRestored) >= accounts or None)
        yield bench
    finally:
        await bench.adapter.stop()


def run(bench: AbstractAsyncContextManager[B], scene: Callable[[B], Awaitable[None]]) -> None:
    """Play *scene* on the gateway's own kind of loop."""

    async def play() -> None:
        async with bench as running:
            await scene(running)

    uvloop.run(play())
