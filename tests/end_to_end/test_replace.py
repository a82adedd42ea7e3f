"""OrderCancelReplaceRequest(35=G), OrderMassCancelRequest(35=q), OrderMassStatusRequest(35=AF) of
real QuickFIX clients, at a venue that cannot replace: the order is cancelled, and a new one sent
with what is left (ReplaceByCancel=Y)."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.support.quickfix_initiator import (
    FIX42,
    Initiator,
    Message,
    Version,
    judging,
    utc_now,
)
from tests.support.stack import Stack
from tests.support.story import PRICE, SYMBOL, new_order, picked, replace_request

TOLD = (11, 41, 150, 39, 38, 14, 151)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    directory = tmp_path_factory.mktemp("replace") / "stack"
    with Stack(directory, session_settings="ReplaceByCancel=Y") as stack:
        yield stack


@pytest.fixture
def client(stack: Stack, version: Version) -> Iterator[Initiator]:
    with judging(version, stack.port, stack.directory / version.comp_id) as client:
        yield client


def told(message: Message) -> str:
    return picked(message, TOLD)


def at_venue(stack: Stack, client: Initiator, *cl_ord_ids: str) -> list[tuple[str, Decimal]]:
    """What the venue was given for these orders: each once."""
    names = {m[198] for name in cl_ord_ids for m in client.reports(name) if m.get(198)}
    rows = [row for row in stack.venue.orders() if row["order"]["orderId"] in names]
    assert {1} == {row["newOrderCalls"] for row in rows}
    return [(row["order"]["orderStatus"], row["order"]["quantity"]) for row in rows]


def test_an_order_is_replaced_and_its_executions_count_once(
    stack: Stack, client: Initiator, version: Version
) -> None:
    old, new = f"{version.comp_id}-R1", f"{version.comp_id}-R2"
    client.send(new_order(old))
    client.wait_for(f"35=8|11={old}|39=0")
    stack.venue.sell("0.25", PRICE)
    client.wait_for(f"35=8|11={old}|39=1")
    start = len(client.messages)
    client.send(replace_request(new, old, "2", "50001"))
    client.wait_for(f"35=8|11={new}|41={old}|150=5", since=start)
    stack.venue.sell("1.75", "50001")
    client.wait_for(f"35=8|11={new}|39=2", since=start)

    pending, replaced, filled = [m for m in client.messages[start:] if not m.sent]
    assert f"11={new}|41={old}|150=E|39=E|38=1|14=0.25|151=0.75" == told(pending)
    assert f"11={new}|41={old}|150=5|39=1|38=2|14=0.25|151=1.75" == told(replaced)
    last = "2" if version is FIX42 else "F"
    assert f"11={new}|150={last}|39=2|38=2|14=2|151=0" == told(filled)
    assert "50000.875" == filled[6]
    assert 1 == len({m[37] for m in (pending, replaced, filled)})
    # This venue calls a cancelled order with executions PART_FILLED.
    assert [("PART_FILLED", Decimal(1)), ("FILLED", Decimal("1.75"))] == (
        at_venue(stack, client, old, new)
    )


def test_a_gateway_that_dies_in_the_middle_goes_on_with_it(
    stack: Stack, client: Initiator, version: Version
) -> None:
    old, new = f"{version.comp_id}-K1", f"{version.comp_id}-K2"
    client.send(new_order(old))
    client.wait_for(f"35=8|11={old}|39=0")
    start, logons = len(client.messages), client.logons
    client.send(replace_request(new, old, "2"))
    client.wait_for(f"35=8|11={new}|150=E", since=start)
    stack.gateway.kill()
    stack.gateway.start()
    client.wait_until(lambda: client.logons > logons, "the client logs on again")
    client.wait_for(f"35=8|11={new}|150=5", since=start)

    answers = [m for m in client.reports(new) if m.get(150) == "5"]
    assert 1 == len({m[17] for m in answers})
    assert f"11={new}|41={old}|150=5|39={_replaced(version)}|38=2|14=0|151=2" == told(answers[0])
    assert [("CANCELLED", Decimal(1)), ("SUBMITTED", Decimal(2))] == (
        at_venue(stack, client, old, new)
    )
    client.send(f"35=F|11={new}-C|41={new}|55={SYMBOL}|54=1|38=2|60={utc_now()}|")
    client.wait_for(f"35=8|11={new}-C|39=4", since=start)


def _replaced(version: Version) -> str:
    # FIX 4.2 has an OrdStatus(39) of its own for it; later versions have New.
    return "5" if version is FIX42 else "0"


def test_a_replace_of_something_unknown_is_rejected(
    client: Initiator, version: Version
) -> None:
    name = f"{version.comp_id}-U"
    client.send(replace_request(name, "NOTHING", "2"))
    client.wait_for(f"35=9|11={name}|41=NOTHING|434=2|102=1|39=8|37=NONE")


def test_all_orders_are_told_and_cancelled_at_one_request(
    stack: Stack, client: Initiator, version: Version
) -> None:
    names = [f"{version.comp_id}-M{number}" for number in range(3)]
    for name in names:
        client.send(new_order(name))
        client.wait_for(f"35=8|11={name}|39=0")
    start = len(client.messages)
    client.send(f"35=AF|584={version.comp_id}-S|585=7|")
    client.send(f"35=q|11={version.comp_id}-Q|530=7|60={utc_now()}|")
    if version is FIX42:
        # It came with FIX 4.3.
        for msg_type in ("AF", "q"):
            client.wait_for(f"35=3|372={msg_type}", since=start)
        for name in names:
            client.send(f"35=F|11={name}-C|41={name}|55={SYMBOL}|54=1|38=1|60={utc_now()}|")
            client.wait_for(f"35=8|11={name}-C|39=4", since=start)
        return
    client.wait_for(f"35=r|11={version.comp_id}-Q|531=7|533=3", since=start)
    for name in names:
        client.wait_for(f"35=8|11={name}|150=4|39=4", since=start)
    statuses = [m for m in client.messages[start:] if m.get(584) and not m.sent]
    assert names == sorted(m[11] for m in statuses)
    assert {("I", "3")} == {(m[150], m[911]) for m in statuses}
    assert ["Y"] == [m[912] for m in statuses if m.get(912) == "Y"]
