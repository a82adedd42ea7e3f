"""What a session tells its caller beside messages."""

from typing import NamedTuple

from fixgw.fix.message import Message


class Application(NamedTuple):
    """An application message, in sequence, counted."""

    message: Message


class LoggedOn(NamedTuple):
    """The client is in; what it lacks follows when it asks."""


class Agreed(NamedTuple):
    """A Logon, in a running session too, has set what becomes of the orders when the client
    leaves: `Departure.terms`. Told after `LoggedOn`."""


class ClientReset(NamedTuple):
    """The numbers have started again because the client asked for it, and that counts."""


class LoggedOut(NamedTuple):
    """The client is gone."""


class Left(NamedTuple):
    """The client has left, or leaves: told once for each Logon, before `LoggedOut`."""

    logout: bool
    """In good order: by its own Logout, or because the session's hours are over."""
    keeps_orders: bool = False
    """It said that its orders stay: DontCancelOnDisconnect(9003)."""


class Disconnect(NamedTuple):
    """Close the connection when everything written so far has left."""

    reason: str


Fact = Application | LoggedOn | Agreed | ClientReset | Left | LoggedOut | Disconnect
