"""A real QuickFIX initiator, the gateway, and the Integral sandbox: polled, and nothing missed.

The counterparty speaks the vendor's API by itself, logged in from its documents and not by the
gateway's code; the sandbox's operator surface keeps the record that is compared with.
"""

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support.ports import free_port
from tests.support.processes import KILLED, Pair, wait_until
from tests.support.quickfix_initiator import FIX44, Initiator, Message, utc_now
from tests.support.secrets import INTEGRAL_PASSWORD as PASSWORD
from tests.support.stack import DICTIONARIES, HTTP_SECONDS
from tests.support.story import body, fields, repeated_exec_ids, says

MAKER_PASSWORD = "maker-integral-password-88"
SYMBOL, PRICE = "EUR/USD", "1.0971678"

SANDBOX = f"""\
[[users]]
user = "trader@FI1"
org = "FI1"
password = "{PASSWORD}"
customers = ["AcmeOrg"]
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
path = "{directory}/journal"
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
{settings}
[venues.integral.accounts.FUND1]
user = "trader@FI1"
org = "FI1"
secret = {{ file = "secrets/integral" }}
[venues.integral.accounts.FUND1.on_behalf_of.ACME]
org = "AcmeOrg"
account = "AcmeOrgle1"
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
        self._call("POST", "/v2/orders", order.encode(), self._logged_in())
        wait_until(
            lambda: self._maker_status(f"maker-{self._numbers}") != "RECEIVED",
            "the venue works on the counterparty's order",
        )

    def _logged_in(self) -> dict[str, str]:
        login = {"user": "maker@FI1", "pass": MAKER_PASSWORD, "org": "FI1"}
        headers = self._call("POST", "/v2/sso/login", json.dumps(login).encode())[1]
        return {"SSO_TOKEN": headers["SSO_TOKEN"]}

    def _maker_status(self, co_id: str) -> str:
        rows = self._operator("orders")["orders"]
        return next(row["order"]["status"] for row in rows if row["order"]["coId"] == co_id)

    def quote(self) -> Any:
        """The rate that the venue quotes now."""
        return self._call("GET", f"/v2/rates/spot?symbol={SYMBOL}", headers=self._logged_in())[0]

    def request_ids(self) -> list[str]:
        """X-Request-ID of all that it was asked."""
        return list(self._operator("requests")["request_ids"])

    def asked(self, name: str) -> list[Any]:
        """What the venue was sent under this name, oldest first."""
        entries = self._operator("requests")["requests"]
        return [entry["request"] for entry in entries if entry["call"] == name]

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

    def amend(self, trade_id: str, **changes: object) -> None:
        """Its back office amends a trade."""
        self._call("POST", f"/sandbox/trades/{trade_id}", json.dumps(changes).encode())

    def cancel_trade(self, trade_id: str) -> None:
        """Its back office takes a trade back."""
        self._call("DELETE", f"/sandbox/trades/{trade_id}")

    def lists(self, *, trades_behind_ms: int = 0, orders_hidden: bool = False) -> None:
        """Let its lists be behind; by default they are not."""
        asked = {"tradesBehindMs": trades_behind_ms, "ordersHidden": orders_hidden}
        self._call("POST", "/sandbox/lists", json.dumps(asked).encode())

    def _operator(self, what: str) -> Any:
        return self._call("GET", f"/sandbox/{what}")[0]

    def _call(
        self, method: str, path: str, sent: bytes | None = None, headers: Any = None
    ) -> tuple[Any, Any]:
        request = urllib.request.Request(self._url + path, sent, headers or {}, method=method)
        with urllib.request.urlopen(request, timeout=HTTP_SECONDS) as reply:
            return json.loads(reply.read(), parse_float=Decimal), reply.headers


class Bench(Pair):
    """Sandbox and gateway as processes of their own, in one directory."""

    def __init__(self, directory: Path, settings: str = "") -> None:
        venue_port, self.port = free_port(), free_port()
        sessions = directory / "sessions"
        secrets = sessions / "secrets"
        sandbox = secrets / "sandbox.toml"
        super().__init__(directory, sessions, "integral", sandbox, venue_port)
        secrets.mkdir(parents=True)
        sandbox.write_text(SANDBOX)
        (sessions / "client.cfg").write_text(SESSION)
        (secrets / "integral").write_text(PASSWORD)
        (secrets / "integral").chmod(0o600)
        (sessions / "gateway.toml").write_text(
            GATEWAY.format(
                port=self.port,
                venue_port=venue_port,
                directory=directory,
                dictionaries=DICTIONARIES,
                settings=settings,
            )
        )
        self.venue = Venue(venue_port)


@contextmanager
def started(directory: Path, settings: str = "") -> Iterator[Bench]:
    bench = Bench(directory, settings)
    try:
        with bench:
            yield bench
    finally:
        # pytest shows it if the test has failed.
        print(bench.output())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with started(tmp_path / "bench") as bench:
        yield bench


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
    assert PASSWORD not in bench.output() and "SSO_TOKEN=" not in bench.output()
    # Each command is in the log with the id that the venue knows it by.
    line = bench.gateway.wait_for_line(f"about={order_id} method=POST")
    [request_id] = re.findall(r"request_id=(\S+)", line)
    assert request_id in bench.venue.request_ids()


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


def market_order(cl_ord_id: str, ord_type: str, tif: str, quantity: str, more: str) -> str:
    """An order of another type than a limit order."""
    return (
        f"35=D|11={cl_ord_id}|55={SYMBOL}|54=1|38={quantity}|40={ord_type}|59={tif}|"
        f"60={utc_now()}|{more}"
    )


def from_now(seconds: float) -> str:
    """A UTCTimestamp."""
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y%m%d-%H:%M:%S}"


def test_every_type_of_order_reaches_the_venue_as_its_documents_have_it(
    bench: Bench, client: Initiator
) -> None:
    def last_sent() -> dict[str, Any]:
        return dict(bench.venue.asked("placeOrder")[-1])

    # A stop waits until the offer, which it names, has come up to its price.
    client.send(market_order("STOP", "3", "1", "300000", "44=1.2|99=1.15|18=0|"))
    new = client.wait_for("35=8|11=STOP|39=0")
    assert fields(
        f"1=FUND1|6=0|11=STOP|14=0|17={new[17]}|18=0|37={new[37]}|38=300000|39=0|40=3|44=1.2"
        f"|54=1|55={SYMBOL}|59=1|99=1.15|150=0|151=300000|198={new[37]}|207=INTEGRAL"
    ) == body(new)
    assert {
        "type": "Stop", "stopPrice": Decimal("1.15"), "price": Decimal("1.2"),
        "execFlags": ["OfferTrigger"],
    }.items() <= last_sent().items() and "timeInForce" not in last_sent()
    bench.venue.sell("1000000", "1.16")
    filled = client.wait_for("35=8|11=STOP|39=2")
    assert says(filled, "150=F|32=300000|31=1.16|14=300000|151=0|382=1|375=SandboxBank|120=USD")
    assert len(filled[64]) == len(filled[75]) == 8 and not (filled.get(58) or filled.get(30))

    # The rest of that offer is there for a quote, at best, and an algorithm.
    rate = bench.venue.quote()
    client.send(market_order(
        "QUOTED", "D", "4", "100000", f"44={rate['offer']}|117={rate['rateId']}|"
    ))
    client.wait_for("35=8|11=QUOTED|39=2")
    assert ("PQ", "FOK", rate["rateId"]) == tuple(
        last_sent()[name] for name in ("type", "timeInForce", "rateId")
    )
    client.send(market_order("BEST", "1", "4", "200000", "64=20270104|"))
    assert says(client.wait_for("35=8|11=BEST|39=2"), "32=200000|31=1.16|64=20270104")
    assert ("AtBest", "2027-01-04") == tuple(last_sent()[name] for name in ("type", "valueDate"))
    client.send(market_order("TWAP", "1", "1", "400000", "847=1000|"))
    client.wait_for("35=8|11=TWAP|39=2", 30)
    assert ("Algo", "GTC", "TWAP") == tuple(
        last_sent()[name] for name in ("type", "timeInForce", "targetStrategy")
    )
    assert ["100000"] * 4 == [report[32] for report in fills(client, "TWAP")]

    # Until a moment that the client names.
    client.send(market_order("GTD", "2", "6", "1000", f"44={PRICE}|126={from_now(2.5)}|"))
    expired = client.wait_for("35=8|11=GTD|39=C")
    assert says(expired, "150=C|14=0|151=0") and expired.get(126)
    assert "GTT" == last_sent()["timeInForce"] and last_sent()["expiryTime"] in (1, 2)

    # Amounts of the term currency.
    client.send(market_order("USD", "2", "1", "1100", "44=1.1|15=USD|"))
    client.wait_for("35=8|11=USD|39=0")
    bench.venue.sell("1000", "1.1")
    assert says(client.wait_for("35=8|11=USD|39=2"), "15=USD|32=1100|31=1.1|14=1100|151=0")
    assert [1100] == [
        each["size"] for each in bench.venue.asked("placeOrder") if each["currency"] == "USD"
    ]

    # For whom the settings allow that account to trade.
    client.send(new_order("ACME", "1000", more="115=ACME|"))
    client.wait_for("35=8|11=ACME|39=0")
    assert ("AcmeOrg", "AcmeOrgle1") == (last_sent()["org"], last_sent()["account"])

    sent = bench.venue.calls("placeOrder")
    for name, order, why in (
        ("N1", new_order("N1", more="115=EMCA|"), "OnBehalfOfCompID(115) 'EMCA' is not allowed"),
        ("N2", market_order("N2", "1", "3", "1000", ""), "Price(44) is missing"),
        ("N3", market_order("N3", "3", "1", "1000", "44=1.2|99=1.1|"), "ExecInst(18) is missing"),
        ("N4", market_order("N4", "2", "6", "1000", f"44=1|126={from_now(90_000)}|"),
         "the venue takes 86399 s at most"),
        ("N5", new_order("N5", more="64=20270104|"), "SettlDate(64) '20270104' is not taken"),
        ("N6", new_order("N6", more="110=10|"), "MinQty(110) is not taken"),
        ("N7", market_order("N7", "1", "1", "1000", "847=1|"), "TargetStrategy(847)=1"),
    ):
        client.send(order)
        assert why in client.wait_for(f"35=8|11={name}|39=8")[58]
    assert sent == bench.venue.calls("placeOrder")
    assert [] == [message for message in client.messages if message.msg_type in "3j9"]


def test_http_500_stops_new_orders_through_a_kill_until_an_operator_resumes(
    bench: Bench, client: Initiator
) -> None:
    rested(client, "OPEN")
    bench.venue.arm("placeOrder", "http_500_after_accept")
    client.send(new_order("HIT"))
    client.wait_for("35=8|11=HIT|39=0")  # it was booked, and is found
    client.send(new_order("HELD"))
    held = client.wait_for("35=j|379=HELD")
    assert says(held, "372=D|380=4") and "HTTP 500 (stop trading" in held[58]
    assert "X-Request-ID" in bench.gateway.wait_for_line("venue_halted")

    logons = client.logons
    bench.gateway.kill()
    bench.gateway.start()
    client.wait_until(lambda: client.logons > logons, "the client is back")
    bench.gateway.wait_for_line("venue_answers")
    client.send(new_order("STILL"))
    assert "HTTP 500 (stop trading" in client.wait_for("35=j|379=STILL")[58]
    # What takes risk away goes on.
    for name in ("OPEN", "HIT"):
        client.send(cancel_request(f"{name}-X", name))
        client.wait_for(f"35=8|11={name}-X|39=4")

    done = bench.run("venues", "resume", "integral", "--who", "jane")
    text = done.stdout + done.stderr
    assert (0, True) == (done.returncode, "new orders go there again" in text), text
    rested(client, "AGAIN")
    assert {"OPEN", "HIT", "AGAIN"} == {
        report[11] for report in client.reports() if report[39] == "0"
    }
    assert 3 == len(bench.venue.asked("placeOrder"))
    assert KILLED != bench.gateway.stop()


def replace_request(cl_ord_id: str, orig: str, quantity: str, price: str) -> str:
    """OrderCancelReplaceRequest(35=G): the whole order, as it is to be."""
    return (
        f"35=G|11={cl_ord_id}|41={orig}|55={SYMBOL}|54=1|38={quantity}|40=2|44={price}|59=1|"
        f"60={utc_now()}|"
    )


def test_a_replace_survives_kill_9_and_never_more_than_the_order_is_executed(
    tmp_path: Path,
) -> None:
    with started(tmp_path / "bench", "replace_by_original_co_id = true") as bench:
        with Initiator(FIX44, bench.port, bench.directory / "client") as client:
            bench.gateway.wait_for_line("venue_answers")
            old = rested(client, "R1")
            bench.venue.sell("400000")
            client.wait_for("35=8|11=R1|39=1")
            start = len(client.messages)
            bench.venue.arm("placeOrder", "timeout_after_accept")
            client.send(replace_request("R2", "R1", "1500000", "1.1"))
            pending = client.wait_for("35=8|11=R2|150=E", since=start)
            assert says(pending, "41=R1|39=E|38=1000000|14=400000|151=600000")
            wait_until(lambda: not bench.venue.armed(), "the venue has it")
            bench.gateway.kill()
            # The rest of what was there before counts as well.
            bench.venue.sell("100000", "1.1")
            bench.gateway.start()

            replaced = client.wait_for("35=8|11=R2|150=5", since=start)
            assert says(replaced, f"41=R1|38=1500000|37={old[37]}|44=1.1")
            bench.venue.sell("5000000", "1.1")
            filled = client.wait_for("35=8|11=R2|39=2", since=start)
            assert says(filled, "150=F|14=1500000|151=0|38=1500000")

            done = {report[17]: report[32] for name in ("R1", "R2")
                    for report in fills(client, name)}
            assert Decimal(1500000) == sum(map(Decimal, done.values()))
            first, second = bench.venue.asked("placeOrder")[0], replaced[198]
            assert first["coId"] == old[37]
            record = bench.venue.record(second)
            assert (1, old[37], 1500000) == (
                record["placeCalls"], record["order"]["originalCoId"], record["order"]["size"],
            )
            assert "CANCELLED" == bench.venue.record(old[37])["order"]["status"]
            assert [] == repeated_exec_ids(client.received)


def test_a_mass_cancel_of_all_that_works_is_one_call_where_the_settings_allow_it(
    tmp_path: Path,
) -> None:
    with started(tmp_path / "bench", "cancel_all_from = 5") as bench:
        with Initiator(FIX44, bench.port, bench.directory / "client") as client:
            bench.gateway.wait_for_line("venue_answers")
            names = [f"M{number}" for number in range(10)]
            for name in names:
                rested(client, name)
            client.send(f"35=q|11=Q|530=7|60={utc_now()}|")
            client.wait_for("35=r|11=Q|531=7|533=10")
            for name in names:
                client.wait_for(f"35=8|11={name}|39=4")
            assert (1, 0) == (
                bench.venue.calls("cancelAllOrders"), bench.venue.calls("cancelOrder"),
            )


def test_a_replace_is_refused_with_the_reason_where_nobody_has_said_how_it_works(
    bench: Bench, client: Initiator
) -> None:
    rested(client, "R1")
    client.send(replace_request("R2", "R1", "1500000", "1.1"))
    refused = client.wait_for("35=9|11=R2")
    assert says(refused, "41=R1|434=2|102=2|39=0") and "originalCoId" in refused[58]
    assert 1 == bench.venue.calls("placeOrder")


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


def test_a_trade_that_is_amended_and_then_cancelled_after_the_end_is_reported_through_a_kill(
    tmp_path: Path,
) -> None:
    quick = "corrections_seconds = 0.2\ncorrections_per_minute = 6000"
    with started(tmp_path / "bench", quick) as bench:
        with Initiator(FIX44, bench.port, bench.directory / "client") as client:
            bench.gateway.wait_for_line("venue_answers")
            new = rested(client, "X")
            bench.venue.sell("1000000")
            filled = client.wait_for("35=8|11=X|39=2")
            [trade] = bench.venue.record(new[37])["trades"]

            bench.venue.amend(trade["tradeId"], dealtAmount=900000, rate="1.09")
            corrected = client.wait_for("35=8|11=X|150=G")
            assert says(corrected, f"19={filled[17]}|32=900000|31=1.09|14=900000|151=0|6=1.09")

            # What happens while nobody looks is seen after the restart.
            bench.gateway.kill()
            bench.venue.cancel_trade(trade["tradeId"])
            bench.gateway.start()
            busted = client.wait_for("35=8|11=X|150=H")
            assert says(busted, f"19={corrected[17]}|14=0|151=0|6=0")
            assert [] == repeated_exec_ids(client.received)
            assert 1 == bench.venue.record(new[37])["placeCalls"]


def test_filled_while_no_trade_is_listed_is_no_cancel_and_each_execution_is_reported(
    bench: Bench, client: Initiator
) -> None:
    rested(client, "X")
    bench.venue.lists(trades_behind_ms=3_600_000)
    bench.venue.sell("1000000")
    before = bench.venue.calls("queryTrades")
    wait_until(lambda: bench.venue.calls("queryTrades") > before + 8, "it is asked again and again")
    assert ["A", "0"] == told(client, "X")
    bench.venue.lists()
    filled = client.wait_for("35=8|11=X|39=2", 60)
    assert says(filled, f"150=F|32=1000000|31={PRICE}|14=1000000|151=0")


def test_an_order_that_no_list_shows_is_not_ended_and_is_filled_and_cancelled_as_ever(
    bench: Bench, client: Initiator
) -> None:
    client.send(new_order("FIRST", "100", tif="3"))
    client.wait_for("35=8|11=FIRST|39=C")
    bench.gateway.wait_for_line("query_by_co_id_proven")
    rested(client, "X")
    bench.venue.lists(orders_hidden=True)
    bench.gateway.kill()
    bench.gateway.start()
    bench.gateway.wait_for_line("order_not_seen")
    bench.venue.sell("400000")
    bench.venue.lists()
    client.wait_for("35=8|11=X|39=1|14=400000")
    client.send(cancel_request("C", "X"))
    assert says(client.wait_for("35=8|11=C|39=4"), "14=400000|151=0")
    assert ["A", "0", "1", "6", "4"] == told(client, "X")
