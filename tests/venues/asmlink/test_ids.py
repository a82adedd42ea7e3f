"""The order's name at the venue, both ways."""

import pytest

from fixgw.model.ids import OrderID
from fixgw.venues.asmlink.ids import order_id, venue_order_id

OURS = OrderID("1723714264882000")


def test_there_and_back():
    name = venue_order_id(OURS, "FIXGW-")

    assert "FIXGW-1723714264882000" == name
    assert OURS == order_id(name, "FIXGW-")


@pytest.mark.parametrize(
    "name",
    ["", "ORD-20240815-00421", "GW-1723714264882000", "FIXGW-172371426488200",
     "FIXGW-17237142648820000", "FIXGW-172371426488200x", "FIXGW-17237142648820٣0"],
)
def test_what_is_not_ours(name):
    assert order_id(name, "FIXGW-") is None
