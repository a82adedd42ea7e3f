"""The CRM's payloads as the server writes and reads them. Amounts are JSON numbers, exact."""

from decimal import Decimal
from typing import TypeVar

import msgspec
from msgspec import Raw, Struct

from fixgw.sandbox.exact import plain

encode = msgspec.json.Encoder().encode

T = TypeVar("T")


class AccountView(Struct, frozen=True, kw_only=True):
    """A record of GET /public/v1/mt4/accounts: those of its fields that are shown."""

    login: int
    group: str
    currency: str
    balance: Raw
    credit: Raw
    available_withdrawal: Raw
    leverage: int
    equity: Raw
    margin_free: Raw
    margin: Raw
    margin_level: Raw
    name: str
    email: str
    enable: int
    enable_readonly: int


class AccountRef(Struct, frozen=True, kw_only=True):
    """A user's account, by name only."""

    platform: str
    connection_id: str
    trading_id: str


class UserView(Struct, frozen=True, kw_only=True):
    """A record of GET /public/v1/users: those of its fields that are shown."""

    id: str
    name: str
    email: str
    type: str
    kyc_status: str
    trading_accounts: list[AccountRef]


class ListView(Struct, frozen=True):
    """A part of a list; *count* is of the whole one."""

    count: int
    records: list[AccountView] | list[UserView]


class TransferBody(Struct, frozen=True, kw_only=True):
    """POST …/deposit and …/withdrawal; decimal(20,8) as a string."""

    connection_id: str
    currency: str
    amount: Decimal
    comment: str


class Refusal(Exception):
    """A call that changes nothing."""

    def __init__(self, status: int, type: str, message: str = "") -> None:
        super().__init__(message or type)
        self.status = status
        self.type = type


def number(value: Decimal) -> Raw:
    """Return a JSON number without an exponent."""
    return Raw(plain(value).encode())


def failure(key: str, type: str, message: str) -> bytes:
    """ASSUMPTION: the body of a refusal. The vendor's tables only name its type."""
    return encode({key: type, "message": message})


def read(sent: bytes, kind: type[T]) -> T:
    """*sent* as a *kind*."""
    try:
        return msgspec.json.decode(sent, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # ASSUMPTION: its type.
        raise Refusal(400, "invalid_request", str(error)) from None
