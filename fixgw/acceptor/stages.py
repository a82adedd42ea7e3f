"""The stages of a connection before its client has logged on: a table, and each stage's deadline.

A stage's time begins with the stage. Data within a stage does not extend it.
"""

from enum import Enum

from fixgw.runtime.gateway_toml import Limits


class Stage(Enum):
    """The event that the connection waits for."""

    FIRST_BYTE = "first byte"
    """Includes the PROXY header, if there is one."""
    HANDSHAKE = "TLS handshake"
    LOGON = "Logon"
    """Complete, and accepted."""
    ADMITTED = "admitted"
    """The session's own timers take over."""


NEXT = {
    Stage.FIRST_BYTE: frozenset({Stage.HANDSHAKE, Stage.LOGON}),
    Stage.HANDSHAKE: frozenset({Stage.LOGON}),
    Stage.LOGON: frozenset({Stage.ADMITTED}),
    Stage.ADMITTED: frozenset[Stage](),
}
"""Without TLS there is no handshake; no other stage is left out, and none is repeated."""

LATE = {
    Stage.FIRST_BYTE: "nothing said in time",
    Stage.HANDSHAKE: "TLS handshake not done in time",
    Stage.LOGON: "no Logon in time",
}


def seconds(limits: Limits) -> dict[Stage, int]:
    """Return how long each stage may take."""
    return {
        Stage.FIRST_BYTE: limits.first_byte_timeout_seconds,
        Stage.HANDSHAKE: limits.handshake_timeout_seconds,
        Stage.LOGON: limits.logon_timeout_seconds,
    }
