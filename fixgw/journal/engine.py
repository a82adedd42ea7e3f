"""What keeps a journal's ticks: the interface between the journal and its storage.

An engine writes ticks in the order of their numbers and says when each is durable: at once, or
later, and then the ticks decided meanwhile wait for their turn to act (decision 0019). It never
loses, changes or reorders a tick that it called durable, and it decides nothing.
"""

from collections.abc import Callable
from typing import Protocol

from fixgw.journal.tick import StoredMessages, Tick
from fixgw.model.errors import JournalError


class JournalEngine(Protocol):
    """The storage of one journal, for its one writer."""

    last: int
    """Number of the last tick that was put; 0: there is none."""
    durable: int
    """Number of the last tick that survives what `[journal] durability` names."""
    failure: JournalError | None
    """The reason why nothing more will be durable."""
    on_durable: Callable[[], None] | None
    """Called in the thread of the event loop when `durable` has risen, or `failure` was set; never
    from within `put`."""

    def put(self, tick: Tick) -> int:
        """Write *tick*, number `last` + 1; return the position at which `read` finds it.

        Raises JournalError: then nothing of it is written.
        """

    def read(self, position: int) -> StoredMessages | None:
        """Return the messages of the tick at *position*, durable or not; None if it was dropped."""

    def sync(self) -> None:
        """Return when all ticks are durable. Raises JournalError."""

    def sync_soon(self) -> None:
        """Have what is written on the disk soon, without waiting for it."""

    def check_in_place(self) -> None:
        """Raise JournalError if a restart would not find what was written."""

    def close(self) -> None:
        """Give the storage up."""
