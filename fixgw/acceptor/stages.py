"""How far a connection has come before its client is let in: a table, and each step's deadline.

A step's time begins when the step does. Nothing that is said within a step makes it longer.
"""

from enum import Enum

from fixgw.runtime.gateway_toml import Limits


class Stage(Enum):
    """What is waited for."""

    FIRST_BYTE = "first byte"
    """The PROXY header, where there is one, belongs to it."""
    HANDSHAKE = "TLS handshake"
    LOGON = "Logon"
    """Whole, and found good."""
    ADMITTED = "admitted"
    """The session's own timers take over."""


NEXT = {
    Stage.FIRST_BYTE: frozenset({Stage.HANDSHAKE, Stage.LOGON}),
    Stage.HANDSHAKE: frozenset({Stage.LOGON}),
    Stage.LOGON: frozenset({Stage.ADMITTED}),
    Stage.ADMITTED: frozenset[Stage](),
}
"""Without TLS there is no handshake; nothing else is left out, and nothing comes again."""

LATE = {
    Stage.FIRST_BYTE: "nothing said in time",
    Stage.HANDSHAKE: "TLS handshake not done in time",
    Stage.LOGON: "no Logon in time",
}


def seconds(limits: Limits) -> dict[Stage, int]:
    """How long each step may take."""
    return {
        Stage.FIRST_BYTE: limits.first_byte_timeout_seconds,
        Stage.HANDSHAKE: limits.handshake_timeout_seconds,
        Stage.LOGON: limits.logon_timeout_seconds,
    }
