"""Cancel on disconnect with a real client, a real gateway and a real venue, judged by its record.

The client is QuickFIX: it logs out, drops its connection, comes back, or is there when the gateway
is killed; and whatever was cancelled while it was away, it hears of once.
"""

import time
from collections import Counter

import pytest

from tests.end_to_end.conftest import StartStack
from tests.support.quickfix_initiator import FIX42, FIX44, VERSIONS, Initiator, Message, Version
from tests.support.slow_line import SlowLine
from tests.support.stack import Stack, wait_until
from tests.support.story import PRICE, SYMBOL, kind, new_order, status_request

CUSTOM_TAGS = "ValidateUserDefinedFields=N"
"""A client that sends a venue's tags knows them; QuickFIX's own dictionaries do not."""

QUICK = """\
signature_ttl_seconds = 2
request_timeout_seconds = 1.0
requests_per_second = 0
backoff_min_seconds = 0.05
"""
UNHURRIED = {"requests_per_second": 0}

WINDOW_SECONDS = 15
"""Much longer than a client, or the gateway, needs to be back."""

LOST = "cancel on disconnect: the connection was lost"
LOGGED_OUT = "cancel on disconnect: the client logged out"
RESTARTED = "cancel on disconnect: the gateway was restarted and the client was not back in time"


class Connected:
    """A stack, and a client that reaches it over a line that can be cut."""

    def __init__(self, stack: Stack, logon: str = "", version: Version = FIX44) -> None:
        self.stack = stack
        self.line = SlowLine(stack.port)
        self.client = Initiator(
            version, self.line.port, stack.directory / version.comp_id,
            logon=logon, settings=CUSTOM_TAGS,
        )

    def __enter__(self) -> "Connected":
        self.client.log_on()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.stop(abruptly=True)
        self.line.__exit__()

    def drop(self) -> None:
        """The connection is lost, and the gateway knows it."""
        self.line.cut()
        self.stack.gateway.wait_for_line("connection_lost")

    def back(self, cl_ord_id: str = "") -> Message | None:
        """The line is mended and the client logs on again; the report of its order's end."""
        logons = self.client.logons
        self.line.mend()
        self.client.wait_until(
            lambda: self.client.logons > logons and self.client.logged_on, "it is back"
        )
        return self.client.wait_for(f"35=8|11={cl_ord_id}|39=4") if cl_ord_id else None

    def text(self, cl_ord_id: str) -> str:
        """Text(58) of the report that says that the order is canceled, once the client is back."""
        report = self.back(cl_ord_id)
        assert report is not None
        return report[58]


def place(client: Initiator, *cl_ord_ids: str) -> None:
    """Orders that rest at the venue, with the client told so."""
    for cl_ord_id in cl_ord_ids:
        client.send(new_order(cl_ord_id))
    for cl_ord_id in cl_ord_ids:
        client.wait_for(f"35=8|11={cl_ord_id}|39=0")


def at_venue(stack: Stack) -> Counter[str]:
    """How many orders are in which state, by the venue's record."""
    return Counter(str(row["order"]["orderStatus"]) for row in stack.venue.orders())


def cancel_calls(stack: Stack) -> int:
    """How often the venue was asked to cancel anything."""
    return sum("ancelOrder" in str(entry.get("path")) for entry in stack.venue.requests())


def check_quiet(client: Initiator) -> None:
    """Nothing was rejected by anybody, and nothing was told twice."""
    assert [] == [message for message in client.messages if message.msg_type in ("3", "9", "j")]
    told = Counter(report[17] for report in client.reports() if report[17] != "0")
    assert {1} == set(told.values())


