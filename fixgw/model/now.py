"""The time, as it is handed to whoever decides. Nothing below the shells reads a clock."""

from typing import NamedTuple


class Now(NamedTuple):
    """One moment, read once a tick."""

    ms: int
    """Unix milliseconds, UTC: what messages carry. Jumps when the clock is set."""

    mono_ms: int
    """Milliseconds of a clock that never jumps: what waits are measured with."""
