"""The order's name at the venue: clientOrderId is OrderID(37) itself. Pure, and reversible.

The venue takes whole numbers only (signed, 64 bit); the 16 digits of OrderID(37) are one.
"""

from fixgw.model.ids import ORDER_ID_DIGITS, OrderID, VenueOrderID


def venue_order_id(order_id: OrderID, account: str) -> VenueOrderID:
    """clientOrderId for *order_id*, whatever the account."""
    assert len(order_id) == ORDER_ID_DIGITS and order_id.isdecimal(), order_id
    return VenueOrderID(order_id)


FIRST, BEHIND = 10 ** (ORDER_ID_DIGITS - 1), 10**ORDER_ID_DIGITS


def order_id(client_order_id: int | None) -> OrderID | None:
    """OrderID(37) that *client_order_id* is; None if it is not of our making."""
    if client_order_id is None or not FIRST <= client_order_id < BEHIND:
        return None
    return OrderID(str(client_order_id))
