"""The time, as it is handed to whoever decides. Nothing below the shells reads a clock."""

from typing import NamedTuple


class Now(NamedTuple):
    """One moment, read once a tick."""

    ms: int
    """Unix milliseconds, UTC: what messages carry. May jump when the clock is set."""

    mono: float
    """Seconds of a clock that never jumps: what timers are measured with."""
