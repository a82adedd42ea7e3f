"""Finery's sandbox and a gateway for it as processes, and the venue's own word.

The counterparty signs its own requests here, from the vendor's documents and not by the gateway's
code; what the venue has on its record is read by the sandbox's operator surface.
"""

import base64
import hashlib
import hmac
import json
import shutil
import time
import urllib.request
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support import story
from tests.support.ports import free_port
from tests.support.processes import Pair, wait_until
from tests.support.quickfix_initiator import Initiator, Message, utc_now
from tests.support.stack import DEMO, DICTIONARIES
from tests.venues.finery import venue as bench
from tests.venues.finery.venue import UNIT, sandbox_toml

SYMBOL = "BTC-USD"
PRICE = "50000"
TRADER, MAKER = 1, 2
NAMES = {TRADER: bench.TRADER, MAKER: bench.MAKER}
KEYS = {client: (bench.KEYS[name], bench.SECRETS[name]) for client, name in NAMES.items()}
NET_LIMIT_USD = 10_000_000
HTTP_SECONDS = 30.0

GATEWAY = """
[listener]
port = {port}
[journal]
path = "{journal}"
[gateway]
dictionaries = "{dictionaries}"
[venues.finery]
adapter = "finery"
rest_url = "http://127.0.0.1:{venue}/api"
socket_url = "ws://127.0.0.1:{venue}/ws"
request_timeout_seconds = 1.0
requests_per_second = 0
backoff_min_seconds = 0.05
backoff_max_seconds = 0.5
poll_seconds = 1.0
resync_seconds = 1.0
absence_proof_minutes = 0
timestamp_tolerance_seconds = 0.5
{settings}
[venues.finery.accounts.FUND]
key = "{key}"
secret = {{ file = "secrets/finery" }}
"""


