"""What the venue does not answer, or answers badly, is no reject: it is asked about.

The sandbox books first and misbehaves then, or loses the request before it arrives. Whatever it
does, the client hears no reject, the venue has the order once, and each fill is reported once.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.end_to_end.conftest import StartStack
from tests.support.quickfix_initiator import FIX44, FIX50, Initiator, Message
from tests.support.slow_line import SlowLine
from tests.support.stack import Stack, wait_until
from tests.support.story import PRICE, cancel_request, new_order, status_request

LOSES_THE_ANSWER = [
    "timeout_after_accept",
    "http_500_after_accept",
    "drop_connection_after_accept",
    "unreadable_body",
]
LOSES_THE_REQUEST = ["timeout_before_accept", "http_502", "drop_connection"]
SILENT, TWICE, DROPPED, LATE = (
    "silent_stream", "duplicate_updates", "drop_stream", "late_updates",
)

# A second for an answer; asked about all open orders twice a second, though the stream looks well.
IMPATIENT = """\
signature_ttl_seconds = 2
request_timeout_seconds = 1.0
requests_per_second = 0
backoff_min_seconds = 0.05
resync_seconds = 0.5
"""
LONGER_THAN_A_SECOND_MS = 1_500


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(
        tmp_path_factory.mktemp("outcomes") / "stack",
        sessions=("demo44",),
        venue_settings=IMPATIENT,
        sandbox_settings={"requests_per_second": 0},
    ) as stack:
        yield stack


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Initiator]:
    with Initiator(FIX44, stack.port, stack.directory / "client") as client:
        yield client


@pytest.fixture(autouse=True)
def behave_again(stack: Stack) -> Iterator[None]:
    yield
    stack.venue.behave()


def arm(stack: Stack, call: str, fault: str, times: int = 1) -> None:
    stack.venue.arm(call, fault, times=times, delay_ms=LONGER_THAN_A_SECOND_MS)


def met(stack: Stack) -> None:
    """Wait until nothing is armed any more."""
    wait_until(lambda: not stack.venue.armed(), "the venue has misbehaved")


def streams_up(stack: Stack) -> int:
    """The number of times that a stream came up since the gateway started."""
    return stack.gateway.output().count("stream_up")


def statuses(client: Initiator, cl_ord_id: str) -> list[str]:
    """OrdStatus(39) of all reports about an order, once the gateway has nothing more to say."""
    start = len(client.messages)
    client.send(status_request(cl_ord_id))
    client.wait_for(f"35=8|11={cl_ord_id}|17=0", since=start)
    assert [] == [message for message in client.received if message.msg_type in "39j"]
    return [report[39] for report in client.reports(cl_ord_id) if report[17] != "0"]


def record(stack: Stack, report: Message) -> Any:
    """The order as the venue has it; there is one, submitted once."""
    rows = [row for row in stack.venue.orders() if row["order"]["orderId"].endswith(report[37])]
    assert 1 == len(rows)
    return rows[0]


def fills(client: Initiator, cl_ord_id: str) -> list[tuple[str, str]]:
    """LastQty(32) and CumQty(14) of all executions that were reported."""
    reports = [report for report in client.reports(cl_ord_id) if report[150] == "F"]
    return [(report[32], report[14]) for report in reports]


# ----------------------------------------------------------------- submits


@pytest.mark.parametrize("stream", ["a stream that tells", SILENT])
@pytest.mark.parametrize("fault", LOSES_THE_ANSWER)
def test_an_order_whose_answer_is_lost_is_there_once(
    stack: Stack, client: Initiator, fault: str, stream: str
) -> None:
    cl_ord_id = f"{fault}-{stream[0]}"
    arm(stack, "newOrder", fault)
    if stream == SILENT:
        arm(stack, "order", SILENT)

    client.send(new_order(cl_ord_id))
    new = client.wait_for(f"35=8|11={cl_ord_id}|39=0")
    met(stack)
    stack.venue.sell("1", PRICE)
    client.wait_for(f"35=8|11={cl_ord_id}|39=2")

    assert ["A", "0", "2"] == statuses(client, cl_ord_id)
    assert [("1", "1")] == fills(client, cl_ord_id)
    assert 1 == record(stack, new)["newOrderCalls"]


def test_orders_that_never_arrived_are_submitted_again_once_that_is_proven(
    stack: Stack, client: Initiator
) -> None:
    for fault in LOSES_THE_REQUEST:
        arm(stack, "newOrder", fault)
        client.send(new_order(fault))
        client.wait_for(f"35=8|11={fault}|39=A")
        met(stack)
    news = [client.wait_for(f"35=8|11={fault}|39=0") for fault in LOSES_THE_REQUEST]
    stack.venue.sell("3", PRICE)
    for fault in LOSES_THE_REQUEST:
        client.wait_for(f"35=8|11={fault}|39=2")

    for fault, new in zip(LOSES_THE_REQUEST, news, strict=True):
        assert ["A", "0", "2"] == statuses(client, fault)
        assert [("1", "1")] == fills(client, fault)
        assert Decimal(1) == record(stack, new)["order"]["filledCumulativeQuantity"]
    # The first call of each was counted when it came, and lost before it was booked.
    assert {2} == {record(stack, new)["newOrderCalls"] for new in news}


def test_an_order_that_fills_before_its_answer_is_lost_is_reported_whole(
    stack: Stack, client: Initiator
) -> None:
    stack.venue.sell("0.4", "49990")
    stack.venue.sell("0.6", "49995")
    arm(stack, "newOrder", "timeout_after_accept")
    # New and both fills, gone.
    arm(stack, "order", SILENT, times=3)

    client.send(new_order("FAST"))
    last = client.wait_for("35=8|11=FAST|39=2")

    assert ["A", "0", "1", "2"] == statuses(client, "FAST")
    assert [("0.4", Decimal("0.4")), ("0.6", 1)] == [
        (quantity, Decimal(total)) for quantity, total in fills(client, "FAST")
    ]
    assert "49993" == last[6]


# ----------------------------------------------------------------- cancels


@pytest.mark.parametrize("fault", LOSES_THE_ANSWER + LOSES_THE_REQUEST)
def test_a_cancel_whose_outcome_is_unknown_is_done_in_the_end(
    stack: Stack, client: Initiator, fault: str
) -> None:
    cl_ord_id = f"CANCEL-{fault}"
    client.send(new_order(cl_ord_id))
    new = client.wait_for(f"35=8|11={cl_ord_id}|39=0")

    arm(stack, "cancelOrder", fault)
    client.send(cancel_request(f"{cl_ord_id}-X", cl_ord_id))
    canceled = client.wait_for(f"35=8|11={cl_ord_id}-X|39=4")
    met(stack)

    assert ("0", "0", cl_ord_id) == (canceled[14], canceled[151], canceled[41])
    assert ["A", "0", "6", "4"] == statuses(client, cl_ord_id)
    assert "CANCELLED" == record(stack, new)["order"]["orderStatus"]


# ----------------------------------------------------------------- streams


@pytest.mark.parametrize("fault", [SILENT, TWICE, DROPPED, LATE])
def test_whatever_the_stream_does_fills_are_reported_once(
    stack: Stack, client: Initiator, fault: str
) -> None:
    client.send(new_order(fault))
    new = client.wait_for(f"35=8|11={fault}|39=0")
    for quantity, status in (("0.25", "1"), ("0.25", "1"), ("0.5", "2")):
        arm(stack, "order", fault)
        start, ups = len(client.messages), streams_up(stack)
        stack.venue.sell(quantity, PRICE)
        client.wait_for(f"35=8|11={fault}|39={status}", since=start)
        met(stack)
        if fault == DROPPED:
            # The fill may be found by a question: news without a stream would meet no fault.
            wait_until(lambda: streams_up(stack) > ups, "the stream is back")

    assert ["A", "0", "1", "1", "2"] == statuses(client, fault)
    assert [Decimal("0.25"), Decimal("0.5"), Decimal(1)] == [
        Decimal(total) for _, total in fills(client, fault)
    ]
    assert 1 == record(stack, new)["newOrderCalls"]


def test_a_stream_that_drops_every_update_loses_nothing(stack: Stack, client: Initiator) -> None:
    client.send(new_order("DROPS"))
    client.wait_for("35=8|11=DROPS|39=0")
    arm(stack, "order", DROPPED, times=5)
    for _ in range(5):
        stack.venue.sell("0.2", PRICE)
    client.wait_for("35=8|11=DROPS|39=2")

    assert ["A", "0", "1", "1", "1", "1", "2"] == statuses(client, "DROPS")
    assert 5 == len(fills(client, "DROPS"))


# ---------------------------------------------------------------- the line


@pytest.mark.parametrize(
    ("held_seconds", "calls"),
    [
        # It arrives while its signature is good, and is booked.
        (1.5, 1),
        # It arrives too late and is turned down; only then is the order sent again.
        (4.5, 2),
    ],
)
def test_a_request_that_is_late_on_the_line_is_not_overtaken_by_another(
    start_stack: StartStack, held_seconds: float, calls: int
) -> None:
    lines: list[SlowLine] = []

    def line(port: int) -> int:
        lines.append(SlowLine(port))
        return lines[0].port

    stack = start_stack(
        sessions=("demo50",),
        venue_settings=IMPATIENT.replace("signature_ttl_seconds = 2", "signature_ttl_seconds = 3"),
        sandbox_settings={"requests_per_second": 0},
        line=line,
    )
    with lines[0], Initiator(FIX50, stack.port, stack.directory / "client") as client:
        lines[0].hold("/order/newOrder", held_seconds)
        client.send(new_order("HELD"))
        new = client.wait_for("35=8|11=HELD|39=0")
        stack.venue.sell("1", PRICE)
        client.wait_for("35=8|11=HELD|39=2")

        assert ["A", "0", "2"] == statuses(client, "HELD")
        assert [("1", "1")] == fills(client, "HELD")
        assert calls == record(stack, new)["newOrderCalls"]
