"""kill -9 at many instants of a busy run: no order twice at the venue, none lost, every fill once.

The client sends without waiting for answers, while the gateway lives and while it is dead. In the
end three records are laid beside each other: the venue's, the client's, and the journal.
"""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from tests.end_to_end.conftest import StartStack
from tests.support.quickfix_initiator import FIX44, Initiator, Message
from tests.support.stack import Stack, wait_until
from tests.support.story import (
    IOC,
    cancel_request,
    missing_numbers,
    new_order,
    status_request,
    used_twice,
)

QUICK_PROOF = """\
signature_ttl_seconds = 2
backoff_max_seconds = 0.5
"""
NO_LIMIT = QUICK_PROOF + "requests_per_second = 0\n"
# Absence can be proven only some seconds after the last restart: older orders may still go out.
LATE_ENOUGH = "[limits]\nlate_submit_seconds = 600\n"
TOLERANCE_MS = 600_000

SETTLE_SECONDS = 40.0

TAKES, RESTS_AND_FILLS, RESTS, NOTHING_THERE = "50100", "49000", "40000", "39000"
"""Prices: the counterparty sells at the first, and from time to time at the second."""

PENDING = ("A", "6")
"""OrdStatus(39) of an order of which something is still to be heard."""


class Instant(NamedTuple):
    """When a kill comes: after *number* of what is counted, since the round began."""

    counted: str
    number: int


class Run:
    """A client, a venue with another trader, and a gateway that keeps dying."""

    def __init__(self, stack: Stack, client: Initiator, seed: int) -> None:
        self.stack = stack
        self.venue = stack.venue
        self.client = client
        self.random = random.Random(seed)
        self.orders: list[str] = []
        self.cancels: dict[str, str] = {}
        """ClOrdID(11) of a cancel -> the order it names."""
        self.venue.sell("150", TAKES)

    # -------------------------------------------------------------- what is sent

    def order(self) -> None:
        """One more order; now and then a cancel of an earlier one behind it."""
        cl_ord_id = f"K{len(self.orders)}"
        self.orders.append(cl_ord_id)
        quantity = str(self.random.choice(("0.1", "0.25", "1", "1.5")))
        price = self.random.choice((TAKES, TAKES, RESTS_AND_FILLS, RESTS, NOTHING_THERE))
        if price == NOTHING_THERE:
            self.client.send(new_order(cl_ord_id, quantity=quantity, price=price, tif=IOC))
        else:
            self.client.send(new_order(cl_ord_id, quantity=quantity, price=price))
        if self.random.random() < 0.4:
            self.cancel(self.random.choice(self.orders[-8:]))

    def cancel(self, order: str) -> None:
        """Cancel *order*, whatever became of it."""
        cl_ord_id = f"C{len(self.cancels)}"
        self.cancels[cl_ord_id] = order
        self.client.send(cancel_request(cl_ord_id, order))

    # ------------------------------------------------------------------- a round

    def play(self, instant: Instant, orders: int) -> None:
        """Send, kill at *instant*, let the world go on without us, start again."""
        logons = self.client.logons
        reached = self._watch(instant)
        before = instant.number if instant.counted == "sent" else orders - 1
        for _ in range(before):
            self.order()
        reached()
        self.stack.gateway.kill()
        for _ in range(orders - before):
            self.order()
        self.venue.sell("0.3", RESTS_AND_FILLS)
        self.stack.gateway.launch()
        self.client.wait_until(
            lambda: self.client.logged_on and self.client.logons > logons, "the client is back"
        )

    def _watch(self, instant: Instant) -> Callable[[], None]:
        """What waits for *instant*, counting from now."""
        counted, count = instant
        if counted == "received":
            received = len(self.client.messages)

            def enough() -> bool:
                news = self.client.messages[received:]
                return sum(not message.sent for message in news) >= count

            return lambda: self.client.wait_until(enough, f"{count} messages from the gateway")
        if counted == "venue":
            since = self.venue.last_request
            return lambda: wait_until(
                lambda: self._calls(since) >= count, f"{count} calls at the venue"
            )
        if counted == "milliseconds":
            return lambda: time.sleep(count / 1000)
        return lambda: None

    def _calls(self, since: int) -> int:
        return sum(entry["method"] == "POST" for entry in self.venue.requests(since))

    # ----------------------------------------------------------------- the end

    def settle(self) -> None:
        """Wait until nothing is under way any more, by what the client and the venue say."""
        try:
            wait_until(lambda: not self.unsettled(), "all orders settle", SETTLE_SECONDS)
        except AssertionError:
            names = self.unsettled()
            story = [m for m in self.client.messages if {m.get(11), m.get(41)} & set(names)]
            told = "\n".join(map(repr, story))
            raise AssertionError(f"never settled: {names}\n{told}") from None

    def unsettled(self) -> list[str]:
        """What somebody still waits for."""
        reports = self.by_order()
        answered = {message.get(11) for message in self.client.received}
        waiting = [order for order in self.orders if self.status(reports[order]) in ("", *PENDING)]
        waiting += [cancel for cancel in self.cancels if cancel not in answered]
        waiting += [
            order
            for order, row in self.booked(reports).items()
            if len(row["fills"]) != len(fills_of(reports[order]))
        ]
        return waiting

    def by_order(self) -> dict[str, list[Message]]:
        """ExecutionReports and OrderCancelRejects by the ClOrdID(11) of the order."""
        reports: dict[str, list[Message]] = defaultdict(list)
        for message in self.client.received:
            if message.msg_type in ("8", "9"):
                name = message[11]
                reports[self.cancels.get(name, name)].append(message)
        return reports

    @staticmethod
    def status(reports: list[Message]) -> str:
        """OrdStatus(39) as the client has it last; "" before the first report."""
        return reports[-1][39] if reports else ""

    def booked(self, reports: dict[str, list[Message]]) -> dict[str, Any]:
        """The venue's record, by the client's names. Every order there must have one."""
        names = {report[37]: order for order, its in reports.items() for report in its}
        return {
            names.get(row["order"]["orderId"][-16:], row["order"]["orderId"]): row
            for row in self.venue.orders()
        }


