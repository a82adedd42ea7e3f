"""OrderCancelReplaceRequest(35=G) of real QuickFIX clients at Finery Markets, which replaces by
`mod`, in one step; and what becomes of one whose answer is lost, or whose gateway dies."""

import random
import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.processes import wait_until
from tests.support.quickfix_initiator import (
    FIX42,
    FIX44,
    FIX50SP2,
    Initiator,
    Message,
    Version,
    judging,
)
from tests.support.story import picked
from tests.venues.finery.stack import (
    PRICE,
    UNIT,
    FineryStack,
    cancel_request,
    exec_ids,
    new_order,
    replace_request,
)

TOLD = (35, 11, 41, 150, 39, 38, 44, 14, 151, 6)
ARRIVED = [
    "timeout_after_accept", "http_500_after_accept", "drop_connection_after_accept",
    "torn_answer_after_accept", "unreadable_body",
]
NOT_ARRIVED = ["timeout_before_accept", "http_502", "drop_connection"]
DECIDED_SECONDS = 60.0
"""Absence is proven some seconds after the outcome became unknown."""

NUMBERS = count(1)
ONE_VERSION = pytest.mark.parametrize("version", [FIX44], ids=["FIX 4.4"], indirect=True)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FineryStack]:
    with FineryStack(tmp_path_factory.mktemp("finery-replace")) as stack:
        yield stack


