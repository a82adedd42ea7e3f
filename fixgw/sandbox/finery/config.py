"""The sandbox's settings: one TOML file, checked once and whole.

Every field has a type and every unknown key is an error that names the file and the field.
Amounts are whole counts of 1e-8, as on the wire. The secrets in here are for a sandbox; a real
one must never stand in such a file.
"""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from fixgw.sandbox import settings_file
from fixgw.sandbox.settings_file import known, unique

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Step = Annotated[int, Meta(ge=1, le=1_000_000)]
Role = Literal["maker", "taker", "both"]


class CurrencySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One currency, as `instruments` returns it."""

    name: str
    id: Positive
    # "Balance step", in units of 1e-8.
    balance_step: Step = 1
    usd_price: Count = 100_000_000
    type: Literal["fiat", "stablecoin", "crypto"] = "crypto"


class InstrumentSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One instrument, as `instruments` returns it: `name` is asset-balance."""

    name: str
    id: Positive
    asset: str
    balance: str


class AccountSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One customer. ASSUMPTION: "both" is ours, so that one account can do all in a test."""

    client_id: Positive
    role: Role = "both"
    # Net limit by currency, in units: how far below zero a position may go; absent: no limit.
    net_limits: dict[str, Count] = {}


class KeySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One API key of an account."""

    key: str
    secret: Annotated[str, Meta(min_length=16)]
    client_id: int
    # A key without it may ask, but not place or cancel (3).
    can_trade: bool = True

    def __repr__(self) -> str:
        return f"KeySettings(key={self.key!r}, client_id={self.client_id}, secret=***)"


class BehaviourSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server's behaviour: the table [settings]. 0 switches a limit off."""

    # "must be unique per key within a 2-minute window".
    nonce_window_ms: Positive = 120_000
    # The older rule: each nonce above the last of its key.
    rising_nonces: bool = False
    # ASSUMPTION: how far a timestamp may be from the venue's clock.
    timestamp_tolerance_ms: Positive = 60_000
    # "Connection idle timeout is 80 sec."
    idle_seconds: Annotated[float, Meta(gt=0)] = 80.0
    # ASSUMPTION: no limit is documented; beyond it HTTP 429, and on a socket code 10.
    requests_per_second: Count = 0
    # True if the feed reports an order before the reply to its request leaves.
    feed_before_reply: bool = False
    # The number of entries the operator can read back.
    record_limit: Positive = 20_000


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    currencies: tuple[CurrencySettings, ...]
    instruments: tuple[InstrumentSettings, ...]
    accounts: tuple[AccountSettings, ...]
    keys: tuple[KeySettings, ...]
    behaviour: BehaviourSettings = field(default=BehaviourSettings(), name="settings")

    def __post_init__(self) -> None:
        currencies = unique("currencies", [one.name for one in self.currencies])
        unique("instruments", [one.name for one in self.instruments])
        clients = unique("accounts", [str(one.client_id) for one in self.accounts])
        unique("keys", [one.key for one in self.keys])
        for instrument in self.instruments:
            known(
                f"instruments.{instrument.name}",
                currencies,
                (instrument.asset, instrument.balance),
            )
        for account in self.accounts:
            where = f"accounts.{account.client_id}.net_limits"
            known(where, currencies, tuple(account.net_limits))
        for key in self.keys:
            known(f"keys.{key.key}.client_id", clients, (str(key.client_id),))


def parse(text: str, source: str) -> Settings:
    """Settings from TOML text; *source* is what errors call it."""
    return settings_file.parsed(text, source, Settings, parse_float=float)


def load(path: Path) -> Settings:
    """Settings from a file."""
    return parse(settings_file.text_of(path), str(path))