class Venue:
    """The sandbox, seen by its operator and by the counterparty."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._nonce = 0

    def sell(self, quantity: str, price: str = PRICE, kind: str = "limit") -> Any:
        """An order of the counterparty."""
        return self.call("add", self._order(quantity, price, "ask", kind))

    def cancel_of_trader(self, name: int) -> Any:
        """The trader cancels by hand, past the gateway."""
        return self.call("del", {"clientOrderId": name}, TRADER)

    @staticmethod
    def _order(quantity: str, price: str, side: str, kind: str) -> dict[str, Any]:
        return {
            "instrument": SYMBOL,
            "price": int(Decimal(price) * UNIT),
            "size": int(Decimal(quantity) * UNIT),
            "side": side,
            "type": kind,
        }

    def call(self, method: str, content: dict[str, Any], client: int = MAKER) -> Any:
        """A signed request, as the vendor's page has it."""
        self._nonce = max(self._nonce + 1, time.time_ns() // 1000)
        stamp = {"nonce": self._nonce, "timestamp": time.time_ns() // 1_000_000}
        body = json.dumps({**stamp, **content})
        key, secret = KEYS[client]
        seal = hmac.new(secret.encode(), (method + body).encode(), hashlib.sha384).digest()
        headers = {"EFX-Key": key, "EFX-Sign": base64.b64encode(seal).decode()}
        return self._send(f"{self._url}/api/{method}", body.encode(), headers)

    def orders(self) -> list[Any]:
        """The trader's orders on the venue's record."""
        rows = self._send(f"{self._url}/sandbox/orders")["orders"]
        return [row for row in rows if row["clientId"] == TRADER]

    def unbooked(self) -> dict[str, int]:
        """Names that `add` was called with and that never became an order."""
        return dict(self._send(f"{self._url}/sandbox/orders")["unbooked"])

    def record(self, report: Message) -> Any:
        """The one order that *report* is about."""
        (row,) = self.named(report[37])
        return row

    def named(self, name: str) -> list[Any]:
        """The trader's orders of that clientOrderId."""
        return [row for row in self.orders() if str(row["clientOrderId"]) == name]

    def arm(self, call: str, fault: str, *, times: int = 1, delay_ms: int = 1_500) -> None:
        """Let the next *times* calls, or messages of feed O, go wrong."""
        wanted = {"call": call, "fault": fault, "times": times, "delay_ms": delay_ms}
        self._send(f"{self._url}/sandbox/faults", json.dumps(wanted).encode())

    def wait_until_told(self) -> None:
        """Wait until the gateway hears the trader's feed, on a socket that will not be given up
        because of what a fault did to it: then a fault of the feed meets the next piece of news.
        """
        wait_until(self._is_told, "the gateway is told by feed O")

    def _is_told(self) -> bool:
        sockets = self._send(f"{self._url}/sandbox/sockets")["sockets"]
        mine = [one for one in sockets if one["clientId"] == TRADER]
        return [(True, 0)] == [(one["tellsAll"], one["owed"]) for one in mine]

    def requests(self, call: str) -> list[Any]:
        """What the trader asked for by the name *call*, whatever became of it."""
        entries = self._send(f"{self._url}/sandbox/requests")["requests"]
        return [
            entry["request"]
            for entry in entries
            if entry["call"] == call and entry["account"] in (None, str(TRADER))
        ]

    def behave(self) -> None:
        """Disarm all faults."""
        self._send(f"{self._url}/sandbox/faults", method="DELETE")

    def armed(self) -> list[Any]:
        """The faults that nothing has met yet."""
        return list(self._send(f"{self._url}/sandbox/faults")["armed"])

    @staticmethod
    def _send(
        url: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        method: str = "",
    ) -> Any:
        chosen = method or ("GET" if body is None else "POST")
        request = urllib.request.Request(url, body, headers or {}, method=chosen)
        with urllib.request.urlopen(request, timeout=HTTP_SECONDS) as reply:
            return json.loads(reply.read())


class FineryStack(Pair):
    """A sandbox and a gateway for it, in a directory of their own."""

    def __init__(
        self, directory: Path, settings: str = "", limits: str = "", session_settings: str = ""
    ) -> None:
        self.port, venue_port = free_port(), free_port()
        self.venue = Venue(venue_port)
        sessions = directory / "sessions"
        # In `secrets` as well: the sandbox's own settings hold what it checks by.
        sandbox = sessions / "secrets" / "finery-sandbox.toml"
        super().__init__(directory, sessions, "finery", sandbox, venue_port)
        (sessions / "secrets").mkdir(parents=True)
        secret = sessions / "secrets" / "finery"
        secret.write_text(KEYS[TRADER][1])
        secret.chmod(0o600)
        for name in ("demo42", "demo44", "demo50sp2"):
            file = sessions / f"{name}.cfg"
            shutil.copy(DEMO / file.name, file)
            text = file.read_text().replace("Venues=apifiny", "Venues=finery")
            text = text.replace("Accounts=STA-00000001", "Accounts=FUND")
            text = text.replace("DefaultExchange=VENUE1", "DefaultExchange=FINERY")
            file.write_text(f"{text.rstrip()}\n{session_settings}\n")
        (sessions / "gateway.toml").write_text(
            GATEWAY.format(
                port=self.port, journal=directory / "journal", dictionaries=DICTIONARIES,
                venue=venue_port, settings=settings, key=KEYS[TRADER][0],
            )
            + limits
        )
        sandbox.write_text(sandbox_toml(NET_LIMIT_USD))

    def wait_connected(self) -> None:
        """The gateway hears of its orders."""
        self.gateway.wait_for_line("stream_up")


def new_order(
    name: str, quantity: str = "1", price: str = PRICE, *, tif: str = "1", symbol: str = SYMBOL
) -> str:
    """NewOrderSingle(35=D): a limit order to buy."""
    return (
        f"35=D|11={name}|21=1|55={symbol}|54=1|38={quantity}|40=2|44={price}|59={tif}|"
        f"60={utc_now()}|"
    )


def cancel_request(name: str, orig: str) -> str:
    """OrderCancelRequest(35=F)."""
    return f"35=F|11={name}|41={orig}|55={SYMBOL}|54=1|38=1|60={utc_now()}|"


def replace_request(name: str, orig: str, quantity: str, price: str = PRICE) -> str:
    """OrderCancelReplaceRequest(35=G)."""
    return story.replace_request(name, orig, quantity, price, symbol=SYMBOL)


def statuses(client: Initiator, name: str) -> list[str]:
    """OrdStatus(39) of all reports about an order, once the gateway has nothing more to say."""
    start = len(client.messages)
    client.send(f"35=H|11={name}|55={SYMBOL}|54=1|")
    client.wait_for(f"35=8|11={name}|17=0", since=start)
    return [report[39] for report in client.reports(name) if report[17] != "0"]


def fills(client: Initiator, name: str) -> list[tuple[Decimal, Decimal, Decimal]]:
    """LastQty(32), LastPx(31) and CumQty(14) of all executions that were reported."""
    reports = [report for report in client.reports(name) if Decimal(report.get(32) or 0)]
    return [(Decimal(r[32]), Decimal(r[31]), Decimal(r[14])) for r in reports]


def exec_ids(client: Initiator) -> list[str]:
    return [report[17] for report in client.reports() if report[17] != "0"]
