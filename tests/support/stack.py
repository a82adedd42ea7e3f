"""Apifiny's sandbox and a gateway, in a directory of their own, and the venue's own word.

The venue is asked over the API its manual documents, signed here from the manual and
not by the gateway's code, and by the sandbox's operator surface, which keeps the record.
"""

import base64
import hashlib
import hmac
import json
import shutil
import time
import urllib.request
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.ports import free_port
from tests.support.processes import (
    DEADLINE_SECONDS,
    KILLED,
    READY_SECONDS,
    REPOSITORY,
    Pair,
    Process,
    wait_until,
)

__all__ = [
    "DEADLINE_SECONDS", "KILLED", "READY_SECONDS", "REPOSITORY", "Process", "free_port",
    "wait_until",
]

DEMO = REPOSITORY / "sessions" / "demo"
DICTIONARIES = REPOSITORY / "dictionaries"

HTTP_SECONDS = 30.0

TRADER = "STA-00000001"
COUNTERPARTY = "STA-00000002"
KEYS = {
    TRADER: ("demo-trader-key", "not-a-secret-demo-trader-0000000000000001"),
    COUNTERPARTY: ("demo-maker-key", "not-a-secret-demo-maker-00000000000000002"),
}
"""The made-up keys of sessions/demo."""

WHAT_RAN_THERE = shutil.ignore_patterns("var")
"""What a gateway leaves in the settings of a demo, to leave out of a copy."""

EXCHANGE = "VENUE1"

TOO_OFTEN = 131114
"""The venue's code for a request beyond the account's rate limit; it did nothing."""

RATE_LIMIT_SECONDS = 1.0
"""The venue counts an account's requests over so long."""


class Venue:
    """The Apifiny sandbox, seen by its operator and by the counterparty."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._numbers = 0

    # ------------------------------------------------------- the counterparty

    def sell(self, quantity: str, price: str, *, symbol: str = "BTCUSDT") -> str:
        """Rest, or take: a limit order of the counterparty; its orderId."""
        return self._place("SELL", quantity, price, symbol)

    def buy(self, quantity: str, price: str, *, symbol: str = "BTCUSDT") -> str:
        """As `sell`, on the other side."""
        return self._place("BUY", quantity, price, symbol)

    def _place(self, side: str, quantity: str, price: str, symbol: str) -> str:
        self._numbers = (self._numbers + 1) % 1000
        order_id = f"00000002{time.time_ns() // 1_000_000}{self._numbers:03d}"
        info = {
            "symbol": symbol,
            "orderType": "LIMIT",
            "timeInForce": 1,
            "orderSide": side,
            "limitPrice": price,
            "quantity": quantity,
        }
        self._post("order/newOrder", {"orderId": order_id, "orderInfo": info})
        wait_until(
            lambda: self._status(order_id) != "PENDING_SUBMIT", f"the venue works on {order_id}"
        )
        return order_id

    def _status(self, order_id: str) -> str:
        # By the record: to ask the venue would count against its rate limit.
        rows = (row["order"] for row in self.orders(COUNTERPARTY))
        return next(str(row["orderStatus"]) for row in rows if row["orderId"] == order_id)

    def cancel(self, order_id: str) -> None:
        """Cancel one of the counterparty's orders."""
        self._post("order/cancelOrder", {"orderId": order_id})
        wait_until(
            lambda: self._status(order_id) not in ("PENDING_SUBMIT", "SUBMITTED"),
            f"the venue cancels {order_id}",
        )

    def listed(self, call: str) -> list[Any]:
        """What the venue's own lists say of the trader: listOpenOrder, listCompletedOrder, …"""
        return list(self._get(f"order/{call}", {}, TRADER))

    def _post(self, path: str, params: dict[str, Any]) -> Any:
        body = json.dumps({"accountId": COUNTERPARTY, "venue": EXCHANGE, **params})
        return self._signed(path, body, body.encode(), COUNTERPARTY)

    def _get(self, path: str, params: dict[str, Any], account: str) -> Any:
        everything = {"accountId": account, "venue": EXCHANGE, **params}
        query = "&".join(f"{name}={value}" for name, value in everything.items())
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            reply = self._reply(f"{path}?{query}", query, None, account)
            # The gateway trades on the same account: its requests and ours share one limit.
            too_often = reply["error"] is not None and reply["error"]["code"] == TOO_OFTEN
            if not too_often or time.monotonic() > deadline:
                return _result(path, reply)
            time.sleep(RATE_LIMIT_SECONDS)

    def _signed(self, path: str, signed: str, body: bytes, account: str) -> Any:
        return _result(path, self._reply(path, signed, body, account))

    def _reply(self, path: str, signed: str, body: bytes | None, account: str) -> Any:
        url = f"{self._url}/ac/v2/{EXCHANGE}/{path}"
        return self._call(url, body, {"signature": token(signed, account)})

    # ----------------------------------------------------------- the operator

    def requests(self, since: int = 0) -> list[Any]:
        """Every call and every update on a stream after number *since*, oldest first."""
        return list(self._operator(f"requests?since={since}")["requests"])

    @property
    def last_request(self) -> int:
        """The number of the newest of them."""
        return int(self._operator("requests")["last"])

    def orders(self, account: str = TRADER) -> list[Any]:
        """Every order of *account* on the venue's record: `order`, `fills`, `newOrderCalls`."""
        rows = self._operator("orders")["orders"]
        return [row for row in rows if row["account"] == account]

    def unbooked(self) -> dict[str, int]:
        """orderIds that newOrder was called with and that never became an order."""
        return dict(self._operator("orders")["unbooked"])

    def arm(self, call: str, fault: str, *, times: int = 1, delay_ms: int = 0) -> None:
        """Let the next *times* calls of *call* go wrong."""
        wanted = {"call": call, "fault": fault, "times": times, "delay_ms": delay_ms}
        self._call(f"{self._url}/sandbox/faults", json.dumps(wanted).encode(), {})

    def armed(self) -> list[Any]:
        """The faults that nothing has met yet."""
        return list(self._operator("faults")["armed"])

    def behave(self) -> None:
        """Disarm all faults."""
        self._call(f"{self._url}/sandbox/faults", None, {}, method="DELETE")

    def _operator(self, what: str) -> Any:
        return self._call(f"{self._url}/sandbox/{what}", None, {})

    @staticmethod
    def _call(url: str, body: bytes | None, headers: dict[str, str], method: str = "") -> Any:
        chosen = method or ("GET" if body is None else "POST")
        request = urllib.request.Request(url, body, headers, method=chosen)
        with urllib.request.urlopen(request, timeout=HTTP_SECONDS) as reply:
            return json.loads(reply.read(), parse_float=Decimal)


