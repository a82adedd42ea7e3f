"""What holds of every directory's settings."""

from decimal import Decimal as D

import pytest

from fixgw.directory.config import DirectoryConfig


@pytest.mark.parametrize(
    "settings, seconds",
    [({}, 60), ({"refresh_seconds": 5}, 10), ({"last_known_minutes": 15}, 900),
     ({"refresh_seconds": 30, "last_known_minutes": 1}, 60)],
)
def test_how_long_an_answer_counts(settings, seconds):
    assert seconds == DirectoryConfig(**settings).believed_seconds


def test_to_believe_less_long_than_always_is_refused():
    with pytest.raises(ValueError, match="two refresh_seconds"):
        DirectoryConfig(refresh_seconds=31, last_known_minutes=1)


@pytest.mark.parametrize("amount", [D(-1), D("NaN"), D("Infinity"), {"USD": D(1), "EUR": D(-1)}])
def test_a_margin_is_a_number_not_below_zero(amount):
    with pytest.raises(ValueError, match="min_free_margin"):
        DirectoryConfig(min_free_margin=amount)
