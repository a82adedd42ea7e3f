"""The order's name at the venue: a prefix of the settings, then OrderID(37). Pure, reversible.

An order that is routed anew after a refusal is another one there: its name ends with the number
of the attempt, so that asmlink cannot take it for a duplicate of the first. The document shows
`ORD-20240815-00421` and gives no rule for an order_id.
"""

from fixgw.model.effects import VenueOrder
from fixgw.model.ids import ORDER_ID_DIGITS, OrderID, VenueOrderID

ATTEMPT = "-"
"""Between the digits of OrderID(37) and the number of an attempt after the first."""

ATTEMPT_DIGITS = 3
"""The most of them; there is one fallback today."""


def venue_order_id(order_id: OrderID, prefix: str) -> VenueOrderID:
    """order_id at asmlink for *order_id*, the first time it is routed."""
    assert len(order_id) == ORDER_ID_DIGITS and order_id.isdecimal(), order_id
    return VenueOrderID(prefix + order_id)


def name_of(order: VenueOrder) -> str:
    """order_id at asmlink for *order* as it is routed now."""
    name = order.venue_order_id
    return f"{name}{ATTEMPT}{order.attempt}" if order.attempt else name


def order_of(name: str, prefix: str) -> tuple[OrderID, int] | None:
    """OrderID(37) inside *name* and the number of the attempt; None if it is not of our making."""
    if not name.startswith(prefix):
        return None
    rest, joint, attempt = name[len(prefix) :].partition(ATTEMPT)
    if len(rest) != ORDER_ID_DIGITS or not (rest.isascii() and rest.isdecimal()):
        return None
    if not joint:
        return OrderID(rest), 0
    known = attempt.isascii() and attempt.isdecimal() and len(attempt) <= ATTEMPT_DIGITS
    return (OrderID(rest), int(attempt)) if known and not attempt.startswith("0") else None
