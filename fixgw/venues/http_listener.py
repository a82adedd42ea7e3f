"""An HTTP server for a venue's webhooks, made to face the network.

The caps and deadlines are those of the FIX listener (`runtime.admission`): unauthenticated visitors
must never exhaust the gateway's descriptors, memory or time. Such a visitor gets one request per
connection, and only the time for that request. A visitor whose request was found genuine (`proven`)
keeps its connection and cannot be displaced. The server does not interpret the requests.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp import web

from fixgw.runtime.admission import Admission, canonical
from fixgw.runtime.few_lines import FewLines
from fixgw.runtime.gateway_toml import Limits
from fixgw.runtime.sockets import ListeningSocket, bound_to_all

CAPS = Limits(
    max_connections=256, max_connections_per_address=64, max_unauthenticated_connections=192
)
"""Connections at once; from one address (a proxy of the operator's is one); of them strangers'."""

REQUEST_SECONDS = 10.0
"""From a connection's accept to the end of its answer, TLS included; of a proven one, from the
first byte of a request on."""

IDLE_SECONDS = 60.0
"""A proven connection may say nothing for so long."""

HEAD_BYTES_MAX = 16_384
"""A request's line and headers."""

BUFFER_BYTES = 65_536
"""Of a body read and not yet taken; aiohttp holds twice as much and one read of the socket."""

BACKLOG = 256
SLOW_READER_SECONDS = 30
SHUTDOWN_SECONDS = 0.5

TLS_AT_ONCE = 1
"""Connections taken in one go where each costs a handshake."""

END_OF_HEAD = b"\r\n\r\n"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HttpListener:
    """Answers what *app* answers, on *host* and *port*."""

    def __init__(
        self, app: web.Application, host: str, port: int, tls: ssl.SSLContext | None = None
    ) -> None:
        app.middlewares.append(self._one_request)
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS, read_bufsize=BUFFER_BYTES,
            keepalive_timeout=IDLE_SECONDS,
        )
        self._host, self._port, self._tls = host, port, tls
        self._admission: Admission[Visitor] = Admission(CAPS, _make_room)
        self._visitors: dict[asyncio.BaseProtocol, Visitor] = {}
        """By the protocol that reads its requests."""
        self._sockets: list[ListeningSocket] = []
        self._lines = FewLines()
        self.port = port
        """The address it listens on, once it does."""

    async def open(self) -> None:
        """Listen; raises OSError if that cannot be."""
        await self._runner.setup()
        try:
            bound = await bound_to_all(
                self._host, self._port, slow_reader_seconds=SLOW_READER_SECONDS
            )
            self._sockets = [_Door(sock, self) for sock in bound]
            for each in self._sockets:
                each.start(BACKLOG)
        except BaseException:
            await self.close()
            raise
        self.port = self._sockets[0].port

    async def close(self) -> None:
        """Stop listening, and end all connections."""
        for each in self._sockets:
            each.close()
        await self._runner.cleanup()
        for visitor in list(self._visitors.values()):
            visitor.end("")

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._admission)

    def proven(self, request: web.Request) -> None:
        """Record that *request* was genuine, so its sender counts as authenticated."""
        visitor = self._visitors.get(request.protocol)
        if visitor is not None:
            visitor.proven = True
            self._admission.logged_on(visitor)

    @web.middleware
    async def _one_request(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as error:
            self._answered(request, error)
            raise
        self._answered(request, response)
        return response

    def _answered(self, request: web.Request, response: web.StreamResponse) -> None:
        visitor = self._visitors.get(request.protocol)
        if visitor is None or not visitor.proven:
            response.force_close()
        else:
            visitor.rests()

    # ------------------------------------------------------------------ a connection

    async def welcome(self, client: socket.socket) -> None:
        """Make a connection of an accepted socket, if it may have a place."""
        client.setblocking(False)
        try:
            visitor = Visitor(client)
        except OSError:
            client.close()  # gone while it came
            return
        refusal = self._admission.enter(visitor, visitor.address)
        if refusal:
            self._left(visitor, refusal)
            client.close()
            return
        visitor.within(REQUEST_SECONDS, "no whole request in time")
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._protocol(visitor), client, ssl=self._tls,
                ssl_handshake_timeout=REQUEST_SECONDS if self._tls else None,
            )
        except (OSError, TimeoutError) as error:
            # Of a handshake that failed the socket is closed by the transport that it has by then.
            visitor.end(visitor.reason or str(error))
            self._left(visitor)

    def _protocol(self, visitor: "Visitor") -> "_Guard":
        assert self._runner.server is not None, "it is open"
        inner = cast(asyncio.Protocol, self._runner.server())
        visitor.handler = inner
        self._visitors[inner] = visitor
        return _Guard(visitor, inner, self._left)

    def _left(self, visitor: "Visitor", refusal: str = "") -> None:
        self._admission.leave(visitor)
        if visitor.handler is not None:
            self._visitors.pop(visitor.handler, None)
        visitor.stop()
        reason = refusal or visitor.reason
        if reason and not visitor.told:
            visitor.told = True
            self._lines.warning("webhook_connection_closed", peer=visitor.peer, reason=reason)