def fills_of(reports: list[Message]) -> list[Message]:
    """The reports of executions."""
    return [report for report in reports if report.get(150) == "F"]


def never_left(reports: list[Message]) -> bool:
    """Whether the client was told that the order never reached the venue."""
    end = [report for report in reports if report.get(150) in ("4", "8")]
    return bool(end) and (end[0][150] == "8" or end[0].get(58) == "never reached the venue")


# ------------------------------------------------------------------- the tests


def test_twenty_kills_in_a_run_of_two_hundred_orders(start_stack: StartStack) -> None:
    stack = start_stack(
        sessions=("demo44",),
        venue_settings=NO_LIMIT,
        settings=LATE_ENOUGH,
        sandbox_settings={"requests_per_second": 0, "order_id_tolerance_ms": TOLERANCE_MS},
    )
    instants = [
        Instant("sent", 1), Instant("sent", 9), Instant("sent", 4),
        Instant("received", 1), Instant("received", 5), Instant("received", 9),
        Instant("venue", 1), Instant("venue", 4), Instant("venue", 7),
        Instant("milliseconds", 1), Instant("milliseconds", 4), Instant("milliseconds", 12),
        Instant("received", 2), Instant("received", 13),
        Instant("milliseconds", 25), Instant("milliseconds", 60), Instant("milliseconds", 250),
        Instant("venue", 2), Instant("milliseconds", 7), Instant("received", 7),
    ]
    client = Initiator(FIX44, stack.port, stack.directory / "client")
    with client:
        run = Run(stack, client, seed=20)
        run.random.shuffle(instants)
        for instant in instants:
            run.play(instant, orders=9)
        while len(run.orders) < 200:
            run.order()
        check(run)


