"""Finery Markets, end to end: a QuickFIX initiator, the gateway, and the sandbox as a process.

The counterparty signs its own requests here, from the vendor's documents and not by the gateway's
code; what the venue has on its record is read by the sandbox's operator surface.
"""

import base64
import hashlib
import hmac
import json
import random
import shutil
import time
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.support.quickfix_initiator import (
    FIX42,
    FIX44,
    FIX50SP2,
    Initiator,
    Message,
    Version,
    utc_now,
)
from tests.support.stack import DEMO, DICTIONARIES, Process, free_port, wait_until

SYMBOL = "BTC-USD"
PRICE = "50000"
UNIT = 100_000_000
TRADER, MAKER = 1, 2
KEYS = {
    TRADER: ("e2e-trader", "not-a-secret-finery-e2e-trader"),
    MAKER: ("e2e-maker", "not-a-secret-finery-e2e-maker"),
}
HTTP_SECONDS = 10.0
GONE_SECONDS = 60.0
"""An order that vanished while nobody looked is over for the gateway after twice the proof of
absence, and after the question that comes next."""

# Absence can be proven only some seconds after the last restart: older orders may still go out.
LATE_ENOUGH = "\n[limits]\nlate_submit_seconds = 600\n"

SANDBOX = f"""
[[currencies]]
name = "BTC"
id = 1
[[currencies]]
name = "USD"
id = 2
balance_step = 1000000
type = "fiat"
[[instruments]]
name = "BTC-USD"
id = 4955410050
asset = "BTC"
balance = "USD"
[[accounts]]
client_id = 1
net_limits = {{ USD = {10_000_000 * UNIT} }}
[[accounts]]
client_id = 2
[[keys]]
key = "{KEYS[TRADER][0]}"
secret = "{KEYS[TRADER][1]}"
client_id = 1
[[keys]]
key = "{KEYS[MAKER][0]}"
secret = "{KEYS[MAKER][1]}"
client_id = 2
"""

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
poll_seconds = 1.0
resync_seconds = 1.0
settle_seconds = 0.1
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
        (row,) = [row for row in self.orders() if str(row["clientOrderId"]) == report[37]]
        return row

    def arm(self, call: str, fault: str, *, times: int = 1, delay_ms: int = 1_500) -> None:
        """Let the next *times* calls, or messages of feed O, go wrong."""
        wanted = {"call": call, "fault": fault, "times": times, "delay_ms": delay_ms}
        self._send(f"{self._url}/sandbox/faults", json.dumps(wanted).encode())

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


