"""The traffic that others judge: all a session can say, in every FIX version, byte by byte.

A real QuickFIX initiator of each version talks to the real gateway over a line that records. It
trades the whole story, is refused in every way a gateway can refuse, loses numbers and its
connection, and says goodbye; the gateway says goodbye to it as well.
"""

from pathlib import Path

import quickfix

from tests.interop.recording import Recording, RecordingLine
from tests.support.quickfix_initiator import (
    FIX44,
    GATEWAY_COMP_ID,
    VERSIONS,
    Initiator,
    Version,
    utc_now,
)
from tests.support.stack import Stack
from tests.support.story import Story, cancel_request, new_order, status_request

LOST_NUMBERS = 3
LONG_TEXT = "x" * 2_000
"""More than a segment holds."""

SPOKEN = {
    "A": "Logon",
    "0": "Heartbeat",
    "2": "ResendRequest",
    "3": "Reject",
    "4": "SequenceReset",
    "5": "Logout",
    "8": "ExecutionReport",
    "9": "OrderCancelReject",
    "j": "BusinessMessageReject",
}
"""MsgType(35) of all that a gateway says; but for TestRequest(35=1), which only silence brings."""


def record(directory: Path) -> list[Recording]:
    """Let it happen; one recording for each connection there was."""
    with (
        Stack(directory / "stack", sandbox_settings={"requests_per_second": 0}) as stack,
        RecordingLine(stack.port) as line,
    ):
        clients = {
            version: Initiator(version, line.port, directory / version.comp_id)
            for version in VERSIONS
        }
        try:
            for client in clients.values():
                client.start()
            for client in clients.values():
                _wait_logged_on(client)
            for version, client in clients.items():
                _trade(client, stack, version)
                _be_refused(client, version)
                _lose_numbers(client, version)
                _be_away(client, stack, version)
            _say_goodbye(clients[FIX44], FIX44)
            stack.gateway.stop()
        except AssertionError as error:
            error.add_note(stack.output())
            raise
        finally:
            for client in clients.values():
                client.stop(abruptly=True)
    return line.recordings


def _wait_logged_on(client: Initiator) -> None:
    client.wait_until(lambda: client.logged_on, "the Logon was answered")


def _trade(client: Initiator, stack: Stack, version: Version) -> None:
    story = Story(client, stack.venue, f"{version.comp_id}-story")
    story.rest()
    story.part_fill()
    story.fill()
    story.place_and_cancel()
    story.ask()
    story.mistake()


def _be_refused(client: Initiator, version: Version) -> None:
    name = version.comp_id
    client.send(f"35=1|112={name}-alive|")
    client.wait_for(f"35=0|112={name}-alive")
    # Without Side(54), which is required.
    client.send(f"35=D|11={name}-sideless|21=1|55=BTCUSDT|38=1|40=2|44=1|60={utc_now()}|")
    client.wait_for("35=3|371=54|373=1")
    # News: FIX has it, this gateway has not.
    client.send(f"35=B|148={LONG_TEXT}|33=1|58=nothing|")
    client.wait_for("35=j|372=B|380=3")
    client.send(cancel_request(f"{name}-what", f"{name}-never"))
    client.wait_for(f"35=9|11={name}-what")
    client.send(status_request(f"{name}-nobody"))
    client.wait_for(f"35=8|11={name}-nobody|39=8")


def _lose_numbers(client: Initiator, version: Version) -> None:
    session = _session(version)
    lost = session.getExpectedSenderNum() + LOST_NUMBERS
    start = len(client.messages)
    session.setNextSenderMsgSeqNum(lost)
    client.send(status_request(f"{version.comp_id}-gap"))
    client.wait_for("35=2", since=start)
    # It fills the gap, sends the request again, and is answered.
    client.wait_for(f"35=8|11={version.comp_id}-gap", since=start)


def _be_away(client: Initiator, stack: Stack, version: Version) -> None:
    cl_ord_id = f"{version.comp_id}-away"
    client.send(new_order(cl_ord_id))
    client.wait_for(f"35=8|11={cl_ord_id}|39=0")
    _, expected = client.numbers
    client.stop(abruptly=True)
    stack.venue.sell("1", "50000")
    client.log_on()
    # The fill, as it was numbered while nobody was there; and what came behind it.
    client.wait_for(f"35=8|11={cl_ord_id}|39=2")
    # From further back: reports, and a SequenceReset instead of what nobody wants again.
    start = len(client.messages)
    client.send(f"35=2|7=1|16={expected}|")
    client.send(f"35=1|112={version.comp_id}-again|")
    client.wait_for(f"35=0|112={version.comp_id}-again", since=start)


def _say_goodbye(client: Initiator, version: Version) -> None:
    start = len(client.messages)
    _session(version).logout()
    client.wait_for("35=5", since=start)


def _session(version: Version) -> quickfix.Session:
    name = quickfix.SessionID(version.begin_string, version.comp_id, GATEWAY_COMP_ID)
    return quickfix.Session.lookupSession(name)
