"""Finery Markets, end to end: a QuickFIX initiator, the gateway, and the sandbox as a process."""

import random
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.quickfix_initiator import (
    FIX42,
    FIX44,
    FIX50SP2,
    Initiator,
    Version,
    utc_now,
)
from tests.support.stack import wait_until
from tests.venues.finery.stack import (
    KEYS,
    PRICE,
    SYMBOL,
    UNIT,
    FineryStack,
    cancel_request,
    exec_ids,
    fills,
    new_order,
    statuses,
)

# Absence can be proven only some seconds after the last restart: older orders may still go out.
LATE_ENOUGH = "\n[limits]\nlate_submit_seconds = 600\n"


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


@pytest.mark.parametrize(
    ("name", "order"),
    {"MARKET-CASH": "54=1|40=1|", "LIMIT-CASH": "54=1|40=2|44=49600|59=4|"}.items(),
)
def test_what_takes_may_name_an_amount_of_money(
    stack: FineryStack, client: Initiator, name: str, order: str
) -> None:
    stack.venue.sell("0.5", "49500")
    client.send(f"35=D|11={name}|21=1|55={SYMBOL}|152=24750|{order}60={utc_now()}|")
    filled = client.wait_for(f"35=8|11={name}|39=2")

    assert ("0.5", "49500", "0") == (filled[14], filled[6], filled[151])
    (asked,) = [
        one for one in stack.venue.requests("add") if one.get("clientOrderId") == int(filled[37])
    ]
    assert (24750 * UNIT, None) == (asked["volume"], asked.get("size"))


def test_what_rests_may_not(stack: FineryStack, client: Initiator) -> None:
    client.send(f"35=D|11=RESTS|21=1|55={SYMBOL}|54=1|152=24750|40=2|44=100|59=1|60={utc_now()}|")
    rejected = client.wait_for("35=8|11=RESTS|39=8")

    assert "CashOrderQty(152) of an order that rests" in rejected[58]
    assert [] == stack.venue.named(rejected[37])


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
    # A test before this one may have cost the gateway its socket: then the order would leave by
    # REST, and nobody would be there to be told nothing.
    stack.venue.wait_until_told()
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
        stack.venue.wait_until_told()
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
            # Without a deal: that the venue had it is in the journal.
            gone = client.wait_for("35=8|11=BY-HAND|39=4")
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


@pytest.mark.parametrize(
    "settings",
    [{"settings": "cancel_on_disconnect = true"},
     {"session_settings": "VenueCancelOnDisconnect=Y"}],
    ids=["all orders of the venue", "all orders of the session"],
)
def test_orders_that_go_with_their_socket_are_told_cancelled_after_a_kill(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    with FineryStack(tmp_path / "stack", **settings) as stack:
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
