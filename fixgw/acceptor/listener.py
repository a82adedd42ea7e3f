"""The listening sockets: accept, count, and limit the connections that have not logged on.

Strangers must never cost clients anything: not their places (`admission`), not their time (a few
connections and one TLS handshake at once, with a pause after them), not the disk (`FewLines`).
"""

import asyncio
import os
import socket
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network

import structlog

from fixgw.acceptor.connection import Connection, Host, ListenerTerms
from fixgw.acceptor.proxy_protocol import Networks
from fixgw.acceptor.tls import Tls
from fixgw.model.errors import GatewayError
from fixgw.runtime.admission import Admission
from fixgw.runtime.few_lines import FewLines
from fixgw.runtime.gateway_toml import Limits, Listener
from fixgw.runtime.settings import Settings
from fixgw.runtime.sockets import ListeningSocket, bound_to_all

log = structlog.get_logger()

CERTIFICATE_LOOK_SECONDS = 5.0
"""Interval at which the certificate's files are checked; renewed ones are in use after two
checks."""

HANDSHAKE_PAUSE_SECONDS = 0.002
"""Between two steps of TLS handshakes, so that a flood of them leaves the loop to clients. The step
that signs was measured at 0.15 ms with a P-256 key, 0.4 ms with RSA 2048: at most a sixth of the
time. With RSA 4096 it is 3.5 ms, which is why `docs/listener.md` advises against it."""


class CannotListen(GatewayError):
    """The address is not available."""


class Acceptor:
    """All client connections. *host* gets their events."""

    def __init__(
        self,
        settings: Listener,
        limits: Limits,
        host: Host,
        tls: Tls | None = None,
        proxies: Networks = (),
        bound_to: Sequence[socket.socket] = (),
    ) -> None:
        """Take *bound_to*: the sockets `bind` has made from these settings; without it `start`
        makes them."""
        # What is configured must have been loaded: never plain, or believing, by mistake.
        assert (settings.tls is None) == (tls is None)
        assert settings.proxy_protocol == bool(proxies)
        self._settings = settings
        self._limits = limits
        self._host = host
        self._tls = tls
        self._terms = ListenerTerms(limits, tls, proxies)
        self._admission: Admission[Connection] = Admission(
            limits, self._make_room, lambda connection: connection.standing
        )
        self._bound_to = bound_to
        self._sockets: list[ListeningSocket] = []
        self._stopped = False
        self._lines = FewLines()
        self._handshakes: dict[Connection, None] = {}
        """Connections that wait to continue a handshake, in order."""
        self._pause: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None
        self.connections: dict[Connection, None] = {}
        self.port = settings.port
        """The port in use: from the settings, or the free one taken for 0."""

    async def start(self) -> None:
        """Listen. Raise CannotListen with the way out."""
        bound_to = self._bound_to or await bind(self._settings, self._limits)
        self._sockets = [ListeningSocket(sock, self._connection) for sock in bound_to]
        try:
            for listening in self._sockets:
                # Two that do not listen yet may be bound to one port: it may be taken even now.
                listening.start(self._settings.backlog)
        except OSError as error:
            self.stop_accepting()
            raise _cannot_listen(self._settings, error) from error
        self.port = self._sockets[0].port
        if self._tls is not None:
            self._look_at_certificate()

    def _connection(self) -> Connection:
        return Connection(self, self._terms)

    def stop_accepting(self) -> None:
        """Close the listening sockets; connections stay."""
        self._stopped = True
        for listening in self._sockets:
            listening.close()
        for sock in self._bound_to:
            sock.close()
        if self._looking is not None:
            self._looking.cancel()

    def reload_tls(self) -> bool:
        """Read the certificate again, for new connections; return True if it is in use.

        If it cannot be used, the log says so, and the old one stays in use.
        """
        return self._tls is None or self._tls.reload()

    def _look_at_certificate(self) -> None:
        assert self._tls is not None
        self._tls.look()
        loop = asyncio.get_running_loop()
        self._looking = loop.call_later(CERTIFICATE_LOOK_SECONDS, self._look_at_certificate)

    @property
    def closing(self) -> int:
        """Number of connections that we have closed and the client has not."""
        return sum(connection.closing for connection in self.connections)

    def abort_all(self) -> None:
        """Close all open connections."""
        if self._pause is not None:
            self._pause.cancel()
        for connection in list(self.connections):
            connection.abort("the gateway stops")

    # ------------------------------------------------- what a connection tells us

    def opened(self, connection: Connection) -> str:
        if self._stopped:
            return "the gateway stops"
        # A load balancer's own address counts for nobody.
        address = "" if connection.through_proxy else connection.address
        refusal = self._admission.enter(connection, address)
        if not refusal:
            refusal = self._host.opened(connection)
            if refusal:
                self._admission.leave(connection)
            else:
                self.connections[connection] = None
        return refusal

    def addressed(self, connection: Connection) -> str:
        return self._admission.move(connection, connection.address)

    def _make_room(self, connection: Connection) -> None:
        connection.abort("made room for a newer connection")

    def shakes_hands(self, connection: Connection) -> None:
        self._handshakes[connection] = None
        if self._pause is None:
            self._shake_hands()

    def _shake_hands(self) -> None:
        self._pause = None
        if self._handshakes:
            connection = next(iter(self._handshakes))
            del self._handshakes[connection]
            loop = asyncio.get_running_loop()
            self._pause = loop.call_later(HANDSHAKE_PAUSE_SECONDS, self._shake_hands)
            connection.handshake()

    def admitted(self, connection: Connection) -> None:
        self._admission.logged_on(connection)

    def arrived(self, connection: Connection) -> None:
        self._host.arrived(connection)

    def lost(self, connection: Connection, reason: str) -> None:
        self._admission.leave(connection)
        self._handshakes.pop(connection, None)
        if connection not in self.connections:
            self._lines.warning("connection_refused", peer=connection.peer, reason=reason)
            return
        del self.connections[connection]
        if connection.owner is None and not connection.told:
            self._tell(connection, reason)
        self._host.lost(connection, reason)

    def _tell(self, connection: Connection, reason: str) -> None:
        """Log one line for a connection that was not let in."""
        if connection.silent and reason == "closed by the client":
            # A health check: it only wants to know whether somebody listens.
            log.debug("connection_closed", peer=connection.peer, reason=reason)
        else:
            self._lines.info("connection_closed", peer=connection.peer, reason=reason)


