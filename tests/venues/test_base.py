"""The life that all adapters share: one start, news until the end, sockets closed at the end."""

import asyncio
from decimal import Decimal

import pytest
from aiohttp import web
from msgspec import Struct

from fixgw.model.effects import CancelOrder, QueryOrder, ReplaceOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command, OrdType, Side, TimeInForce
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import CommandOutcome, QueryFailed, Refused, StreamRestored
from fixgw.venues import stream as streams
from fixgw.venues.base import BaseAdapter, every
from fixgw.venues.stream import Opening

NAME = VenueName("somewhere")
NEWS = StreamRestored(NAME, "A")


class Settings(Struct, frozen=True):
    connect_timeout_seconds: float = 1.0
    request_timeout_seconds: float = 1.0
    backoff_min_seconds: float = 0.01
    backoff_max_seconds: float = 0.1


class Adapter(BaseAdapter):
    """One that has a client for REST and counts."""

    def __init__(self) -> None:
        super().__init__(NAME, accounts=["B", "A"], clock=None, random=lambda: 0.0)
        self.count = 0

    def _begin(self) -> None:
        self.http = self._open_http(Settings())
        self._run(every(0.001, self.tick), "counting")

    def tick(self) -> None:
        self.count += 1
        self._tell(NEWS)


class Broken(Adapter):
    def tick(self) -> None:
        raise ZeroDivisionError


class Line:
    """A `stream.Handler` that does nothing; `up` is as it is told."""

    up = False

    def __init__(self, url: str) -> None:
        self.url = url

    def opening(self) -> Opening:
        return Opening(self.url, {})

    def opened(self, connection: streams.StreamConnection) -> None:
        self.up = True

    def received(self, messages: list[bytes]) -> None:
        """It hears nothing."""

    def tick(self) -> str:
        return ""

    def lost(self, reason: str) -> None:
        self.up = False


def order(order_id: str) -> VenueOrder:
    return VenueOrder(
        order_id=OrderID(order_id), venue=NAME, venue_order_id=VenueOrderID(order_id),
        account="A", exchange="X", symbol="EUR/USD", side=Side.BUY, ord_type=OrdType.MARKET,
        time_in_force=TimeInForce.DAY, post_only=False, order_qty=Decimal(1),
        cash_order_qty=None, price=None, placed_at=0,
    )


async def until(heard: list[object], count: int) -> None:
    async with asyncio.timeout(30):
        while len(heard) < count:
            await asyncio.sleep(0.001)


def test_it_tells_until_it_is_stopped_and_closes_what_it_opened():
    async def run() -> None:
        heard: list[object] = []
        adapter = Adapter()
        adapter.start(heard.append)
        await until(heard, 2)
        await adapter.stop()
        before = len(heard)
        adapter._tell(NEWS)
        await asyncio.sleep(0.02)
        assert (set(heard), len(heard)) == ({NEWS}, before)
        assert adapter.http._session.closed
        await adapter.stop()  # a second time does nothing

    asyncio.run(run())


def test_it_starts_once():
    async def run() -> None:
        adapter = Adapter()
        adapter.start(lambda message: None)
        with pytest.raises(AssertionError, match="starts once"):
            adapter.start(lambda message: None)
        await adapter.stop()

    asyncio.run(run())


def test_a_bug_in_a_task_is_raised_and_everything_is_closed_all_the_same():
    async def run() -> None:
        adapter = Broken()
        adapter.start(lambda message: None)
        async with asyncio.timeout(30):
            with pytest.raises(ZeroDivisionError):
                await adapter.failure()
            with pytest.raises(ZeroDivisionError):
                await adapter.stop()
        assert adapter.http._session.closed

    asyncio.run(run())


def test_a_command_that_has_no_place_is_answered_as_what_it_is():
    async def run() -> None:
        heard: list[object] = []
        adapter = Adapter()
        adapter.start(heard.append)
        one, two = order("1"), order("2")
        for command in (
            SubmitOrder(one), CancelOrder(one), ReplaceOrder(one, two), QueryOrder(one),
        ):
            adapter._no_such_place(command, "A at X")
        told = heard[:4]
        await adapter.stop()
        text = "A at X is not configured at somewhere"
        refused = Refused("not sent", f"{text}; nothing was sent")
        assert told == [
            CommandOutcome(OrderID("1"), Command.SUBMIT, refused),
            CommandOutcome(OrderID("1"), Command.CANCEL, refused),
            CommandOutcome(OrderID("2"), Command.REPLACE, refused),
            QueryFailed(OrderID("1"), text),
        ]

    asyncio.run(run())


def test_to_reconcile_is_to_have_every_account_asked_about():
    async def run() -> None:
        heard: list[object] = []
        adapter = Adapter()
        adapter.start(heard.append)
        adapter.reconcile()
        told = list(heard)
        await adapter.stop()
        assert told == [StreamRestored(NAME, "A"), StreamRestored(NAME, "B")]
        assert adapter.accounts() == {"A", "B"}

    asyncio.run(run())


def test_its_health_says_which_sockets_are_up_and_why_one_is_not():
    async def handle(request: web.Request) -> web.WebSocketResponse:
        peer = web.WebSocketResponse()
        await peer.prepare(request)
        await peer.receive()
        return peer

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/", handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        adapter = Adapter()
        adapter.start(lambda message: None)
        for what, port in (("good", runner.addresses[0][1]), ("bad", 1)):
            stream = adapter._stream(Line(f"ws://127.0.0.1:{port}/"), what, Settings())
            adapter._run(stream.run(), what)
        async with asyncio.timeout(30):
            while True:
                good, bad = adapter.health().connections
                if good.up and bad.text:
                    break
                await asyncio.sleep(0.01)
        assert (good.name, good.text) == ("somewhere good", "")
        assert (bad.name, bad.up) == ("somewhere bad", False)
        assert "ConnectionRefused" in bad.text
        assert good.since and bad.since
        await adapter.stop()
        assert not adapter.health().connections[0].up
        await runner.cleanup()

    asyncio.run(run())
