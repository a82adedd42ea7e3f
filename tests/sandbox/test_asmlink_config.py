"""The sandbox's settings are checked whole."""

import pytest

from fixgw.sandbox.asmlink import SettingsError, load, parse
from tests.sandbox.asmlink_bench import KEYS, SETTINGS, TRADER


def test_a_good_file(tmp_path):
    file = tmp_path / "s.toml"
    file.write_text(SETTINGS)

    assert ("EURUSD", 1000) == (
        load(file).instruments[0].symbol, load(file).behaviour.routes_per_second,
    )
    assert KEYS[TRADER] not in repr(load(file))


@pytest.mark.parametrize(
    "old, new",
    [
        ('"cm_test_trader_key"', '"cm_live_trader_key"'),
        ('"CORP-ENT-0099"', '"CORP-ENT-0042"'),
        ("step = 1000", "step = 0"),
        ("step = 1000", "step = nan"),
        ("[settings]", "[settings]\nodd = 1"),
        ("[settings]", "[settings]\nretry_seconds = [-1]"),
        ("[settings]", "[settings"),
    ],
)
def test_a_bad_one_is_told_with_its_name(old, new):
    assert old in SETTINGS
    with pytest.raises(SettingsError, match="^here: "):
        parse(SETTINGS.replace(old, new), "here")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match="none.toml"):
        load(tmp_path / "none.toml")
