"""The order's name at the venue: coId is a prefix and OrderID(37). Pure, and reversible.

The vendor calls it a string and says no more; its samples have 10 and 13
digits. The id that the server gives (`orderId`) is another one, and is found
by asking for the coId.
"""

from fixgw.model.ids import ORDER_ID_DIGITS, OrderID, VenueOrderID


def co_id(order_id: OrderID, prefix: str) -> VenueOrderID:
    """coId for *order_id*."""
    assert len(order_id) == ORDER_ID_DIGITS and order_id.isdecimal(), order_id
    return VenueOrderID(prefix + order_id)


def order_id(name: str, prefix: str) -> OrderID | None:
    """OrderID(37) inside coId *name*; None if it is not ours."""
    if len(name) != len(prefix) + ORDER_ID_DIGITS or not name.startswith(prefix):
        return None
    rest = name[len(prefix) :]
    return OrderID(rest) if rest.isascii() and rest.isdecimal() else None
