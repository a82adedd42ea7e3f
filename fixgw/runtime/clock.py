"""The only source of time; all other code gets it as an argument.

Two clocks: the wall clock gives the time of an event and may be set back; the monotonic clock
measures durations and never jumps.
"""

import time
from typing import Protocol

from fixgw.model.now import Now


class Clock(Protocol):
    """The clocks, as the shells use them."""

    def now_ms(self) -> int:
        """Return the wall clock, Unix milliseconds, UTC."""

    def monotonic(self) -> float:
        """Return seconds since some moment; for durations and deadlines only."""

    def now(self) -> Now:
        """Return both, for code that decides."""


class SystemClock:
    """The clocks of the machine."""

    def now_ms(self) -> int:
        """Return the wall clock, Unix milliseconds, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds since some moment of the kernel's choice."""
        return time.monotonic()

    def now(self) -> Now:
        """Return both, for code that decides."""
        return Now(time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000)


class ManualClock:
    """Clocks that move only on command."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms
        self._monotonic_ms = 0

    def now_ms(self) -> int:
        """Return the wall clock, Unix milliseconds, UTC."""
        return self._now_ms

    def monotonic(self) -> float:
        """Return seconds since this clock was made."""
        return self._monotonic_ms / 1000

    def now(self) -> Now:
        """Return both, for code that decides."""
        return Now(self._now_ms, self._monotonic_ms)

    def advance(self, ms: int) -> None:
        """Let time pass: both clocks move."""
        assert ms >= 0, "time does not run backwards; set_wall does that"
        self._now_ms += ms
        self._monotonic_ms += ms

    def set_wall(self, now_ms: int) -> None:
        """Set the wall clock, forwards or back, as an administrator or NTP does."""
        self._now_ms = now_ms
