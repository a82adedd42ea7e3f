"""The Finery sandbox's settings: whole, or an error that names file and field."""

from pathlib import Path

import pytest

from fixgw.sandbox.finery.config import load, parse
from fixgw.sandbox.settings_file import SettingsError
from tests.sandbox.finery_bench import SETTINGS


def test_settings_are_read_from_a_file_and_hide_their_secrets(tmp_path: Path) -> None:
    file = tmp_path / "finery.toml"
    file.write_text(SETTINGS)
    settings = load(file)

    assert ["BTC-USD", "ETH-USD"] == [one.name for one in settings.instruments]
    assert "not-a-secret" not in repr(settings)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ('balance = "USD"', 'balance = "EUR"', "instruments.BTC-USD: 'EUR' is not defined"),
        ("client_id = 3", "client_id = 2", "accounts: '2' stands there twice"),
        ("balance_step = 100\n", "balance_step = 0\n", "balance_step"),
        ("can_trade", "may_trade", "may_trade"),
        ("USD = 10", "EUR = 10", "accounts.1.net_limits"),
        ('secret = "not-a-secret-reader"\nclient_id = 1', 'secret = "not-a-secret-reader"\n'
         "client_id = 9", "keys.reader-key.client_id"),
        ("[[keys]]", "[keys", "test:"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, text: str) -> None:
    assert old in SETTINGS
    with pytest.raises(SettingsError, match="test: ") as error:
        parse(SETTINGS.replace(old, new, 1), "test")

    assert text in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nowhere.toml"):
        load(tmp_path / "nowhere.toml")