@pytest.mark.parametrize("version", VERSIONS, ids=lambda version: version.name)
def test_a_lost_connection_in_every_version(start_stack: StartStack, version: Version) -> None:
    stack = start_stack(
        venue_settings=QUICK, sandbox_settings=UNHURRIED, session_settings="Dialect=fixgw"
    )
    with Connected(stack, "8013=Y|", version) as connected:
        client = connected.client
        answer = client.wait_for("35=A")
        assert "Y" == answer[8013]
        place(client, "A")
        placed = client.wait_for("35=8|11=A|39=0")
        connected.drop()
        wait_until(lambda: at_venue(stack) == {"CANCELLED": 1}, "the venue has cancelled it")

        report = connected.back("A")
        assert report is not None
        expected = {
            11: "A", 37: placed[37], 17: f"{placed[37]}-4", 39: "4", 54: "1", 55: SYMBOL,
            14: "0", 151: "0", 6: "0", 38: "1", 40: "2", 44: PRICE, 59: "1", 58: LOST,
            1: placed[1], 198: placed[198], 207: placed[207],
        }
        for field in kind(version, "canceled").split("|"):
            tag, value = field.split("=")
            expected[int(tag)] = value
        body = {tag: value for tag, value in report.body.items() if tag != 60}
        assert expected == body
        assert 41 not in report.fields and report.poss_dup
        check_quiet(client)


@pytest.mark.parametrize(
    ("asked", "cancels"), [("35002=2|", True), ("8674=0|", False)], ids=["asked", "not asked"]
)
def test_a_logout(start_stack: StartStack, asked: str, cancels: bool) -> None:
    stack = start_stack(sessions=("demo44",), venue_settings=QUICK, sandbox_settings=UNHURRIED)
    with Connected(stack, asked) as connected:
        client = connected.client
        place(client, "A")
        client.stop()
        stack.gateway.wait_for_line("logged_out")
        if cancels:
            wait_until(lambda: at_venue(stack) == {"CANCELLED": 1}, "the venue has cancelled it")
        client.log_on()
        if cancels:
            assert LOGGED_OUT == client.wait_for("35=8|11=A|39=4")[58]
        else:
            check_untouched(stack, client)
        check_quiet(client)


def check_untouched(stack: Stack, client: Initiator) -> None:
    """The order A works on, by all accounts, and nobody asked the venue to cancel it."""
    client.send(status_request("A"))
    client.wait_for("35=8|11=A|150=I|39=0")
    assert {"SUBMITTED": 1} == at_venue(stack)
    assert 0 == cancel_calls(stack)


def test_back_within_the_window(start_stack: StartStack) -> None:
    stack = start_stack(
        sessions=("demo44",), venue_settings=QUICK, sandbox_settings=UNHURRIED,
        session_settings=f"CancelOnDisconnect=both\nCancelOnDisconnectSeconds={WINDOW_SECONDS}",
    )
    with Connected(stack) as connected:
        place(connected.client, "A")
        connected.drop()
        stack.gateway.wait_for_line("client_away")
        connected.back()
        time.sleep(WINDOW_SECONDS + 1)

        check_untouched(stack, connected.client)
        check_quiet(connected.client)


def test_a_gateway_that_is_killed_cancels_when_it_is_started_again(start_stack: StartStack) -> None:
    stack = start_stack(
        sessions=("demo44",), venue_settings=QUICK, sandbox_settings=UNHURRIED,
        session_settings="CancelOnDisconnect=disconnect\nCancelOnDisconnectSeconds=1",
    )
    with Connected(stack) as connected:
        place(connected.client, "A", "B")
        stack.gateway.kill()
        connected.line.cut()
        assert {"SUBMITTED": 2} == at_venue(stack)
        stack.gateway.start()
        wait_until(lambda: at_venue(stack) == {"CANCELLED": 2}, "the venue has cancelled both")

        assert RESTARTED == connected.text("A")
        assert RESTARTED == connected.client.wait_for("35=8|11=B|39=4")[58]
        check_quiet(connected.client)


def test_a_client_that_is_back_after_the_gateway_was_killed(start_stack: StartStack) -> None:
    stack = start_stack(
        sessions=("demo44",), venue_settings=QUICK, sandbox_settings=UNHURRIED,
        session_settings=f"CancelOnDisconnectSeconds={WINDOW_SECONDS}",
    )
    with Connected(stack, "5001=Y|") as connected:
        place(connected.client, "A")
        stack.gateway.kill()
        connected.line.cut()
        stack.gateway.start()
        connected.back()
        time.sleep(WINDOW_SECONDS + 1)

        check_untouched(stack, connected.client)
        check_quiet(connected.client)


