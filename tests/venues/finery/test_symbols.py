"""The vendor's list of instruments, and rows that are left out."""

from decimal import Decimal as D

import msgspec
import pytest

from fixgw.venues.finery.schemas import read_instruments
from fixgw.venues.finery.symbols import instruments
from tests.venues.finery.payload import payload
from tests.venues.finery.venue import VENUE


def read(body: bytes, price_step: bool = True):
    return instruments(read_instruments(body), VENUE, "FINERY", price_step=price_step)


def test_an_instrument_has_the_steps_of_its_currencies():
    (one,), left_out = read(payload("http_instruments.json"))

    assert (one.symbol, one.base, one.quote, one.exchange, left_out) == (
        "BTC-USD", "BTC", "USD", "FINERY", [],
    )
    assert (one.tick, one.step, one.enabled) == (D("0.01"), D("0.00000001"), True)


def test_the_price_s_step_can_be_left_to_the_venue():
    (one,), _ = read(payload("http_instruments.json"), price_step=False)

    assert one.tick == D("0.00000001")


def test_a_list_without_networks_is_the_older_form():
    rows = msgspec.json.decode(payload("http_instruments.json"))[:2]

    assert len(read(msgspec.json.encode(rows))[0]) == 1


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (["BTC-EUR", 5, "BTC", "EUR"], "BTC-EUR: currency EUR: not listed"),
        (["BTC USD", 5, "BTC", "USD"], "'BTC USD': not a name that can stand in a request"),
        (["BTC-USD"], "BTC-USD: id is missing or cannot be read; asset is missing"),
        ("BTC-USD", "a row without a name: "),
        (["BTC-USD", 5, "BTC", None], "BTC-USD: balance: Expected `str`, got `null`"),
    ],
)
def test_a_row_that_cannot_be_traded_hides_no_other_and_is_named(row, why):
    rows = msgspec.json.decode(payload("http_instruments.json"))
    rows[1].insert(0, row)
    found, (left_out,) = read(msgspec.json.encode(rows))

    assert len(found) == 1
    assert left_out.startswith(why)


@pytest.mark.parametrize("step", [0, -1, None, "rubbish", 10**110])
def test_a_currency_without_a_step_leaves_out_its_instruments(step):
    rows = msgspec.json.decode(payload("http_instruments.json"))
    rows[0][1][2] = str(step) if step == 10**110 else step
    found, (left_out,) = read(msgspec.json.encode(rows))

    assert found == ()
    assert left_out.startswith("BTC-USD: currency BTC: ")


def test_what_nobody_reads_of_a_row_may_be_anything():
    rows = msgspec.json.decode(payload("http_instruments.json"))
    rows[1][0][1], rows[0][1][1] = "?", None

    assert len(read(msgspec.json.encode(rows))[0]) == 1
