"""A running Integral sandbox and a client that knows only the vendor's documents."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from email.utils import formatdate
from typing import Any

import aiohttp

from fixgw.sandbox.integral import Runner, parse, serve

DEADLINE_SECONDS = 30.0
SETTINGS = """
[[users]]
user = "user2@XCN1139"
org = "XCN1139"
password = "This is a long password!"
hmac_secret = "made-up-hmac-secret"
account = "XCN1139LE"
customers = ["CustomerOrg"]
[[users]]
user = "bank@LP1"
org = "LP1"
password = "another long password"
[[instruments]]
symbol = "EUR/USD"
[[instruments]]
symbol = "USD/JPY"
trading = false
"""
TRADER = ("user2@XCN1139", "This is a long password!", "XCN1139")
BANK = ("bank@LP1", "another long password", "LP1")
SECRET = "made-up-hmac-secret"

Headers = dict[str, str]


class Answer:
    def __init__(self, status: int, body: Any, headers: Any) -> None:
        self.status, self.body, self.headers = status, body, headers


class Client:
    """One API user; *token* is what it holds."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http = http
        self.url = url
        self.token = ""
        self._numbers = 0

    async def call(
        self, method: str, path: str, body: object = None, headers: Headers | None = None
    ) -> Answer:
        sent = b"" if body is None else body if isinstance(body, bytes) else _json(body)
        given = {"SSO_TOKEN": self.token} if headers is None else headers
        async with self._http.request(
            method, self.url + path, data=sent or None, headers=given
        ) as reply:
            text = await reply.read()
            parsed = json.loads(text, parse_float=Decimal) if text else None
            return Answer(reply.status, parsed, reply.headers)

    async def log_in(self, user: str, password: str, org: str) -> Answer:
        asked = {"user": user, "pass": password, "org": org}
        answer = await self.call("POST", "/v2/sso/login", asked, {})
        self.token = answer.headers.get("SSO_TOKEN", "")
        return answer

    async def place(
        self, side: str | None = "Buy", size: Decimal | str | None = "1000", **changes: object
    ) -> Answer:
        """A limit order, good till cancelled, unless told otherwise; None leaves a field out."""
        self._numbers += 1
        order: dict[str, object] = {
            "coId": f"{self.token[:4]}{self._numbers}", "type": "Limit", "side": side,
            "symbol": "EUR/USD", "currency": "EUR", "size": None if size is None else Decimal(size),
            "price": Decimal("1.0971678"), "timeInForce": "GTC", **changes,
        }
        sent = {name: value for name, value in order.items() if value is not None}
        return await self.call("POST", "/v2/orders", sent)

    async def until(self, order_id: str, *statuses: str) -> Any:
        """The order, once it has one of *statuses*."""
        while True:
            order = (await self.call("GET", f"/v2/orders/{order_id}")).body
            if order["status"] in statuses:
                return order
            await asyncio.sleep(0.002)


def sign(
    method: str, path: str, body: bytes = b"", *, covers: str = "date request-line digest",
    secret: str = SECRET, parameter: str = "userId", at: float | None = None, **changes: str,
) -> Headers:
    """The headers of a signed request, as the vendor describes them."""
    headers = {
        "date": formatdate(at, usegmt=True),
        "digest": "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode(),
        "content-type": "application/json",
        "type": "hmac",
        **changes,
    }
    lines = [
        f"{method} {path} HTTP/1.1" if name == "request-line" else f"{name}: {headers[name]}"
        for name in covers.split(" ")
    ]
    seal = hmac.digest(secret.encode(), "\n".join(lines).encode(), "sha256")
    headers["authorization"] = (
        f'hmac {parameter}="{TRADER[0]}", algorithm="hmac-sha256", headers="{covers}", '
        f'signature="{base64.b64encode(seal).decode()}"'
    )
    return headers


def _json(body: object) -> bytes:
    """JSON with decimals as they are written."""
    if isinstance(body, dict):
        pairs = [json.dumps(name).encode() + b":" + _json(value) for name, value in body.items()]
        return b"{" + b",".join(pairs) + b"}"
    return format(body, "f").encode() if isinstance(body, Decimal) else json.dumps(body).encode()


@asynccontextmanager
async def sandbox(behaviour: str = "") -> AsyncIterator[tuple[Runner, aiohttp.ClientSession]]:
    runner = await serve(parse(f"{SETTINGS}[settings]\n{behaviour}\n", "test"))
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            yield runner, http
    finally:
        await runner.close()


Scene = Callable[[Client, Client], Awaitable[None]]


def play(scene: Scene, behaviour: str = "") -> None:
    """Run *scene* with a trader and a bank that are logged in."""

    async def run() -> None:
        async with asyncio.timeout(DEADLINE_SECONDS), sandbox(behaviour) as (runner, http):
            trader, bank = Client(http, runner.url), Client(http, runner.url)
            await trader.log_in(*TRADER)
            await bank.log_in(*BANK)
            await scene(trader, bank)

    asyncio.run(run())
