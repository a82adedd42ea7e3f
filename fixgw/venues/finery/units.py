"""The venue's numbers: whole counts of 1e-8 (vendor, "Data types"), from and to Decimal.

Pure and exact: a number that is no whole count has none, one too long to be a count is Unreadable,
and nothing is rounded.
"""

from decimal import Decimal

from fixgw.model.number import EXACT, trim
from fixgw.venues.kit import border
from fixgw.venues.kit.payloads import Unreadable

PLACES = 8
MAX_UNITS = 2**63 - 1
"""Size and volume are int64; a price is uint64, of which half is enough for any price."""

MAX_MAGNITUDE = 20
"""A number of 10^20 and more has more units than MAX_UNITS."""


def to_units(number: Decimal) -> int | None:
    """Return *number* in units; None if that is no whole number above 0, or too many."""
    if not number.is_finite() or number <= 0 or number.adjusted() > MAX_MAGNITUDE:
        return None
    scaled = EXACT.scaleb(number, PLACES)
    units = int(scaled)
    return units if units == scaled and units <= MAX_UNITS else None


def from_units(units: int) -> Decimal:
    """*units* as a number, without zeros at its end. Raises Unreadable where nothing can be so
    much."""
    number = Decimal(units)
    if border.amount(number) is None:
        raise Unreadable(f"a number of {number.adjusted() + 1} digits")
    return trim(EXACT.scaleb(number, -PLACES))
