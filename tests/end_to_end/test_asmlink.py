"""A QuickFIX initiator, the gateway and the asmlink sandbox: from a MARKET order to a kill -9."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.quickfix_initiator import FIX44, FIX50, Initiator, Message, utc_now
from tests.support.stack import KILLED, wait_until
from tests.support.story import body, cancel_request, fields, repeated_exec_ids, status_request
from tests.venues.asmlink.stack import AsmlinkStack
from tests.venues.asmlink.venue import HOOK_SECRET, TRADER, TRADER_KEY

PRICE = "1.08423"
EVERYTHING = """\
extended_order_types = true
cancel_path = "/order/cancel"
status_path = "/order/{order_id}"
"""
RESTING = "extended_order_types = true"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsmlinkStack]:
    """As documented."""
    with AsmlinkStack(tmp_path_factory.mktemp("asmlink") / "stack") as stack:
        yield stack


@pytest.fixture(scope="module")
def client(stack: AsmlinkStack) -> Iterator[Initiator]:
    with Initiator(FIX44, stack.port, stack.directory / "client") as client:
        yield client


def market(cl_ord_id: str, quantity: str = "5000000", symbol: str = "EURUSD") -> str:
    """NewOrderSingle(35=D): buy at the market."""
    return f"35=D|11={cl_ord_id}|55={symbol}|54=1|38={quantity}|40=1|60={utc_now()}|"


def limit(cl_ord_id: str, quantity: str = "3000000", tif: str = "1") -> str:
    """The same with a limit."""
    return (
        f"35=D|11={cl_ord_id}|55=EURUSD|54=1|38={quantity}|40=2|44={PRICE}|59={tif}|"
        f"60={utc_now()}|"
    )


def cancel(cl_ord_id: str, orig: str) -> str:
    """OrderCancelRequest(35=F)."""
    return cancel_request(cl_ord_id, orig).replace("BTCUSDT", "EURUSD")


def status(cl_ord_id: str) -> str:
    """OrderStatusRequest(35=H)."""
    return status_request(cl_ord_id).replace("BTCUSDT", "EURUSD")


def trades(client: Initiator, cl_ord_id: str) -> list[tuple[str, str, str]]:
    """LastQty(32), LastPx(31) and CumQty(14) of every execution reported."""
    reports = [report for report in client.reports(cl_ord_id) if report[150] == "F"]
    return [(report[32], report[31], report[14]) for report in reports]


def settled(client: Initiator, cl_ord_id: str) -> Message:
    """The answer to H, after which the gateway has nothing more to say of what came before."""
    start = len(client.messages)
    client.send(status(cl_ord_id))
    return client.wait_for(f"35=8|11={cl_ord_id}|17=0", since=start)


def delivered(stack: AsmlinkStack, order_id: str) -> None:
    """Wait until every webhook about an order was taken."""

    def look() -> bool:
        rows = [row for row in stack.venue.deliveries() if row["order_id"].endswith(order_id)]
        return bool(rows) and all(row["status"] == "DELIVERED" for row in rows)

    wait_until(look, f"the webhooks about {order_id} are taken")


# ---------------------------------------------------------------- as documented


def test_a_market_order_fills_and_each_report_is_as_it_should_be(
    stack: AsmlinkStack, client: Initiator
) -> None:
    stack.venue.sell(5_000_000, PRICE)
    client.send(market("M1"))
    filled = client.wait_for("35=8|11=M1|39=2")
    delivered(stack, filled[37])
    settled(client, "M1")

    order = filled[37]
    terms = (
        f"1={TRADER}|11=M1|37={order}|38=5000000|40=1|54=1|55=EURUSD|198=FIXGW-{order}|207=ASMLINK"
    )
    reports = [report for report in client.reports("M1") if report[17] != "0"]
    assert [
        fields(f"{terms}|17={order}-A|150=A|39=A|151=5000000|14=0|6=0"),
        fields(f"{terms}|17={order}-0|150=0|39=0|151=5000000|14=0|6=0"),
        fields(
            f"{terms}|17={filled[17]}|150=F|39=2|151=0|14=5000000|6={PRICE}|32=5000000|31={PRICE}|"
            f"382=1|375={filled[375]}|58={filled[58]}"
        ),
    ] == [body(report) for report in reports]
    assert filled[375].startswith("LP-TIER1-")
    assert filled[58].startswith("TIER_1, latency 0.31 ms")
    assert 1 == stack.venue.order(order)["route_calls"]
    # It was told by the answer, the stream and the webhook.
    assert 3 == sum(
        len([row for row in stack.venue.requests(way) if order in str(row)])
        for way in ("route", "executions", "webhook")
    )


def test_a_market_order_that_finds_too_little_ends_with_what_it_got(
    stack: AsmlinkStack, client: Initiator
) -> None:
    stack.venue.sell(2_000_000, PRICE)
    client.send(market("M2"))
    ended = client.wait_for("35=8|11=M2|39=4")

    assert ("2000000", "0") == (ended[14], ended[151])
    assert [("2000000", PRICE, "2000000")] == trades(client, "M2")


def test_a_reject_says_why(stack: AsmlinkStack, client: Initiator) -> None:
    client.send(market("M3"))
    rejected = client.wait_for("35=8|11=M3|39=8")

    assert ("8", "0", "NO_LIQUIDITY") == (rejected[150], rejected[103], rejected[58])


@pytest.mark.parametrize(
    "text, reason",
    [
        (limit("X1"), "OrdType(40) 2 is not taken by the venue; allowed: 1"),
        (market("X2", symbol="BTCUSD"), "Symbol(55) 'BTCUSD' is not traded at asmlink"),
        (market("X3", "1500"), "OrderQty(38) 1500 is not a multiple of the step 1000 of EURUSD"),
    ],
    ids=["limit", "symbol", "step"],
)
def test_what_the_venue_does_not_take_never_leaves(
    stack: AsmlinkStack, client: Initiator, text: str, reason: str
) -> None:
    before = len(stack.venue.requests("route"))
    client.send(text)
    rejected = client.wait_for(f"35=8|39=8|11={text.split('|')[1].removeprefix('11=')}")

    assert rejected[58].startswith(reason)
    assert before == len(stack.venue.requests("route"))


@pytest.mark.parametrize(
    "fault",
    ["timeout_after_accept", "http_500_after_accept", "drop_connection_after_accept",
     "unreadable_body"],
)
def test_an_order_whose_answer_is_lost_is_settled_by_what_else_tells(
    stack: AsmlinkStack, client: Initiator, fault: str
) -> None:
    stack.venue.sell(5_000_000, PRICE)
    stack.venue.arm("route", fault)
    client.send(market(fault))
    filled = client.wait_for(f"35=8|11={fault}|39=2")
    delivered(stack, filled[37])
    settled(client, fault)

    assert [("5000000", PRICE, "5000000")] == trades(client, fault)
    assert 1 == stack.venue.order(filled[37])["route_calls"]
    assert [] == [message for message in client.received if message.msg_type in "3j"]


def test_an_order_that_is_lost_is_in_doubt_and_neither_rejected_nor_sent_again(
    stack: AsmlinkStack, client: Initiator
) -> None:
    stack.venue.arm("route", "drop_connection")
    client.send(market("LOST"))
    pending = client.wait_for("35=8|11=LOST|39=A")
    stack.gateway.wait_for_line("order_in_doubt")

    assert "A" == settled(client, "LOST")[39]
    client.send(cancel("LOST-C", "LOST"))
    refused = client.wait_for("35=9|11=LOST-C")
    assert fields(
        f"1={TRADER}|11=LOST-C|41=LOST|37={pending[37]}|39=A|434=1|102=2|"
        "58=asmlink documents no way to cancel an order"
    ) == body(refused)
    calls = [row for row in stack.venue.requests("route") if pending[37] in str(row["request"])]
    assert 1 == len(calls)


@pytest.mark.parametrize("verdict, report", [
    (("rejected",), "150=8|39=8|14=0|151=0"),
    (("filled", "--qty", "5000000", "--px", PRICE), "150=F|39=2|14=5000000|151=0|31=1.08423"),
], ids=["rejected", "filled"])
def test_a_verdict_settles_what_nobody_can_be_asked_about(
    stack: AsmlinkStack, client: Initiator, verdict: tuple[str, ...], report: str
) -> None:
    name = f"DOUBT-{verdict[0]}"
    stack.venue.arm("route", "drop_connection")
    client.send(market(name))
    pending = client.wait_for(f"35=8|11={name}|39=A")

    def doubts() -> list[tuple[str, str]]:
        return [
            (row["venue_order_id"], row["in_doubt"])
            for row in stack.command("orders", "--in-doubt") if row["cl_ord_id"] == name
        ]

    wait_until(lambda: bool(doubts()), f"{name} is in doubt")
    assert [(f"FIXGW-{pending[37]}", "submit")] == doubts()
    who = ("--who", "jane", "--why", "asmlink desk, 14:05", "--yes")
    stack.command("orders", "verdict", pending[37], *verdict, *who)
    told = client.wait_for(f"35=8|11={name}|{report}")

    assert "jane: asmlink desk, 14:05" == told[58]
    assert [] == doubts()
    # It was routed once, and never again.
    calls = [row for row in stack.venue.requests("route") if pending[37] in str(row["request"])]
    assert 1 == len(calls)


# ------------------------------------------------------------- resting orders


def test_a_resting_order_without_a_way_to_cancel_it(tmp_path: Path) -> None:
    with (
        AsmlinkStack(tmp_path / "stack", settings=RESTING) as stack,
        Initiator(FIX50, stack.port, tmp_path / "client") as client,
    ):
        client.send(limit("L1"))
        new = client.wait_for("35=8|11=L1|39=0")
        client.send(cancel("C1", "L1"))
        refused = client.wait_for("35=9|11=C1")
        assert fields(
            f"1={TRADER}|11=C1|41=L1|37={new[37]}|39=0|434=1|102=2|"
            "58=asmlink documents no way to cancel an order"
        ) == body(refused)

        for part in (1_000_000, 1_000_000, 1_000_000):
            stack.venue.sell(part, PRICE)
        filled = client.wait_for("35=8|11=L1|39=2")
        delivered(stack, filled[37])
        settled(client, "L1")
        assert ["1000000", "2000000", "3000000"] == [cum for _, _, cum in trades(client, "L1")]
        assert [] == repeated_exec_ids(client.received)


def test_with_the_paths_of_the_settings_an_order_is_cancelled_and_asked_about(
    tmp_path: Path,
) -> None:
    with (
        AsmlinkStack(tmp_path / "stack", settings=EVERYTHING, webhooks=False) as stack,
        Initiator(FIX50, stack.port, tmp_path / "client") as client,
    ):
        client.send(limit("L1"))
        client.wait_for("35=8|11=L1|39=0")
        stack.venue.sell(1_000_000, PRICE)
        client.wait_for("35=8|11=L1|39=1")
        client.send(cancel("C1", "L1"))
        canceled = client.wait_for("35=8|11=C1|39=4")
        assert ("1000000", "0", "L1") == (canceled[14], canceled[151], canceled[41])

        # Only a question tells: the answer is lost, and the stream is silent.
        stack.venue.sell(2_000_000, PRICE)
        stack.venue.arm("route", "drop_connection_after_accept")
        stack.venue.arm("executions", "silent_stream")
        client.send(limit("L2", "2000000"))
        filled = client.wait_for("35=8|11=L2|39=2")
        settled(client, "L2")
        assert [("2000000", PRICE, "2000000")] == trades(client, "L2")
        assert 1 == stack.venue.order(filled[37])["route_calls"]


def test_a_fill_while_the_gateway_is_dead_is_reported_once(tmp_path: Path) -> None:
    with (
        AsmlinkStack(tmp_path / "stack", settings=RESTING) as stack,
        Initiator(FIX50, stack.port, tmp_path / "client") as client,
    ):
        client.send(limit("L1"))
        client.wait_for("35=8|11=L1|39=0")
        stack.venue.sell(1_000_000, PRICE)
        part = client.wait_for("35=8|11=L1|39=1")
        delivered(stack, part[37])

        stack.gateway.kill()
        stack.venue.sell(2_000_000, PRICE)
        stack.gateway.start()
        filled = client.wait_for("35=8|11=L1|39=2")
        delivered(stack, filled[37])
        settled(client, "L1")

        assert [("1000000", PRICE, "1000000"), ("2000000", PRICE, "3000000")] == trades(
            client, "L1"
        )
        assert [] == repeated_exec_ids(client.received)
        assert 1 == len(stack.venue.requests("register"))
        assert 1 == stack.venue.order(filled[37])["route_calls"]
    written = [file for file in stack.directory.rglob("*") if file.is_file()]
    assert {"gateway.log", f"{1:020d}.ticks", "told.sqlite"} <= {file.name for file in written}
    for secret in (TRADER_KEY, HOOK_SECRET):
        leaks = [file for file in written if secret.encode() in file.read_bytes()]
        assert [] == [file for file in leaks if file.parent.name != "secrets"]


def test_a_kill_before_the_journal_has_a_fill_costs_nothing(tmp_path: Path) -> None:
    """The fill comes as the gateway dies, again and again: told by stream, webhook and record."""
    with (
        AsmlinkStack(tmp_path / "stack", settings=RESTING) as stack,
        Initiator(FIX50, stack.port, tmp_path / "client") as client,
    ):
        client.send(limit("L1"))
        new = client.wait_for("35=8|11=L1|39=0")
        for _ in range(3):
            stack.venue.sell(1_000_000, PRICE)
            assert KILLED == _killed(stack)
            stack.gateway.start()
        filled = client.wait_for("35=8|11=L1|39=2")
        settled(client, "L1")

        assert ["1000000", "2000000", "3000000"] == [cum for _, _, cum in trades(client, "L1")]
        assert [] == repeated_exec_ids(client.received)
        assert new[37] == filled[37]


def _killed(stack: AsmlinkStack) -> int:
    """kill -9; the exit code."""
    popen = stack.gateway._popen
    assert popen is not None
    stack.gateway.kill()
    return int(popen.returncode)
