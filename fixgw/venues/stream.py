"""A WebSocket that is kept open: connect, pass on what arrives, notice death, try again.

The handler knows the meaning of messages and when a live socket counts as dead. Messages leave in
the order they were written; nothing is written twice.
"""

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol, cast
from urllib.parse import urlsplit

import structlog
from msgspec import Struct

from fixgw.runtime.clock import Clock
from fixgw.venues import websocket
from fixgw.venues.websocket import WebSocketError

TICK_SECONDS = 0.25
"""The time between two questions to a handler whether its socket is still good."""

WORKED_SECONDS = 5.0
"""A stream that was up for so long has worked: the waits between attempts begin small again.
A server that lets us in and drops us at once must not be met every quarter of a second."""

KEEPALIVE = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
)
"""The kernel asks a machine that was silent for 15 s whether it is there, and takes 15 s of no
answer for its death, also where nobody asks the server itself."""

POOL_BYTES = 16 * 1024
NO_LINGER = struct.pack("ii", 1, 0)
"""struct linger: on, 0 seconds. Closing, by whatever death, drops what has not left."""

Random = Callable[[], float]
"""A number from 0 up to 1."""

log = structlog.get_logger()


class Opening(Struct, frozen=True):
    """The parameters to open the socket, signed for this attempt."""

    url: str
    headers: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Opening({self.url})"


class Handler(Protocol):
    """A venue's logic for one socket. Its methods must not block or raise."""

    @property
    def up(self) -> bool:
        """True if the socket serves its purpose: logged in, subscribed."""

    def opening(self) -> Opening:
        """The next attempt's address and headers."""

    def opened(self, connection: "StreamConnection") -> None:
        """The server agreed; `connection.send` works from now on."""

    def received(self, messages: list[bytes]) -> None:
        """Messages that arrived together, in order."""

    def tick(self) -> str:
        """Return the reason to give up the socket, or "" while it is good."""

    def lost(self, reason: str) -> None:
        """The socket is gone, or the attempt failed; nothing more will come from it."""


class Backoff:
    """Waits that double from *least* to *most* seconds, each cut by up to a half at random."""

    def __init__(self, least: float, most: float, random: Random) -> None:
        self._least = least
        self._most = most
        self._random = random
        self._next = least

    def next(self) -> float:
        """Return the seconds to wait before the next attempt."""
        wait, self._next = self._next, min(self._next * 2, self._most)
        return wait * (1 - self._random() / 2)

    def reset(self) -> None:
        """An attempt held: begin small again."""
        self._next = self._least


class Pulse:
    """The times to ping a silent server, and to count it as gone.

    After *seconds* of silence a ping is sent; after as long again without a byte the server is
    gone. 0: never.
    """

    def __init__(self, seconds: float, now: float) -> None:
        self._seconds = seconds
        self._since = now
        self._asked = False

    def look(self, heard: bool, now: float) -> Literal["", "ask", "gone"]:
        """Return the action due at *now*; *heard* is True if any data arrived since the last look.
        """
        if heard or not self._seconds:
            self._since, self._asked = now, False
        elif now - self._since >= self._seconds:
            if self._asked:
                return "gone"
            # Counted from the question: who was late to ask gives no less time to answer.
            self._since, self._asked = now, True
            return "ask"
        return ""


class StreamConnection(asyncio.Protocol):
    """One socket, from its handshake to its end."""

    def __init__(self, opening: Opening, handler: Handler) -> None:
        self._opening = opening
        self._handler = handler
        self._nonce = os.urandom(websocket.KEY_BYTES)
        self._reader = websocket.FrameReader()
        self._handshake: bytes | None = b""
        self._pool = b""
        self._pool_used = 0
        self._reason = ""
        self._transport: asyncio.Transport
        self._lost = False
        loop = asyncio.get_running_loop()
        self.open: asyncio.Future[str] = loop.create_future()
        """The end of the handshake: "", or the reason why the server did not open the socket."""
        self.closed: asyncio.Future[str] = loop.create_future()
        self.heard = False
        """Something came; whoever looks at it sets it back."""

    @property
    def alive(self) -> bool:
        """True if data sent now can leave. If False, not one byte of it will leave, and the handler
        learns of the lost socket in a moment.
        """
        return not self._lost and not self._transport.is_closing()

    def ping(self) -> None:
        """Ask the server for a sign of life, which it owes us (RFC 6455 section 5.5.2)."""
        self._write(websocket.frame(b"", self._random_bytes(websocket.MASK_BYTES), websocket.PING))

    def send(self, messages: Sequence[bytes]) -> None:
        """Write *messages*, in order, in one go; nothing where it is not `alive` any more."""
        masks = self._random_bytes(websocket.MASK_BYTES * len(messages))
        self._write(websocket.frames(messages, masks))

    def _write(self, data: bytes) -> None:
        # uvloop raises where something is written to a transport that is gone, asyncio counts
        # and warns; a server may hang up at any moment, the one before an order leaves included.
        if self.alive:
            self._transport.write(data)

    def abort(self, reason: str) -> None:
        """End the socket now; what it has not written yet is dropped and will never leave."""
        self._reason = self._reason or reason
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's in all but their base class.
        self._transport = cast(asyncio.Transport, transport)
        self._write(websocket.handshake(self._opening.url, self._opening.headers, self._nonce))

    def data_received(self, data: bytes) -> None:
        self.heard = True
        try:
            messages = self._read(data)
        except WebSocketError as error:
            self.abort(str(error))
            return
        if messages:
            self._handler.received(messages)
        if self._reader.outgoing:
            self._answer()

    def connection_lost(self, error: Exception | None) -> None:
        reason = self._reason or (f"{type(error).__name__} {error}" if error else "closed")
        self._lost = True
        if not self.open.done():
            # A text and no exception: whoever has waited for it may have given up.
            self.open.set_result(reason)
        if not self.closed.done():
            self.closed.set_result(reason)

    def eof_received(self) -> None:
        self._reason = self._reason or "the server hung up"

    def _read(self, data: bytes) -> list[bytes]:
        if self._handshake is None:
            return self._reader.feed(data)
        self._handshake += data
        begin = websocket.handshake_reply(self._handshake, self._nonce)
        if begin is None:
            return []
        rest, self._handshake = self._handshake[begin:], None
        if not self.open.done():
            self.open.set_result("")
        self._handler.opened(self)
        return self._reader.feed(rest)

    def _answer(self) -> None:
        """Pongs, and the answer to a close."""
        answers, self._reader.outgoing = self._reader.outgoing, []
        for opcode, payload in answers:
            mask = self._random_bytes(websocket.MASK_BYTES)
            self._write(websocket.frame(payload, mask, opcode))
        if self._reader.closed:
            self._reason = self._reason or self._reader.closed
            self._transport.close()

    def _random_bytes(self, count: int) -> bytes:
        """Fresh bytes from the kernel, which is asked for many at a time."""
        if count > len(self._pool) - self._pool_used:
            self._pool = os.urandom(max(POOL_BYTES, count))
            self._pool_used = 0
        begin, self._pool_used = self._pool_used, self._pool_used + count
        return self._pool[begin : self._pool_used]


