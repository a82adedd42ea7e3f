"""A real QuickFIX initiator, the gateway, and the Integral sandbox: polled, and nothing missed.

The counterparty speaks the vendor's API by itself, logged in from its documents and not by the
gateway's code; the sandbox's operator surface keeps the record that is compared with.
"""

import json
import urllib.request
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.quickfix_initiator import FIX44, Initiator, Message, utc_now
from tests.support.secrets import INTEGRAL_PASSWORD as PASSWORD
from tests.support.stack import (
    DICTIONARIES,
    HTTP_SECONDS,
    KILLED,
    Process,
    free_port,
    wait_until,
)
from tests.support.story import body, fields, repeated_exec_ids, says

MAKER_PASSWORD = "maker-integral-password-88"
SYMBOL, PRICE = "EUR/USD", "1.0971678"

SANDBOX = f"""\
[[users]]
user = "trader@FI1"
org = "FI1"
password = "{PASSWORD}"
[[users]]
user = "maker@FI1"
org = "FI1"
password = "{MAKER_PASSWORD}"
[[instruments]]
symbol = "{SYMBOL}"
[settings]
token_ttl_ms = 5000
"""

GATEWAY = """\
[listener]
port = {port}
[journal]
path = "{directory}/journal.sqlite"
[gateway]
dictionaries = "{dictionaries}"
[venues.integral]
adapter = "integral"
url = "http://127.0.0.1:{venue_port}"
requests_per_second = 0
request_timeout_seconds = 1.0
absence_proof_seconds = 3.0
poll_min_seconds = 0.05
poll_max_seconds = 0.5
login_backoff_min_seconds = 0.05
login_backoff_max_seconds = 0.5
[venues.integral.accounts.FUND1]
user = "trader@FI1"
org = "FI1"
secret = {{ file = "secrets/integral" }}
[venues.integral.instruments."EUR/USD"]
tick = "0.0000001"
step = "0.01"
"""

SESSION = """\
[SESSION]
ConnectionType=acceptor
BeginString=FIX.4.4
SenderCompID=FIXGW
TargetCompID=CLIENT44
NonStopSession=Y
Venues=integral
Accounts=FUND1
"""

LONGER_THAN_A_SECOND_MS = 1_500

FAULTS = [
    "timeout_after_accept", "drop_connection", "drop_connection_after_accept", "http_502",
    "unreadable_body", "timeout_before_accept",
]


class Venue:
    """The sandbox, seen by the counterparty and by its operator."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._numbers = 0

    def sell(self, size: str, price: str = PRICE) -> None:
        """A limit order of the counterparty, good till cancelled."""
        self._numbers += 1
        order = (
            f'{{"coId":"maker-{self._numbers}","type":"Limit","side":"Sell","symbol":"{SYMBOL}",'
            f'"currency":"EUR","size":{size},"price":{price},"timeInForce":"GTC"}}'
        )
        login = {"user": "maker@FI1", "pass": MAKER_PASSWORD, "org": "FI1"}
        headers = self._call("POST", "/v2/sso/login", json.dumps(login).encode())[1]
        token = {"SSO_TOKEN": headers["SSO_TOKEN"]}
        self._call("POST", "/v2/orders", order.encode(), token)
        wait_until(
            lambda: self._maker_status(f"maker-{self._numbers}") != "RECEIVED",
            "the venue works on the counterparty's order",
        )

    def _maker_status(self, co_id: str) -> str:
        rows = self._operator("orders")["orders"]
        return next(row["order"]["status"] for row in rows if row["order"]["coId"] == co_id)

    def record(self, order_id: str) -> Any:
        """The order as the venue has it: `order`, `trades`, `placeCalls`; there is one."""
        rows = self._operator("orders")["orders"]
        (row,) = [row for row in rows if row["order"]["coId"] == order_id]
        return row

    def calls(self, name: str) -> int:
        """How often the venue was asked under this name."""
        entries = self._operator("requests")["requests"]
        return sum(entry["call"] == name for entry in entries)

    def arm(self, call: str, fault: str) -> None:
        """Let the next call go wrong."""
        wanted = {"call": call, "fault": fault, "delay_ms": LONGER_THAN_A_SECOND_MS}
        self._call("POST", "/sandbox/faults", json.dumps(wanted).encode())

    def armed(self) -> list[Any]:
        """The faults that nothing has met yet."""
        return list(self._operator("faults")["armed"])

    def _operator(self, what: str) -> Any:
        return self._call("GET", f"/sandbox/{what}")[0]

    def _call(
        self, method: str, path: str, sent: bytes | None = None, headers: Any = None
    ) -> tuple[Any, Any]:
        request = urllib.request.Request(self._url + path, sent, headers or {}, method=method)
        with urllib.request.urlopen(request, timeout=HTTP_SECONDS) as reply:
            return json.loads(reply.read(), parse_float=Decimal), reply.headers


class Bench:
    """Sandbox and gateway as processes of their own, in one directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        sessions = directory / "sessions"
        secrets = sessions / "secrets"
        secrets.mkdir(parents=True)
        venue_port, self.port = free_port(), free_port()
        (secrets / "sandbox.toml").write_text(SANDBOX)
        (sessions / "client.cfg").write_text(SESSION)
        (secrets / "integral").write_text(PASSWORD)
        (secrets / "integral").chmod(0o600)
        (sessions / "gateway.toml").write_text(
            GATEWAY.format(
                port=self.port,
                venue_port=venue_port,
                directory=directory,
                dictionaries=DICTIONARIES,
            )
        )
        self.venue = Venue(venue_port)
        config = str(secrets / "sandbox.toml")
        self.sandbox = Process(
            "sandbox",
            ["sandbox", "integral", "--config", config, "--port", str(venue_port)],
            "integral sandbox ready on",
            directory / "sandbox.log",
        )
        self.gateway = Process(
            "gateway",
            ["run", "--sessions", str(sessions)],
            "fixgw is listening on",
            directory / "gateway.log",
        )

    def logs(self) -> str:
        """All that both have said."""
        return "\n".join(file.read_text() for file in sorted(self.directory.glob("*.log")))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path / "bench")
    try:
        bench.sandbox.start()
        bench.gateway.start()
        yield bench
    finally:
        try:
            bench.gateway.close()
        finally:
            bench.sandbox.close()
            # pytest shows it if the test has failed.
            print(bench.logs())