class FineryStack:
    """A sandbox and a gateway for it, in a directory of their own."""

    def __init__(self, directory: Path, settings: str = "", limits: str = "") -> None:
        self.directory = directory
        self.port, venue_port = free_port(), free_port()
        self.venue = Venue(venue_port)
        sessions = directory / "sessions"
        (sessions / "secrets").mkdir(parents=True)
        secret = sessions / "secrets" / "finery"
        secret.write_text(KEYS[TRADER][1])
        secret.chmod(0o600)
        for name in ("demo42", "demo44", "demo50sp2"):
            file = sessions / f"{name}.cfg"
            shutil.copy(DEMO / file.name, file)
            text = file.read_text().replace("Venues=apifiny", "Venues=finery")
            text = text.replace("Accounts=STA-00000001", "Accounts=FUND")
            file.write_text(text.replace("DefaultExchange=VENUE1", "DefaultExchange=FINERY"))
        (sessions / "gateway.toml").write_text(
            GATEWAY.format(
                port=self.port, journal=directory / "journal.sqlite", dictionaries=DICTIONARIES,
                venue=venue_port, settings=settings, key=KEYS[TRADER][0],
            )
            + limits
        )
        # In `secrets` as well: the sandbox's own settings hold what it checks by.
        sandbox_toml = sessions / "secrets" / "finery-sandbox.toml"
        sandbox_toml.write_text(SANDBOX)
        self.sandbox = Process(
            "sandbox",
            ["sandbox", "finery", "--config", str(sandbox_toml), "--port", str(venue_port)],
            "finery sandbox ready on",
            directory / "sandbox.log",
        )
        self.gateway = Process(
            "gateway",
            ["run", "--sessions", str(sessions)],
            "fixgw is listening on",
            directory / "gateway.log",
        )

    def __enter__(self) -> "FineryStack":
        try:
            self.sandbox.start()
            self.gateway.start()
        except BaseException:
            self.close()
            raise
        self.gateway.wait_for_line("stream_up")
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what runs: the gateway first."""
        try:
            self.gateway.close()
        finally:
            self.sandbox.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FineryStack]:
    with FineryStack(tmp_path_factory.mktemp("finery")) as stack:
        yield stack


@pytest.fixture(scope="module")
def client(stack: FineryStack) -> Iterator[Initiator]:
    with Initiator(FIX44, stack.port, stack.directory / "client") as client:
        yield client


@pytest.fixture(autouse=True)
def behave_again(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "stack" in request.fixturenames:
        request.getfixturevalue("stack").venue.behave()


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


# ----------------------------------------------------------------- the story


@pytest.mark.parametrize("version", [FIX42, FIX44, FIX50SP2], ids=str)
def test_an_order_s_whole_life(stack: FineryStack, version: Version, tmp_path: Path) -> None:
    name = version.comp_id
    with Initiator(version, stack.port, tmp_path / "client") as client:
        client.send(new_order(f"{name}-A"))
        new = client.wait_for(f"35=8|11={name}-A|39=0")
        assert ("FUND", "0", "1") == (new.get(1), new[14], new[151])

        stack.venue.sell("0.25", kind="limitIOC")
        part = client.wait_for(f"35=8|11={name}-A|39=1")
        assert ("0.25", "0.75") == (part[14], part[151])
        stack.venue.sell("0.75", kind="limitIOC")
        filled = client.wait_for(f"35=8|11={name}-A|39=2")
        assert ("1", "0", PRICE) == (filled[14], filled[151], filled[6])
        assert ["A", "0", "1", "2"] == statuses(client, f"{name}-A")
        assert 1 == stack.venue.record(new)["addCalls"]

        client.send(new_order(f"{name}-B", price="49000"))
        client.wait_for(f"35=8|11={name}-B|39=0")
        client.send(cancel_request(f"{name}-BX", f"{name}-B"))
        gone = client.wait_for(f"35=8|11={name}-BX|39=4")
        assert (f"{name}-B", "0", "0") == (gone[41], gone[14], gone[151])
        assert 1 == stack.venue.record(gone)["cancelReason"]

        # Nobody sells so cheaply: the venue's own word, with its code.
        client.send(new_order(f"{name}-C", price="1000", tif="3"))
        rejected = client.wait_for(f"35=8|11={name}-C|39=8")
        assert "IOC, no orders to match (Finery 76)" in rejected[58]
        client.send(new_order(f"{name}-D", "1000"))
        rejected = client.wait_for(f"35=8|11={name}-D|39=8")
        assert ("3", True) == (rejected[103], "(Finery 79)" in rejected[58])

        # What the gateway knows better it refuses itself.
        client.send(new_order(f"{name}-E", symbol="BTC-EUR"))
        client.wait_for(f"35=8|11={name}-E|39=8|103=1")
        client.send(new_order(f"{name}-F", price="50000.001"))
        assert "tick 0.01" in client.wait_for(f"35=8|11={name}-F|39=8")[58]

        client.send(cancel_request(f"{name}-AX", f"{name}-A"))
        late = client.wait_for(f"35=9|11={name}-AX")
        assert "0" == late[102]
        assert sorted(set(exec_ids(client))) == sorted(exec_ids(client))
        assert [] == [message for message in client.sent if message.msg_type in ("3", "j")]


def test_an_order_that_takes_is_filled_by_its_own_reply(
    stack: FineryStack, client: Initiator
) -> None:
    stack.venue.sell("0.4", "49500")
    stack.venue.sell("0.6", "49600")
    client.send(new_order("TAKES", "1", tif="4").replace(SYMBOL, "BTC/USD"))
    client.wait_for("35=8|11=TAKES|39=2")

    assert [
        (Decimal("0.4"), Decimal(49500), Decimal("0.4")),
        (Decimal("0.6"), Decimal(49600), Decimal(1)),
    ] == fills(client, "TAKES")
    assert "BTC/USD" == client.reports("TAKES")[-1][55]


def test_what_an_order_does_not_find_at_once_is_cancelled(
    stack: FineryStack, client: Initiator
) -> None:
    stack.venue.sell("0.3", "49500")
    client.send(new_order("IOC", "1", tif="3"))
    ended = client.wait_for("35=8|11=IOC|39=4")

    assert ("0.3", "0") == (ended[14], ended[151])
    assert ["A", "0", "1", "4"] == statuses(client, "IOC")


# ------------------------------------------------------------------ outcomes

LOSES_THE_ANSWER = [
    "timeout_after_accept", "http_500_after_accept", "drop_connection_after_accept",
    "unreadable_body",
]
LOSES_THE_REQUEST = ["timeout_before_accept", "http_502", "drop_connection"]


@pytest.mark.parametrize("feed", ["a feed that tells", "silent_stream"])
@pytest.mark.parametrize("fault", LOSES_THE_ANSWER)
def test_an_order_whose_answer_is_lost_is_there_once(
    stack: FineryStack, client: Initiator, fault: str, feed: str
) -> None:
    name = f"{fault}-{feed[0]}"
    stack.venue.arm("add", fault)
    if feed == "silent_stream":
        stack.venue.arm("O", feed)
    client.send(new_order(name))
    new = client.wait_for(f"35=8|11={name}|39=0")
    wait_until(lambda: not stack.venue.armed(), "the venue has misbehaved")
    stack.venue.sell("1", kind="limitIOC")
    client.wait_for(f"35=8|11={name}|39=2")

    assert ["A", "0", "2"] == statuses(client, name)
    assert [(Decimal(1), Decimal(PRICE), Decimal(1))] == fills(client, name)
    assert 1 == stack.venue.record(new)["addCalls"]


@pytest.mark.parametrize("fault", LOSES_THE_REQUEST)
def test_an_order_that_never_arrived_is_submitted_again_once_that_is_proven(
    stack: FineryStack, client: Initiator, fault: str
) -> None:
    stack.venue.arm("add", fault)
    client.send(new_order(fault))
    new = client.wait_for(f"35=8|11={fault}|39=0")
    stack.venue.sell("1", kind="limitIOC")
    client.wait_for(f"35=8|11={fault}|39=2")

    assert ["A", "0", "2"] == statuses(client, fault)
    assert 2 == stack.venue.record(new)["addCalls"]


def test_an_order_that_takes_and_whose_answer_and_deals_are_lost_is_reported_whole(
    stack: FineryStack, client: Initiator
) -> None:
    stack.venue.sell("0.4", "49990")
    stack.venue.sell("0.6", "49995")
    stack.venue.arm("add", "drop_connection_after_accept")
    client.send(new_order("FAST", "2", tif="3"))
    last = client.wait_for("35=8|11=FAST|39=4")

    assert ("1", "49993") == (last[14], last[6])
    assert [Decimal("0.4"), Decimal("0.6")] == [quantity for quantity, _, _ in
                                                fills(client, "FAST")]


@pytest.mark.parametrize("fault", LOSES_THE_ANSWER + LOSES_THE_REQUEST)
def test_a_cancel_whose_outcome_is_unknown_is_done_in_the_end(
    stack: FineryStack, client: Initiator, fault: str
) -> None:
    name = f"CANCEL-{fault}"
    client.send(new_order(name))
    new = client.wait_for(f"35=8|11={name}|39=0")
    stack.venue.arm("del", fault)
    client.send(cancel_request(f"{name}-X", name))
    client.wait_for(f"35=8|11={name}-X|39=4")

    assert ["A", "0", "6", "4"] == statuses(client, name)
    assert not stack.venue.record(new)["isOpen"]


@pytest.mark.parametrize(
    "fault", ["silent_stream", "duplicate_updates", "drop_stream", "late_updates"]
)
def test_whatever_the_feed_does_fills_are_reported_once(
    stack: FineryStack, client: Initiator, fault: str
) -> None:
    client.send(new_order(fault))
    client.wait_for(f"35=8|11={fault}|39=0")
    for quantity, status in (("0.25", "1"), ("0.25", "1"), ("0.5", "2")):
        stack.venue.arm("O", fault, delay_ms=500)
        start = len(client.messages)
        stack.venue.sell(quantity, kind="limitIOC")
        client.wait_for(f"35=8|11={fault}|39={status}", since=start)
        stack.venue.behave()

    assert ["A", "0", "1", "1", "2"] == statuses(client, fault)
    assert [Decimal("0.25"), Decimal("0.5"), Decimal(1)] == [
        total for _, _, total in fills(client, fault)
    ]


# ------------------------------------------------------------------- kill -9


def test_fills_and_cancels_while_the_gateway_was_dead_are_reported_once(tmp_path: Path) -> None:
    with FineryStack(tmp_path / "stack") as stack:
        client = Initiator(FIX50SP2, stack.port, tmp_path / "client")
        with client:
            for name in ("WHOLE", "PART", "BY-HAND", "STAYS"):
                client.send(new_order(name, price="49000" if name == "STAYS" else PRICE))
                new = client.wait_for(f"35=8|11={name}|39=0")
                if name == "BY-HAND":
                    by_hand = int(new[37])
            logons = client.logons
            stack.gateway.kill()
            client.send(new_order("MEANWHILE", "0.1", price="48000"))
            stack.venue.sell("1.25", kind="limitIOC")
            stack.venue.cancel_of_trader(by_hand)
            stack.gateway.launch()
            client.wait_until(lambda: client.logons > logons, "the client is back")

            client.wait_for("35=8|11=WHOLE|39=2")
            client.wait_for("35=8|11=PART|39=1")
            client.wait_for("35=8|11=MEANWHILE|39=0")
            # Seen by nobody, and without a deal: over once nothing can come any more.
            gone = client.wait_for("35=8|11=BY-HAND|39=4", GONE_SECONDS)
            assert ("0", "0") == (gone[14], gone[151])
            stack.venue.sell("0.75", kind="limitIOC")
            client.wait_for("35=8|11=PART|39=2")

            assert ["A", "0", "2"] == statuses(client, "WHOLE")
            assert ["A", "0", "1", "2"] == statuses(client, "PART")
            assert ["A", "0"] == statuses(client, "STAYS")
            assert [Decimal(1)] == [quantity for quantity, _, _ in fills(client, "WHOLE")]
            assert sorted(set(exec_ids(client))) == sorted(exec_ids(client))
            assert {1} == {row["addCalls"] for row in stack.venue.orders()}
            assert {} == stack.venue.unbooked()


def test_kills_in_a_busy_run_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    dice = random.Random(7)
    with FineryStack(tmp_path / "stack", limits=LATE_ENOUGH) as stack:
        client = Initiator(FIX50SP2, stack.port, tmp_path / "client")
        with client:
            stack.venue.sell("100", "50100")
            names = []
            for _ in range(6):
                logons = client.logons
                for number in range(10):
                    names.append(f"K{len(names)}")
                    price, tif = dice.choice(
                        (("50100", "1"), ("50100", "3"), ("49000", "1"), ("1000", "3"))
                    )
                    quantity = dice.choice(("0.1", "0.25", "1"))
                    client.send(new_order(names[-1], quantity, price, tif=tif))
                    if number == 5:
                        time.sleep(dice.choice((0, 0.002, 0.02, 0.2)))
                        stack.gateway.kill()
                stack.gateway.launch()
                client.wait_until(
                    lambda logons=logons: client.logons > logons, "the client is back"
                )
            stack.venue.sell("3", "49000", kind="limitIOC")
            wait_until(lambda: not unsettled(stack, client, names), "all orders settle", 60)

            booked = {str(row["clientOrderId"]): row for row in stack.venue.orders()}
            for name in names:
                reports = client.reports(name)
                row = booked.pop(reports[0][37], None)
                had = [] if row is None else [
                    (Decimal(deal["size"]) / UNIT, Decimal(deal["price"]) / UNIT)
                    for deal in row["deals"]
                ]
                assert had == [fill[:2] for fill in fills(client, name)], name
                if row is None:
                    # Refused by the venue for want of anything to take.
                    assert "(Finery 76)" in reports[-1][58]
                else:
                    assert row["isOpen"] == (reports[-1][39] in ("0", "1")), name
            assert {} == booked
            assert sorted(set(exec_ids(client))) == sorted(exec_ids(client))


def unsettled(stack: FineryStack, client: Initiator, names: list[str]) -> list[str]:
    """The orders of which something is still to be heard."""
    rows = {str(row["clientOrderId"]): row for row in stack.venue.orders()}
    waiting = []
    for name in names:
        reports = client.reports(name)
        if not reports or reports[-1][39] == "A":
            waiting.append(name)
            continue
        row = rows.get(reports[0][37])
        if row is not None and len(row["deals"]) != len(fills(client, name)):
            waiting.append(name)
    return waiting


def test_orders_that_go_with_their_socket_are_told_cancelled_after_a_kill(
    tmp_path: Path,
) -> None:
    with FineryStack(tmp_path / "stack", "cancel_on_disconnect = true") as stack:
        client = Initiator(FIX50SP2, stack.port, tmp_path / "client")
        with client:
            client.send(new_order("COD"))
            new = client.wait_for("35=8|11=COD|39=0")
            stack.venue.sell("0.25", kind="limitIOC")
            client.wait_for("35=8|11=COD|39=1")
            logons = client.logons
            stack.gateway.kill()
            wait_until(lambda: not stack.venue.record(new)["isOpen"], "the venue cancels it")
            assert 4 == stack.venue.record(new)["cancelReason"]
            stack.gateway.launch()
            client.wait_until(lambda: client.logons > logons, "the client is back")
            ended = client.wait_for("35=8|11=COD|39=4")

            # Its deal proves that it was there, so this does not have to wait.
            assert ("0.25", "0") == (ended[14], ended[151])
            assert ["A", "0", "1", "4"] == statuses(client, "COD")


def test_no_secret_is_printed(stack: FineryStack) -> None:
    said = "".join(file.read_text() for file in stack.directory.glob("*.log"))

    assert "stream_up" in said
    assert [] == [secret for _, secret in KEYS.values() if secret in said]
