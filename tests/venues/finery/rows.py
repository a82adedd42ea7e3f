"""Rows of the venue's feed and lists, as they are once they were read."""

from fixgw.venues.finery.schemas import DealRow, OrderRow

NAME = 1795174355156000
"""clientOrderId, and so OrderID(37)."""


def row(**changes: int) -> OrderRow:
    known = {"order_id": 1, "client_order_id": NAME, "initial_size": 100, "size_left": 100}
    return OrderRow(**{**known, **changes})


def deal(**changes: int) -> DealRow:
    known = {
        "side": 0, "order_id": 1, "client_order_id": NAME, "initial_size": 10**8,
        "size_left": 6 * 10**7, "deal_moment": 5, "deal_id": 23, "deal_aggressor_side": 1,
        "deal_price": 10**10, "deal_size": 4 * 10**7,
    }
    return DealRow(**{**known, **changes})