@pytest.fixture(autouse=True)
def behave_again(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "stack" in request.fixturenames:
        request.getfixturevalue("stack").venue.behave()


@pytest.fixture
def client(stack: FineryStack, version: Version) -> Iterator[Initiator]:
    with judging(version, stack.port, stack.directory / version.comp_id) as client:
        yield client


@pytest.fixture
def names(version: Version) -> tuple[str, str]:
    """ClOrdID(11) of an order, and of its replacement."""
    number = next(NUMBERS)
    return f"{version.comp_id}-X{number}", f"{version.comp_id}-Y{number}"


def received(client: Initiator, since: int) -> list[str]:
    """What the client was told, without answers to its questions and the session's own."""
    return [
        picked(message, TOLD)
        for message in client.messages[since:]
        if not message.sent and message.msg_type in ("8", "9") and message.get(17) != "0"
    ]


def at_work(client: Initiator, name: str, quantity: str = "1") -> Message:
    """An order that rests."""
    client.send(new_order(name, quantity))
    return client.wait_for(f"35=8|11={name}|39=0")


def booked(stack: FineryStack, client: Initiator, *names: str) -> list[tuple[Any, ...]]:
    """The venue's record of those orders: initial, left, open, cancelReason, deals, `add` calls."""
    wanted = {m[198] for name in names for m in client.reports(name) if m.get(198)}
    return [
        (
            Decimal(row["initial"]) / UNIT, Decimal(row["left"]) / UNIT, row["isOpen"],
            row["cancelReason"], [Decimal(deal["size"]) / UNIT for deal in row["deals"]],
            row["addCalls"],
        )
        for name in sorted(wanted)
        for row in stack.venue.named(name)
    ]


def trade(version: Version) -> str:
    """ExecType(150) of an execution that fills: FIX 4.2 has no Trade."""
    return "2" if version is FIX42 else "F"


def part(version: Version) -> str:
    """The same of one that does not."""
    return "1" if version is FIX42 else "F"


def replaced(version: Version) -> str:
    """OrdStatus(39) of an order that was replaced, with nothing executed."""
    return "5" if version is FIX42 else "0"


def replaces(stack: FineryStack, name: str) -> list[Any]:
    """The requests to `mod` that were to make an order of that name."""
    return [one for one in stack.venue.requests("mod") if str(one["clientOrderId"]) == name]


# ------------------------------------------------------------------- as it should be


def test_an_order_is_replaced_in_one_step_and_its_executions_count_once(
    stack: FineryStack, client: Initiator, version: Version, names: tuple[str, str]
) -> None:
    old, new = names
    start = len(client.messages)
    first = at_work(client, old)
    stack.venue.sell("0.25", kind="limitIOC")
    client.wait_for(f"35=8|11={old}|39=1")
    client.send(replace_request(new, old, "2", "50100"))
    client.wait_for(f"35=8|11={new}|41={old}|150=5")
    stack.venue.sell("1.75", "50100", kind="limitIOC")
    client.wait_for(f"35=8|11={new}|39=2")

    x, y = f"35=8|11={old}", f"35=8|11={new}"
    assert [
        f"{x}|150=A|39=A|38=1|44=50000|14=0|151=1|6=0",
        f"{x}|150=0|39=0|38=1|44=50000|14=0|151=1|6=0",
        f"{x}|150={part(version)}|39=1|38=1|44=50000|14=0.25|151=0.75|6=50000",
        f"{y}|41={old}|150=E|39=E|38=1|44=50000|14=0.25|151=0.75|6=50000",
        f"{y}|41={old}|150=5|39=1|38=2|44=50100|14=0.25|151=1.75|6=50000",
        f"{y}|150={trade(version)}|39=2|38=2|44=50100|14=2|151=0|6=50087.5",
    ] == received(client, start)
    assert 1 == len({m[37] for m in client.reports(old) + client.reports(new)})
    # The venue took off what the old one had executed, and was asked once.
    assert [
        (Decimal(1), Decimal("0.75"), False, 0, [Decimal("0.25")], 1),
        (Decimal("1.75"), Decimal(0), False, 0, [Decimal("1.75")], 0),
    ] == booked(stack, client, old, new)
    (asked,) = replaces(stack, client.reports(new)[-1][198])
    number = stack.venue.record(first)["orderId"]
    assert (number, 2 * UNIT, 50100 * UNIT) == (
        asked["orderId"], asked["size"], asked["price"],
    )


def test_replaces_follow_one_another_and_the_last_one_is_canceled(
    stack: FineryStack, client: Initiator, version: Version, names: tuple[str, str]
) -> None:
    old, new = names
    start = len(client.messages)
    at_work(client, old, "3")
    stack.venue.sell("0.5", kind="limitIOC")
    client.wait_for(f"35=8|11={old}|39=1")
    client.send(replace_request(new, old, "4"))
    client.wait_for(f"35=8|11={new}|150=5")
    stack.venue.sell("1", kind="limitIOC")
    client.wait_for(f"35=8|11={new}|14=1.5")
    client.send(replace_request(f"{new}2", new, "2", "49900"))
    client.wait_for(f"35=8|11={new}2|150=5")
    client.send(cancel_request(f"{new}3", f"{new}2"))
    client.wait_for(f"35=8|11={new}3|39=4")

    assert [
        f"35=8|11={new}2|41={new}|150=5|39=1|38=2|44=49900|14=1.5|151=0.5|6=50000",
        f"35=8|11={new}3|41={new}2|150=6|39=6|38=2|44=49900|14=1.5|151=0.5|6=50000",
        f"35=8|11={new}3|41={new}2|150=4|39=4|38=2|44=49900|14=1.5|151=0|6=50000",
    ] == received(client, start)[-3:]
    # Counted at the venue from the beginning of the one that is replaced: 3.5, and 2 less 0.5.
    assert [
        (Decimal(3), Decimal("2.5"), False, 0, [Decimal("0.5")], 1),
        (Decimal("3.5"), Decimal("2.5"), False, 0, [Decimal(1)], 0),
        (Decimal("0.5"), Decimal("0.5"), False, 1, [], 0),
    ] == booked(stack, client, old, new, f"{new}2")


def test_what_is_executed_while_it_is_replaced_counts_once(
    stack: FineryStack, client: Initiator, version: Version, names: tuple[str, str]
) -> None:
    old, new = names
    stack.venue.wait_until_told()
    at_work(client, old)
    # The gateway does not hear of it before it asks to replace the order.
    stack.venue.arm("O", "silent_stream")
    stack.venue.sell("0.25", kind="limitIOC")
    client.send(replace_request(new, old, "2"))
    client.wait_for(f"35=8|11={new}|41={old}|150=5")
    client.wait_for(f"35=8|11={new}|14=0.25|151=1.75")
    stack.venue.sell("1.75", kind="limitIOC")
    last = client.wait_for(f"35=8|11={new}|39=2")

    assert ("2", "0", PRICE) == (last[14], last[151], last[6])
    executed = {(m[17], m[32], m[14]) for m in client.reports(old) + client.reports(new)
                if m.get(32) not in (None, "0")}
    assert [("0.25", "0.25"), ("1.75", "2")] == sorted(
        (quantity, total) for _, quantity, total in executed
    )
    assert [Decimal(1), Decimal("1.75")] == [row[0] for row in booked(stack, client, old, new)]


def test_a_new_order_that_takes_at_once_is_filled_by_the_answer(
    stack: FineryStack, client: Initiator, version: Version, names: tuple[str, str]
) -> None:
    old, new = names
    stack.venue.sell("0.5", "50200")
    start = len(client.messages)
    at_work(client, old)
    client.send(replace_request(new, old, "0.5", "50200"))
    client.wait_for(f"35=8|11={new}|39=2")

    y = f"35=8|11={new}"
    assert [
        f"{y}|41={old}|150=E|39=E|38=1|44=50000|14=0|151=1|6=0",
        f"{y}|41={old}|150=5|39={replaced(version)}|38=0.5|44=50200|14=0|151=0.5|6=0",
        f"{y}|150={trade(version)}|39=2|38=0.5|44=50200|14=0.5|151=0|6=50200",
    ] == received(client, start)[2:]


def test_an_order_that_is_over_or_executed_as_far_is_not_replaced(
    stack: FineryStack, client: Initiator, version: Version, names: tuple[str, str]
) -> None:
    old, new = names
    stack.venue.wait_until_told()
    at_work(client, old)
    stack.venue.arm("O", "silent_stream")
    stack.venue.sell("0.4", kind="limitIOC")
    client.send(replace_request(new, old, "0.4"))
    reject = client.wait_for(f"35=9|11={new}|41={old}")
    assert ("0", "2") == (reject[102], reject[434])
    assert "no size after decrement (Finery 90)" in reject[58]
    client.wait_for(f"35=8|11={old}|39=1|14=0.4")
    stack.venue.sell("0.6", kind="limitIOC")
    client.wait_for(f"35=8|11={old}|39=2|14=1")


def test_an_order_that_the_venue_removes_and_cannot_replace_is_over(
    stack: FineryStack, client: Initiator, version: Version, names: tuple[str, str]
) -> None:
    old, new = names
    own = f"{old}-S"
    client.send(new_order(own, price="51000").replace("|54=1|", "|54=2|"))
    client.wait_for(f"35=8|11={own}|39=0")
    at_work(client, old)
    stack.venue.sell("0.25", kind="limitIOC")
    client.wait_for(f"35=8|11={old}|39=1")
    start = len(client.messages)
    # It would meet the client's own order.
    client.send(replace_request(new, old, "2", "51000"))
    reject = client.wait_for(f"35=9|11={new}|41={old}")

    assert [
        f"35=8|11={new}|41={old}|150=E|39=E|38=1|44=50000|14=0.25|151=0.75|6=50000",
        f"35=8|11={old}|150=4|39=4|38=1|44=50000|14=0.25|151=0|6=50000",
        f"35=9|11={new}|41={old}|39=4",
    ] == received(client, start)
    # FIX 4.2 has no 99 for CxlRejReason(102).
    assert ("2" if version is FIX42 else "99") == reject[102]
    assert "self-match prevention (Finery 78)" in reject[58]
    assert [(Decimal(1), Decimal("0.75"), False, 0, [Decimal("0.25")], 1)] == (
        booked(stack, client, old)
    )
    client.send(cancel_request(f"{own}C", own).replace("|54=1|", "|54=2|"))
    client.wait_for(f"35=8|11={own}C|39=4")


# --------------------------------------------------------------------- lost answers


@pytest.mark.parametrize("feed", ["a feed that tells", "silent_stream"])
@pytest.mark.parametrize("fault", ARRIVED)
@ONE_VERSION
def test_a_replace_whose_answer_is_lost_is_done_once(
    stack: FineryStack, client: Initiator, names: tuple[str, str], fault: str, feed: str
) -> None:
    old, new = names
    at_work(client, old)
    stack.venue.wait_until_told()
    start = len(client.messages)
    stack.venue.arm("mod", fault)
    if feed == "silent_stream":
        stack.venue.arm("O", feed, times=2)
    client.send(replace_request(new, old, "2", "50100"))
    client.wait_for(f"35=8|11={new}|150=5", DECIDED_SECONDS)
    wait_until(lambda: not stack.venue.armed(), "the venue has misbehaved")
    stack.venue.sell("2", "50100", kind="limitIOC")
    client.wait_for(f"35=8|11={new}|39=2")

    y = f"35=8|11={new}"
    assert [
        f"{y}|41={old}|150=E|39=E|38=1|44=50000|14=0|151=1|6=0",
        f"{y}|41={old}|150=5|39=0|38=2|44=50100|14=0|151=2|6=0",
        f"{y}|150=F|39=2|38=2|44=50100|14=2|151=0|6=50100",
    ] == received(client, start)
    assert 1 == len(replaces(stack, client.reports(new)[-1][198]))


@pytest.mark.parametrize("fault", NOT_ARRIVED)
@ONE_VERSION
def test_a_replace_that_never_arrived_is_rejected_once_that_is_proven(
    stack: FineryStack, client: Initiator, names: tuple[str, str], fault: str
) -> None:
    old, new = names
    at_work(client, old)
    stack.venue.wait_until_told()
    start = len(client.messages)
    stack.venue.arm("mod", fault)
    client.send(replace_request(new, old, "2", "50100"))
    reject = client.wait_for(f"35=9|11={new}", DECIDED_SECONDS)
    assert ("99", "the venue has not replaced the order") == (reject[102], reject[58])
    stack.venue.sell("1", kind="limitIOC")
    client.wait_for(f"35=8|11={old}|39=2")

    assert [
        f"35=8|11={new}|41={old}|150=E|39=E|38=1|44=50000|14=0|151=1|6=0",
        f"35=9|11={new}|41={old}|39=0",
        f"35=8|11={old}|150=F|39=2|38=1|44=50000|14=1|151=0|6=50000",
    ] == received(client, start)
    assert 1 == len(stack.venue.named(client.reports(old)[-1][198]))


# --------------------------------------------------------------------------- kill -9


def dies_with(stack: FineryStack, client: Initiator, request: str, name: str) -> None:
    """The gateway dies when the venue has been asked, and before it answers."""
    asked = len(stack.venue.requests("mod"))
    client.send(request)
    client.wait_for(f"35=8|11={name}|150=E")
    wait_until(lambda: len(stack.venue.requests("mod")) > asked, "the venue is asked")
    stack.gateway.kill()


def begins_again(stack: FineryStack, client: Initiator) -> None:
    logons = client.logons
    stack.gateway.launch()
    client.wait_until(lambda: client.logons > logons, "the client is back")


def test_a_gateway_that_dies_after_the_venue_has_replaced_finds_that(tmp_path: Path) -> None:
    with FineryStack(tmp_path / "stack") as stack:
        with Initiator(FIX50SP2, stack.port, tmp_path / "client") as client:
            at_work(client, "X")
            stack.venue.sell("0.25", kind="limitIOC")
            client.wait_for("35=8|11=X|39=1")
            start = len(client.messages)
            stack.venue.arm("mod", "timeout_after_accept", delay_ms=60_000)
            dies_with(stack, client, replace_request("Y", "X", "2", "50100"), "Y")
            stack.venue.sell("0.75", "50100", kind="limitIOC")
            begins_again(stack, client)
            client.wait_for("35=8|11=Y|14=1")
            stack.venue.sell("1", "50100", kind="limitIOC")
            client.wait_for("35=8|11=Y|39=2")

            y = "35=8|11=Y"
            assert [
                f"{y}|41=X|150=E|39=E|38=1|44=50000|14=0.25|151=0.75|6=50000",
                f"{y}|41=X|150=5|39=1|38=2|44=50100|14=0.25|151=1.75|6=50000",
                f"{y}|150=F|39=1|38=2|44=50100|14=1|151=1|6=50075",
                f"{y}|150=F|39=2|38=2|44=50100|14=2|151=0|6=50087.5",
            ] == received(client, start)
            assert sorted(set(exec_ids(client))) == sorted(exec_ids(client))
            assert 1 == len(stack.venue.requests("mod"))
            assert [
                (Decimal(1), Decimal("0.75"), False, 0, [Decimal("0.25")], 1),
                (Decimal("1.75"), Decimal(0), False, 0, [Decimal("0.75"), Decimal(1)], 0),
            ] == booked(stack, client, "X", "Y")


def test_a_gateway_that_dies_before_the_venue_was_reached_finds_that(tmp_path: Path) -> None:
    with FineryStack(tmp_path / "stack") as stack:
        with Initiator(FIX50SP2, stack.port, tmp_path / "client") as client:
            at_work(client, "X")
            start = len(client.messages)
            stack.venue.arm("mod", "timeout_before_accept", delay_ms=60_000)
            dies_with(stack, client, replace_request("Y", "X", "2", "50100"), "Y")
            stack.venue.sell("0.25", kind="limitIOC")
            begins_again(stack, client)
            client.wait_for("35=9|11=Y", DECIDED_SECONDS)
            stack.venue.sell("0.75", kind="limitIOC")
            client.wait_for("35=8|11=X|39=2")

            assert [
                "35=8|11=Y|41=X|150=E|39=E|38=1|44=50000|14=0|151=1|6=0",
                "35=8|11=X|150=F|39=E|38=1|44=50000|14=0.25|151=0.75|6=50000",
                "35=9|11=Y|41=X|39=1",
                "35=8|11=X|150=F|39=2|38=1|44=50000|14=1|151=0|6=50000",
            ] == received(client, start)
            assert sorted(set(exec_ids(client))) == sorted(exec_ids(client))
            assert 1 == len(stack.venue.requests("mod"))


def test_kills_at_any_moment_of_a_replace_leave_one_order_with_the_right_rest(
    tmp_path: Path,
) -> None:
    dice = random.Random(11)
    with FineryStack(tmp_path / "stack") as stack:
        with Initiator(FIX50SP2, stack.port, tmp_path / "client") as client:
            current, quantity = "X", "10"
            at_work(client, current, quantity)
            for number in range(8):
                name, wanted = f"R{number}", str(dice.randint(8, 14))
                client.send(replace_request(name, current, wanted))
                if dice.random() < 0.5:
                    stack.venue.sell("0.1", kind="limitIOC")
                time.sleep(dice.choice((0, 0.001, 0.002, 0.004, 0.008)))
                stack.gateway.kill()
                if dice.random() < 0.5:
                    stack.venue.sell("0.1", kind="limitIOC")
                begins_again(stack, client)
                if outcome_of(client, name) == "5":
                    current, quantity = name, wanted
            client.send(cancel_request("C", current).replace("|38=1|", f"|38={quantity}|"))
            last = client.wait_for("35=8|11=C|39=4")

            rows = stack.venue.orders()
            deals = [Decimal(deal["size"]) / UNIT for row in rows for deal in row["deals"]]
            told = [Decimal(m[32]) for m in client.reports() if Decimal(m.get(32) or 0)]
            assert sorted(deals) == sorted(told)
            assert (sum(deals), quantity) == (Decimal(last[14]), last[38])
            assert [] == [row for row in rows if row["isOpen"]]
            # What the last one was given and what those before it executed is all that was wanted.
            before = sum(
                (Decimal(deal["size"]) / UNIT for row in rows[:-1] for deal in row["deals"]),
                Decimal(0),
            )
            assert Decimal(quantity) == before + Decimal(rows[-1]["initial"]) / UNIT
            assert sorted(set(exec_ids(client))) == sorted(exec_ids(client))
            names = [one["clientOrderId"] for one in stack.venue.requests("mod")]
            assert sorted(set(names)) == sorted(names)


def outcome_of(client: Initiator, name: str) -> str:
    """ "5": the order was replaced by *name*; "9": it was not."""

    def found() -> list[str]:
        return [
            "9" if message.msg_type == "9" else "5"
            for message in client.messages
            if not message.sent and message.get(11) == name
            and (message.msg_type == "9" or message.get(150) == "5")
        ]

    client.wait_until(lambda: bool(found()), f"{name} is decided", DECIDED_SECONDS)
    (only,) = found()
    return only
