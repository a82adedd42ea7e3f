"""The state of trading accounts as a directory reports it, in terms common to every directory.

A directory takes no order. It reports which accounts may trade, and their margin. An account that
could not be looked up is missing from its answer: a missing answer never means "no such account".
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import NewType

from msgspec import Struct

DirectoryName = NewType("DirectoryName", str)
"""A `[directories.NAME]` table of gateway.toml."""


class AccountState(Struct, frozen=True, kw_only=True, gc=False):
    """One account at one moment."""

    enabled: bool
    read_only: bool = False
    currency: str = ""
    """The currency of its amounts; "" where the directory does not report one."""
    free_margin: Decimal | None = None
    """None where the directory does not report it."""


class AccountsLoaded(Struct, frozen=True, kw_only=True):
    """The answer of a directory; replaces its previous answer about these accounts."""

    directory: DirectoryName
    accounts: Mapping[str, AccountState | None]
    """By Account(1); None: the directory reports that no such account exists."""
    asked_at_ms: int
    """Start of the query, as `Now.mono_ms`: the data is no older than that."""


class LookUpAccount(Struct, frozen=True, gc=False):
    """Query the directory soon: a client wants to trade for an account that the directory may know
    by now."""

    directory: DirectoryName


class DirectoryTerms(Struct, frozen=True, kw_only=True):
    """The settings of one directory: the accounts it decides about and the conditions they must
    meet."""

    name: DirectoryName
    accounts: Mapping[str, frozenset[str]]
    """Venue -> the values of Account(1) there that the directory decides about."""
    sessions: frozenset[str] | None
    """The sessions whose orders are checked; None: all sessions."""
    refresh_ms: int
    """Interval between two queries."""
    believed_ms: int
    """Maximum age of an answer for an order to be accepted."""
    min_free_margin: Decimal | Mapping[str, Decimal] | None
    """Minimum free margin of an account, in its own currency, or by currency; None: not checked."""
    refuse_logon: bool
    """True if a Logon is refused when none of the session's accounts may trade."""
