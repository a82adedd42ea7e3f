"""The order's name at the venue: a prefix of the settings, then OrderID(37). Pure, reversible.

An order that is routed again after a refusal is a new one there: its name ends with the number of
the attempt, so that asmlink cannot take it for a duplicate of the first. The document shows
`ORD-20240815-00421` and gives no rule for an order_id.
"""

from fixgw.model.effects import VenueOrder
from fixgw.model.ids import OrderID
from fixgw.venues.kit import names

ATTEMPT = "-"
"""Between the digits of OrderID(37) and the number of an attempt after the first."""

ATTEMPT_DIGITS = 3
"""The most of them; there is one fallback today."""


def name_of(order: VenueOrder) -> str:
    """order_id at asmlink for *order* as it is routed now."""
    name = order.venue_order_id
    return f"{name}{ATTEMPT}{order.attempt}" if order.attempt else name


def order_of(name: str, prefix: str) -> tuple[OrderID, int] | None:
    """OrderID(37) inside *name* and the number of the attempt; None if it is not of our making."""
    first, joint, attempt = name[len(prefix) :].partition(ATTEMPT)
    order_id = names.order_id(name[: len(prefix)] + first, prefix)
    if order_id is None or not joint:
        return None if order_id is None else (order_id, 0)
    known = attempt.isascii() and attempt.isdecimal() and len(attempt) <= ATTEMPT_DIGITS
    return (order_id, int(attempt)) if known and not attempt.startswith("0") else None
