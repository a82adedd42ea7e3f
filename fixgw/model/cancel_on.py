"""When a client's open orders are to be cancelled because it is gone: cancel on disconnect."""

from enum import Enum, IntFlag
from typing import NamedTuple

WINDOW_SECONDS_MAX = 60
"""The longest grace window: who is away for longer is gone."""


class CancelOn(IntFlag):
    """Which departures; the values are those of CancelOnDisconnectType(35002) on the wire."""

    NEVER = 0
    DISCONNECT = 1
    """Its connection was lost, whoever ended it and why."""
    LOGOUT = 2
    """It, or the end of the session's hours, ended the session in good order."""
    BOTH = 3


class ByClient(Enum):
    """What a client may choose of it in its Logon(35=A)."""

    NONE = "none"
    MORE = "more"
    """It may ask for what the operator has not set, and not take back what the operator has."""
    ANY = "any"


class CancelTerms(NamedTuple):
    """What is in force from one Logon to the next."""

    on: CancelOn = CancelOn.NEVER
    window_ms: int = 0
    """How long after its departure the client may be back, and nothing is cancelled."""
