"""What the Broctagon CRM says of accounts, and what that means for an order.

Pure, and it never raises for what was sent. "Could not be read" is never "no
such account": only a whole, readable list can say that.
"""

from decimal import Decimal

import msgspec
from msgspec import Struct

from fixgw.model.enums import OrdRejReason
from fixgw.model.number import text

OK = 200


class Account(Struct, frozen=True, kw_only=True):
    """One MT4 or MT5 account. Other keys are ignored."""

    login: int
    group: str = ""
    currency: str = ""
    margin_free: Decimal | None = None
    enable: bool = False
    """What is not said to be enabled is not."""
    enable_readonly: bool = False


class Page(Struct, frozen=True, kw_only=True):
    """A part of a list."""

    count: int
    """Of the whole list."""
    records: list[Account]


class Failed(Struct, frozen=True):
    """Nothing was learned; *text* says why, for the log."""

    text: str
    forbidden: bool = False
    """The key or the signature is wrong: asking again does not help."""


class _Error(Struct, frozen=True):
    """ASSUMPTION: where an error stands. The vendor's tables call it "Error Type"."""

    type: str | None = None
    error: str | None = None
    code: str | None = None


class Refusal(Struct, frozen=True):
    """Why an order for an account is not taken."""

    reason: OrdRejReason
    text: str


# Not strict: enable is 1 or 0, a login may be a string of digits.
_decode_page = msgspec.json.Decoder(Page, strict=False).decode
_decode_error = msgspec.json.Decoder(_Error).decode


def accounts(status: int, body: bytes) -> Page | Failed:
    """An answer to `build.accounts`."""
    if status != OK:
        return Failed(f"HTTP {status} {_error(body)}".rstrip(), forbidden=status == 403)
    try:
        return _decode_page(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return Failed(f"HTTP 200, cannot be read: {error}")


def refusal(account: Account | None, margin_needed: Decimal | None = None) -> Refusal | None:
    """Why *account*, None where the directory does not have it, may not trade; None if it may."""
    if account is None:
        return Refusal(OrdRejReason.UNKNOWN_ACCOUNT, "the directory has no such account")
    if not account.enable:
        return Refusal(OrdRejReason.UNKNOWN_ACCOUNT, f"account {account.login} is disabled")
    if account.enable_readonly:
        return Refusal(OrdRejReason.UNKNOWN_ACCOUNT, f"account {account.login} is read-only")
    free = account.margin_free
    if margin_needed is not None and (free is None or free < margin_needed):
        has = "nothing is known of its free margin" if free is None else f"{text(free)} free"
        return Refusal(
            OrdRejReason.EXCEEDS_LIMIT,
            f"account {account.login}: {text(margin_needed)} {account.currency} of margin "
            f"needed, {has}",
        )
    return None


def _error(body: bytes) -> str:
    try:
        told = _decode_error(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return told.type or told.error or told.code or ""
