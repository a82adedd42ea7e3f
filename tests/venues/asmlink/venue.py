"""An asmlink adapter and the sandbox it trades with, over real sockets, for the tests beside it."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import OrdType, TimeInForce
from fixgw.model.ids import OrderID, VenueName, VenueOrderID
from fixgw.model.venue import Fill, InstrumentsLoaded, Outcome, StreamRestored
from fixgw.runtime.secrets import Secret
from fixgw.sandbox.asmlink import Runner, parse, serve
from fixgw.venues.asmlink.config import AsmlinkConfig, Instrument, Webhooks
from fixgw.venues.asmlink.execution import Asmlink
from fixgw.venues.asmlink.received import Rules
from fixgw.venues.kit.names import venue_order_id
from tests.support.ports import free_port
from tests.support.secrets import ASMLINK_HOOK_SECRET, ASMLINK_KEY
from tests.venues import bench as benches
from tests.venues.bench import DEADLINE_SECONDS, limit_order, order_id

__all__ = ["DEADLINE_SECONDS", "free_port", "order_id"]

VENUE = VenueName("asmlink")
PREFIX = "FIXGW-"
TRADER, OTHER, MAKER = "CORP-ENT-0042", "CORP-ENT-0043", "CORP-ENT-0099"
TRADER_KEY = ASMLINK_KEY
MAKER_KEY = "cm_test_maker_key_of_no_value"
HOOK_SECRET = ASMLINK_HOOK_SECRET

SANDBOX = f"""
[[keys]]
api_key = "{TRADER_KEY}"
accounts = ["{TRADER}", "{OTHER}"]
[[keys]]
api_key = "{MAKER_KEY}"
accounts = ["{MAKER}"]
[[instruments]]
symbol = "EURUSD"
step = 1000
"""


def name(order_id: OrderID, account: str) -> VenueOrderID:
    """What an order is called there."""
    return venue_order_id(order_id, PREFIX)


def order(quantity: str | None = "5000000", price: str | None = None, **more: Any) -> VenueOrder:
    """A MARKET order to buy EURUSD; with a *price* a LIMIT order, good till cancelled."""
    given: dict[str, Any] = {
        "venue": VENUE,
        "venue_order_id": name,
        "account": TRADER,
        "exchange": "ASMLINK",
        "symbol": "EURUSD",
        "ord_type": OrdType.LIMIT if price else OrdType.MARKET,
        "time_in_force": TimeInForce.GOOD_TILL_CANCEL if price else TimeInForce.DAY,
        "order_qty": quantity,
        "price": price,
    }
    return limit_order(given, **more)


def rules(**changes: Any) -> Rules:
    """What the settings say of executions: an event counts its own fill."""
    given: dict[str, Any] = {"same_fill_seconds": 5.0, "counts": "fill", "instruments": {}}
    return Rules(**{**given, **changes})


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


class Bench(benches.Bench[Asmlink]):
    """A running adapter; `heard` is all that it delivered."""

    def __init__(self, sandbox: Runner, settings: AsmlinkConfig) -> None:
        super().__init__(sandbox, Asmlink(VENUE, settings))
        self.settings = settings

    async def start(self) -> None:
        """Start the adapter and wait until it hears."""
        before = self.count(StreamRestored)
        self.adapter.start(self.deliver)
        await self.first(InstrumentsLoaded)
        await self.until(lambda: self.count(StreamRestored) > before)
        if self.settings.webhooks is not None:
            await self.eventually(self.hears_webhooks)

    async def restart(self) -> None:
        """Another adapter on the same record; what was heard is forgotten."""
        await self.adapter.stop()
        self.heard.clear()
        self.adapter = Asmlink(VENUE, self.settings)
        await self.start()

    async def submitted(self, order: VenueOrder) -> Outcome:
        """Submit *order*; how that ended."""
        self.submit(order)
        return await self.outcome(order)

    def fills(self, order: VenueOrder) -> list[Fill]:
        """The executions of *order* that were news."""
        fills: list[Fill] = []
        for update in self.updates(order):
            if update.fill is not None:
                fills.append(update.fill)
            fills += [each for each in update.fills or () if each not in fills]
        return fills

    # ------------------------------------------------------------ the sandbox

    async def sell(self, quantity: str, price: str) -> None:
        """The liquidity provider offers *quantity* at *price*."""
        body = {
            "order_id": f"MAKER-{order_id()}", "symbol": "EURUSD", "side": "SELL",
            "quantity": json.loads(quantity), "order_type": "LIMIT", "routing_tier": "TIER_1",
            "account_id": MAKER, "timestamp_utc": "", "time_in_force": "GTC",
        }
        text = json.dumps(body)[:-1] + f', "limit_price": {price}}}'
        await self.call("POST", "/v2/order/route", text.encode(), {"X-CM-API-Key": MAKER_KEY})

    async def arm(self, call: str, fault: str, **more: int) -> None:
        """Tell the sandbox what to do wrong."""
        await super().arm(call, fault, **{"delay_ms": 1500, **more})

    async def armed(self) -> list[Any]:
        """The faults that nothing has met yet."""
        return list((await self.operate("GET", "faults"))["armed"])

    async def hears_webhooks(self) -> bool:
        """Whether the adapter listens for webhooks, and the sandbox knows."""
        return self.adapter.status().webhooks_up

    async def deliveries(self, **wanted: Any) -> list[Any]:
        """The webhooks' deliveries that are as *wanted*."""
        rows = (await self.operate("GET", "deliveries"))["deliveries"]
        return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

    async def delivered(self, order: VenueOrder) -> None:
        """Wait until every webhook about *order* was taken."""

        async def done() -> bool:
            rows = await self.deliveries(order_id=order.venue_order_id)
            return bool(rows) and all(row["status"] == "DELIVERED" for row in rows)

        await self.eventually(done)

    async def reject(self, **rejecting: str) -> None:
        """What the venue's tiers reject from now on, and why."""
        await self.operate("POST", "tiers", {"rejecting": rejecting})

    async def routed(self) -> list[tuple[str, str]]:
        """order_id and routing_tier of every order of ours that was routed."""
        sent = [one["request"] for one in await self.requests("route")]
        return [
            (body["order_id"], body["routing_tier"])
            for body in sent if body["account_id"] == TRADER
        ]

    async def alert(self, event_type: str, message: str) -> None:
        """The venue tells of something that is of no order."""
        body = {"event_type": event_type, "account_id": TRADER, "message": message}
        await self.operate("POST", "alert", body)


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
    benches.run(bench(tmp_path, sandbox, **changes), scene)
