"""The only place where time comes from; everything else is told it.

Two clocks: the wall says when something happened and may be set back, the
monotonic one says how long something took and may not.
"""

import time
from typing import Protocol

from fixgw.model.now import Now


class Clock(Protocol):
    """What the shells ask for the time."""

    def now_ms(self) -> int:
        """The wall clock, Unix milliseconds, UTC."""

    def monotonic(self) -> float:
        """Seconds since some moment; for durations and deadlines only."""

    def now(self) -> Now:
        """Both, for whoever decides."""


class SystemClock:
    """The clocks of the machine."""

    def now_ms(self) -> int:
        """The wall clock, Unix milliseconds, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds since some moment of the kernel's choice."""
        return time.monotonic()

    def now(self) -> Now:
        """Both, for whoever decides."""
        return Now(time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000)


class ManualClock:
    """Clocks that move when they are told to."""

    def __init__(self, now_ms: int = 0) -> None:
        self._now_ms = now_ms
        self._monotonic_ms = 0

    def now_ms(self) -> int:
        """The wall clock, Unix milliseconds, UTC."""
        return self._now_ms

    def monotonic(self) -> float:
        """Seconds since this clock was made."""
        return self._monotonic_ms / 1000

    def now(self) -> Now:
        """Both, for whoever decides."""
        return Now(self._now_ms, self._monotonic_ms)

    def advance(self, ms: int) -> None:
        """Let time pass: both clocks move."""
        assert ms >= 0, "time does not run backwards; set_wall does that"
        self._now_ms += ms
        self._monotonic_ms += ms

    def set_wall(self, now_ms: int) -> None:
        """Set the wall clock, forwards or back, as an administrator or NTP does."""
        self._now_ms = now_ms
