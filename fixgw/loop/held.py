"""Ticks that are decided and wait to be durable: each acts after the one before, or never.

A tick whose record is durable at once is never held. With others the loop goes on deciding, up to a
limit; what a held tick says to clients and venues leaves when its number is durable. If the record
fails, nothing that is held leaves: it never happened (decision 0019).
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from fixgw.model.effects import VenueCommand
from fixgw.model.ids import VenueName

Commands = Mapping[VenueName, Sequence[VenueCommand]]


class Written(NamedTuple):
    """What a tick says to clients."""

    act: Callable[[], None]
    """Writes it, and ends the connections that are to end."""
    size: int
    """Length of the messages, in bytes."""


NOTHING_WRITTEN = Written(lambda: None, 0)
"""That of a tick which says nothing to any client."""


class HeldTick(NamedTuple):
    """One decided tick."""

    number: int
    """It acts when this number is durable."""
    commands: Commands
    written: Written


class HeldLimits(NamedTuple):
    """Above these, no input is taken: the sockets push back."""

    ticks: int = 64
    size: int = 4_000_000
    """Bytes for clients."""


class HeldTicks:
    """The decided ticks that have not acted, in order."""

    def __init__(self, limits: HeldLimits) -> None:
        self._limits = limits
        self._ticks: deque[HeldTick] = deque()
        self._size = 0

    def __len__(self) -> int:
        return len(self._ticks)

    @property
    def full(self) -> bool:
        """True if no more may be decided for now."""
        return len(self._ticks) >= self._limits.ticks or self._size >= self._limits.size

    @property
    def last(self) -> int:
        """Number of the last of them; 0: there is none."""
        return self._ticks[-1].number if self._ticks else 0

    def hold(self, held: HeldTick) -> None:
        """Keep a tick back."""
        self._ticks.append(held)
        self._size += held.written.size

    def due(self, durable: int) -> HeldTick | None:
        """Take the first one, if it may act."""
        if not self._ticks or self._ticks[0].number > durable:
            return None
        held = self._ticks.popleft()
        self._size -= held.written.size
        return held
