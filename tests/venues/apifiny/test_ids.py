import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.model.ids import OrderID
from fixgw.venues.apifiny.ids import account_digits, order_id, venue_order_id


def test_the_sample_of_the_manual():
    assert venue_order_id(OrderID("1584603011942221"), "STA-00000001") == "000000011584603011942221"


@pytest.mark.parametrize("account", ["STA-00000001", "STA-VENUE1_00000001", "ST-00000001"])
def test_an_account_of_any_form_gives_its_number(account):
    assert account_digits(account) == "00000001"


@given(st.integers(10**15, 10**16 - 1), st.text("0123456789", min_size=1, max_size=48))
def test_the_way_back(number, digits):
    ours = OrderID(str(number))
    assert order_id(venue_order_id(ours, f"STA-{digits}"), digits) == ours


@pytest.mark.parametrize(
    "name",
    [
        "",
        "1584603011942221",  # no account
        "000000021584603011942221",  # another's
        "0000000101584603011942221",  # a random number between: somebody else's software
        "SDK_000000011584603011942221",
        "00000001158460301194222x",
        "00000001158460301194222²",
    ],
)
def test_an_id_of_another_form_is_not_ours(name):
    assert order_id(name, "00000001") is None
