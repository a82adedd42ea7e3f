"""Sections are those of RFC 6455."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.venues import websocket
from fixgw.venues.websocket import CLOSE, PING, PONG, FrameReader, WebSocketError

NONCE = b"the sample nonce"


def server_frame(payload: bytes, first: int = 0x81) -> bytes:
    """A frame as a server sends it: not masked."""
    length = len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 65_536:
        return bytes((first, 126)) + length.to_bytes(2, "big") + payload
    return bytes((first, 127)) + length.to_bytes(8, "big") + payload


def test_the_masked_hello_of_section_5_7():
    assert websocket.frame(b"Hello", bytes.fromhex("37fa213d")) == bytes.fromhex(
        "818537fa213d7f9f4d5158"
    )


@pytest.mark.parametrize(
    "length, head", [(125, "81fd"), (126, "81fe007e"), (65_536, "81ff0000000000010000")]
)
def test_a_length_is_written_in_the_shortest_form(length, head):
    assert websocket.frame(bytes(length), bytes(4))[: len(head) // 2].hex() == head


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_a_mask_applied_twice_is_none(payload, mask):
    frame = websocket.frame(payload, mask)
    masked = frame[-len(payload) :] if payload else b""
    key = mask * (len(payload) // 4 + 1)
    assert bytes(a ^ b for a, b in zip(masked, key)) == payload


@given(st.lists(st.binary(max_size=70_000), max_size=4), st.data())
def test_messages_arrive_whole_however_the_bytes_are_cut(messages, data):
    stream = b"".join(map(server_frame, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=5)))
    reader, received = FrameReader(), []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)]):
        received += reader.feed(stream[begin:end])

    assert received == messages


def test_a_message_in_parts_with_a_ping_between_them():
    reader = FrameReader()
    parts = server_frame(b"Hel", 0x01) + server_frame(b"?", 0x89) + server_frame(b"lo", 0x80)

    assert reader.feed(parts) == [b"Hello"]
    assert reader.outgoing == [(PONG, b"?")]


def test_a_close_is_answered_and_ends_the_messages():
    reader = FrameReader()

    assert reader.feed(server_frame(b"\x03\xe8bye", 0x88) + server_frame(b"late")) == []
    assert reader.closed == "closed by the server: 1000 bye"
    assert reader.outgoing == [(CLOSE, b"\x03\xe8")]


@pytest.mark.parametrize(
    "sent, why",
    [
        (b"\x81\x85aaaa.....", "masked"),
        (server_frame(b"x", 0xC1), "reserved bit"),
        (server_frame(b"x", 0x80), "went on without beginning"),
        (server_frame(b"x", 0x01) + server_frame(b"y"), "inside another"),
        (server_frame(b"x", 0x83), "opcode 3"),
        (server_frame(b"x", 0x8B), "opcode 11"),
        (server_frame(bytes(126), 0x89), "too long"),
        (server_frame(b"", 0x09), "in parts"),
        (b"\x81\x7f" + (1 << 40).to_bytes(8, "big"), "limit"),
    ],
)
def test_what_breaks_the_protocol_is_an_error(sent, why):
    with pytest.raises(WebSocketError, match=why):
        FrameReader().feed(sent)


def test_parts_that_grow_without_end_are_an_error():
    reader = FrameReader()
    part = server_frame(bytes(600_000), 0x01)
    reader.feed(part)

    with pytest.raises(WebSocketError, match="more than"):
        reader.feed(server_frame(bytes(600_000), 0x00))


def test_a_pong_from_the_server_needs_no_answer():
    reader = FrameReader()
    assert reader.feed(server_frame(b"", 0x80 | PONG) + server_frame(b"", 0x80 | PING)) == []
    assert reader.outgoing == [(PONG, b"")]


def test_the_handshake_asks_for_the_path_with_its_query():
    request = websocket.handshake("ws://host:81/a/b?c=d", {"signature": "s"}, NONCE).decode()

    assert request.split("\r\n")[:4] == [
        "GET /a/b?c=d HTTP/1.1",
        "Host: host:81",
        "Upgrade: websocket",
        "Connection: Upgrade",
    ]
    assert "signature: s\r\n" in request


GOOD = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade"
    b"\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
SECTION_1_3 = b"the sample nonce"


def test_the_sample_key_of_section_1_3_is_accepted():
    # "dGhlIHNhbXBsZSBub25jZQ==" is base64 of "the sample nonce".
    assert websocket.handshake_reply(GOOD + b"rest", SECTION_1_3) == len(GOOD)
    assert websocket.handshake_reply(GOOD[:50], SECTION_1_3) is None


@pytest.mark.parametrize(
    "reply, why",
    [
        (b"HTTP/1.1 401 Unauthorized\r\n\r\nno", "401 Unauthorized no"),
        (b"nonsense\r\n\r\n", "nonsense"),
        (GOOD.replace(b"s3p", b"xxx"), "does not answer ours"),
        (GOOD.replace(b"Upgrade: websocket", b"Upgrade: h2c"), "does not answer ours"),
        (GOOD.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: x\r\n\r\n"), "does not"),
        (bytes(70_000), "more than"),
    ],
)
def test_any_other_reply_is_an_error(reply, why):
    with pytest.raises(WebSocketError, match=why):
        websocket.handshake_reply(reply, SECTION_1_3)
