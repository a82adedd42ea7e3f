"""simplefix, which is neither QuickFIX nor ours, reads all messages and writes the same bytes."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop import damage
from tests.interop.dissector import dissect
from tests.interop.recording import Recording, RecordingLine
from tests.interop.simple import build, encoded_again, messages
from tests.support.quickfix_initiator import FIX44, GATEWAY_COMP_ID, utc_now
from tests.support.stack import DEADLINE_SECONDS, Stack

USER_DEFINED = frozenset({6136, *range(25003, 25009)})
"""The tags of LimitQuery(XLQ) and LimitResponse(XLR): dictionaries/README.md."""


def test_every_message_of_both_sides_is_written_again_as_it_was(
    recordings: list[Recording],
) -> None:
    streams = [one.stream(by_client=side) for one in recordings for side in (True, False)]

    assert streams == [b"".join(encoded_again(stream)) for stream in streams]
    assert all(streams)


@pytest.mark.parametrize("spoil", damage.FRAMING, ids=lambda spoil: spoil.__name__)
def test_a_message_framed_wrongly_would_come_out_differently(
    spoil: damage.Spoil, recordings: list[Recording]
) -> None:
    good = encoded_again(recordings[0].stream(by_client=False))[-1]

    assert [good] == encoded_again(good)
    assert spoil(good) != b"".join(encoded_again(spoil(good)))


def test_what_simplefix_writes_trades(stack: Stack) -> None:
    order = (("21", "1"), ("55", "BTCUSDT"), ("54", "1"), ("38", "1"), ("40", "2"))
    rest = (("44", "50000"), ("59", "1"), ("60", utc_now()))
    said = _conversation(
        stack.port, (("35", "D"), ("11", "simple"), *order, *rest), b"\x0139=0\x01"
    )

    assert [("A", None), ("8", "A"), ("8", "0"), ("5", None)] == [
        (one[35], one.get(39)) for one in said
    ]
    assert [1, 2, 3, 4] == [int(one[34]) for one in said]


def test_of_messages_that_are_not_the_standards_only_their_own_tags_are_unknown(
    stack: Stack, tmp_path: Path
) -> None:
    """A QuickFIX initiator has to be told of them first; what tshark knows cannot be told."""
    with RecordingLine(stack.port) as line:
        said = _conversation(line.port, (("35", "XLQ"), ("6136", "how much")), b"\x0135=XLR\x01")

    assert ["A", "XLR", "5"] == [one[35] for one in said]
    dissection = dissect(line.recordings, tmp_path)
    unknown = {f"unknown tag {tag}" for tag in USER_DEFINED}
    assert unknown == {fault for fault, _ in dissection.faults() if "MsgType" not in fault}
    assert line.recordings[0].stream(by_client=False) == dissection.stream(0, by_client=False)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    stack = Stack(tmp_path_factory.mktemp("simplefix") / "stack", sessions=["demo44"])
    # Without a limit there is none to tell of.
    with (stack.sessions / "demo44.cfg").open("a") as cfg:
        cfg.write("MaxMessagesPerSecond=100\n")
    with stack:
        yield stack


def _conversation(
    port: int, message: tuple[tuple[str, str], ...], answer: bytes
) -> list[dict[int, str]]:
    """Log on, say one thing, log out when *answer* is there; what the gateway said to it.

    What comes behind the Logout would be the next conversation's.
    """
    with socket.create_connection(("127.0.0.1", port), DEADLINE_SECONDS) as line:
        line.sendall(_message(1, ("35", "A"), ("98", "0"), ("108", "30"), ("141", "Y")))
        line.sendall(_message(2, *message))
        said = b""
        while answer not in said:
            piece = line.recv(65_536)
            assert piece, said
            said += piece
        line.sendall(_message(3, ("35", "5")))
        said += b"".join(iter(lambda: line.recv(65_536), b""))
    return [
        {int(tag): value.decode() for tag, value in message.pairs} for message in messages(said)
    ]


def _message(number: int, msg_type: tuple[str, str], *body: tuple[str, str]) -> bytes:
    who = (("49", FIX44.comp_id), ("56", GATEWAY_COMP_ID))
    fields = (msg_type, *who, ("34", str(number)), ("52", utc_now()), *body)
    return build(FIX44.begin_string, *((int(tag), value) for tag, value in fields))
