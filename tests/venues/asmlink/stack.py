"""Gateway and asmlink sandbox as real processes, and the venue's own word, for end-to-end tests."""

import json
import urllib.request
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.processes import Pair
from tests.support.stack import DEMO, DICTIONARIES
from tests.venues.asmlink.venue import HOOK_SECRET, MAKER, MAKER_KEY, SANDBOX, TRADER, TRADER_KEY

HTTP_SECONDS = 30.0

GATEWAY = """
[gateway]
dictionaries = "{dictionaries}"
[listener]
port = {port}
[journal]
path = "../journal"
[venues.asmlink]
adapter = "asmlink"
environment = "sandbox"
api_key = {{ file = "secrets/key" }}
{accounts}
record = "../told.sqlite"
rest_url = "http://127.0.0.1:{venue_port}/v2"
stream_url = "ws://127.0.0.1:{venue_port}/v2/executions"
request_timeout_seconds = 1.0
backoff_min_seconds = 0.05
{settings}
[[venues.asmlink.instruments]]
symbol = "EURUSD"
base = "EUR"
quote = "USD"
tick = 0.00001
step = 1000
{webhooks}
"""

WEBHOOKS = """
[venues.asmlink.webhooks]
url = "http://127.0.0.1:{port}/hooks/cm"
secret = {{ file = "secrets/hook" }}
port = {port}
"""

PLACES = f"""
Venues=asmlink
Accounts={TRADER}
"""
"""Of each session, in the place of the demo's."""

OTHER_PLACES = ("Venues", "Accounts", "DefaultExchange", "Dialect")


class Venue:
    """The sandbox, seen by its operator and by who offers liquidity."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._numbers = 0

    def sell(self, quantity: int, price: str) -> None:
        """Offer *quantity* at *price*, or take what wants it."""
        self._numbers += 1
        body = {
            "order_id": f"MAKER-{self._numbers}", "symbol": "EURUSD", "side": "SELL",
            "quantity": quantity, "order_type": "LIMIT", "routing_tier": "TIER_1",
            "account_id": MAKER, "timestamp_utc": "", "time_in_force": "GTC",
        }
        text = json.dumps(body)[:-1] + f', "limit_price": {price}}}'
        self._call("/v2/order/route", text.encode(), {"X-CM-API-Key": MAKER_KEY})

    def orders(self) -> list[Any]:
        """The gateway's orders on the venue's record."""
        rows = self._call("/sandbox/orders")["orders"]
        return [row for row in rows if row["account"] == TRADER]

    def order(self, order_id: str) -> Any:
        """The one with this OrderID(37)."""
        (row,) = (row for row in self.orders() if row["order"]["order_id"].endswith(order_id))
        return row

    def requests(self, call: str) -> list[Any]:
        """What it was asked, or told, under the name *call*."""
        return [row for row in self._call("/sandbox/requests")["requests"] if row["call"] == call]

    def deliveries(self) -> list[Any]:
        """All webhooks about the gateway's orders."""
        return list(self._call("/sandbox/deliveries")["deliveries"])

    def alert(self, event_type: str, message: str, account: str = TRADER) -> None:
        """Tell of something that is of no order."""
        body = {"event_type": event_type, "account_id": account, "message": message}
        self._call("/sandbox/alert", json.dumps(body).encode())

    def reject(self, **rejecting: str) -> None:
        """What its tiers reject from now on, and why."""
        self._call("/sandbox/tiers", json.dumps({"rejecting": rejecting}).encode())

    def arm(self, call: str, fault: str, *, times: int = 1) -> None:
        """Let the next *times* calls go wrong."""
        wanted = {"call": call, "fault": fault, "times": times, "delay_ms": 1_500}
        self._call("/sandbox/faults", json.dumps(wanted).encode())

    def _call(self, path: str, body: bytes | None = None, headers: Any = None) -> Any:
        request = urllib.request.Request(self._url + path, body, headers or {})
        with urllib.request.urlopen(request, timeout=HTTP_SECONDS) as reply:
            return json.loads(reply.read(), parse_float=Decimal)


class AsmlinkStack(Pair):
    """Both processes in *directory*; *settings* are lines for `[venues.asmlink]`."""

    def __init__(
        self, directory: Path, *, settings: str = "", webhooks: bool = True,
        accounts: str = f'accounts = ["{TRADER}"]',
    ) -> None:
        self.port, venue_port, hook_port = free_port(), free_port(), free_port()
        sessions = directory / "sessions"
        sandbox = sessions / "secrets" / "sandbox.toml"
        super().__init__(directory, sessions, "asmlink", sandbox, venue_port)
        (sessions / "secrets").mkdir(parents=True)
        for name, secret in (("key", TRADER_KEY), ("hook", HOOK_SECRET)):
            (sessions / "secrets" / name).write_text(secret)
            (sessions / "secrets" / name).chmod(0o600)
        (sessions / "gateway.toml").write_text(
            GATEWAY.format(
                dictionaries=DICTIONARIES, port=self.port, venue_port=venue_port,
                accounts=accounts, settings=settings,
                webhooks=WEBHOOKS.format(port=hook_port) if webhooks else "",
            )
        )
        for name in ("demo42.cfg", "demo44.cfg", "demo50.cfg"):
            lines = (DEMO / name).read_text().splitlines()
            kept = [line for line in lines if not line.startswith(OTHER_PLACES)]
            (sessions / name).write_text("\n".join(kept) + PLACES)
        sandbox.write_text(f"{SANDBOX}\n[settings]\nretry_seconds = {[0.3] * 100}\n")
        self.venue = Venue(venue_port)
        self.webhooks = webhooks

    def wait_connected(self) -> None:
        """The gateway hears of its orders, by all ways that it has."""
        self.gateway.wait_for_line("stream_up")
        if self.webhooks:
            self.gateway.wait_for_line("webhook_registered")
