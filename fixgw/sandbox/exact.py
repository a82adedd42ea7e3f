"""Decimal arithmetic that cannot round in silence, and decimals as plain text.

What a sandbox books must add up to the last digit, or its record is no proof. Inside `exact`
a result that would need rounding is an error, not an approximation. Nothing here may take or
return a float.
"""

from collections.abc import Callable
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)
from functools import wraps
from typing import ParamSpec, TypeVar

# A price, a quantity and a fee rate of 40 digits each still multiply without rounding.
PRECISION_DIGITS = 120
MAX_INPUT_DIGITS = 40

EXACT = Context(
    prec=PRECISION_DIGITS, traps=[Inexact, InvalidOperation, DivisionByZero, Overflow]
)
_ROUNDING = Context(prec=PRECISION_DIGITS, traps=[InvalidOperation, DivisionByZero, Overflow])

P = ParamSpec("P")
R = TypeVar("R")


def exact(function: Callable[P, R]) -> Callable[P, R]:
    """Run *function* where a rounded result raises decimal.Inexact."""

    @wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with localcontext(EXACT):
            return function(*args, **kwargs)

    return wrapper


def is_plain(value: Decimal) -> bool:
    """Return True if *value* is finite and short enough for exact calculation."""
    if not value.is_finite():
        return False
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    return len(digits) <= MAX_INPUT_DIGITS and abs(exponent) <= MAX_INPUT_DIGITS


def average(total: Decimal, count: Decimal, places: int) -> Decimal:
    """total / count, rounded half-even to *places*; the one place where a sandbox may round."""
    quotient = _ROUNDING.divide(total, count)
    return quotient.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, _ROUNDING)


def plain(value: Decimal) -> str:
    """*value* without exponent and without trailing zeros: 1E-8 is "0.00000001"."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
