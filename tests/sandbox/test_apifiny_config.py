"""The settings file: read once, whole, and never half understood."""

from decimal import Decimal
from pathlib import Path

import pytest

from fixgw.sandbox.apifiny import SettingsError, load, parse
from tests.sandbox.apifiny_bench import DEMO

GOOD = """
[[venues]]
name = "VENUE1"
[[currencies]]
currency = "BTC"
[[currencies]]
currency = "USD"
[[instruments]]
symbol = "BTCUSD"
base_asset = "BTC"
quote_asset = "USD"
min_price = 0.1
max_price = 1000
min_quantity = 0.0000000000000000000000000001
max_quantity = 10
tick_size = 0.1
step_size = 0.001
min_notional = 1
max_notional = 1000
[[accounts]]
account_id = "STA-1"
[accounts.balances]
VENUE1 = { USD = 1.10 }
[[keys]]
key_id = "k"
secret = "not-a-secret-0123456789-0123456789"
account_id = "STA-1"
"""


def test_a_decimal_is_read_from_its_digits() -> None:
    settings = parse(GOOD, "sandbox.toml")

    assert Decimal("1E-28") == settings.instruments[0].min_quantity
    assert Decimal("1.10") == settings.accounts[0].balances["VENUE1"]["USD"]


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('name = "VENUE1"', 'nam = "VENUE1"', r"unknown field `nam` - at `\$.venues\[0\]`"),
        ("tick_size = 0.1", 'tick_size = "x"', r"\$.instruments\[0\].tick_size"),
        ("tick_size = 0.1", "tick_size = 0", "tick_size"),
        ("tick_size = 0.1", "tick_size = nan", "tick_size"),
        ("tick_size = 0.1\n", "", "tick_size"),
        ("max_price = 1000", "max_price = 0.01", "min_price <= max_price"),
        ('quote_asset = "USD"', 'quote_asset = "EUR"', "instruments.BTCUSD: 'EUR'"),
        ("USD = 1.10", "USD = -1", "balances.VENUE1.USD"),
        ("USD = 1.10", "EUR = 1", "balances.VENUE1: 'EUR'"),
        ("VENUE1 = {", "VENUE2 = {", "'VENUE2' is not defined"),
        ('account_id = "STA-1"\n', 'account_id = "STA-2"\n', "'STA-1' is not defined"),
        ('currency = "USD"', 'currency = "BTC"', "currencies: 'BTC' stands there twice"),
        ("-0123456789-0123456789", "", r"\$.keys\[0\].secret"),
        ("[[venues]]", "[fees]\ntake_fee = 1.5\n[[venues]]", "take_fee"),
        ("[[venues]]", "[settings]\nsubmit_delay_ms = -1\n[[venues]]", "submit_delay_ms"),
        ("[[venues]]", '[settings]\ncolocated_venue = "X"\n[[venues]]', "colocated_venue"),
        ("[[venues]]", "[[venues", "line 2"),
    ],
)
def test_an_error_names_the_file_and_the_field(old: str, new: str, names: str) -> None:
    assert old in GOOD
    with pytest.raises(SettingsError, match=f"^sandbox.toml: .*{names}"):
        parse(GOOD.replace(old, new, 1), "sandbox.toml")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="absent.toml"):
        load(tmp_path / "absent.toml")


def test_the_demo_is_good() -> None:
    demo = load(DEMO)

    assert ["VENUE1", "VENUE2", "BINANCE"] == [venue.name for venue in demo.venues]
    assert 20 == demo.behaviour.requests_per_second
