"""The states of one FIX session and their allowed changes, as a table.

    DISCONNECTED -> CONNECTED -> LOGGED_ON -> LOGGING_OUT -> DISCONNECTED

Every state but DISCONNECTED can end in DISCONNECTED. A missing row is an error.
"""

from enum import Enum, auto


class State(Enum):
    DISCONNECTED = auto()
    CONNECTED = auto()
    """An admitted client is connected; only its Logon is processed."""
    LOGGED_ON = auto()
    LOGGING_OUT = auto()
    """Our Logout was sent; we wait for the client's, and still answer it."""


CHANGES: dict[State, frozenset[State]] = {
    State.DISCONNECTED: frozenset({State.CONNECTED}),
    State.CONNECTED: frozenset({State.LOGGED_ON, State.DISCONNECTED}),
    State.LOGGED_ON: frozenset({State.LOGGING_OUT, State.DISCONNECTED}),
    State.LOGGING_OUT: frozenset({State.DISCONNECTED}),
}


def check(current: State, proposed: State) -> State:
    """Return *proposed*, if the table allows it from *current*."""
    assert proposed in CHANGES[current], f"{current.name} -> {proposed.name} is not allowed"
    return proposed
