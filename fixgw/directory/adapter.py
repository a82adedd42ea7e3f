"""What the gateway asks of a directory of accounts.

An adapter reads and never changes anything. It decides nothing about an order: it says what the
directory answered, and leaves out what it could not find out.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct

from fixgw.directory.config import DirectoryConfig
from fixgw.model.accounts import AccountState, DirectoryName


class Answers(Struct, frozen=True, kw_only=True):
    """What one look-up has found out."""

    accounts: Mapping[str, AccountState | None]
    """By Account(1); None: the directory has no such account. Who is not in it is not known of."""
    problems: tuple[str, ...] = ()
    """Why something could not be found out, for the log."""


class Directory(Protocol):
    """One configured directory: the I/O shell over the pure parts in its package."""

    @property
    def name(self) -> DirectoryName:
        """That of its table."""

    @property
    def config(self) -> DirectoryConfig:
        """What the table says that is not the adapter's own."""

    def knows(self, account: str) -> bool:
        """Whether the settings say which of its accounts Account(1) *account* is."""

    async def look_up(self, accounts: Iterable[str]) -> Answers:
        """Ask about all of *accounts*. Never raises for the world's faults; takes its time."""

    async def stop(self) -> None:
        """Close all sockets."""
