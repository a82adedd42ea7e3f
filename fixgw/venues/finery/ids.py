"""The order's name at the venue: clientOrderId is OrderID(37) itself. Pure, and reversible.

The venue takes whole numbers only (signed, 64 bit); the 16 digits of OrderID(37) are one.
"""

from fixgw.model.ids import ORDER_ID_DIGITS, OrderID, VenueOrderID


def venue_order_id(order_id: OrderID, account: str) -> VenueOrderID:
    """clientOrderId for *order_id*, whatever the account."""
    assert len(order_id) == ORDER_ID_DIGITS and order_id.isdecimal(), order_id
    return VenueOrderID(order_id)


def order_id(client_order_id: int) -> OrderID | None:
    """OrderID(37) that *client_order_id* is; None if it is not of our making."""
    text = str(client_order_id)
    return OrderID(text) if len(text) == ORDER_ID_DIGITS and client_order_id > 0 else None