def test_kills_while_orders_wait_for_the_rate_limit(start_stack: StartStack) -> None:
    stack = start_stack(
        sessions=("demo44",),
        venue_settings=QUICK_PROOF,
        settings=LATE_ENOUGH,
        sandbox_settings={"order_id_tolerance_ms": TOLERANCE_MS},
    )
    client = Initiator(FIX44, stack.port, stack.directory / "client")
    with client:
        run = Run(stack, client, seed=3)
        for instant in (Instant("received", 12), Instant("venue", 6), Instant("milliseconds", 30)):
            run.play(instant, orders=15)
        check(run)


def check(run: Run) -> None:
    """Lay the three records beside each other."""
    run.settle()
    client, reports = run.client, run.by_order()

    # The client: every order in a known state, every cancel answered, nothing said twice.
    assert set(run.orders) == set(reports)
    exec_ids = Counter(
        report[17] for report in client.reports() if report[17] != "0"
    )
    assert {} == {name: times for name, times in exec_ids.items() if times > 1}
    for sent in (True, False):
        assert [] == missing_numbers(client.messages, sent=sent)
        assert [] == used_twice(client.messages, sent=sent)
    assert [] == [message for message in client.messages if message.msg_type in ("3", "j")]

    # The venue: what was not rejected, or taken back before it left, is there, once; and
    # nothing else is.
    kept_back = {order for order in run.orders if never_left(reports[order])}
    booked = run.booked(reports)
    assert set(run.orders) - kept_back == set(booked)
    assert {1} == {row["newOrderCalls"] for row in booked.values()}
    assert {} == run.venue.unbooked()
    listed = run.venue.listed("listOpenOrder") + run.venue.listed("listCompletedOrder")
    assert sorted(row["order"]["orderId"] for row in booked.values()) == sorted(
        row["orderId"] for row in listed
    )

    # Every fill, once, with the venue's numbers; and the totals that follow from them.
    for order, row in booked.items():
        told = [
            (Decimal(report[32]), Decimal(report[31]), Decimal(report[12]))
            for report in fills_of(reports[order])
        ]
        had = [(fill["quantity"], fill["price"], fill["commission"]) for fill in row["fills"]]
        assert had == told, order
        _check_state(row["order"], fills_of(reports[order]), run.status(reports[order]))

    # Asked at last, the gateway says the same; and so does its journal.
    for order in run.orders:
        run.client.send(status_request(order))
    client.wait_until(
        lambda: len({m[11] for m in client.reports() if m[17] == "0"}) == len(run.orders),
        "all orders have a status",
    )
    journal = {row["cl_ord_id"]: row for row in run.stack.command("orders", "--limit", "0")}
    assert set(run.orders) == set(journal)
    for answer in client.reports():
        if answer[17] == "0":
            its, row = reports[answer[11]], journal[answer[11]]
            assert run.status(its) == answer[39]
            assert NAMES[answer[39]] == row["status"]
            assert sum(Decimal(fill[32]) for fill in fills_of(its)) == Decimal(answer[14])
            assert (answer[37], Decimal(answer[14])) == (row["order_id"], Decimal(row["cum_qty"]))
            assert "" == row["in_doubt"]


NAMES = {
    "0": "NEW", "1": "PARTIALLY_FILLED", "2": "FILLED", "4": "CANCELED", "8": "REJECTED",
    "C": "EXPIRED",
}
"""OrdStatus(39) as the journal's commands name it."""

VENUE_STATUS = {
    "0": {"SUBMITTED"}, "1": {"SUBMITTED"}, "2": {"FILLED"}, "4": {"CANCELLED", "PART_FILLED"},
}


def _check_state(order: Any, fills: list[Message], status: str) -> None:
    assert order["orderStatus"] in VENUE_STATUS[status], (order, status)
    filled = order["filledCumulativeQuantity"]
    assert filled == sum(Decimal(fill[32]) for fill in fills), order
    if fills:
        closed = order["quantity"] == filled
        leaves = Decimal(0) if closed else order["quantity"] - filled
        assert (filled, leaves) == (Decimal(fills[-1][14]), Decimal(fills[-1][151])), order
