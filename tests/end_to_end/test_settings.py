"""A QuickFIX initiator and the settings that change what every message of ours looks like."""

import pytest

from tests.end_to_end.conftest import StartStack
from tests.support.quickfix_initiator import FIX42, FIX44, FIX50SP2, Initiator, Version
from tests.support.story import new_order

SETTINGS = """\
TimestampPrecision=6
EnableLastMsgSeqNumProcessed=Y
ClosedResendInterval=Y
TestRequestDelayMultiplier=0.5
LogonTime=00:00:00
LogoutTime=00:00:00
TimeZone=America/New_York
"""


@pytest.mark.parametrize("version", [FIX42, FIX44, FIX50SP2], ids=str)
def test_quickfix_takes_what_the_settings_make_of_our_messages(
    start_stack: StartStack, version: Version
) -> None:
    stack = start_stack(session_settings=SETTINGS)
    with Initiator(version, stack.port, stack.directory / "client") as client:
        client.send(new_order("A", quantity="0.01"))
        client.wait_for("35=8|11=A|39=0")
        client.stop(abruptly=True)
        client.log_on()
        client.send(new_order("B", quantity="0.01"))
        client.wait_for("35=8|11=B|39=0")

    for message in client.received:
        assert 24 == len(message[52]), message
        assert message[369].isdigit(), message
    assert all(24 == len(report[60]) for report in client.reports())
    processed = [int(message[369]) for message in client.received]
    assert sorted(processed) == processed
    # QuickFIX judged all of it by its own dictionary.
    assert [] == [message for message in client.sent if message.msg_type in ("3", "j")]
