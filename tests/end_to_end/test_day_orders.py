"""Day=GTC with a real client, a real gateway and a venue that has no Day: the gateway is
killed, or the venue is down, while EndTime passes. The venue's record judges."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.end_to_end.conftest import StartStack
from tests.support.quickfix_initiator import FIX44, Initiator
from tests.support.slow_line import SlowLine
from tests.support.stack import Stack, wait_until
from tests.support.story import new_order

QUICK = """\
signature_ttl_seconds = 2
request_timeout_seconds = 1.0
requests_per_second = 0
backoff_min_seconds = 0.05
"""
DAY = "0"
TRIES_SECONDS = (15, 45, 135)
"""How far away EndTime is: a machine that is too slow for the first has the next."""
OVER = "the day is over: EndTime of the session has come"


def placed(start_stack: StartStack, **given: Any) -> tuple[Stack, datetime]:
    """A stack with order A at the venue, its client gone, and EndTime still to come."""
    for seconds in TRIES_SECONDS:
        end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds)
        at = f"{end:%H:%M:%S}"
        stack = start_stack(
            sessions=("demo44",), venue_settings=QUICK, sandbox_settings={"requests_per_second": 0},
            session_settings=f"NonStopSession=N\nStartTime={at}\nEndTime={at}\nDay=GTC", **given,
        )
        with Initiator(FIX44, stack.port, stack.directory / "before") as client:
            client.send(new_order("A", tif=DAY))
            told = client.wait_for("35=8|11=A|39=0")
            assert told.get(59) is None, "Day, as the client has it"
        if datetime.now(UTC) < end - timedelta(seconds=1):
            return stack, end
        stack.close()
    raise AssertionError(f"no order was placed within {TRIES_SECONDS[-1]} s")


def states(stack: Stack) -> list[str]:
    return [str(row["order"]["orderStatus"]) for row in stack.venue.orders()]


def passed(end: datetime) -> None:
    wait_until(lambda: datetime.now(UTC) > end, "EndTime", seconds=2 * TRIES_SECONDS[-1])


def hears_that_it_expired(stack: Stack) -> None:
    """A client of the session to come, whose numbers begin anew, is given the report, once."""
    with Initiator(FIX44, stack.port, stack.directory / "after") as client:
        report = client.wait_for("35=8|11=A|150=C|39=C|14=0|151=0")
        assert (report[58] or "").startswith(OVER)
        assert [report[17]] == [each[17] for each in client.reports("A") if each[39] == "C"]


def test_a_gateway_that_was_killed_before_end_time_cancels_when_it_is_back(
    start_stack: StartStack,
) -> None:
    stack, end = placed(start_stack)
    stack.gateway.kill()
    passed(end)
    assert ["SUBMITTED"] == states(stack)

    stack.gateway.start()
    wait_until(lambda: states(stack) == ["CANCELLED"], "the venue has cancelled it")
    hears_that_it_expired(stack)


def test_a_venue_that_was_down_at_end_time_is_told_when_it_is_back(
    start_stack: StartStack,
) -> None:
    lines: list[SlowLine] = []

    def line(port: int) -> int:
        lines.append(SlowLine(port))
        return lines[-1].port

    stack, end = placed(start_stack, line=line)
    try:
        lines[-1].cut()
        passed(end)
        stack.gateway.wait_for_line("question_failed")
        # And the gateway dies meanwhile.
        stack.gateway.kill()
        assert "CANCELLED" not in states(stack)
        stack.gateway.launch()
        lines[-1].mend()
        stack.gateway.wait_ready()
        wait_until(lambda: states(stack) == ["CANCELLED"], "the venue has cancelled it")
        hears_that_it_expired(stack)
    finally:
        stack.close()
        for each in lines:
            each.__exit__()
