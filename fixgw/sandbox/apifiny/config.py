"""The sandbox's settings: one TOML file, checked once and whole.

Every field has a type and every unknown key is an error that names the file and the field.
Decimals may be written as TOML numbers: they are read from their digits, never by way of a
float. The secrets in here are for a sandbox; a real one must never stand in such a file.
"""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from fixgw.sandbox import settings_file
from fixgw.sandbox.exact import is_plain
from fixgw.sandbox.settings_file import known, unique

Switch = Literal["enabled", "disabled"]
Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
# RFC 7518 section 3.2: an HS256 key has at least 256 bits.
Secret = Annotated[str, Meta(min_length=32)]


def _check_decimals(settings: Struct) -> None:
    """TOML knows nan and inf; no setting does."""
    for name in settings.__struct_fields__:
        value = getattr(settings, name)
        if isinstance(value, Decimal) and not is_plain(value):
            raise ValueError(f"{name} must be a finite number of at most 40 digits")


class VenueSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One venue, as listVenueInfo returns it."""

    name: str
    status: Switch = "enabled"
    # "Order Type": only some venues support market orders.
    market_orders: bool = True


class CurrencySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One currency, as listCurrency returns it."""

    currency: str
    coin: str = ""  # empty: the same as currency
    currency_precision: Count = 8
    status: Literal[
        "DEPOSIT_WITHDRAW",
        "NOT_DEPOSIT_WITHDRAW",
        "DEPOSIT_NOT_WITHDRAW",
        "NOT_DEPOSIT_NOT_WITHDRAW",
    ] = "DEPOSIT_WITHDRAW"
    withdraw_max_amount: Decimal = Decimal(1000000)
    withdraw_min_amount: Decimal = Decimal(0)
    withdraw_min_fee: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        _check_decimals(self)


class InstrumentSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One instrument, as listSymbolInfo returns it."""

    symbol: str
    base_asset: str
    base_asset_precision: Count = 8
    quote_asset: str
    quote_precision: Count = 8
    min_price: Decimal
    max_price: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    tick_size: Decimal
    step_size: Decimal
    min_notional: Decimal
    max_notional: Decimal
    status: Switch = "enabled"
    # Where it trades; empty: everywhere.
    venues: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_decimals(self)
        for low, high in (
            ("min_price", "max_price"),
            ("min_quantity", "max_quantity"),
            ("min_notional", "max_notional"),
        ):
            if not 0 < getattr(self, low) <= getattr(self, high):
                raise ValueError(f"needs 0 < {low} <= {high}")
        if self.tick_size <= 0 or self.step_size <= 0:
            raise ValueError("tick_size and step_size must be positive")

    def trades_at(self, venue: str) -> bool:
        """Return True if *venue* lists it."""
        return not self.venues or venue in self.venues


class AccountSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One customer, with opening balances by venue and currency."""

    account_id: str
    status: Literal["OPENED", "RESTRICTED", "SUSPENDED"] = "OPENED"
    balances: dict[str, dict[str, Decimal]] = {}

    def __post_init__(self) -> None:
        for venue, amounts in self.balances.items():
            for currency, amount in amounts.items():
                if not is_plain(amount) or amount < 0:
                    raise ValueError(f"balances.{venue}.{currency} must not be negative")


class KeySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One API key of an account."""

    key_id: str
    secret: Secret
    account_id: str
    # A key without it may ask, but not place or cancel (2097163).
    can_trade: bool = True

    def __repr__(self) -> str:
        return f"KeySettings(key_id={self.key_id!r}, account_id={self.account_id!r}, secret=***)"


class FeeSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fee rates, as getCommissionRate returns them; the same for all."""

    take_fee: Decimal = Decimal("0.001")
    make_fee: Decimal = Decimal("0.0005")
    special_rate: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        _check_decimals(self)
        if not (0 <= self.take_fee < 1 and 0 <= self.make_fee < 1):
            raise ValueError("take_fee and make_fee must be at least 0 and below 1")


class BehaviourSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server's behaviour: the table [settings]. 0 switches a limit off."""

    # The time an order stays PENDING_SUBMIT, and the time a cancel takes.
    submit_delay_ms: Count = 5
    cancel_delay_ms: Count = 5
    # "Rate Limits": 20 requests per second by account.
    requests_per_second: Count = 20
    # "Heartbeat and Connection": currently 30 s.
    heartbeat_seconds: Annotated[float, Meta(gt=0)] = 30.0
    # The number of heartbeats in a row that a client may leave without any sign of life.
    missed_heartbeats: Count = 3
    # The largest difference between the timestamp in an order id and the venue's clock.
    order_id_tolerance_ms: Count = 60_000
    # The 2022 scheme's recvWindow where a request names none.
    recv_window_ms: Positive = 5_000
    max_open_orders: Count = 5_000
    # The manual prints two lists without the envelope; the vendor's client reads one.
    bare_lists: bool = False
    # The venue of the paths without one ("Base URLs": co-location); empty: any.
    colocated_venue: str = ""
    # The number of entries the operator can read back.
    record_limit: Positive = 20_000


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    venues: tuple[VenueSettings, ...]
    currencies: tuple[CurrencySettings, ...]
    instruments: tuple[InstrumentSettings, ...]
    accounts: tuple[AccountSettings, ...]
    keys: tuple[KeySettings, ...]
    fees: FeeSettings = FeeSettings()
    behaviour: BehaviourSettings = field(default=BehaviourSettings(), name="settings")

    def __post_init__(self) -> None:
        venues = unique("venues", [one.name for one in self.venues])
        currencies = unique("currencies", [one.currency for one in self.currencies])
        accounts = unique("accounts", [one.account_id for one in self.accounts])
        unique("instruments", [one.symbol for one in self.instruments])
        unique("keys", [one.key_id for one in self.keys])
        for instrument in self.instruments:
            where = f"instruments.{instrument.symbol}"
            known(where, currencies, (instrument.base_asset, instrument.quote_asset))
            known(f"{where}.venues", venues, instrument.venues)
        for account in self.accounts:
            where = f"accounts.{account.account_id}.balances"
            known(where, venues, tuple(account.balances))
            for venue, amounts in account.balances.items():
                known(f"{where}.{venue}", currencies, tuple(amounts))
        for key in self.keys:
            known(f"keys.{key.key_id}.account_id", accounts, (key.account_id,))
        if self.behaviour.colocated_venue:
            known("settings.colocated_venue", venues, (self.behaviour.colocated_venue,))


def parse(text: str, source: str) -> Settings:
    """Settings from TOML text; *source* is what errors call it."""
    return settings_file.parsed(text, source, Settings)


def load(path: Path) -> Settings:
    """Settings from a file."""
    return parse(settings_file.text_of(path), str(path))
