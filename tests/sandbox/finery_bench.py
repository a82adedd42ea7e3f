"""A running Finery sandbox and a small signing client, for the tests beside this file.

The client is written from the vendor's documents and shares no code with the sandbox.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import aiohttp

from fixgw.sandbox.finery import Runner, parse, serve

DEADLINE_SECONDS = 20.0
TRADER, MAKER, TAKER, READER = "trader-key", "maker-key", "taker-key", "reader-key"

SETTINGS = """
[[currencies]]
name = "BTC"
id = 1
[[currencies]]
name = "USD"
id = 2
balance_step = 1000000
usd_price = 100000000
type = "fiat"
[[currencies]]
name = "ETH"
id = 3
balance_step = 100
[[instruments]]
name = "BTC-USD"
id = 4955410050
asset = "BTC"
balance = "USD"
[[instruments]]
name = "ETH-USD"
id = 4955410051
asset = "ETH"
balance = "USD"
[[accounts]]
client_id = 1
net_limits = { USD = 1000000000000, BTC = 300000000 }
[[accounts]]
client_id = 2
role = "maker"
[[accounts]]
client_id = 3
role = "taker"
[[keys]]
key = "trader-key"
secret = "not-a-secret-trader"
client_id = 1
[[keys]]
key = "maker-key"
secret = "not-a-secret-maker!"
client_id = 2
[[keys]]
key = "taker-key"
secret = "not-a-secret-taker!"
client_id = 3
[[keys]]
key = "reader-key"
secret = "not-a-secret-reader"
client_id = 1
can_trade = false
"""
SECRETS = {
    TRADER: "not-a-secret-trader",
    MAKER: "not-a-secret-maker!",
    TAKER: "not-a-secret-taker!",
    READER: "not-a-secret-reader",
}

_nonces = count(time.time_ns() // 1000)


def now_ms() -> int:
    """The wall clock, as the venue has it."""
    return time.time_ns() // 1_000_000


def sign(key: str, text: str) -> str:
    """base64 of HMAC-SHA384."""
    digest = hmac.new(SECRETS[key].encode(), text.encode(), hashlib.sha384).digest()
    return base64.b64encode(digest).decode()


class Socket:
    """A WebSocket that is read with a deadline."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._numbers = count(1)

    async def next(self) -> Any:
        """The next message."""
        return json.loads(await self.socket.receive_str(timeout=DEADLINE_SECONDS))

    async def send(self, message: object) -> None:
        """Send one message."""
        await self.socket.send_str(json.dumps(message))

    async def request(self, method: str, **content: Any) -> Any:
        """A request; the next message, which is its reply if no feed is bound."""
        number = next(self._numbers)
        await self.send(
            {"event": "request", "reqId": number, "method": method, "content": content}
        )
        reply = await self.next()
        assert reply["reqId"] == number
        return reply

    async def ended(self) -> None:
        """Wait for the end of the socket."""
        while True:
            message = await self.socket.receive(timeout=DEADLINE_SECONDS)
            if message.type is not aiohttp.WSMsgType.TEXT:
                return


class Bench:
    """A sandbox on a free port, and an HTTP session to it."""

    def __init__(self, runner: Runner, http: aiohttp.ClientSession) -> None:
        self.runner = runner
        self.url = runner.url
        self.http = http

    async def post(
        self, key: str, method: str, body: str, signature: str | None = None
    ) -> tuple[int, Any]:
        """A POST of *body*: status and reply."""
        given = sign(key, method + body) if signature is None else signature
        headers = {"EFX-Key": key, "EFX-Sign": given}
        async with self.http.post(
            f"{self.url}/api/{method}", data=body, headers=headers
        ) as reply:
            text = await reply.text()
            return reply.status, json.loads(text) if text.startswith(("{", "[")) else text

    async def call(self, key: str, method: str, **content: Any) -> Any:
        """A signed call; its result, or its error."""
        stamp = {"nonce": next(_nonces), "timestamp": now_ms()}
        status, reply = await self.post(key, method, json.dumps(stamp | content))
        assert status == (400 if isinstance(reply, dict) and "error" in reply else 200), reply
        return reply

    async def add(self, key: str, side: str, size: int | None, price: int | None, **more: Any
                  ) -> Any:
        """`add` for BTC-USD: a limit order, unless told otherwise."""
        content = {"instrument": "BTC-USD", "side": side, "size": size, "price": price,
                   "type": "limit"} | more
        return await self.call(
            key, "add", **{name: value for name, value in content.items() if value is not None}
        )

    @asynccontextmanager
    async def socket(self, key: str, content: str | None = None) -> AsyncIterator[Socket]:
        """A signed socket that has said that it is connected."""
        text = content or json.dumps({"nonce": next(_nonces), "timestamp": now_ms()})
        headers = {"EFX-Key": key, "EFX-Sign": sign(key, text), "EFX-Content": text}
        async with self.http.ws_connect(f"{self.url}/ws", headers=headers) as one:
            socket = Socket(one)
            assert await socket.next() == ["X", 0, "Z", 0]
            yield socket

    async def operator(self, what: str, body: object = None) -> Any:
        """GET, or POST with *body*, below /sandbox/."""
        method = "GET" if body is None else "POST"
        async with self.http.request(
            method, f"{self.url}/sandbox/{what}", json=body
        ) as reply:
            assert reply.status == 200, await reply.text()
            return await reply.json()

    async def arm(self, call: str, fault: str, times: int = 1, delay_ms: int = 0) -> None:
        """Script a fault."""
        await self.operator(
            "faults", {"call": call, "fault": fault, "times": times, "delay_ms": delay_ms}
        )


@asynccontextmanager
async def bench(behaviour: str = "") -> AsyncIterator[Bench]:
    """A running sandbox."""
    runner = await serve(parse(f"{SETTINGS}\n[settings]\n{behaviour}\n", "test"))
    try:
        async with aiohttp.ClientSession() as http:
            yield Bench(runner, http)
    finally:
        await runner.close()


def live(
    behaviour: str = "",
) -> Callable[[Callable[[Bench], Awaitable[None]]], Callable[[], None]]:
    """Run an async test against a sandbox of its own, within the deadline."""

    def decorate(scenario: Callable[[Bench], Awaitable[None]]) -> Callable[[], None]:
        async def play() -> None:
            async with asyncio.timeout(2 * DEADLINE_SECONDS), bench(behaviour) as running:
                await scenario(running)

        def test() -> None:
            asyncio.run(play())

        test.__name__, test.__doc__ = scenario.__name__, scenario.__doc__
        return test

    return decorate
