"""The words of a request, and the refusal of what has none."""

import pytest

from fixgw.model.enums import OrdRejReason, OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.venues.kit.wording import Wording
from tests.venues.apifiny.venue import order

WORDS = Wording("Acme", {Side.BUY: "bid"})
TIMES = {TimeInForce.GOOD_TILL_CANCEL: 1}


def refused(act) -> tuple[OrdRejReason, str]:
    with pytest.raises(OrderRefused) as caught:
        act()
    return caught.value.reason, caught.value.text


def test_what_the_venue_has_a_word_for():
    buy = order(side=Side.BUY, time_in_force=TimeInForce.GOOD_TILL_CANCEL)

    assert ("bid", 1, "BTC-USD") == (
        WORDS.side(buy), WORDS.time_in_force(buy, TIMES), WORDS.safe("BTC-USD")
    )


def test_what_it_has_none_for_is_refused_with_the_venue_s_name():
    other = order(
        side=Side.SELL, ord_type=OrdType.LIMIT, time_in_force=TimeInForce.FILL_OR_KILL
    )

    unsupported = OrdRejReason.UNSUPPORTED_CHARACTERISTIC
    assert (unsupported, "Acme does not take Side(54)=2") == refused(lambda: WORDS.side(other))
    assert (unsupported, "Acme does not take TimeInForce(59)=4 with OrdType(40)=2") == refused(
        lambda: WORDS.time_in_force(other, TIMES)
    )


@pytest.mark.parametrize("name", ["", 'A"B', "A B", "Ä", "A" * 65, "A\n"])
def test_a_name_that_cannot_stand_in_a_request_is_refused(name):
    assert (OrdRejReason.UNKNOWN_SYMBOL, f"{name!r} cannot be sent to Acme") == refused(
        lambda: WORDS.safe(name)
    )