@pytest.mark.parametrize("cancels", [1, 7, 15])
def test_a_gateway_that_is_killed_while_it_cancels(start_stack: StartStack, cancels: int) -> None:
    stack = start_stack(sessions=("demo44",), venue_settings=QUICK, sandbox_settings=UNHURRIED)
    orders = [f"K{number}" for number in range(20)]
    with Connected(stack, "9001=Y|") as connected:
        place(connected.client, *orders)
        connected.line.cut()
        wait_until(lambda: cancel_calls(stack) >= cancels, f"{cancels} cancels have left")
        stack.gateway.kill()
        stack.gateway.start()
        wait_until(lambda: at_venue(stack) == {"CANCELLED": 20}, "the venue has cancelled all")

        connected.back("K0")
        for order in orders:
            connected.client.wait_for(f"35=8|11={order}|150=4|39=4")
        check_quiet(connected.client)


def test_an_order_in_doubt_is_cancelled_when_the_venue_says_that_it_has_it(
    start_stack: StartStack,
) -> None:
    stack = start_stack(sessions=("demo44",), venue_settings=QUICK, sandbox_settings=UNHURRIED)
    with Connected(stack, "8013=S|") as connected:
        stack.venue.arm("newOrder", "timeout_after_accept", delay_ms=1_500)
        stack.venue.arm("order", "silent_stream")
        connected.client.send(new_order("A"))
        connected.client.wait_for("35=8|11=A|39=A")
        connected.drop()
        wait_until(lambda: at_venue(stack) == {"CANCELLED": 1}, "the venue has cancelled it")

        assert LOST == connected.text("A")
        check_quiet(connected.client)


@pytest.mark.parametrize("fault", ["http_502", "timeout_after_accept", "drop_connection"])
def test_a_cancel_that_fails_in_passing_is_seen_through(
    start_stack: StartStack, fault: str
) -> None:
    stack = start_stack(sessions=("demo44",), venue_settings=QUICK, sandbox_settings=UNHURRIED)
    with Connected(stack, "8013=S|") as connected:
        place(connected.client, "A")
        stack.venue.arm("cancelOrder", fault, delay_ms=1_500)
        connected.drop()
        wait_until(lambda: at_venue(stack) == {"CANCELLED": 1}, "the venue has cancelled it")

        assert LOST == connected.text("A")
        check_quiet(connected.client)


def test_an_order_that_was_filled_first_is_reported_as_filled_and_as_nothing_else(
    start_stack: StartStack,
) -> None:
    stack = start_stack(
        sessions=("demo44",), venue_settings=QUICK, sandbox_settings=UNHURRIED,
        session_settings=f"CancelOnDisconnect=both\nCancelOnDisconnectSeconds={WINDOW_SECONDS}",
    )
    with Connected(stack) as connected:
        client = connected.client
        place(client, "A", "B")
        connected.drop()
        stack.venue.sell("1", PRICE)
        wait_until(
            lambda: at_venue(stack) == {"FILLED": 1, "CANCELLED": 1}, "one filled, one cancelled"
        )

        connected.back()
        filled = client.wait_for("35=8|150=F|39=2")
        client.wait_for("35=8|150=4|39=4")
        told = [report[150] for report in client.reports(filled[11])]
        assert ["A", "0", "F"] == told
        check_quiet(client)


def test_a_logon_that_asks_for_what_is_not_understood_is_refused(start_stack: StartStack) -> None:
    stack = start_stack(sessions=("demo42",), session_settings="Dialect=fixgw")
    client = Initiator(
        FIX42, stack.port, stack.directory / "client", logon="8013=maybe|", settings=CUSTOM_TAGS
    )
    client.start()
    try:
        refused = client.wait_for("35=5")
        assert "CancelOrdersOnDisconnect(8013) 'maybe' is not one of Y, S, N" == refused[58]
        assert 0 == client.logons
    finally:
        client.stop(abruptly=True)
