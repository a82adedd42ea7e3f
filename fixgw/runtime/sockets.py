"""A listening socket that accepts connections a few at a time.

A loop's own server accepts all queued connections at once, and a flood fills its backlog: clients
would wait for a thousand strangers to be accepted. In one turn of the loop this one must never
accept more than `ACCEPTS_AT_ONCE`, whatever is queued.
"""

import asyncio
import errno
import socket
from collections.abc import Callable

import structlog

log = structlog.get_logger()

ACCEPTS_AT_ONCE = 8
ACCEPT_PAUSE_SECONDS = 0.002
"""The pause if more are queued: about 3,000 connections a second, for a sixth of the loop's
time."""

NO_DESCRIPTORS_PAUSE_SECONDS = 1.0
"""The pause before the next try if the process or the machine can open nothing more."""

KEEPALIVE_IDLE_SECONDS = 30
KEEPALIVE_INTERVAL_SECONDS = 10
DEAD_PEER_SECONDS = 60
"""A peer that acknowledges nothing for this time is gone (Linux: tcp(7), TCP_USER_TIMEOUT)."""

GONE = frozenset({errno.ECONNABORTED, errno.EPROTO, errno.EPERM})
"""Errors of accept(2) that concern one connection; all others mean that we cannot go on."""


class ListeningSocket:
    """Makes a protocol for each connection, from `start` to `close`."""

    at_once = ACCEPTS_AT_ONCE

    def __init__(self, sock: socket.socket, factory: Callable[[], asyncio.BaseProtocol]) -> None:
        self._sock = sock
        self._factory = factory
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[None]] = set()
        self._pause: asyncio.TimerHandle | None = None

    @property
    def port(self) -> int:
        """The TCP port."""
        port: int = self._sock.getsockname()[1]
        return port

    def start(self, backlog: int) -> None:
        """Listen. Raise OSError."""
        self._sock.listen(backlog)
        self._loop.add_reader(self._sock.fileno(), self._accept)

    def close(self) -> None:
        """Accept nothing more; connections stay. May be called again."""
        if self._pause is not None:
            self._pause.cancel()
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()

    def _accept(self) -> None:
        for _ in range(self.at_once):
            try:
                client, _ = self._sock.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in GONE:
                    continue
                log.error("cannot_accept", reason=error.strerror, way_out="raise ulimit -n")
                self._wait(NO_DESCRIPTORS_PAUSE_SECONDS)
                return
            task = self._loop.create_task(self.open(client))
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)
        self._wait(ACCEPT_PAUSE_SECONDS)

    def _wait(self, seconds: float) -> None:
        self._loop.remove_reader(self._sock.fileno())
        self._pause = self._loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        self._loop.add_reader(self._sock.fileno(), self._accept)

    async def open(self, client: socket.socket) -> None:
        """Make a connection of an accepted socket."""
        client.setblocking(False)
        try:
            await self._loop.connect_accepted_socket(self._factory, client)
        except OSError:
            # It went while it came: nobody has heard of it yet.
            client.close()


def bound(
    family: int, address: tuple[object, ...], *, only_ipv6: bool, slow_reader_seconds: int
) -> socket.socket:
    """Return a socket bound to *address*, with the options that accepted ones inherit from it
    (Linux).

    Raise OSError.
    """
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only_ipv6)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # Who reads slowly acknowledges nothing either: that has a limit, and a reason, of its own.
        dead_seconds = max(DEAD_PEER_SECONDS, 2 * slow_reader_seconds)
        for option, value in (
            (socket.TCP_NODELAY, 1),
            (socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS),
            (socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_SECONDS),
            (socket.TCP_USER_TIMEOUT, dead_seconds * 1000),
        ):
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
        sock.bind(address)
    except BaseException:
        sock.close()
        raise
    return sock


async def bound_to_all(
    host: str, port: int, *, slow_reader_seconds: int
) -> list[socket.socket]:
    """Return a socket for each address of *host*, all on one port; "::" is IPv4 as well.

    Raise OSError, and leave none open.
    """
    found = await asyncio.get_running_loop().getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    sockets: list[socket.socket] = []
    try:
        for family, _, _, _, address in dict.fromkeys(found):
            at = (address[0], port, *address[2:])
            sock = bound(
                family, at, only_ipv6=host != "::", slow_reader_seconds=slow_reader_seconds
            )
            sockets.append(sock)
            # A free port that was taken for the first address is the port of the next one too.
            port = sock.getsockname()[1]
    except BaseException:
        for sock in sockets:
            sock.close()
        raise
    return sockets
