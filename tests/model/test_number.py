"""Exact numbers."""

from decimal import Decimal, Inexact
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.model.number import (
    add,
    average,
    is_multiple,
    multiply,
    subtract,
    text,
    trim,
    without_noise,
)

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-10**20, max_value=10**20)
QUANTITIES = st.decimals(min_value="1e-12", max_value=10**12, places=12)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("0.00000017", "0.00000017"),
        ("1.7E-7", "0.00000017"),
        ("1E+3", "1000"),
        ("100.00", "100.00"),
        ("-0.5", "-0.5"),
        ("0E-9", "0.000000000"),
    ],
)
def test_text_has_no_exponent_and_keeps_zeros(number: str, written: str) -> None:
    assert written == text(Decimal(number))


@given(number=NUMBERS)
def test_text_can_be_read_back(number: Decimal) -> None:
    written = text(number)

    assert "E" not in written
    assert number == Decimal(written)


@pytest.mark.parametrize(
    ("number", "trimmed"),
    [("1.500", "1.5"), ("100", "100"), ("1E+2", "100"), ("0.000", "0"), ("120.0", "120")],
)
def test_trim(number: str, trimmed: str) -> None:
    assert trimmed == str(trim(Decimal(number)))


@given(number=NUMBERS)
def test_trim_changes_no_value(number: Decimal) -> None:
    assert number == trim(number)


@given(a=QUANTITIES, b=QUANTITIES)
def test_sums_and_products_are_exact(a: Decimal, b: Decimal) -> None:
    assert Fraction(a) + Fraction(b) == Fraction(add(a, b))
    assert Fraction(a) - Fraction(b) == Fraction(subtract(a, b))
    assert Fraction(a) * Fraction(b) == Fraction(multiply(a, b))


def test_what_cannot_be_exact_raises() -> None:
    with pytest.raises(Inexact):
        add(Decimal("1E+200"), Decimal("1E-200"))


@pytest.mark.parametrize(
    ("notional", "quantity", "expected"),
    [
        ("0", "0", "0"),
        ("100", "1", "100"),
        ("1000", "10.00", "100"),
        ("1", "3", "0.333333333333"),
        ("2", "3", "0.666666666667"),
        ("0.000000000001", "2", "0"),  # half of the last decimal: to even
        ("0.000000000003", "2", "0.000000000002"),
    ],
)
def test_average(notional: str, quantity: str, expected: str) -> None:
    assert expected == text(average(Decimal(notional), Decimal(quantity)))


@given(notional=QUANTITIES, quantity=QUANTITIES)
def test_average_is_right_to_half_of_its_last_decimal(
    notional: Decimal, quantity: Decimal
) -> None:
    off = abs(Fraction(average(notional, quantity)) - Fraction(notional) / Fraction(quantity))

    assert off <= Fraction(1, 2 * 10**12)


@pytest.mark.parametrize(
    ("number", "step", "fits"),
    [
        ("0.3", "0.1", True),
        ("0.30", "0.1", True),
        ("0.35", "0.1", False),
        ("7", "0.5", True),
        ("7", "2", False),
        ("0.123", "0", True),
        ("0.123", "0.00", True),
    ],
)
def test_is_multiple(number: str, step: str, fits: bool) -> None:
    assert fits is is_multiple(Decimal(number), Decimal(step))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("0.30000000000000004", "0.3"),  # 0.1 + 0.2
        ("0.19999999999999998", "0.2"),  # 0.3 - 0.1
        ("3.3000000000000003", "3.3"),
        ("0.3", "0.3"),
        ("0.100", "0.100"),
        ("123456.123456789", "123456.123456789"),
        ("12345.678901234567", "12345.678901234567"),
        ("0", "0"),
    ],
)
def test_what_a_venue_calculated_in_doubles_is_read_as_meant(written: str, meant: str) -> None:
    assert str(without_noise(Decimal(written))) == meant
