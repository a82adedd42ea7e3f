"""The sandbox's settings are checked whole."""

from pathlib import Path

import pytest

from fixgw.sandbox.broctagon import SettingsError, load, parse
from tests.sandbox.broctagon_bench import KEY, SETTINGS


def test_a_good_file(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    file.write_text(SETTINGS)
    settings = load(file)

    assert ([1001, 1002, 2001], "/public/v1/mt5/accounts") == (
        [account.login for account in settings.accounts], settings.behaviour.mt5_path,
    )
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    "old, new",
    [
        (KEY, "short"),
        ('["real-1", "five-1"]', '["real-1", "real-1"]'),
        ('["real-1", "five-1"]', '["real-1"]'),
        ('id = "IB000001"', 'id = "IB1"'),
        ('id = "IB000001"', 'id = "U1234567"'),
        ("login = 1002", "login = 1001"),
        ("login = 1002", "login = 0"),
        ('user_id = "U1234567"', 'user_id = "U7654321"'),
        ("margin = 400.05", "margin = nan"),
        ("[settings]", "[settings]\nodd = 1"),
        ("[settings]", '[settings]\nmt5_path = "mt5"'),
        ("[settings]", "[settings"),
    ],
)
def test_a_bad_one_is_told_with_its_name(old: str, new: str) -> None:
    assert old in SETTINGS
    with pytest.raises(SettingsError, match="^here: "):
        parse(SETTINGS.replace(old, new), "here")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="none.toml"):
        load(tmp_path / "none.toml")