async def bind(settings: Listener, limits: Limits) -> list[socket.socket]:
    """Bind the address, so that nobody else can; no client can connect yet.

    Raise CannotListen with the way out.
    """
    slow = limits.slow_reader_seconds
    try:
        return await bound_to_all(settings.host, settings.port, slow_reader_seconds=slow)
    except OSError as error:
        raise _cannot_listen(settings, error) from error


def _cannot_listen(settings: Listener, error: OSError) -> CannotListen:
    # The loop's own text repeats the address; that of a failed look-up has no errno.
    number = error.errno or 0
    reason = os.strerror(number) if number > 0 else error.strerror or error
    return CannotListen(
        f"cannot listen on {settings.host}:{settings.port}: {reason}; "
        "choose another [listener] host or port in gateway.toml, or stop what uses it"
    )


def proxy_networks(settings: Settings) -> Networks:
    """Return the networks that PROXY headers come from. Raise SettingsError."""
    listener = settings.listener
    networks: list[IPv4Network | IPv6Network] = []
    for index, text in enumerate(listener.proxy_networks):
        try:
            networks.append(ip_network(text))
        except ValueError as error:
            path = ("listener", "proxy_networks", index)
            wrong = f'{error}: write an address or a network, such as "10.0.0.0/24"'
            raise settings.document.error(path, wrong) from None
    if listener.proxy_protocol and not networks:
        raise settings.document.error(
            ("listener", "proxy_protocol"),
            "nobody is believed: name the load balancers' addresses in proxy_networks",
        )
    return tuple(networks) if listener.proxy_protocol else ()
