"""Facts that a session reports to its caller besides messages."""

from typing import NamedTuple

from fixgw.fix.message import Message


class Application(NamedTuple):
    """An application message, in sequence, counted."""

    message: Message


class Objection(NamedTuple):
    """The client refuses a message of ours: Reject(3), BusinessMessageReject(j), DontKnowTrade(Q).
    It is never answered: two peers that answered would go on for ever."""

    message: Message
    problem: str = ""
    """The error in the refusal itself."""


OBJECTIONS = frozenset("3jQ")
"""MsgType(35) of such refusals."""


class Noted(NamedTuple):
    """Information for an operator."""

    event: str
    """The name of its log event."""
    text: str


class LoggedOn(NamedTuple):
    """The client is logged on; messages it lacks follow when it asks."""


class Agreed(NamedTuple):
    """A Logon, also in a running session, has set the treatment of the orders when the client
    leaves: `CancelOnDisconnect.terms`. Reported after `LoggedOn`."""


class ResetByClient(NamedTuple):
    """The numbers have started again at the client's request, and that counts as a use of its
    policy."""


class LoggedOut(NamedTuple):
    """The client is gone."""


class Left(NamedTuple):
    """The client has left, or is leaving: reported once for each Logon, before `LoggedOut`."""

    logout: bool
    """In good order: by its own Logout, or because the session's hours are over."""
    keeps_orders: bool = False
    """The client asked for its orders to stay: DontCancelOnDisconnect(9003)."""


class Disconnect(NamedTuple):
    """Close the connection when everything written so far has been sent."""

    reason: str


Fact = (
    Application | Objection | Noted | LoggedOn | Agreed | ResetByClient | Left | LoggedOut
    | Disconnect
)
