"""An order's name at a venue: a prefix, then the 16 digits of OrderID(37). Pure, and reversible.

A restart finds an order again by this alone, so a name is a function of the OrderID and the
settings, never of a counter or the time. Two gateways on one account must not share a prefix.
"""

from fixgw.model.ids import ORDER_ID_DIGITS, OrderID, VenueOrderID


def venue_order_id(order_id: OrderID, prefix: str = "") -> VenueOrderID:
    """Return the name of *order_id* at the venue."""
    assert len(order_id) == ORDER_ID_DIGITS and order_id.isdecimal(), order_id
    return VenueOrderID(prefix + order_id)


def order_id(name: str, prefix: str = "") -> OrderID | None:
    """Return the OrderID(37) inside *name*; None if we did not make it."""
    if len(name) != len(prefix) + ORDER_ID_DIGITS or not name.startswith(prefix):
        return None
    rest = name[len(prefix) :]
    return OrderID(rest) if rest.isascii() and rest.isdecimal() else None
