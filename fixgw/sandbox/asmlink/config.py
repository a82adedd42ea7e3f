"""The sandbox's settings: one TOML file, checked once and whole.

Decimals may be written as TOML numbers: they are read from their digits, never by way of a
float. The keys in here are for a sandbox; a real one must never stand in such a file.
"""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from fixgw.sandbox import settings_file
from fixgw.sandbox.exact import is_plain

Count = Annotated[int, Meta(ge=0)]
Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(ge=0)]


class KeySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One corporate key: a whole entity with its accounts."""

    # "Sandbox keys are prefixed cm_test_"
    api_key: Annotated[str, Meta(pattern="^cm_test_.{8,}")]
    accounts: tuple[str, ...]

    def __repr__(self) -> str:
        return f"KeySettings(api_key=***, accounts={self.accounts!r})"


class InstrumentSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One symbol."""

    symbol: str
    step: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        if not is_plain(self.step) or self.step <= 0:
            raise ValueError("step must be a positive number of at most 40 digits")


class BehaviourSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server's behaviour: the table [settings]. 0 switches a limit off."""

    # "Rate Limits": /v2/order/route, by entity.
    routes_per_second: Count = 1_000
    registrations_per_hour: Count = 100
    # "Retry Logic". ASSUMPTION: one delivery at once and one after each of these; the document
    # says both "up to five delivery attempts" and five intervals between retries.
    retry_seconds: tuple[Seconds, ...] = (5, 30, 120, 600, 1800)
    # The time limit for a webhook's receiver to answer.
    delivery_timeout_seconds: Annotated[float, Meta(gt=0)] = 5.0
    # ASSUMPTION: LIMIT orders, cancel and status are not in the document.
    undocumented_calls: bool = True
    # ASSUMPTION: what fill_quantity of an event counts: its "fill", or all fills of its "order".
    fill_quantity_counts: Literal["fill", "order"] = "fill"
    # The number of entries the operator can read back.
    record_limit: Positive = 20_000


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    keys: tuple[KeySettings, ...]
    instruments: tuple[InstrumentSettings, ...]
    behaviour: BehaviourSettings = field(default=BehaviourSettings(), name="settings")

    def __post_init__(self) -> None:
        accounts = [account for key in self.keys for account in key.accounts]
        for what, names in (
            ("keys", [key.api_key for key in self.keys]),
            ("accounts", accounts),
            ("instruments", [one.symbol for one in self.instruments]),
        ):
            if len(set(names)) != len(names):
                raise ValueError(f"{what}: one stands there twice")


def parse(text: str, source: str) -> Settings:
    """Settings from TOML text; *source* is what errors call it."""
    return settings_file.parsed(text, source, Settings, strict=False)


def load(path: Path) -> Settings:
    """Settings from a file."""
    return parse(settings_file.text_of(path), str(path))
