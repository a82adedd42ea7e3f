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
    half = bytes(websocket.MAX_MESSAGE_BYTES // 2 + 1)
    reader.feed(server_frame(half, 0x01))

    with pytest.raises(WebSocketError, match="more than 16777216 bytes"):
        reader.feed(server_frame(half, 0x00))


@pytest.mark.parametrize("parts", [1, 3])
def test_a_long_message_comes_whole_from_many_reads(parts):
    """All open orders of a desk as one message: 16 MiB are 200,000 of them."""
    length = websocket.MAX_MESSAGE_BYTES // parts
    whole = bytes(length) if parts == 1 else bytes(length * parts)
    sent = server_frame(bytes(length), 0x81 if parts == 1 else 0x01)
    for number in range(1, parts):
        sent += server_frame(bytes(length), 0x80 if number == parts - 1 else 0x00)
    sent += server_frame(b"next")
    reader, received = FrameReader(), []
    for at in range(0, len(sent), 65_521):
        received += reader.feed(sent[at : at + 65_521])

    assert received == [whole, b"next"]


def test_bytes_are_not_copied_again_with_each_read():
    """Else a message of 16 MiB in TLS records of 16 KiB costs 8 GB of copies."""
    reader = FrameReader()
    sent = server_frame(bytes(1_000_000))
    for at in range(0, len(sent) - 1, 1_000):
        kept = reader._frame
        assert reader.feed(sent[at : min(at + 1_000, len(sent) - 1)]) == []
        assert at == 0 or reader._frame is kept, "it grows in its place"
    assert reader.feed(sent[-1:]) == [bytes(1_000_000)]


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
        (b"HTTP/1.1 307 Elsewhere\r\nLocation: ws://elsewhere/\r\n\r\n", "307 Elsewhere"),
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
