"""The order's name at the venue, both ways."""

import pytest

from fixgw.model.ids import OrderID
from fixgw.venues.asmlink.ids import name_of, order_of
from fixgw.venues.kit.names import venue_order_id
from tests.venues.asmlink.venue import order

OURS = OrderID("1723714264882000")


def test_there_and_back():
    name = venue_order_id(OURS, "FIXGW-")

    assert "FIXGW-1723714264882000" == name
    assert (OURS, 0) == order_of(name, "FIXGW-")


@pytest.mark.parametrize("attempt, end", [(0, ""), (1, "-1"), (12, "-12")])
def test_each_attempt_has_a_name_of_its_own(attempt, end):
    mine = order(order_id=OURS, attempt=attempt)

    assert f"FIXGW-{OURS}{end}" == name_of(mine)
    assert (OURS, attempt) == order_of(name_of(mine), "FIXGW-")


@pytest.mark.parametrize(
    "name",
    ["", "ORD-20240815-00421", "GW-1723714264882000", "FIXGW-172371426488200",
     "FIXGW-17237142648820000", "FIXGW-172371426488200x", "FIXGW-17237142648820٣0",
     "FIXGW-1723714264882000-", "FIXGW-1723714264882000-0", "FIXGW-1723714264882000-01",
     "FIXGW-1723714264882000-x", "FIXGW-1723714264882000-1-1", "FIXGW-1723714264882000-1234"],
)
def test_what_is_not_ours(name):
    assert order_of(name, "FIXGW-") is None
