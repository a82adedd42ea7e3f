"""Sessions configured and connected, and the successors that are to replace some of them.

The clients change only by a reload of the settings, and only between the steps of a tick. A
replaced one is not altered: once it is gone, another is made from its record in the journal, as at
a start of the gateway.
"""

from collections.abc import Callable

from fixgw.app.client_session import ClientSession
from fixgw.app.session_lookup import SessionLookup
from fixgw.fix.states import State
from fixgw.journal.tick import SessionRow
from fixgw.model.ids import SessionKey
from fixgw.runtime.session_settings import SessionSettings

IDLE_AT_ONCE = 50
"""Clients without a connection that are examined in one go. With thousands of them a new day of the
schedule is noted some seconds late, but before anything is sent and before any client logs on."""

Successor = Callable[[SessionRow], ClientSession]


class SessionRegistry:
    """All clients of a gateway. *former*: the journal's records of others, which no settings name
    now."""

    def __init__(
        self,
        clients: dict[SessionKey, ClientSession],
        identities: SessionLookup,
        former: dict[SessionKey, SessionRow],
    ) -> None:
        self.clients = clients
        self.connected: dict[ClientSession, None] = {}
        """Clients with a connection; a removed one is among them until it is gone."""
        self._identities = identities
        self._former = former
        self._leaving: dict[SessionKey, ClientSession] = {}
        self._heirs: dict[SessionKey, Successor] = {}
        self._idle_turn: list[ClientSession] = []

    def some_idle(self) -> list[ClientSession]:
        """Return the next few clients; each has its turn. Some of them may have a connection."""
        if not self._idle_turn:
            self._idle_turn = list(self.clients.values())
        some = self._idle_turn[-IDLE_AT_ONCE:]
        del self._idle_turn[-IDLE_AT_ONCE:]
        return some

    def knows(self, key: SessionKey) -> bool:
        """Return True if the journal has numbers of a session that is no client now."""
        return key in self._former or key in self._leaving

    def add(self, settings: SessionSettings, heir: Successor, row: SessionRow | None) -> None:
        """Let this client log on from now on; *heir* makes it from *row*, its record in the
        journal.

        None: it was removed before, and continues where it was.
        """
        key = settings.key
        if key in self._leaving:
            # Removed, and back before it was gone.
            self.clients[key] = self._leaving.pop(key)
            self._heirs[key] = heir
        else:
            self.clients[key] = heir(row or self._former.pop(key))
        self._identities.add(settings)
        self._idle_turn.clear()

    def remove(self, key: SessionKey) -> ClientSession:
        """Let this client log on no more; its connection, if any, stays until it ends."""
        client = self.clients.pop(key)
        self._heirs.pop(key, None)
        self._identities.remove(client.settings)
        self._idle_turn.clear()
        self._leaving[key] = client
        return client

    def replace(self, key: SessionKey, heir: Successor) -> None:
        """Let *heir* make another client from the record, once this one has no connection."""
        self._heirs[key] = heir

    def is_replaced(self, key: SessionKey) -> bool:
        """Return True if a successor will take this client's place."""
        return key in self._heirs

    def may_connect(self, client: ClientSession) -> bool:
        """Return True if *client*, found some time ago, is still current, and not about to be
        replaced."""
        key = client.settings.key
        return self.clients.get(key) is client and key not in self._heirs

    def settle(self) -> None:
        """After each commit: install successors, and remember departed clients as former ones."""
        for key in list(self._heirs):
            client = self.clients[key]
            if _gone(client):
                self.clients[key] = self._heirs.pop(key)(client.saved)
                self._idle_turn.clear()
        for key in [key for key, client in self._leaving.items() if _gone(client)]:
            self._former[key] = self._leaving.pop(key).saved

    @property
    def unsettled(self) -> bool:
        """True if a successor or a removal waits for a client to be gone."""
        return bool(self._heirs or self._leaving)


def _gone(client: ClientSession) -> bool:
    return client.connection is None and client.session.state is State.DISCONNECTED
