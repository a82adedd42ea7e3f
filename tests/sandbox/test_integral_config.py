"""The settings file: read once, whole, and never half understood."""

from pathlib import Path

import pytest

from fixgw.sandbox.integral import SettingsError, load, parse
from tests.sandbox.integral_bench import SETTINGS


def test_a_good_file():
    settings = parse(SETTINGS, "here")

    assert ["user2@XCN1139", "bank@LP1"] == [user.user for user in settings.users]
    assert 60_000 == settings.behaviour.token_ttl_ms
    assert "long password" not in repr(settings)


@pytest.mark.parametrize(
    "text, why",
    [
        ("[settings]\nspeed = 1", "speed"),
        ("users = 1", "users"),
        ('[[instruments]]\nsymbol = "EURUSD"', "symbol"),
        ('[[instruments]]\nsymbol = "GBP/USD"\nstep = 0', "step and max_size"),
        ('[[instruments]]\nsymbol = "GBP/USD"\nstep = nan', "step and max_size"),
        ('[[instruments]]\nsymbol = "EUR/USD"', "stands there twice"),
        ('[[users]]\nuser = "x"\norg = "o"\npassword = "short"', "password"),
        ("[settings", "here"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(text, why):
    with pytest.raises(SettingsError) as error:
        parse(f"{SETTINGS}\n{text}", "here")
    assert "here" in str(error.value) and why in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path):
    with pytest.raises(SettingsError, match="absent.toml"):
        load(tmp_path / "absent.toml")
