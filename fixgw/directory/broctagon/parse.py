"""What the Broctagon CRM says of accounts.

Pure, and it never raises for what was sent. "Could not be read" is never "no
such account": only a whole, readable list can say that.
"""

from decimal import Decimal

import msgspec
from msgspec import Struct

from fixgw.model.accounts import AccountState

OK = 200

PASSING = frozenset({408, 425, 429})
"""Client errors that a later attempt may not meet (RFC 9110, RFC 8470, RFC 6585)."""


UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What reading may raise; the last for what is nested too deep."""

PLACES_MAX = 40
"""Digits of an amount, before the point and behind it."""

ERROR_CHARACTERS_MAX = 100
"""Of what an error says, for the log."""


class Account(Struct, frozen=True, kw_only=True):
    """One MT4 or MT5 account. Other keys are ignored; null is as good as nothing."""

    login: int
    currency: str | None = None
    margin_free: Decimal | None = None
    enable: bool | None = None
    enable_readonly: bool | None = None


class Page(Struct, frozen=True, kw_only=True):
    """A part of a list."""

    count: int
    """Of the whole list."""
    records: list[Account]


class Failed(Struct, frozen=True):
    """Nothing was learned; *text* says why, for the log."""

    text: str
    final: bool = False
    """The key is wrong, or the question: to ask again does not help."""


class _Error(Struct, frozen=True):
    """ASSUMPTION: where an error stands. The vendor's tables call it "Error Type"."""

    type: str | None = None
    error: str | None = None
    code: str | None = None


# Not strict: enable is 1 or 0, a login may be a string of digits.
_decode_page = msgspec.json.Decoder(Page, strict=False).decode
_decode_error = msgspec.json.Decoder(_Error).decode


def accounts(status: int, body: bytes) -> Page | Failed:
    """An answer to `build.accounts`."""
    if status != OK:
        final = 400 <= status < 500 and status not in PASSING
        return Failed(f"HTTP {status} {_error(body)}".rstrip(), final=final)
    try:
        return _decode_page(body)
    except UNREADABLE as error:
        return Failed(f"HTTP 200, cannot be read: {error}")


def state(account: Account, *, silent_is_read_only: bool) -> AccountState:
    """*account* in the gateway's words. What is not said to be enabled is not."""
    read_only, free = account.enable_readonly, account.margin_free
    return AccountState(
        enabled=bool(account.enable),
        read_only=silent_is_read_only if read_only is None else read_only,
        currency=account.currency or "",
        free_margin=free if free is not None and _is_amount(free) else None,
    )


def _is_amount(value: Decimal) -> bool:
    """Whether *value* can be written down: 1E+999999999 is a number of a gigabyte."""
    if not value.is_finite():
        return False
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "it is finite"
    return value.adjusted() <= PLACES_MAX and exponent >= -PLACES_MAX


def _error(body: bytes) -> str:
    try:
        told = _decode_error(body)
    except UNREADABLE:
        return ""
    return (told.type or told.error or told.code or "")[:ERROR_CHARACTERS_MAX]
