"""Cancel on disconnect: the conditions under which a departed client's open orders are canceled."""

from enum import Enum, IntFlag
from typing import NamedTuple

WINDOW_SECONDS_MAX = 60
"""The longest grace window. A client that is away for longer has left."""


class CancelOn(IntFlag):
    """The departures that trigger it; the values are those of CancelOnDisconnectType(35002) on the
    wire."""

    NEVER = 0
    DISCONNECT = 1
    """The connection was lost, whichever side ended it and for whatever reason."""
    LOGOUT = 2
    """The session ended in good order: by the client's Logout, or at the end of the session's
    hours."""
    BOTH = 3


class ByClient(Enum):
    """The choice a client has in its Logon(35=A)."""

    NONE = "none"
    MORE = "more"
    """The client may add to the operator's setting, and may not remove from it."""
    ANY = "any"


class CancelTerms(NamedTuple):
    """The terms in force from one Logon to the next."""

    on: CancelOn = CancelOn.NEVER
    window_ms: int = 0
    """Time after the departure within which the client may return and nothing is canceled."""
