"""Exact numbers: Decimal from text to text, never a float, never an unrequested rounding.

Quantities and prices are added and multiplied in EXACT, which raises rather than rounds; only
AvgPx(6), a quotient, is rounded, by the rule stated there.
"""

from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation, Overflow

DIGITS_MAX = 300
EXACT = Context(prec=DIGITS_MAX, traps=[Inexact, InvalidOperation, Overflow])
"""Sums and products. Numbers are bounded where they come in (`fix.decode`, `venues.kit.border`), so
that none of theirs needs more digits."""

QUOTIENT = Context(prec=DIGITS_MAX, rounding=ROUND_HALF_EVEN)
AVG_PX_STEP = Decimal("1E-12")
"""AvgPx(6) is exact where it has at most 12 decimals, otherwise rounded half-even to 12."""

ZERO = Decimal(0)

DOUBLE_DIGITS = 15
"""IEEE 754: a decimal of so many digits survives a double (C's DBL_DIG)."""
DOUBLE = Context(prec=DOUBLE_DIGITS, rounding=ROUND_HALF_EVEN)
MEANT_DIGITS_MAX = 12
"""Rounding a sum of doubles leaves fewer digits than there was room for: at most this many."""

add = EXACT.add
subtract = EXACT.subtract
multiply = EXACT.multiply


def text(number: Decimal) -> str:
    """Return *number* as FIX and the venues write it: plain digits, no exponent, zeros kept as
    given."""
    plain = str(number)
    return plain if "E" not in plain else format(number, "f")


def average(notional: Decimal, quantity: Decimal) -> Decimal:
    """Return *notional* / *quantity*, or 0 for no quantity; no trailing zeros, at most 12
    decimals."""
    if not quantity:
        return ZERO
    quotient = QUOTIENT.divide(notional, quantity)
    exponent = quotient.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -12:
        quotient = quotient.quantize(AVG_PX_STEP, context=QUOTIENT)
    return trim(quotient)


def trim(number: Decimal) -> Decimal:
    """Return *number* without trailing zeros after the point and without an exponent."""
    trimmed = number.normalize(QUOTIENT)
    exponent = trimmed.as_tuple().exponent
    assert isinstance(exponent, int), "a price is finite"
    return trimmed.quantize(Decimal(1), context=QUOTIENT) if exponent > 0 else trimmed


def without_noise(number: Decimal) -> Decimal:
    """Return the intended value of *number*, which a venue may have calculated in doubles.

    Such a venue writes 0.1 + 0.2 as 0.30000000000000004. A double keeps 15 digits; if those end in
    enough zeros, the digits after them are no part of the quantity.
    """
    if len(number.as_tuple().digits) <= DOUBLE_DIGITS:
        return number
    rounded = trim(DOUBLE.plus(number))
    return rounded if len(rounded.as_tuple().digits) <= MEANT_DIGITS_MAX else number


def is_multiple(number: Decimal, step: Decimal) -> bool:
    """Return True if *number* is an exact multiple of *step*; with a step of 0 any number is."""
    return not step or not EXACT.remainder(number, step)
