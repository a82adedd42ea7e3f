"""Exact decimals: what would round is an error, what leaves has no exponent."""

from decimal import Decimal, Inexact

import pytest

from fixgw.sandbox.exact import average, exact, is_plain, plain


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1E-8", "0.00000001"),
        ("1E+3", "1000"),
        ("100.00", "100"),
        ("0.0450", "0.045"),
        ("-0.0", "0"),
        ("0", "0"),
        ("1200", "1200"),
    ],
)
def test_a_number_leaves_as_plain_text(value: str, text: str) -> None:
    assert text == plain(Decimal(value))


def test_a_result_that_would_round_is_an_error() -> None:
    @exact
    def third(value: Decimal) -> Decimal:
        return value / 3

    with pytest.raises(Inexact):
        third(Decimal(1))


def test_only_an_average_rounds() -> None:
    assert Decimal("0.33333333") == average(Decimal(1), Decimal(3), 8)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+400", "1E-41", "1" * 41])
def test_what_cannot_be_reckoned_with_is_not_plain(value: str) -> None:
    assert not is_plain(Decimal(value))
