"""clientOrderId and OrderID(37)."""

import pytest

from fixgw.model.ids import OrderID
from fixgw.venues.finery.ids import order_id, venue_order_id


def test_the_name_at_the_venue_is_the_order_id_and_fits_a_signed_64_bit_integer():
    ours = OrderID("9999999999999999")

    assert venue_order_id(ours, "FUND") == ours
    assert int(ours) < 2**63
    assert order_id(int(ours)) == ours


@pytest.mark.parametrize("other", [0, 1, 77, 10**16, -1795174355156000])
def test_what_is_not_of_our_form_is_not_ours(other):
    assert order_id(other) is None
