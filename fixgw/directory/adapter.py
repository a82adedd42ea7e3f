"""The interface between the gateway and a directory of accounts.

An adapter reads and never changes anything. It decides nothing about an order: it reports the
directory's answer, and leaves out what it could not find out.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct

from fixgw.directory.config import DirectoryConfig
from fixgw.model.accounts import AccountState, DirectoryName


class Answers(Struct, frozen=True, kw_only=True):
    """The result of one look-up."""

    accounts: Mapping[str, AccountState | None]
    """By Account(1); None: the directory has no such account. A missing key: nothing is known."""
    problems: tuple[str, ...] = ()
    """The reasons why some accounts could not be looked up, for the log."""


class AccountDirectory(Protocol):
    """One configured directory: the I/O shell over the pure parts in its package."""

    @property
    def name(self) -> DirectoryName:
        """The name of its table."""

    @property
    def config(self) -> DirectoryConfig:
        """The keys of the table that are not the adapter's own."""

    def knows(self, account: str) -> bool:
        """Return True if the settings map Account(1) *account* to one of the directory's
        accounts."""

    async def look_up(self, accounts: Iterable[str]) -> Answers:
        """Look up all of *accounts*. Never raise for the world's faults; this may take time."""

    async def stop(self) -> None:
        """Close all sockets."""
