"""Numbers come through as they stand in the payload, digit by digit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.venues.apifiny.schemas import read_envelope, read_frame, read_rows

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=0, places=18)


def quantity(written: str) -> Decimal:
    body = f'{{"result":{{"filledCumulativeQuantity":{written}}}}}'
    (row,) = read_rows(read_envelope(body.encode()).result).rows
    return row.filled_cumulative_quantity


@given(NUMBERS)
def test_a_number_is_exact(number):
    assert quantity(f"{number:f}").as_tuple() == number.as_tuple()
    assert quantity(f'"{number:f}"').as_tuple() == number.as_tuple()


@pytest.mark.parametrize("written", ["1e-7", "1E-7", "0.0000001"])
def test_an_exponent_is_a_way_of_writing(written):
    assert quantity(written) == Decimal("0.0000001")


def test_no_float_is_on_the_way():
    assert str(quantity("0.1000000000000000055511151231257827")) == (
        "0.1000000000000000055511151231257827"
    )


def test_times_and_flags_may_be_text():
    frame = read_frame(b'{"payload":{"updatedAt":"1552116459467","isTaker":"true"}}')
    assert (frame.payload.updated_at, frame.payload.is_taker) == (1552116459467, True)
