"""What a session tells its caller beside messages."""

from typing import NamedTuple

from fixgw.fix.message import Message


class Application(NamedTuple):
    """An application message, in sequence, counted."""

    message: Message


class Objection(NamedTuple):
    """The client refuses a message of ours: Reject(3), BusinessMessageReject(j), DontKnowTrade(Q).
    It is never answered: two that do would go on for ever."""

    message: Message
    problem: str = ""
    """What is wrong with itself."""


OBJECTIONS = frozenset("3jQ")
"""MsgType(35) of these."""


class Noted(NamedTuple):
    """An operator should know."""

    event: str
    """The log's name for it."""
    text: str


class LoggedOn(NamedTuple):
    """The client is in; what it lacks follows when it asks."""


class Agreed(NamedTuple):
    """A Logon, in a running session too, has set what becomes of the orders when the client
    leaves: `CancelOnDisconnect.terms`. Told after `LoggedOn`."""


class ResetByClient(NamedTuple):
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


Fact = (
    Application | Objection | Noted | LoggedOn | Agreed | ResetByClient | Left | LoggedOut
    | Disconnect
)
