"""What a directory tells of trading accounts, in words that fit every directory.

A directory takes no order; it says who may trade, and with what. An account that could not be
asked about is not in what it tells: absence of an answer is never "no such account".
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
    """What its amounts are in; "" where the directory does not say."""
    free_margin: Decimal | None = None
    """None where the directory does not say."""


class AccountsLoaded(Struct, frozen=True, kw_only=True):
    """What a directory answered; replaces what it said of these accounts before."""

    directory: DirectoryName
    accounts: Mapping[str, AccountState | None]
    """By Account(1); None: the directory says that it has no such account."""
    asked_at_ms: int
    """When the question was begun, `Now.mono_ms`: what was learned is no younger than that."""


class LookUpAccount(Struct, frozen=True, gc=False):
    """Ask the directory soon: somebody wants to trade for an account that it may know by now."""

    directory: DirectoryName


class DirectoryTerms(Struct, frozen=True, kw_only=True):
    """What the settings say of one directory: whom it is asked about, and what must hold."""

    name: DirectoryName
    accounts: Mapping[str, frozenset[str]]
    """Venue -> the values of Account(1) there that it decides about."""
    sessions: frozenset[str] | None
    """Whose orders; None: everybody's."""
    refresh_ms: int
    """How often it is asked."""
    believed_ms: int
    """How old an answer may be, at the most, for an order to be taken."""
    min_free_margin: Decimal | Mapping[str, Decimal] | None
    """What an account must have free, in its own currency, or by currency; None: not looked at."""
    refuse_logon: bool
    """Whether a session none of whose accounts may trade is refused at Logon."""