@pytest.fixture
def client(bench: Bench) -> Iterator[Initiator]:
    with Initiator(FIX44, bench.port, bench.directory / "client") as client:
        # The instruments are known once the venue has answered for the first time.
        bench.gateway.wait_for_line("venue_answers")
        yield client


def new_order(cl_ord_id: str, quantity: str = "1000000", *, tif: str = "1", more: str = "") -> str:
    return (
        f"35=D|11={cl_ord_id}|55={SYMBOL}|54=1|38={quantity}|40=2|44={PRICE}|59={tif}|"
        f"60={utc_now()}|{more}"
    )


def cancel_request(cl_ord_id: str, orig: str) -> str:
    return f"35=F|11={cl_ord_id}|41={orig}|55={SYMBOL}|54=1|38=1000000|60={utc_now()}|"


def status_request(cl_ord_id: str) -> str:
    return f"35=H|11={cl_ord_id}|55={SYMBOL}|54=1|"


def told(client: Initiator, cl_ord_id: str) -> list[str]:
    """OrdStatus(39) of all that the client was told of an order, as of now."""
    start = len(client.messages)
    client.send(status_request(cl_ord_id))
    client.wait_for(f"35=8|11={cl_ord_id}|17=0", since=start)
    return [report[39] for report in client.reports(cl_ord_id) if report[17] != "0"]


def fills(client: Initiator, cl_ord_id: str) -> list[Message]:
    return [report for report in client.reports(cl_ord_id) if report[150] == "F"]


def rested(client: Initiator, cl_ord_id: str) -> Message:
    client.send(new_order(cl_ord_id))
    return client.wait_for(f"35=8|11={cl_ord_id}|39=0")


def test_the_life_of_orders_at_a_venue_that_pushes_nothing(
    bench: Bench, client: Initiator
) -> None:
    new = rested(client, "REST")
    order_id = new[37]
    assert fields(
        f"1=FUND1|6=0|11=REST|14=0|17={new[17]}|37={order_id}|38=1000000|39=0|40=2|44={PRICE}"
        f"|54=1|55={SYMBOL}|59=1|150=0|151=1000000|198={order_id}|207=INTEGRAL"
    ) == body(new)
    assert says(new, "14=0|151=1000000")

    bench.venue.sell("250000.5")
    part = client.wait_for("35=8|11=REST|39=1")
    assert says(part, f"150=F|32=250000.5|31={PRICE}|14=250000.5|151=749999.5|6={PRICE}")
    bench.venue.sell("749999.5")
    full = client.wait_for("35=8|11=REST|39=2")
    assert says(full, f"150=F|32=749999.5|31={PRICE}|14=1000000|151=0|6={PRICE}")
    assert ["A", "0", "1", "2"] == told(client, "REST")
    trades = bench.venue.record(order_id)["trades"]
    assert [report[32] for report in fills(client, "REST")] == [
        format(trade["dealtAmount"], "f") if isinstance(trade["dealtAmount"], Decimal)
        else str(trade["dealtAmount"])
        for trade in trades
    ]

    rested(client, "GONE")
    client.send(cancel_request("CANCEL", "GONE"))
    canceled = client.wait_for("35=8|11=CANCEL|39=4")
    assert says(canceled, "41=GONE|150=4|14=0|151=0")
    assert ["A", "0", "6", "4"] == told(client, "GONE")
    assert "CANCELLED" == bench.venue.record(canceled[37])["order"]["status"]

    # An IOC order that nobody takes expires.
    client.send(new_order("IOC", tif="3"))
    assert says(client.wait_for("35=8|11=IOC|39=C"), "150=C|14=0|151=0")

    # Refused by the venue: by its reason code.
    client.send(new_order("LARGE", "2000000000"))
    refused = client.wait_for("35=8|11=LARGE|39=8")
    assert says(refused, "150=8|103=13|14=0|151=0")
    assert "RequestValidationError.InvalidOrderQty" in refused[58]
    # Refused here: the venue was not asked.
    placed = bench.venue.calls("placeOrder")
    client.send(new_order("DAY", tif="0"))
    assert "TimeInForce(59)" in client.wait_for("35=8|11=DAY|39=8")[58]
    assert placed == bench.venue.calls("placeOrder")

    assert [] == repeated_exec_ids(client.received)
    assert [] == [message for message in client.messages if message.msg_type in "3j9"]
    assert PASSWORD not in bench.logs() and "SSO_TOKEN=" not in bench.logs()


