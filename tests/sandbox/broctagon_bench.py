"""A running Broctagon sandbox and a client of it, for the tests beside it.

Written from the vendor's pages; shares no code with the sandbox.
"""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import aiohttp
import uvloop

from fixgw.sandbox.broctagon import Runner, parse, serve

KEY = "not-a-secret-crm-key"
SETTINGS = f"""
api_key = "{KEY}"
connections = ["real-1", "five-1"]
[[users]]
id = "U1234567"
name = "Ann Example"
email = "ann@example.com"
[[users]]
id = "IB000001"
type = "ib"
suspended = true
[[accounts]]
login = 1001
connection_id = "real-1"
user_id = "U1234567"
balance = 1000.10
credit = 0.20
margin = 400.05
[[accounts]]
login = 1002
connection_id = "real-1"
currency = "EUR"
enable = false
enable_readonly = true
[[accounts]]
login = 2001
platform = "mt5"
connection_id = "five-1"
balance = 5
[settings]
"""
ACCOUNTS = "/public/v1/mt4/accounts"


def loads(text: str | bytes) -> Any:
    """JSON, with every fraction as the Decimal that stands there."""
    return json.loads(text, parse_float=Decimal)


def seal(body: bytes, key: str = KEY) -> str:
    """The vendor's Python sample."""
    return "sha256=" + hmac.new(key.encode("utf-8"), msg=body, digestmod=hashlib.sha256).hexdigest()


class Bench:
    """One sandbox, and the time that it reads."""

    def __init__(self, sandbox: Runner, http: aiohttp.ClientSession) -> None:
        self.sandbox = sandbox
        self.http = http

    async def call(
        self, method: str, path: str, body: bytes | None = None, *, key: str = KEY,
        signature: str | None = None,
    ) -> tuple[int, Any]:
        """The status and the body of an answer."""
        headers = {"key": key}
        if body is not None:
            headers["signature"] = seal(body) if signature is None else signature
        url = f"{self.sandbox.url}{path}"
        async with self.http.request(method, url, data=body, headers=headers) as response:
            text = await response.read()
            return response.status, loads(text) if text.startswith(b"{") else text

    async def records(self, query: str = "connection_id=real-1", path: str = ACCOUNTS) -> Any:
        """The accounts of a list."""
        status, body = await self.call("GET", f"{path}?{query}")
        assert 200 == status, body
        return body["records"]

    async def pay(self, what: str, amount: str, comment: str = "c", **given: Any) -> Any:
        """A deposit or a withdrawal: status and body."""
        body = {"connection_id": "real-1", "currency": "USD", "amount": amount, "comment": comment}
        sent = json.dumps({**body, **given.pop("body", {})}).encode()
        login = given.pop("login", 1001)
        return await self.call("POST", f"{ACCOUNTS}/{login}/{what}", sent, **given)

    async def arm(self, call: str, fault: str, **more: int) -> None:
        """Tell the sandbox what to do wrong."""
        wanted = json.dumps({"call": call, "fault": fault, **more}).encode()
        assert 200 == (await self.call("POST", "/sandbox/faults", wanted))[0]


@asynccontextmanager
async def bench(settings: str, clock: Callable[[], int] | None = None) -> AsyncIterator[Bench]:
    more = {} if clock is None else {"clock": clock}
    sandbox = await serve(parse(SETTINGS + settings, "test"), **more)
    async with aiohttp.ClientSession() as http:
        try:
            yield Bench(sandbox, http)
        finally:
            await sandbox.close()


def play(
    scene: Callable[[Bench], Awaitable[None]], settings: str = "",
    clock: Callable[[], int] | None = None,
) -> None:
    """Run *scene* with lines for `[settings]`."""

    async def run() -> None:
        async with bench(settings, clock) as running:
            await scene(running)

    uvloop.run(run())
