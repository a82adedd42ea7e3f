"""Parses the Broctagon CRM's answers about accounts.

Pure, and it never raises because of the data. "Could not be read" is never "no such account": only
a complete, readable list can prove that.
"""

from decimal import Decimal

from msgspec import Raw, Struct

from fixgw.model.accounts import AccountState
from fixgw.venues.kit import border
from fixgw.venues.kit.payloads import Damaged, RowReader, Unreadable, payload_reader

OK = 200

PASSING = frozenset({408, 425, 429})
"""Client errors that a later attempt may not get (RFC 9110, RFC 8470, RFC 6585)."""

ERROR_CHARACTERS_MAX = 100
"""Characters of an error text in the log."""


class Account(Struct, frozen=True, kw_only=True):
    """One MT4 or MT5 account. Other keys are ignored; null counts as missing."""

    login: int
    currency: str | None = None
    margin_free: Decimal | None = None
    enable: bool | None = None
    enable_readonly: bool | None = None


class Page(Struct, frozen=True, kw_only=True):
    """A part of a list."""

    count: int
    """For the whole list."""
    records: list[Account]
    unread: int = 0
    """Rows that do not name their account: any missing account may be one of them."""


class _RawPage(Struct, frozen=True, kw_only=True):
    """The same with its rows unread: a damaged row must not hide the others."""

    count: int
    records: list[Raw]


class NothingLearned(Struct, frozen=True):
    """Nothing was learned; *text* gives the reason, for the log."""

    text: str
    final: bool = False
    """The key or the request is wrong: asking again does not help."""


class _Error(Struct, frozen=True):
    """ASSUMPTION: the place of an error. The vendor's tables call it "Error Type"."""

    type: str | None = None
    error: str | None = None
    code: str | None = None


_read_page = payload_reader(_RawPage)
_read_error = payload_reader(_Error)
# Not strict: enable is 1 or 0, a login may be a string of digits.
_ACCOUNT = RowReader(Account, decides=("login", "enable", "enable_readonly"), name="login")


def accounts(status: int, body: bytes) -> Page | NothingLearned:
    """Return the content of an answer to `build.accounts`."""
    if status != OK:
        final = 400 <= status < 500 and status not in PASSING
        return NothingLearned(f"HTTP {status} {_error(body)}".rstrip(), final=final)
    try:
        page = _read_page(body)
    except Unreadable as error:
        return NothingLearned(f"HTTP 200, cannot be read: {error}")
    rows = [_account(raw) for raw in page.records]
    read = [row for row in rows if row is not None]
    return Page(count=page.count, records=read, unread=len(rows) - len(read))


def _account(raw: Raw) -> Account | None:
    """Return a row; a damaged one that names its account has no other fields, and so is not
    enabled."""
    row = _ACCOUNT.read(raw)
    if not isinstance(row, Damaged):
        return row
    return Account(login=row.name) if isinstance(row.name, int) else None


def state(account: Account, *, silent_is_read_only: bool) -> AccountState:
    """Return *account* in the gateway's terms. An account that is not marked as enabled is not."""
    read_only, free = account.enable_readonly, account.margin_free
    return AccountState(
        enabled=bool(account.enable),
        read_only=silent_is_read_only if read_only is None else read_only,
        currency=account.currency or "",
        free_margin=border.amount(free),
    )


def _error(body: bytes) -> str:
    try:
        told = _read_error(body)
    except Unreadable:
        return ""
    return (told.type or told.error or told.code or "")[:ERROR_CHARACTERS_MAX]
