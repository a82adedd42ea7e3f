"""What a connection tells: to the gateway, and to whoever counts connections."""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fixgw.acceptor.connection import Connection


class Host(Protocol):
    """What a connection tells the gateway."""

    def arrived(self, connection: "Connection") -> None:
        """Messages wait in its inbox, or it can be written to again."""

    def opened(self, connection: "Connection") -> str:
        """It is up; returns why it must be closed at once, or ""."""

    def lost(self, connection: "Connection", reason: str) -> None:
        """It is gone."""


class Keeper(Host, Protocol):
    """What a connection tells whoever counts connections."""

    def addressed(self, connection: "Connection") -> str:
        """A load balancer has told its `address`; returns why it must be closed, or ""."""

    def shakes_hands(self, connection: "Connection") -> None:
        """It wants its turn to compute: `handshake` is to be called."""

    def admitted(self, connection: "Connection") -> None:
        """Its client has logged on."""
