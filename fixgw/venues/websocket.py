"""RFC 6455, the client's half, sans-IO: bytes in, whole messages out, and the other way round.

It speaks what a venue's API needs and refuses the rest: no extensions (so no compression), no
subprotocols. It does not open, read or write a socket; that is `stream`. The reason not to use a
library: a batch of orders leaves here as one `bytes`, and received data is cut into messages
without a task, a queue or a future for each, which is most of the cost of an order over a socket.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FINAL = 0x80
MASKED = 0x80
MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""A longer message ends its socket, with a reason; as much as an HTTP answer may have. A venue
that sends all open orders as one message needs about 75 bytes for each."""

MAX_CONTROL_BYTES = 125
MAX_HANDSHAKE_BYTES = 64 * 1024
MASK_BYTES = 4
KEY_BYTES = 16
ACCEPT_SALT = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455 section 1.3."""


class WebSocketError(Exception):
    """The server broke the protocol, closed, or would not open the socket."""


def frame(payload: bytes, mask: bytes, opcode: int = TEXT) -> bytes:
    """One whole message as a client sends it; *mask* is 4 unpredictable bytes (section 5.3)."""
    length = len(payload)
    key = (mask * (length // MASK_BYTES + 1))[:length]
    # One exclusive-or of two long numbers: no loop over the bytes.
    masked = int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")
    return head(opcode, length) + mask + masked.to_bytes(length, "little")


def frames(payloads: Sequence[bytes], masks: bytes) -> bytes:
    """Text messages to leave in one write; *masks* has 4 bytes for each."""
    return b"".join(
        [
            frame(payload, masks[at * MASK_BYTES : (at + 1) * MASK_BYTES])
            for at, payload in enumerate(payloads)
        ]
    )


@lru_cache(maxsize=4096)
def head(opcode: int, length: int) -> bytes:
    """Return the header of a final frame, up to its mask."""
    if length < 126:
        return bytes((FINAL | opcode, MASKED | length))
    if length < 65_536:
        return bytes((FINAL | opcode, MASKED | 126)) + length.to_bytes(2, "big")
    return bytes((FINAL | opcode, MASKED | 127)) + length.to_bytes(8, "big")


class FrameReader:
    """Cuts the bytes from a server into messages.

    `outgoing` collects the protocol's own replies, as (opcode, payload); `closed` is the server's
    reason for closing, once it has closed.
    """

    def __init__(self) -> None:
        self.outgoing: list[tuple[int, bytes]] = []
        self.closed = ""
        self._rest = b""
        self._frame = bytearray()
        """A frame of which a part came; it is not looked at again before all of it is there."""
        self._frame_bytes = 0
        self._parts: bytearray | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes as they arrived; the messages that became whole, in order."""
        if self._frame_bytes:
            self._frame += data
            if len(self._frame) < self._frame_bytes:
                return []
            data, self._frame, self._frame_bytes = bytes(self._frame), bytearray(), 0
        buffer = self._rest + data if self._rest else data
        messages: list[bytes] = []
        at, end = 0, len(buffer)
        while end - at >= 2 and not self.closed:
            first, length, start = buffer[at], buffer[at + 1], at + 2
            if length >= 126:
                start = at + 4 if length == 126 else at + 10
                if end < start:
                    break
                length = self._long_length(length, buffer[at + 2 : start])
            if end < start + length:
                self._frame, self._frame_bytes = bytearray(buffer[at:]), start + length - at
                at = end
                break
            at = start + length
            if first == FINAL | TEXT and self._parts is None:
                messages.append(buffer[start:at])
            else:
                self._unusual(first, buffer[start:at], messages)
        self._rest = buffer[at:]
        return messages

    @staticmethod
    def _long_length(length: int, extended: bytes) -> int:
        if length > 127:
            raise WebSocketError("the server masked a frame")
        value = int.from_bytes(extended, "big")
        if value > MAX_MESSAGE_BYTES:
            raise WebSocketError(f"a frame of {value} bytes, limit {MAX_MESSAGE_BYTES}")
        return value

    def _unusual(self, first: int, payload: bytes, messages: list[bytes]) -> None:
        """All but a text message in one frame."""
        if first & 0x70:
            raise WebSocketError("a reserved bit is set: no extension was agreed on")
        opcode, final = first & 0x0F, bool(first & FINAL)
        if opcode >= CLOSE:
            self._control(opcode, final, payload)
        else:
            self._data(opcode, final, payload, messages)

    def _control(self, opcode: int, final: bool, payload: bytes) -> None:
        if not final or len(payload) > MAX_CONTROL_BYTES:
            raise WebSocketError("a control frame in parts, or too long")
        if opcode == PING:
            self.outgoing.append((PONG, payload))
        elif opcode == CLOSE:
            self.outgoing.append((CLOSE, payload[:2]))
            self.closed = _close_reason(payload)
        elif opcode != PONG:
            raise WebSocketError(f"unknown opcode {opcode}")

    def _data(self, opcode: int, final: bool, payload: bytes, messages: list[bytes]) -> None:
        if (opcode == CONTINUATION) == (self._parts is None):
            raise WebSocketError("a message began inside another, or went on without beginning")
        if opcode not in (CONTINUATION, TEXT, BINARY):
            raise WebSocketError(f"unknown opcode {opcode}")
        parts = self._parts if self._parts is not None else bytearray()
        parts += payload
        if len(parts) > MAX_MESSAGE_BYTES:
            raise WebSocketError(f"a message of more than {MAX_MESSAGE_BYTES} bytes")
        self._parts = None if final else parts
        if final:
            messages.append(bytes(parts))


def _close_reason(payload: bytes) -> str:
    code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
    return f"closed by the server: {code} {payload[2:].decode(errors='replace')}".rstrip()


def handshake(url: str, headers: Mapping[str, str], nonce: bytes) -> bytes:
    """The request that opens the socket; *nonce* is 16 random bytes (section 4.1)."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fields = {
        "Host": parts.netloc,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(nonce).decode(),
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    assert not any(set(line) & {"\r", "\n"} for line in lines), "a header with a line break"
    return "\r\n".join([*lines, "", ""]).encode()


def handshake_reply(received: bytes, nonce: bytes) -> int | None:
    """Return the offset of the frames behind a good reply; None while it is incomplete.

    Raises WebSocketError, which quotes the status line and the beginning of the body, for anything
    else than the switch to this protocol.
    """
    end = received.find(b"\r\n\r\n")
    if end < 0:
        if len(received) > MAX_HANDSHAKE_BYTES:
            raise WebSocketError(f"a handshake of more than {MAX_HANDSHAKE_BYTES} bytes")
        return None
    status, *lines = received[:end].decode("latin-1").split("\r\n")
    if status.split(" ")[1:2] != ["101"]:
        body = received[end + 4 :][:200].decode(errors="replace")
        raise WebSocketError(f"not opened: {status} {body}".rstrip())
    fields = {name.strip().lower(): value.strip() for name, _, value in _split(lines)}
    accept = base64.b64encode(hashlib.sha1(base64.b64encode(nonce) + ACCEPT_SALT).digest())
    if (
        fields.get("upgrade", "").lower() != "websocket"
        or "upgrade" not in fields.get("connection", "").lower()
        or fields.get("sec-websocket-accept") != accept.decode()
        or fields.get("sec-websocket-extensions")
        or fields.get("sec-websocket-protocol")
    ):
        raise WebSocketError("the server's handshake does not answer ours")
    return end + 4


def _split(lines: list[str]) -> Iterable[tuple[str, str, str]]:
    return (line.partition(":") for line in lines)
