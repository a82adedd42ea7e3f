"""An order's name at a venue, both ways."""

import pytest

from fixgw.model.ids import OrderID
from fixgw.venues.kit.names import order_id, venue_order_id

OURS = OrderID("1723714264882000")


@pytest.mark.parametrize("prefix", ["", "FIXGW-", "00000001"])
def test_there_and_back(prefix):
    name = venue_order_id(OURS, prefix)

    assert (prefix + OURS, OURS) == (name, order_id(name, prefix))


@pytest.mark.parametrize("name", [
    "", "FIXGW-", OURS, f"GW-{OURS}", f"FIXGW-{OURS[:-1]}", f"FIXGW-{OURS}0",
    f"FIXGW-{OURS[:-1]}x", f"FIXGW-{OURS[:-1]}٣", f"FIXGX-{OURS}",
])
def test_what_is_not_ours(name):
    assert order_id(name, "FIXGW-") is None