def _result(path: str, reply: Any) -> Any:
    assert reply["error"] is None, f"{path}: {reply['error']}"
    return reply["result"]


def token(signed: str, account: str) -> str:
    """The manual's signature: a JWT over the digest of what is sent."""
    key_id, secret = KEYS[account]
    claims = {
        "accountId": account,
        "secretKeyId": key_id,
        "digest": hashlib.sha256(signed.encode()).hexdigest(),
        "exp": int(time.time()) + 5,
    }
    text = f"{_base64({'alg': 'HS256', 'typ': 'JWT'})}.{_base64(claims)}"
    seal = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(seal).rstrip(b'=').decode()}"


def _base64(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Stack(Pair):
    """A copy of sessions/demo on free ports, and the two processes that run it.

    *venue_settings* are lines for `[venues.apifiny]`, *settings* whole tables
    for gateway.toml, *sandbox_settings* values of the sandbox's `[settings]`;
    *sessions* leaves only some of the .cfg files, by their names, and *session_settings*
    are lines for each of them; *journal* is
    where the gateway keeps its record, if not in *directory*; *line* puts a
    port of its own between the gateway's REST calls and the venue's port.
    """

    def __init__(
        self,
        directory: Path,
        *,
        venue_settings: str = "",
        settings: str = "",
        sandbox_settings: dict[str, object] | None = None,
        sessions: Sequence[str] = (),
        session_settings: str = "",
        journal: Path | None = None,
        line: Callable[[int], int] | None = None,
    ) -> None:
        sandbox_toml = directory / "sessions" / "apifiny-sandbox.toml"
        self.venue_port, self.port = free_port(), free_port()
        super().__init__(
            directory, sandbox_toml.parent, "apifiny", sandbox_toml, self.venue_port
        )
        self.journal = journal or directory / "journal"
        shutil.copytree(DEMO, self.sessions, ignore=WHAT_RAN_THERE)
        keep_secrets(self.sessions)
        for file in self.sessions.glob("*.cfg"):
            if sessions and file.stem not in sessions:
                file.unlink()
            else:
                _set_keys(file, session_settings)
        self._write_gateway_toml(venue_settings, settings)
        if line is not None:
            direct, through = f"http://127.0.0.1:{self.venue_port}", line(self.venue_port)
            _replace(self.sessions / "gateway.toml", direct, f"http://127.0.0.1:{through}")
        for name, value in (sandbox_settings or {}).items():
            _set(sandbox_toml, name, value)
        self.venue = Venue(self.venue_port)

    def _write_gateway_toml(self, venue_settings: str, settings: str) -> None:
        file = self.sessions / "gateway.toml"
        _replace(file, "port = 9878", f"port = {self.port}")
        _replace(file, '"var/demo-journal"', f'"{self.journal}"')
        _replace(file, "127.0.0.1:8710", f"127.0.0.1:{self.venue_port}")
        _replace(file, "[venues.apifiny]\n", f"[venues.apifiny]\n{venue_settings}\n")
        text = file.read_text()
        file.write_text(f'{text}\n[gateway]\ndictionaries = "{DICTIONARIES}"\n{settings}\n')


def keep_secrets(sessions: Path) -> None:
    """Make the secrets in *sessions* their owner's alone: git cannot keep that of a file."""
    for file in (sessions / "secrets").iterdir():
        file.chmod(0o600)


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text, f"{file} has no {old!r}"
    file.write_text(text.replace(old, new))


def _set_keys(file: Path, settings: str) -> None:
    """Give a session of one .cfg these settings, in the place of what it had of them."""
    keys = [line.partition("=")[0] for line in settings.splitlines()]
    lines = file.read_text().splitlines()
    kept = [line for line in lines if line.partition("=")[0] not in keys]
    file.write_text("\n".join([*kept, settings, ""]))


def _set(file: Path, name: str, value: object) -> None:
    """Change the one line `name = …` of a TOML file."""
    lines = file.read_text().splitlines()
    found = [number for number, line in enumerate(lines) if line.startswith(f"{name} =")]
    assert len(found) == 1, f"{file} has {len(found)} lines for {name}"
    lines[found[0]] = f"{name} = {json.dumps(value)}"
    file.write_text("\n".join(lines) + "\n")
