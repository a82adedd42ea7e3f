"""The four sandboxes of sessions/demo-venues, as their operator and another trader see them.

The other trader speaks each vendor's API, signed here from the vendor's documents and not by the
gateway's code. The operator reads the venue's own record. Nothing here knows of FIX.
"""

import base64
import hashlib
import hmac
import json
import time
import urllib.request
from abc import ABC, abstractmethod
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from tests.support import stack
from tests.support.stack import DEMO, HTTP_SECONDS, REPOSITORY

SETTINGS = REPOSITORY / "sessions" / "demo-venues"


class Booked(NamedTuple):
    """One order of the gateway's on a venue's own record."""

    name: str
    """As the gateway called it."""
    submits: int
    """How often the venue was asked to take it."""
    executed: Decimal


class Sandbox(ABC):
    """One venue."""

    adapter: ClassVar[str]
    title: ClassVar[str]
    short: ClassVar[str]
    """For narrow columns."""
    port: ClassVar[int]
    """In the settings of sessions/demo-venues."""
    settings: ClassVar[Path]
    """Of the sandbox."""
    speaks: ClassVar[str]
    exchange: ClassVar[str]
    """SecurityExchange(207)."""
    symbols: ClassVar[str]
    """Symbol(55) may be any of these."""
    account: ClassVar[str]
    """Account(1)."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"

    @abstractmethod
    def sell(self, quantity: str, price: str) -> None:
        """Somebody else's limit order: it trades with what is there."""

    @abstractmethod
    def booked(self) -> list[Booked]:
        """The gateway's orders."""

    def requests(self, since: int = 0) -> list[Any]:
        """The record after number *since*, oldest first."""
        return list(self.operator(f"requests?since={since}")["requests"])

    def operator(self, what: str) -> Any:
        """What the sandbox tells its operator."""
        return self.call("GET", f"/sandbox/{what}")[0]

    def call(
        self, method: str, path: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> tuple[Any, Any]:
        """The answer, and its headers."""
        sent = None if body is None else body.encode()
        request = urllib.request.Request(self.url + path, sent, headers or {}, method=method)
        with urllib.request.urlopen(request, timeout=HTTP_SECONDS) as reply:
            return json.loads(reply.read(), parse_float=Decimal), reply.headers


class Apifiny(Sandbox):
    """Apifiny Connect, as in the parts before."""

    adapter, title, short, port = "apifiny", "Apifiny Connect", "Apifiny", 8710
    settings = DEMO / "apifiny-sandbox.toml"
    speaks = "REST, a stream"
    exchange, symbols, account = "VENUE1", "BTCUSDT or BTC/USDT", stack.TRADER

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self._venue = stack.Venue(port)

    def sell(self, quantity: str, price: str) -> None:
        self._venue.sell(quantity, price)

    def booked(self) -> list[Booked]:
        return [
            Booked(
                row["order"]["orderId"], row["newOrderCalls"],
                Decimal(row["order"]["filledCumulativeQuantity"]),
            )
            for row in self._venue.orders()
        ]


class Finery(Sandbox):
    """Finery Markets: HMAC-SHA384 of the call's name and its body, in base64."""

    adapter, title, short, port = "finery", "Finery Markets", "Finery", 8720
    settings = SETTINGS / "finery-sandbox.toml"
    speaks = "one WebSocket"
    exchange, symbols, account = "FINERY", "BTC-USD or BTC/USD", "FUND"
    key, secret = "demo-maker-key", "not-a-secret-demo-finery-maker-02"
    unit = 100_000_000
    """A whole one in the venue's counts."""
    trader = 1

    def sell(self, quantity: str, price: str) -> None:
        moment = time.time_ns()
        body = json.dumps({
            "nonce": moment // 1000, "timestamp": moment // 1_000_000, "instrument": "BTC-USD",
            "side": "ask", "type": "limit", "price": int(Decimal(price) * self.unit),
            "size": int(Decimal(quantity) * self.unit),
        })
        seal = hmac.digest(self.secret.encode(), f"add{body}".encode(), hashlib.sha384)
        headers = {"EFX-Key": self.key, "EFX-Sign": base64.b64encode(seal).decode()}
        self.call("POST", "/api/add", body, headers)

    def booked(self) -> list[Booked]:
        rows = self.operator("orders")["orders"]
        return [
            Booked(
                str(row["clientOrderId"]), self._submits(row["clientOrderId"]),
                Decimal(sum(deal["size"] for deal in row["deals"])) / self.unit,
            )
            for row in rows
            if row["clientId"] == self.trader
        ]

    def _submits(self, name: int) -> int:
        """By `add`, or by `mod`, which puts another order in the place of one."""
        return sum(
            entry["call"] in ("add", "mod") and entry["request"].get("clientOrderId") == name
            for entry in self.requests()
        )


class Integral(Sandbox):
    """Integral: a login, then its token."""

    adapter, title, short, port = "integral", "Integral", "Integral", 8730
    settings = SETTINGS / "integral-sandbox.toml"
    speaks = "REST, polled"
    exchange, symbols, account = "INTEGRAL", "EUR/USD", "DESK"
    maker, password = "maker@DEMO", "not-a-secret-demo-integral-maker"

    def sell(self, quantity: str, price: str) -> None:
        login = json.dumps({"user": self.maker, "pass": self.password, "org": "DEMO"})
        token = self.call("POST", "/v2/sso/login", login)[1]["SSO_TOKEN"]
        name = f"maker-{time.time_ns()}"
        body = (
            f'{{"coId":"{name}","type":"Limit","side":"Sell","symbol":"EUR/USD",'
            f'"currency":"EUR","size":{quantity},"price":{price},"timeInForce":"GTC"}}'
        )
        self.call("POST", "/v2/orders", body, {"SSO_TOKEN": token})
        stack.wait_until(lambda: self._status(name) != "RECEIVED", "the venue takes the order")

    def _status(self, name: str) -> str:
        rows = self.operator("orders")["orders"]
        return next(str(row["order"]["status"]) for row in rows if row["order"]["coId"] == name)

    def booked(self) -> list[Booked]:
        return [
            Booked(
                row["order"]["coId"], row["placeCalls"],
                sum((Decimal(trade["dealtAmount"]) for trade in row["trades"]), Decimal(0)),
            )
            for row in self.operator("orders")["orders"]
            if row["user"] != self.maker
        ]


class Asmlink(Sandbox):
    """asmlink: a key in a header."""

    adapter, title, short, port = "asmlink", "asmlink", "asmlink", 8740
    settings = SETTINGS / "asmlink-sandbox.toml"
    speaks = "REST, stream, webhooks"
    exchange, symbols, account = "ASMLINK", "EURUSD or EUR/USD", "CORP-0001"
    maker, key = "CORP-0002", "cm_test_not-a-secret-demo-maker"

    def sell(self, quantity: str, price: str) -> None:
        body = (
            f'{{"order_id":"MAKER-{time.time_ns()}","symbol":"EURUSD","side":"SELL",'
            f'"quantity":{quantity},"order_type":"LIMIT","limit_price":{price},'
            f'"time_in_force":"GTC","routing_tier":"TIER_1","account_id":"{self.maker}",'
            '"timestamp_utc":""}'
        )
        self.call("POST", "/v2/order/route", body, {"X-CM-API-Key": self.key})

    def booked(self) -> list[Booked]:
        return [
            Booked(
                row["order"]["order_id"], row["route_calls"],
                sum((Decimal(fill["quantity"]) for fill in row["fills"]), Decimal(0)),
            )
            for row in self.operator("orders")["orders"]
            if row["account"] == self.account
        ]


KINDS: tuple[type[Sandbox], ...] = (Apifiny, Finery, Integral, Asmlink)

SECRETS = (
    *(secret for _, secret in stack.KEYS.values()),
    Finery.secret,
    Integral.password,
    Asmlink.key,
)
"""Of those who trade with the gateway; its own stand in the settings' secrets/."""
