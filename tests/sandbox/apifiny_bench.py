"""A running Apifiny sandbox and a small signing client, for the tests beside this file.

The client is written from the manual and shares no code with the sandbox.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import jwt
import msgspec

from fixgw.sandbox.apifiny import Runner, Settings, load, serve

DEMO = Path(__file__).parents[2] / "sessions" / "demo" / "apifiny-sandbox.toml"
DEADLINE_SECONDS = 20.0

TRADER, MAKER, POOR = "STA-00000001", "STA-00000002", "STA-00000003"

_suffixes = count()


def now_ms() -> int:
    """The wall clock, as the venue has it."""
    return time.time_ns() // 1_000_000


def order_id(prefix: str = "00000001") -> str:
    """An id by the manual's rule, new on every call."""
    number = next(_suffixes)
    return f"{prefix}{number // 1000}{now_ms()}{number % 1000:03d}"


def settings(**behaviour: Any) -> Settings:
    """The demo's settings, with some of the [settings] table changed; no rate limit."""
    demo = load(DEMO)
    changed = msgspec.structs.replace(demo.behaviour, **{"requests_per_second": 0} | behaviour)
    return msgspec.structs.replace(demo, behaviour=changed)


def loads(text: str | bytes) -> Any:
    """JSON, with every fraction as the Decimal that stands there."""
    return json.loads(text, parse_float=Decimal)


class Stream:
    """A WebSocket that is read with a deadline."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def next(self) -> Any:
        """The next message."""
        return loads(await self.socket.receive_str(timeout=DEADLINE_SECONDS))

    async def payload(self) -> Any:
        """The payload of the next message of the order stream."""
        return (await self.next())["payload"]

    async def until(self, status: str) -> Any:
        """The payload of the next order update with this status."""
        while True:
            payload = await self.payload()
            if payload["orderStatus"] == status:
                return payload

    async def send(self, frame: object) -> None:
        """Send one frame."""
        await self.socket.send_str(json.dumps(frame))

    async def ended(self) -> aiohttp.WSMsgType:
        """Wait for the end of the socket; how it ended."""
        while True:
            message = await self.socket.receive(timeout=DEADLINE_SECONDS)
            if message.type is not aiohttp.WSMsgType.TEXT:
                return message.type


class Client:
    """One account, signing as the 2021 manual says (JWT) or as in 2022 (HMAC)."""

    def __init__(self, bench: "Bench", account: str, scheme: str = "jwt") -> None:
        self._bench = bench
        self.account = account
        key = next(key for key in bench.settings.keys if key.account_id == account)
        self.key_id, self.secret = key.key_id, key.secret
        self.scheme = scheme

    def token(self, **claims: Any) -> str:
        """A JWT with the account's claims, and *claims* over them."""
        payload = {
            "accountId": self.account,
            "secretKeyId": self.key_id,
            "exp": int(time.time()) + 5,
        }
        return jwt.encode(payload | claims, self.secret, algorithm="HS256")

    def hexdigest(self, text: str) -> str:
        """The 2022 signature of *text*."""
        return hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()

    def headers(self, signed: str) -> dict[str, str]:
        """The headers that sign *signed*."""
        if self.scheme == "jwt":
            return {"signature": self.token(digest=hashlib.sha256(signed.encode()).hexdigest())}
        return {"apiKey": self.key_id, "signature": self.hexdigest(signed)}

    def stamped(self, params: dict[str, Any]) -> dict[str, Any]:
        """The parameters as the scheme wants them."""
        return params if self.scheme == "jwt" else params | {"timestamp": now_ms()}

    async def post(self, call: str, base: str = "VENUE1", **params: Any) -> Any:
        """A POST call; the whole reply."""
        body = json.dumps(self.stamped({"accountId": self.account, "venue": "VENUE1"} | params))
        return loads(await self._bench.post(f"{base}/{call}", body, self.headers(body)))

    async def get(self, call: str, base: str = "VENUE1", **params: Any) -> Any:
        """A GET call; the whole reply."""
        params = self.stamped({"accountId": self.account, "venue": "VENUE1"} | params)
        params = {name: value for name, value in params.items() if value is not None}
        unescaped = "&".join(f"{name}={value}" for name, value in params.items())
        headers = self.headers(unescaped)
        return loads(await self._bench.get(f"{base}/{call}?{urlencode(params)}", headers))

    async def place(
        self, side: str, quantity: str | None, price: str | None, **more: Any
    ) -> Any:
        """A new limit order for BTCUSDT at VENUE1; the reply."""
        info = {
            "symbol": "BTCUSDT",
            "orderType": "LIMIT",
            "timeInForce": 1,
            "orderSide": side,
            "limitPrice": price,
            "quantity": quantity,
        }
        venue = more.pop("venue", "VENUE1")
        params = {"orderId": more.pop("order_id", None) or order_id(), "venue": venue}
        base = more.pop("base", venue)
        params["orderInfo"] = {
            name: value for name, value in (info | more).items() if value is not None
        }
        return await self.post("order/newOrder", base, **params)

    async def placed(
        self, side: str, quantity: str | None, price: str | None, **more: Any
    ) -> str:
        """A new order that must be taken; its id."""
        reply = await self.place(side, quantity, price, **more)
        assert reply["error"] is None, reply
        name: str = reply["result"][0]["orderId"]
        return name

    async def query(self, name: str) -> Any:
        """The order, by queryOrderInfo."""
        reply = await self.get("order/queryOrderInfo", orderId=name)
        assert reply["error"] is None, reply
        return reply["result"][0]

    @asynccontextmanager
    async def stream(
        self, path: str = "/ac/ws/v2/VENUE1/order", **claims: Any
    ) -> AsyncIterator[Stream]:
        """A user data stream."""
        headers = {"signature": self.token(**claims)}
        async with self._bench.http.ws_connect(self._bench.url + path, headers=headers) as one:
            yield Stream(one)


