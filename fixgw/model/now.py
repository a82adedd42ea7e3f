"""The time, as it is passed to the code that decides. Only the outermost layer reads a clock."""

from typing import NamedTuple


class Now(NamedTuple):
    """One moment, read once a tick."""

    ms: int
    """Unix milliseconds, UTC: the time that messages carry. Jumps when the clock is set."""

    mono_ms: int
    """Milliseconds of a clock that never jumps: used to measure durations."""
