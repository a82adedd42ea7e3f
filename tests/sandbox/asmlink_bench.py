"""A running asmlink sandbox, a client of it and a receiver of webhooks, for the tests beside it.

Written from the vendor's document; shares no code with the sandbox.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp
import uvloop
from aiohttp import web

from fixgw.sandbox.asmlink import Runner, parse, serve

DEADLINE_SECONDS = 20.0
TRADER, MAKER = "CORP-ENT-0042", "CORP-ENT-0099"
KEYS = {TRADER: "cm_test_trader_key", MAKER: "cm_test_maker_key"}
SECRET = "whs_a_secret_of_no_value"
SETTINGS = f"""
[[keys]]
api_key = "{KEYS[TRADER]}"
accounts = ["{TRADER}"]
[[keys]]
api_key = "{KEYS[MAKER]}"
accounts = ["{MAKER}"]
[[instruments]]
symbol = "EURUSD"
step = 1000
[settings]
"""


def loads(text: str | bytes) -> Any:
    """JSON, with every fraction as the Decimal that stands there."""
    return json.loads(text, parse_float=Decimal)


def market(order_id: str, quantity: int = 5_000_000, **changes: Any) -> dict[str, Any]:
    """The document's order."""
    return {
        "order_id": order_id, "symbol": "EURUSD", "side": "BUY", "quantity": quantity,
        "order_type": "MARKET", "routing_tier": "TIER_1", "account_id": TRADER,
        "timestamp_utc": "2024-08-15T09:31:04.882Z", **changes,
    }


def offer(order_id: str, quantity: int, price: float) -> dict[str, Any]:
    """A resting order of the liquidity provider."""
    return market(
        order_id, quantity, side="SELL", order_type="LIMIT", limit_price=price,
        time_in_force="GTC", account_id=MAKER,
    )


class Bench:
    """One sandbox, and a receiver of webhooks that answers what it is told to."""

    def __init__(self, sandbox: Runner, http: aiohttp.ClientSession, hook_url: str) -> None:
        self.sandbox = sandbox
        self.http = http
        self.hook_url = hook_url
        self.hooks: list[Any] = []
        self.answers: list[int] = []

    async def hook(self, request: web.Request) -> web.Response:
        """Take a delivery in; only a genuine one is one."""
        body = await request.read()
        seal = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert seal == request.headers["X-CM-Signature"]
        self.hooks.append(loads(body))
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    async def call(
        self, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> tuple[int, Any]:
        """The status and the body of an answer."""
        account = (body or {}).get("account_id", TRADER)
        headers = {"X-CM-API-Key": KEYS[account] if key is None else key}
        data = json.dumps(body) if body is not None else None
        url = f"{self.sandbox.url}{path}"
        async with self.http.request(method, url, data=data, headers=headers) as response:
            self.headers = response.headers
            text = await response.read()
            return response.status, loads(text) if text.startswith(b"{") else text

    async def route(self, body: Any, **more: Any) -> tuple[int, Any]:
        """POST /v2/order/route."""
        return await self.call("POST", "/v2/order/route", body, **more)

    async def register(self, *events: str) -> tuple[int, Any]:
        """POST /v2/webhook/register."""
        body = {
            "url": self.hook_url, "events": events, "secret": SECRET, "account_id": TRADER,
        }
        return await self.call("POST", "/v2/webhook/register", body)

    async def arm(self, call: str, fault: str, **more: int) -> None:
        """Tell the sandbox what to do wrong."""
        wanted = {"call": call, "fault": fault, **more}
        assert 200 == (await self.call("POST", "/sandbox/faults", wanted))[0]

    async def until(self, holds: Callable[[], Any]) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not holds():
                await asyncio.sleep(0.01)

    def stream(self, key: str = KEYS[TRADER]) -> Any:
        """The execution stream."""
        url = f"{self.sandbox.url}/v2/executions"
        return self.http.ws_connect(url, headers={"X-CM-API-Key": key})


@asynccontextmanager
async def bench(settings: str) -> AsyncIterator[Bench]:
    sandbox = await serve(parse(SETTINGS + settings, "test"))
    app = web.Application()
    receiver = web.AppRunner(app)
    async with aiohttp.ClientSession() as http:
        running = Bench(sandbox, http, "")
        app.router.add_post("/hook", running.hook)
        await receiver.setup()
        await web.TCPSite(receiver, "127.0.0.1", 0).start()
        running.hook_url = f"http://127.0.0.1:{receiver.addresses[0][1]}/hook"
        try:
            yield running
        finally:
            await sandbox.close()
            await receiver.cleanup()


def play(scene: Callable[[Bench], Awaitable[None]], settings: str = "") -> None:
    """Run *scene* with lines for `[settings]`."""

    async def run() -> None:
        async with bench(settings) as running:
            await scene(running)

    uvloop.run(run())
