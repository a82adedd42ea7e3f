"""One exchange as the adapter sees it: its addresses and its clock."""

from msgspec import Struct

from fixgw.runtime.clock import Clock
from fixgw.venues.apifiny.config import Exchange

MAX_ROUND_TRIP_SECONDS = 2.0
"""An answer that took longer says too little of the time at which it was given."""


class VenueClock:
    """The time at the venue, which judges our signatures; ours until it was asked for once.

    It is carried on by the monotonic clock, so a wall clock that is set, here,
    does not spoil a signature.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._measured: tuple[int, float] | None = None

    def now_ms(self) -> int:
        """Unix milliseconds."""
        if self._measured is None:
            return self._clock.now_ms()
        venue_ms, mono = self._measured
        return venue_ms + int((self._clock.monotonic() - mono) * 1000)

    def learn(self, venue_ms: int, asked: float, answered: float) -> bool:
        """Take *venue_ms*, read between two monotonic times; return False if the reading took too
        long.
        """
        if answered - asked > MAX_ROUND_TRIP_SECONDS:
            return False
        self._measured = venue_ms, (asked + answered) / 2
        return True

    def skew_ms(self) -> int:
        """The milliseconds by which the venue's clock is ahead of our wall clock."""
        return self.now_ms() - self._clock.now_ms()


class Place(Struct, frozen=True):
    """One configured exchange."""

    exchange: str
    endpoints: Exchange
    clock: VenueClock