class Bench:
    """A sandbox on a free port, and an HTTP session to it."""

    def __init__(self, runner: Runner, http: aiohttp.ClientSession, used: Settings) -> None:
        self.runner = runner
        self.url = runner.url
        self.http = http
        self.settings = used

    def client(self, account: str, scheme: str = "jwt") -> Client:
        """A client for one of the demo's accounts."""
        return Client(self, account, scheme)

    async def post(self, path: str, body: str, headers: dict[str, str]) -> str:
        """POST below /ac/v2/; application errors come with HTTP 200."""
        url = f"{self.url}/ac/v2/{path}"
        async with self.http.post(url, data=body, headers=headers) as reply:
            assert reply.status == 200
            return await reply.text()

    async def get(self, path: str, headers: dict[str, str] | None = None) -> str:
        """GET below /ac/v2/."""
        async with self.http.get(f"{self.url}/ac/v2/{path}", headers=headers) as reply:
            assert reply.status == 200
            return await reply.text()

    async def arm(self, call: str, fault: str, times: int = 1, delay_ms: int = 0) -> None:
        """Script a fault."""
        body = {"call": call, "fault": fault, "times": times, "delay_ms": delay_ms}
        async with self.http.post(f"{self.url}/sandbox/faults", json=body) as reply:
            assert reply.status == 200, await reply.text()

    async def operator(self, what: str) -> Any:
        """GET below /sandbox/."""
        async with self.http.get(f"{self.url}/sandbox/{what}") as reply:
            assert reply.status == 200
            return loads(await reply.text())


@asynccontextmanager
async def bench(**behaviour: Any) -> AsyncIterator[Bench]:
    """A running sandbox."""
    used = settings(**behaviour)
    runner = await serve(used)
    try:
        async with aiohttp.ClientSession() as http:
            yield Bench(runner, http, used)
    finally:
        await runner.close()


def live(
    **behaviour: Any,
) -> Callable[[Callable[[Bench], Awaitable[None]]], Callable[[], None]]:
    """Run an async test against a sandbox of its own, within the deadline."""

    def decorate(scenario: Callable[[Bench], Awaitable[None]]) -> Callable[[], None]:
        async def play() -> None:
            async with asyncio.timeout(2 * DEADLINE_SECONDS), bench(**behaviour) as running:
                await scenario(running)

        def test() -> None:
            asyncio.run(play())

        test.__name__, test.__doc__ = scenario.__name__, scenario.__doc__
        return test

    return decorate


def code(reply: Any) -> int | None:
    """The error code of a reply."""
    error = reply["error"]
    return None if error is None else int(error["code"])
