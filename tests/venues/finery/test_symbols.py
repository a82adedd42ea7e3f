"""The vendor's list of instruments, and rows that are left out."""

from decimal import Decimal as D

import msgspec
import pytest

from fixgw.venues.finery.schemas import decode_instruments
from fixgw.venues.finery.symbols import instruments
from tests.venues.finery.payload import payload
from tests.venues.finery.venue import VENUE


def read(body: bytes, price_step: bool = True):
    return instruments(decode_instruments(body), VENUE, "FINERY", price_step=price_step)


def test_an_instrument_has_the_steps_of_its_currencies():
    (one,), left_out = read(payload("http_instruments.json"))

    assert (one.symbol, one.base, one.quote, one.exchange, left_out) == (
        "BTC-USD", "BTC", "USD", "FINERY", 0,
    )
    assert (one.tick, one.step, one.enabled) == (D("0.01"), D("0.00000001"), True)


def test_the_price_s_step_can_be_left_to_the_venue():
    (one,), _ = read(payload("http_instruments.json"), price_step=False)

    assert one.tick == D("0.00000001")


def test_a_list_without_networks_is_the_older_form():
    rows = msgspec.json.decode(payload("http_instruments.json"))[:2]

    assert len(read(msgspec.json.encode(rows))[0]) == 1


@pytest.mark.parametrize(
    "row",
    [
        ["BTC-EUR", 5, "BTC", "EUR"], ["BTC USD", 5, "BTC", "USD"], ["BTC-USD"], "BTC-USD",
        ["BTC-USD", "?", "BTC", "USD"],
    ],
)
def test_a_row_that_cannot_be_traded_hides_no_other(row):
    rows = msgspec.json.decode(payload("http_instruments.json"))
    rows[1].insert(0, row)
    found, left_out = read(msgspec.json.encode(rows))

    assert (len(found), left_out) == (1, 1)
