"""The order's name at the venue: a prefix of the settings, then OrderID(37). Pure, reversible.

The document shows `ORD-20240815-00421` and gives no rule for an order_id.
"""

from fixgw.model.ids import ORDER_ID_DIGITS, OrderID, VenueOrderID


def venue_order_id(order_id: OrderID, prefix: str) -> VenueOrderID:
    """order_id at asmlink for *order_id*."""
    assert len(order_id) == ORDER_ID_DIGITS and order_id.isdecimal(), order_id
    return VenueOrderID(prefix + order_id)


def order_id(name: str, prefix: str) -> OrderID | None:
    """OrderID(37) inside *name*; None if it is not of our making."""
    if len(name) != len(prefix) + ORDER_ID_DIGITS or not name.startswith(prefix):
        return None
    rest = name[len(prefix) :]
    return OrderID(rest) if rest.isascii() and rest.isdecimal() else None
