"""A real QuickFIX client configured with ResetOnLogon=Y: a fill that it did not see, it sees."""

import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest

from tests.end_to_end.conftest import StartStack
from tests.support.quickfix_initiator import (
    FIX42,
    FIX44,
    FIX50SP2,
    Initiator,
    Message,
    Version,
)
from tests.support.stack import Stack, wait_until
from tests.support.story import PRICE, new_order, repeated_exec_ids, status_request

RESETS = "ResetOnLogon=Y"
SESSIONS = {FIX42: "demo42", FIX44: "demo44", FIX50SP2: "demo50sp2"}
NO_LIMIT = "requests_per_second = 0\n"
SANDBOX = {"requests_per_second": 0}


def client(version: Version, stack: Stack) -> Initiator:
    """It starts its numbers again at each Logon."""
    return Initiator(version, stack.port, stack.directory / "client", settings=RESETS)


def fills(messages: Sequence[Message]) -> list[Message]:
    """The reports of executions."""
    reports = [m for m in messages if m.msg_type == "8" and m[17] != "0"]
    return [m for m in reports if m.get(150) in ("F", "1", "2")]


def executed(stack: Stack) -> Any:
    """What the journal says was executed of the only order."""
    [row] = stack.command("orders")
    return row


@pytest.mark.parametrize("version", [FIX42, FIX44, FIX50SP2], ids=lambda version: version.name)
def test_a_fill_while_the_client_was_away(start_stack: StartStack, version: Version) -> None:
    stack = start_stack(sessions=(SESSIONS[version],))
    initiator = client(version, stack)
    with initiator:
        initiator.send(new_order("A", quantity="3"))
        initiator.wait_for("35=8|11=A|39=0")
        stack.venue.sell("1", PRICE)
        initiator.wait_for("35=8|11=A|39=1")
        initiator.stop()

        stack.venue.sell("0.5", PRICE)
        stack.venue.sell("1.5", PRICE)
        wait_until(lambda: executed(stack)["status"] == "FILLED", "the gateway knows")
        before = len(initiator.messages)
        initiator.log_on()
        initiator.wait_for("35=8|11=A|39=2", since=before)
        initiator.send(status_request("A"))
        initiator.wait_for("35=8|17=0", since=before)

        news = [m for m in initiator.messages[before:] if not m.sent]
        logon, *reports, status = [m for m in news if m.msg_type in "A8"]
        assert ("A", 1, "Y") == (logon.msg_type, logon.seq_num, logon[141])
        assert [("0.5", "Y", 2), ("1.5", "Y", 3)] == [
            (m.get(32), m.get(97), m.seq_num) for m in reports
        ]
        assert [] == repeated_exec_ids(initiator.received)
        assert not any(m.poss_dup for m in news)
        assert 3 == float(status[14]) == sum(float(m[32]) for m in fills(initiator.received))
        # QuickFIX has found nothing to object to.
        assert not [m for m in initiator.sent if m.msg_type in ("3", "j", "2")]


def test_what_a_killed_gateway_had_committed_and_not_written(start_stack: StartStack) -> None:
    """The gateway dies again and again while executions come; the client reconnects by itself."""
    stack = start_stack(sessions=("demo44",), venue_settings=NO_LIMIT, sandbox_settings=SANDBOX)
    with client(FIX44, stack) as initiator:
        initiator.send(new_order("A", quantity="100"))
        initiator.wait_for("35=8|11=A|39=0")
        for _ in range(4):
            selling = threading.Thread(
                target=lambda: [stack.venue.sell("0.5", PRICE) for _ in range(20)]
            )
            seen = len(fills(initiator.received))
            selling.start()
            initiator.wait_until(
                lambda: len(fills(initiator.received)) >= seen + 5, "some of the fills"
            )
            logons = initiator.logons
            stack.gateway.kill()
            selling.join()
            stack.gateway.start()
            initiator.wait_until(lambda: initiator.logons > logons, "the client is back")
        _everything_once(initiator, 80)


def test_a_client_that_dies_with_reports_on_their_way(start_stack: StartStack) -> None:
    stack = start_stack(sessions=("demo44",), venue_settings=NO_LIMIT, sandbox_settings=SANDBOX)
    with client(FIX44, stack) as initiator:
        initiator.send(new_order("A", quantity="100"))
        initiator.wait_for("35=8|11=A|39=0")
        for _ in range(3):
            selling = threading.Thread(
                target=lambda: [stack.venue.sell("0.5", PRICE) for _ in range(10)]
            )
            selling.start()
            initiator.wait_for("35=8|11=A|150=F", since=len(initiator.messages))
            initiator.stop(abruptly=True)
            selling.join()
            initiator.log_on()
        _everything_once(initiator, 30)


def _everything_once(initiator: Initiator, number: int) -> None:
    """The client has heard of so many fills; of one twice only if the second says so."""
    initiator.wait_until(
        lambda: len({m[17] for m in fills(initiator.received)}) == number, f"all {number} fills"
    )
    told = fills(initiator.received)
    first: set[str] = set()
    for message in told:
        assert message[17] not in first or message.get(97) == "Y", message
        first.add(message[17])
    counted = Counter(m[17] for m in told)
    assert max(counted.values()) <= 5
    in_order = list(dict.fromkeys(m[17] for m in told))
    by_quantity = sorted(in_order, key=lambda each: min(
        float(m[14]) for m in told if m[17] == each
    ))
    assert by_quantity == in_order
