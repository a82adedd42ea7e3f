"""Who may come in: a connection's first message, looked at before any session hears of it.

A connection that is not let in changes nothing and takes nothing: no number,
no stored message, no place of a client that is there. It is closed without a
word, whatever the reason; only the log tells the reasons apart.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import structlog

from fixgw.acceptor.connection import Connection
from fixgw.acceptor.logon import verify
from fixgw.app.client import Client
from fixgw.fix.wire import clean, header_fields
from fixgw.model.ids import SessionKey
from fixgw.runtime.tasks import Tasks

STOPPING = "the gateway stops"

PASSWORD_CHECKS_AT_ONCE = 2
"""argon2 takes 64 MiB and some 50 ms of a core each; more Logons wait their turn."""


class Verdict(NamedTuple):
    """What became of somebody who knocked."""

    client: Client
    connection: Connection
    refusal: str
    """Why not; "": let in."""


class Door:
    """Everybody who has sent something and was not let in yet."""

    def __init__(
        self, clients: Mapping[SessionKey, Client], tasks: Tasks, wake: Callable[[], None]
    ) -> None:
        self.closed = False
        """Whether nobody is let in any more: the gateway stops."""
        self._clients = clients
        self._tasks = tasks
        self._wake = wake
        self._log = structlog.get_logger().bind()
        self._checking: set[Connection] = set()
        self._verdicts: list[Verdict] = []
        self._password_checks = asyncio.Semaphore(PASSWORD_CHECKS_AT_ONCE)

    def knock(self, connection: Connection) -> None:
        """Look at the first message of a connection; `take` tells what became of it."""
        if connection in self._checking:
            return
        if not connection.inbox:
            if connection.unreadable:
                connection.close(connection.unreadable)
            return
        fields = header_fields(connection.inbox[0])
        key = f"{fields.get(8)}:{fields.get(56)}->{fields.get(49)}"
        client = self._clients.get(SessionKey(key))
        if fields.get(35) != "A":
            self._refuse(connection, key, "the first message is no Logon")
        elif client is None:
            self._refuse(connection, key, "unknown session")
        elif not client.settings.username:
            self._decide(Verdict(client, connection, ""))
        else:
            self._checking.add(connection)
            self._tasks.start(
                self._check_password(client, connection, fields.get(553, ""), fields.get(554, "")),
                name="password check",
            )

    def take(self) -> Iterator[tuple[Client, Connection]]:
        """Those who are let in, since the last call; the others are closed on the way."""
        verdicts, self._verdicts = self._verdicts, []
        for verdict in verdicts:
            # One by one: of two that came for one session, the first has it by now.
            if self._may_enter(verdict):
                yield verdict.client, verdict.connection

    def _may_enter(self, verdict: Verdict) -> bool:
        client, connection, refusal = verdict
        if connection.closing:
            return False
        if self.closed:
            refusal = STOPPING
        elif client.connection is not None:
            # Test case 1S.b: the running session is not harmed, the second hears nothing.
            refusal = refusal or "already connected"
        if refusal:
            self._refuse(connection, client.key, refusal)
        return not refusal

    def _refuse(self, connection: Connection, key: str, reason: str) -> None:
        # What anybody may send comes into the log as plain text only.
        self._log.warning("logon_refused", peer=connection.peer, session=clean(key), reason=reason)
        connection.close(reason)

    def _decide(self, verdict: Verdict) -> None:
        self._checking.discard(verdict.connection)
        self._verdicts.append(verdict)
        self._wake()

    async def _check_password(
        self, client: Client, connection: Connection, username: str, password: str
    ) -> None:
        async with self._password_checks:
            if connection.closing:
                self._checking.discard(connection)
                return  # gave up waiting; others wait still
            verdict = await asyncio.to_thread(verify, client.settings, username, password)
        self._decide(Verdict(client, connection, "" if verdict.may_log_on else verdict.value))
