"""Bytes -> messages: in any chunks, around any garbage, within the limit."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixgw.fix.errors import MessageTooLong, TooGarbled
from fixgw.fix.framing import Framer, checksum
from tests.support.fixtext import fix, readable

HEARTBEAT = fix("8=FIX.4.4|35=0|34=2|49=A|56=B|52=20260105-10:00:00|")
ORDER = fix("8=FIX.4.4|35=D|34=3|49=A|56=B|52=20260105-10:00:00|11=C1|38=100|")
FIXT = fix("8=FIXT.1.1|35=1|34=4|49=A|56=B|52=20260105-10:00:00|112=x|")


def framed(*chunks: bytes) -> tuple[list[str], int]:
    """Feed *chunks*; return what came out, readable, and how much was garbled."""
    framer = Framer()
    return [readable(m) for chunk in chunks for m in framer.feed(chunk)], framer.garbled


def test_a_message_in_one_piece() -> None:
    assert framed(ORDER) == ([readable(ORDER)], 0)


def test_many_messages_in_one_chunk() -> None:
    assert framed(HEARTBEAT + ORDER + FIXT) == (
        [readable(HEARTBEAT), readable(ORDER), readable(FIXT)], 0
    )


def test_messages_byte_by_byte() -> None:
    stream = HEARTBEAT + ORDER
    chunks = [stream[at:at + 1] for at in range(len(stream))]

    assert framed(*chunks) == ([readable(HEARTBEAT), readable(ORDER)], 0)


def test_a_message_split_anywhere_with_another_behind_it() -> None:
    stream = ORDER + HEARTBEAT
    for at in range(1, len(stream)):
        assert framed(stream[:at], stream[at:]) == ([readable(ORDER), readable(HEARTBEAT)], 0)


@pytest.mark.parametrize(
    "garbage", [b"GET / HTTP/1.1\r\n\r\n", b"8", b"8=FI", b"\x01\x01", b"38=1\x01"]
)
def test_garbage_before_a_message_is_skipped_and_counted(garbage: bytes) -> None:
    assert framed(garbage + ORDER) == ([readable(ORDER)], 1)
    assert framed(garbage, ORDER) == ([readable(ORDER)], 1)


def test_garbage_in_many_chunks_counts_once_and_is_not_kept() -> None:
    framer = Framer()
    for _ in range(1000):
        assert framer.feed(b"no FIX here ") == []

    assert framer.garbled == 1
    assert framer.feed(ORDER) == [ORDER]


def test_a_wrong_checksum_costs_that_message_only() -> None:
    wrong = ORDER[:-4] + b"%03d\x01" % ((int(ORDER[-4:-1]) + 1) % 256)

    assert framed(HEARTBEAT + wrong + FIXT) == ([readable(HEARTBEAT), readable(FIXT)], 1)


@pytest.mark.parametrize(
    "garbled",
    [
        "8=FIX.4.4|9=5|35=0|34=2|49=A|56=B|52=20260105-10:00:00|10=000|",  # too short
        "8=FIX.4.4|9=60|35=0|34=2|49=A|56=B|52=20260105-10:00:00|10=000|",  # too long
        "8=FIX.4.4|9=x|35=0|34=2|49=A|56=B|52=20260105-10:00:00|10=000|",  # no number
        "8=FIX.4.4|9=-5|35=0|34=2|49=A|56=B|52=20260105-10:00:00|10=000|",
        "8=FIX.4.4|9=|35=0|34=2|49=A|56=B|52=20260105-10:00:00|10=000|",
        "8=FIX.4.4|35=0|9=45|34=2|49=A|56=B|52=20260105-10:00:00|10=000|",  # not second
        "8=FIX.4.4|9=45|34=2|35=0|49=A|56=B|52=20260105-10:00:00|10=000|",  # MsgType not third
        "8=FIX.4.4|35=0|34=2|",
        "8=FIX",
    ],
)
def test_a_garbled_head_or_length_does_not_lose_the_next_message(garbled: str) -> None:
    assert framed(garbled.replace("|", "\x01").encode() + ORDER + FIXT) == (
        [readable(ORDER), readable(FIXT)], 1
    )


def test_a_checksum_field_must_be_three_digits_and_end() -> None:
    start, digits = ORDER[:-4], ORDER[-4:-1]
    for spoilt in (
        start + digits + b"|", start + b" 12\x01", ORDER[:-7] + b"11=" + digits + b"\x01",
        start + digits[:2] + b"\x01", start + b"\x01", start + digits + b"0\x01",
    ):
        assert framed(spoilt + HEARTBEAT) == ([readable(HEARTBEAT)], 1)


def test_two_garbled_messages_count_twice() -> None:
    wrong = ORDER[:-4] + b"%03d\x01" % ((int(ORDER[-4:-1]) + 1) % 256)

    assert framed(wrong + wrong + HEARTBEAT) == ([readable(HEARTBEAT)], 2)


@pytest.mark.parametrize(
    "piece",
    [b"8=FIX", b"8=FIX.4.4\x01", b"8=FIX.4.4\x019=6\x0135=", b"no FIX here ",
     b"8=FIX.4.4\x019=5\x0135=0\x0110=000\x01"],
)
def test_the_bytes_that_are_no_message_are_counted_and_good_ones_taken_off(piece: bytes) -> None:
    framer = Framer(max_garbled_bytes=100_000)
    garbage = piece * 1_000
    for at in range(0, len(garbage), 700):
        assert framer.feed(garbage[at:at + 700]) == []

    assert len(garbage) - len(piece) - 40 <= framer.garbled_bytes <= len(garbage)
    assert framer.feed(ORDER * 10) == [ORDER] * 10
    assert framer.garbled_bytes == len(garbage) - 10 * len(ORDER)
    framer.feed(ORDER * 1_000)
    assert framer.garbled_bytes == 0


def test_too_much_of_it_ends_it_and_a_good_message_before_is_not_lost() -> None:
    framer = Framer(max_garbled_bytes=100)

    assert framer.feed(b"no FIX here " * 10 + ORDER) == [ORDER]
    assert framer.feed(HEARTBEAT + b"no FIX here " * 20) == [HEARTBEAT]
    with pytest.raises(TooGarbled, match="bytes are no FIX message; the limit is 100"):
        framer.feed(ORDER)


def test_a_data_field_may_hold_anything() -> None:
    logon = fix("8=FIX.4.2|35=A|34=1|95=9|96=8=FIX|10=1|98=0|")

    assert framed(logon) == ([readable(logon)], 0)


def test_a_body_length_beyond_the_limit_raises_before_the_body_arrives() -> None:
    framer = Framer(max_message_bytes=1000)

    with pytest.raises(MessageTooLong, match="BodyLength.9. 900000000"):
        framer.feed(b"8=FIX.4.4\x019=900000000\x0135=D\x01")


def test_good_messages_before_one_that_is_too_long_are_not_lost() -> None:
    framer = Framer(max_message_bytes=1000)

    assert framer.feed(ORDER + b"8=FIX.4.4\x019=1001\x0135=D\x01") == [ORDER]
    with pytest.raises(MessageTooLong):
        framer.feed(b"11=C1\x01")


def test_the_limit_is_of_the_whole_message() -> None:
    assert Framer(max_message_bytes=len(ORDER)).feed(ORDER) == [ORDER]
    with pytest.raises(MessageTooLong):
        Framer(max_message_bytes=len(ORDER) - 1).feed(ORDER)


@given(st.binary(max_size=2000))
def test_checksum_is_the_sum_modulo_256(data: bytes) -> None:
    assert checksum(data) == sum(data) % 256


@pytest.mark.parametrize("length", [0, 1, 255, 256, 257, 511, 512, 513, 65536])
def test_checksum_of_the_greatest_bytes(length: int) -> None:
    data = b"\xff" * length

    assert checksum(data) == sum(data) % 256


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from([HEARTBEAT, ORDER, FIXT, b"junk", b"8=FIX.4", b"9=1\x01"]), max_size=12
    ),
    st.lists(st.integers(1, 40), min_size=1, max_size=20),
)
def test_chunks_make_no_difference(pieces: list[bytes], sizes: list[int]) -> None:
    stream = b"".join(pieces) + HEARTBEAT
    framer, whole = Framer(), Framer()
    chunked: list[bytes] = []
    at = 0
    while at < len(stream):
        size = sizes[at % len(sizes)]
        chunked += framer.feed(stream[at:at + size])
        at += size

    assert chunked == whole.feed(stream)
    assert framer.garbled == whole.garbled
    assert framer.garbled_bytes == whole.garbled_bytes
    assert chunked[-1] == HEARTBEAT
