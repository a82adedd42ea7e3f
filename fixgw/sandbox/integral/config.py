"""The sandbox's settings: one TOML file, checked once and whole.

Every field has a type and every unknown key is an error that names the file and the field.
The passwords in here are for a sandbox; a real one must never stand in such a file.
"""

from decimal import Decimal
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct, field

from fixgw.sandbox import settings_file
from fixgw.sandbox.exact import is_plain
from fixgw.sandbox.settings_file import unique

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]


class UserSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One API user."""

    user: str
    org: str
    password: Annotated[str, Meta(min_length=8)]
    # For signatures; empty: this user has none.
    hmac_secret: str = ""
    account: str = ""
    # Organisations it may place orders on behalf of.
    customers: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"UserSettings(user={self.user!r}, org={self.org!r}, password=***)"


class InstrumentSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One currency pair."""

    symbol: Annotated[str, Meta(pattern=r"^[A-Z0-9]+/[A-Z0-9]+$")]
    step: Decimal = Decimal("0.01")
    max_size: Decimal = Decimal(1_000_000_000)
    trading: bool = True

    def __post_init__(self) -> None:
        for value in (self.step, self.max_size):
            if not is_plain(value) or value <= 0:
                raise ValueError("step and max_size must be positive")


class BehaviourSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server's behaviour: the table [settings]. 0 switches a limit off."""

    # The vendor's sample session: expiryTime - serverUTCTime.
    token_ttl_ms: Positive = 60_000
    # The time an order stays RECEIVED, and the time a cancel takes.
    submit_delay_ms: Count = 5
    cancel_delay_ms: Count = 5
    # The delay of a trade in the list behind its order's status.
    trade_delay_ms: Count = 0
    # ASSUMPTION: no limit is documented; 429 and Retry-After answer what is above one.
    requests_per_second: Count = 0
    # ASSUMPTION: how far the Date of a signature may be from the server's clock.
    date_tolerance_ms: Count = 300_000
    # ASSUMPTION: whether an order that is filled in parts says so.
    partially_filled_status: bool = True
    # ASSUMPTION: whether `?coId=` asks for one order; else it is ignored.
    co_id_query: bool = True
    # The time in which an order may name a rate by its rateId.
    quote_ttl_ms: Positive = 60_000
    # ASSUMPTION: a TWAP order trades at the market in so many equal parts, so far apart.
    algo_slices: Positive = 4
    algo_slice_ms: Count = 20
    # The number of entries the operator can read back.
    record_limit: Positive = 20_000


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    users: tuple[UserSettings, ...]
    instruments: tuple[InstrumentSettings, ...]
    behaviour: BehaviourSettings = field(default=BehaviourSettings(), name="settings")

    def __post_init__(self) -> None:
        unique("users", [one.user for one in self.users])
        unique("instruments", [one.symbol for one in self.instruments])


def parse(text: str, source: str) -> Settings:
    """Settings from TOML text; *source* is what errors call it."""
    return settings_file.parsed(text, source, Settings)


def load(path: Path) -> Settings:
    """Settings from a file."""
    return parse(settings_file.text_of(path), str(path))