class Visitor:
    """One connection: its address, its deadline, and the way to end it."""

    __slots__ = (
        "address", "peer", "proven", "resting", "reason", "transport", "handler", "told",
        "_socket", "_timer",
    )

    def __init__(self, client: socket.socket) -> None:
        name = client.getpeername()
        self.address = canonical(name[0])
        self.peer = f"[{self.address}]:{name[1]}" if ":" in self.address else f"{name[0]}:{name[1]}"
        self.proven = False
        """A request of it was genuine."""
        self.resting = False
        """Its next request has not begun yet."""
        self.reason = ""
        """The reason why we ended it."""
        self.told = False
        """The log has that reason."""
        self.transport: asyncio.Transport | None = None
        self.handler: asyncio.Protocol | None = None
        """The protocol that reads its requests."""
        self._socket = client
        self._timer: asyncio.TimerHandle | None = None

    def within(self, seconds: float, reason: str) -> None:
        """End the connection after *seconds*, unless a later call changes that."""
        self.stop()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.end, reason)

    def rests(self) -> None:
        """It is answered, and may ask again."""
        self.resting = True
        self.within(IDLE_SECONDS, "")

    def end(self, reason: str) -> None:
        """End the connection now."""
        self.reason = self.reason or reason
        self.stop()
        if self.transport is not None:
            self.transport.abort()
        elif self._socket.fileno() >= 0:
            # In a TLS handshake, which hears of it by reading nothing.
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return  # the other side was faster

    def stop(self) -> None:
        """No deadline any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _make_room(visitor: Visitor) -> None:
    visitor.end("made room for a newer connection")


class _Door(ListeningSocket):
    """Takes connections for a listener that counts them."""

    def __init__(self, sock: socket.socket, listener: HttpListener) -> None:
        super().__init__(sock, asyncio.Protocol)
        self._listener = listener
        if listener._tls is not None:
            self.at_once = TLS_AT_ONCE

    async def open(self, client: socket.socket) -> None:
        await self._listener.welcome(client)


class _Guard(asyncio.Protocol):
    """Between a transport and aiohttp's protocol: counts the bytes of each request's head."""

    def __init__(
        self,
        visitor: Visitor,
        inner: asyncio.Protocol,
        gone: Callable[[Visitor], None],
    ) -> None:
        self._visitor, self._inner, self._gone = visitor, inner, gone
        self._head_bytes = 0
        self._in_head, self._tail = True, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._visitor.transport = cast(asyncio.Transport, transport)
        self._inner.connection_made(transport)

    def data_received(self, data: bytes) -> None:
        visitor = self._visitor
        if visitor.resting:
            visitor.resting = False
            visitor.within(REQUEST_SECONDS, "no whole request in time")
            self._in_head, self._tail, self._head_bytes = True, b"", 0
        if self._in_head:
            joined = self._tail + data
            end = joined.find(END_OF_HEAD)
            self._head_bytes += len(data) if end < 0 else max(0, end - len(self._tail))
            if self._head_bytes > HEAD_BYTES_MAX:
                visitor.end(f"more than {HEAD_BYTES_MAX} bytes of headers")
                return
            self._in_head = end < 0
            self._tail = joined[1 - len(END_OF_HEAD):]
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._inner.connection_lost(exc)
        self._gone(self._visitor)