class Stream:
    """Keeps one socket of a handler open until it is cancelled.

    With *ping_seconds* a server that has vanished is noticed within twice that, and a tick; 0 is
    for a venue whose own protocol has heartbeats.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        name: str,
        clock: Clock,
        backoff: Backoff,
        connect_seconds: float,
        stall_seconds: float,
        ping_seconds: float = 0.0,
    ) -> None:
        self.name = name
        self.since_ms = clock.now_ms()
        """The time at which it last came up or was lost: Unix milliseconds."""
        self.trouble = ""
        """The reason why it was lost, or could not be opened, the last time."""
        self._handler = handler
        self._log = log.bind(stream=name)
        self._clock = clock
        self._backoff = backoff
        self._connect_seconds = connect_seconds
        self._stall_ms = int(stall_seconds * 1000)
        self._ping_seconds = ping_seconds

    @property
    def up(self) -> bool:
        """True if the socket serves its purpose."""
        return self._handler.up

    async def run(self) -> None:
        """Connect again and again."""
        while True:
            began = self._clock.monotonic()
            reason = await self._one_life()
            lived = self._clock.monotonic() - began
            wait = self._backoff.next()
            self._log.warning(
                "stream_lost", reason=reason, lived_seconds=round(lived, 1),
                wait_seconds=round(wait, 2),
            )
            await asyncio.sleep(wait)

    async def _one_life(self) -> str:
        """One socket from its opening to its end; why it ended."""
        connection: StreamConnection | None = None
        reason = "stopped"
        try:
            connection = await self._connect()
            reason = await self._watch(connection)
        except (OSError, TimeoutError, WebSocketError, ssl.SSLError) as error:
            reason = f"{type(error).__name__} {error}".strip()
        finally:
            if connection is not None:
                connection.abort(reason)
            if self.up or not self.trouble:
                self.since_ms = self._clock.now_ms()
            self.trouble = reason
            self._handler.lost(reason)
        return reason

    async def _connect(self) -> StreamConnection:
        opening = self._handler.opening()
        parts = urlsplit(opening.url)
        secure = parts.scheme == "wss"
        assert parts.hostname, f"{opening.url} names no host"
        async with asyncio.timeout(self._connect_seconds):
            transport, connection = await asyncio.get_running_loop().create_connection(
                lambda: StreamConnection(opening, self._handler),
                parts.hostname,
                parts.port or (443 if secure else 80),
                ssl=ssl.create_default_context() if secure else None,
            )
            try:
                self._set_options(transport)
                if reason := await asyncio.shield(connection.open):
                    raise WebSocketError(reason)
            except BaseException:
                transport.abort()
                raise
        return connection

    def _set_options(self, transport: asyncio.Transport) -> None:
        """Let nothing outlive its use: a stalled or closed socket takes unsent bytes with it."""
        handle = transport.get_extra_info("socket")
        if handle is None:
            raise ConnectionResetError("closed as soon as it was opened")
        handle.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, self._stall_ms)
        handle.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        for level, option, value in KEEPALIVE:
            handle.setsockopt(level, option, value)

    async def _watch(self, connection: StreamConnection) -> str:
        """Wait for the end of the connection; end it if the handler or the silence requires it."""
        up_since: float | None = None
        pulse = Pulse(self._ping_seconds, self._clock.monotonic())
        while not connection.closed.done():
            await asyncio.wait({connection.closed}, timeout=TICK_SECONDS)
            now = self._clock.monotonic()
            if not self._handler.up:
                up_since = None
            elif up_since is None:
                up_since, self.since_ms = now, self._clock.now_ms()
            elif now - up_since >= WORKED_SECONDS:
                self._backoff.reset()
            if reason := self._handler.tick() or self._check(connection, pulse, now):
                connection.abort(reason)
                return reason
        return connection.closed.result()

    def _check(self, connection: StreamConnection, pulse: Pulse, now: float) -> str:
        """Return the reason the server counts as gone, or ""; send a ping if one is due."""
        if connection.closed.done():
            return ""
        heard, connection.heard = connection.heard, False
        match pulse.look(heard, now):
            case "gone":
                return f"a ping was not answered in {self._ping_seconds:g} s"
            case "ask":
                connection.ping()
        return ""
