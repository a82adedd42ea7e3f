"""The sandbox's settings: one TOML file, checked once and whole.

Decimals may be written as TOML numbers: they are read from their digits, never by way of a
float. The key in here is for a sandbox; a real one must never stand in such a file.
"""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from fixgw.sandbox import settings_file
from fixgw.sandbox.exact import is_plain

Platform = Literal["mt4", "mt5"]
Positive = Annotated[int, Meta(ge=1)]


class UserSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A client of the broker."""

    # "8-character string"
    id: Annotated[str, Meta(min_length=8, max_length=8)]
    name: str = ""
    email: str = ""
    type: Literal["trader", "ib"] = "trader"
    suspended: bool = False


class AccountSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trading account."""

    login: Positive
    connection_id: str
    user_id: str = ""
    platform: Platform = "mt4"
    group: str = "real"
    currency: str = "USD"
    balance: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    # In use by what is open.
    margin: Decimal = Decimal(0)
    leverage: Positive = 100
    enable: bool = True
    enable_readonly: bool = False

    def __post_init__(self) -> None:
        for name in ("balance", "credit", "margin"):
            if not is_plain(getattr(self, name)):
                raise ValueError(f"{name} must be a number of at most 40 digits")


class BehaviourSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server's behaviour: the table [settings]."""

    # ASSUMPTION: the page of MT5's list was not seen. "": there is none.
    mt5_path: str = "/public/v1/mt5/accounts"
    # ASSUMPTION: under which name an error's type stands in the body of a refusal.
    error_key: Literal["type", "error", "code"] = "type"
    # Seconds within which a deposit with the same comment is a repetition.
    repeat_seconds: Positive = 120
    # The number of entries the operator can read back.
    record_limit: Positive = 20_000


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    api_key: Annotated[str, Meta(min_length=8)]
    connections: tuple[str, ...]
    accounts: tuple[AccountSettings, ...]
    users: tuple[UserSettings, ...] = ()
    behaviour: BehaviourSettings = field(default=BehaviourSettings(), name="settings")

    def __post_init__(self) -> None:
        connections = settings_file.unique("connections", list(self.connections))
        users = settings_file.unique("users", [user.id for user in self.users])
        names = [f"{a.platform} {a.connection_id} {a.login}" for a in self.accounts]
        settings_file.unique("accounts", names)
        for account in self.accounts:
            settings_file.known("accounts", connections, (account.connection_id,))
            if account.user_id:
                settings_file.known("accounts", users, (account.user_id,))
        path = self.behaviour.mt5_path
        if path and not path.startswith("/"):
            raise ValueError("mt5_path must begin with /")

    def __repr__(self) -> str:
        return f"Settings(api_key=***, accounts={self.accounts!r})"


def parse(text: str, source: str) -> Settings:
    """Settings from TOML text; *source* is what errors call it."""
    return settings_file.parsed(text, source, Settings, strict=False)


def load(path: Path) -> Settings:
    """Settings from a file."""
    return parse(settings_file.text_of(path), str(path))
