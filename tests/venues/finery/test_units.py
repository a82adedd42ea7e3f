"""Decimals and whole counts of 1e-8: exact, both ways, or not at all."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.venues.finery.units import MAX_UNITS, from_units, to_units


@pytest.mark.parametrize(
    ("number", "units"),
    [
        ("1", 100_000_000),
        ("0.00000001", 1),
        ("0.29", 29_000_000),
        ("1.10", 110_000_000),
        ("9999", 999_900_000_000),
        ("92233720368.54775807", MAX_UNITS),
        ("1E+2", 10_000_000_000),
    ],
)
def test_a_number_has_its_units(number, units):
    assert to_units(D(number)) == units
    assert from_units(units) == D(number)


@pytest.mark.parametrize(
    "number",
    ["0", "-1", "0.000000001", "0.123456789", "92233720368.54775808", "1E+999999", "NaN", "inf"],
)
def test_what_does_not_fit_has_none(number):
    assert to_units(D(number)) is None


@given(st.integers(min_value=1, max_value=MAX_UNITS))
def test_every_count_comes_back_without_an_exponent(units):
    assert to_units(from_units(units)) == units
    assert "E" not in format(from_units(units), "f")


def test_zeros_at_the_end_are_gone():
    assert str(from_units(150_000_000)) == "1.5"
    assert str(from_units(10_000_000_000)) == "100"
