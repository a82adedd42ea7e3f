"""The listening socket: accepts, counts, and closes what does not log on in time."""

import asyncio
import os

import structlog

from fixgw.acceptor.connection import Connection, Host
from fixgw.model.errors import GatewayError
from fixgw.runtime.gateway_toml import Limits, Listener

log = structlog.get_logger()


class CannotListen(GatewayError):
    """The address cannot be had."""


class Acceptor:
    """All client connections. *host* is told what arrives on them."""

    def __init__(self, settings: Listener, limits: Limits, host: Host) -> None:
        self._settings = settings
        self._limits = limits
        self._host = host
        self._server: asyncio.Server | None = None
        self.connections: dict[Connection, asyncio.TimerHandle] = {}
        """Each with the timer that ends it unless it logs on."""
        self.port = settings.port
        """The port in use: the one from the settings, or the free one taken for 0."""

    async def start(self) -> None:
        """Listen; raises CannotListen with the way out."""
        loop = asyncio.get_running_loop()
        settings = self._settings
        try:
            self._server = await loop.create_server(
                self._connection, settings.host, settings.port, backlog=settings.backlog,
                reuse_address=True,
            )
        except OSError as error:
            # The loop's own text repeats the address; that of a failed look-up has no errno.
            number = error.errno or 0
            reason = os.strerror(number) if number > 0 else error.strerror or error
            raise CannotListen(
                f"cannot listen on {settings.host}:{settings.port}: {reason}; "
                "choose another [listener] host or port in gateway.toml, or stop what uses it"
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]

    def _connection(self) -> Connection:
        limits = self._limits
        return Connection(self, limits.max_message_bytes, limits.outbound_buffer_bytes)

    def stop_accepting(self) -> None:
        if self._server is not None:
            self._server.close()

    @property
    def closing(self) -> int:
        """How many connections have been closed by us and not yet by the client."""
        return sum(connection.closing for connection in self.connections)

    def abort_all(self) -> None:
        """Close what is still open."""
        for connection in list(self.connections):
            connection.abort("the gateway stops")

    # ------------------------------------------------- what a connection tells us

    def opened(self, connection: Connection) -> str:
        if len(self.connections) >= self._limits.max_connections:
            return "max_connections"
        refusal = self._host.opened(connection)
        if not refusal:
            loop = asyncio.get_running_loop()
            self.connections[connection] = loop.call_later(
                self._limits.logon_timeout_seconds, self._logon_timeout, connection
            )
        return refusal

    def _logon_timeout(self, connection: Connection) -> None:
        if not connection.closing and connection.owner is None:
            connection.abort("no Logon in time")

    def arrived(self, connection: Connection) -> None:
        self._host.arrived(connection)

    def lost(self, connection: Connection, reason: str) -> None:
        timer = self.connections.pop(connection, None)
        if timer is None:
            log.warning("connection_refused", peer=connection.peer, reason=reason)
            return
        timer.cancel()
        self._host.lost(connection, reason)
