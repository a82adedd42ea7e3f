"""What a session tells its caller beside messages."""

from typing import NamedTuple

from fixgw.fix.message import Message


class Application(NamedTuple):
    """An application message, in sequence, counted."""

    message: Message


class LoggedOn(NamedTuple):
    """The client is in; what it lacks follows when it asks."""


class LoggedOut(NamedTuple):
    """The client is gone."""


class Disconnect(NamedTuple):
    """Close the connection when everything written so far has left."""

    reason: str


Fact = Application | LoggedOn | LoggedOut | Disconnect