@pytest.mark.parametrize(
    "fault, calls",
    [("timeout_after_accept", 1), ("unreadable_body", 1), ("drop_connection", 2)],
)
def test_an_unknown_outcome_is_settled_and_the_order_is_there_once(
    bench: Bench, client: Initiator, fault: str, calls: int
) -> None:
    # "No such order" is believed once an order that has ended was found by its coId.
    client.send(new_order("FIRST", "100", tif="3"))
    client.wait_for("35=8|11=FIRST|39=C")
    bench.gateway.wait_for_line("query_by_co_id_proven")

    bench.venue.arm("placeOrder", fault)
    client.send(new_order("DOUBT"))
    new = client.wait_for("35=8|11=DOUBT|39=0")
    bench.venue.sell("1000000")
    client.wait_for("35=8|11=DOUBT|39=2")

    assert ["A", "0", "2"] == told(client, "DOUBT")
    assert ["1000000"] == [report[14] for report in fills(client, "DOUBT")]
    # The first call of a lost request was counted when it came, and was not booked.
    assert calls == bench.venue.record(new[37])["placeCalls"]
    assert [] == bench.venue.armed()


def test_a_fill_while_the_gateway_is_dead_is_reported_once(
    bench: Bench, client: Initiator
) -> None:
    new = rested(client, "KILL")
    bench.venue.sell("300000")
    client.wait_for("35=8|11=KILL|39=1")
    start = len(client.messages)
    bench.gateway.kill()
    bench.venue.sell("400000")

    bench.gateway.start()
    client.wait_for("35=8|11=KILL|14=700000", since=start)
    bench.venue.sell("300000")
    client.wait_for("35=8|11=KILL|39=2", since=start)

    totals = {report[17]: report[14] for report in fills(client, "KILL")}
    assert ["300000", "700000", "1000000"] == list(totals.values())
    record = bench.venue.record(new[37])
    assert (1, 3) == (record["placeCalls"], len(record["trades"]))
    assert [] == repeated_exec_ids(client.received)


def test_http_500_stops_new_orders_and_leaves_the_rest_alone(
    bench: Bench, client: Initiator
) -> None:
    rested(client, "OPEN")
    bench.venue.arm("placeOrder", "http_500_after_accept")
    client.send(new_order("HIT"))
    client.wait_for("35=8|11=HIT|39=0")  # it was booked, and is found
    client.send(new_order("HELD"))
    held = client.wait_for("35=8|11=HELD|39=8")
    assert "HTTP 500" in held[58] and "nothing was sent" in held[58]
    assert "venue_halted" in bench.gateway.wait_for_line("venue_halted")

    for name in ("OPEN", "HIT"):
        client.send(cancel_request(f"{name}-X", name))
        client.wait_for(f"35=8|11={name}-X|39=4")
    assert KILLED != bench.gateway.stop()


def test_thirty_orders_while_every_kind_of_answer_gets_lost_and_the_gateway_is_killed(
    bench: Bench, client: Initiator
) -> None:
    client.send(new_order("FIRST", "100", tif="3"))
    client.wait_for("35=8|11=FIRST|39=C")
    dice = Random(7)
    names = [f"O{number}" for number in range(30)]
    for number, name in enumerate(names):
        call = dice.choice(["placeOrder", "queryOrder", "queryOrders", "queryTrades"])
        bench.venue.arm(call, dice.choice(FAULTS))
        client.send(new_order(name, "1000"))
        # Or it would be the counterparty's order that meets it.
        wait_until(
            lambda: not any(each["call"] == "placeOrder" for each in bench.venue.armed()),
            "the gateway has met the fault",
        )
        bench.venue.sell(dice.choice(["250", "1000", "1500"]))
        if number in (10, 20):
            bench.gateway.kill()
            bench.gateway.start()
            client.wait_until(lambda: client.logged_on, "the client is back")
    bench.venue.sell("30000")
    for name in names:
        client.wait_for(f"35=8|11={name}|39=2", 60)

    for name in names:
        reports = client.reports(name)
        record = bench.venue.record(reports[0][37])
        had = sorted((Decimal(t["dealtAmount"]), Decimal(t["rate"])) for t in record["trades"])
        seen = {report[17]: report for report in fills(client, name)}.values()
        assert had == sorted((Decimal(report[32]), Decimal(report[31])) for report in seen), name
        assert Decimal(1000) == max(Decimal(report[14]) for report in seen)
        assert not [report for report in reports if report[39] == "8"]
    assert [] == repeated_exec_ids(client.received)
