"""OrderID(37), the one identifier that the gateway makes."""

from hypothesis import given
from hypothesis import strategies as st

from fixgw.model.ids import ORDER_ID_DIGITS, next_order_id

NOW_MS = 1_700_000_000_000


def test_it_tells_when_it_was_made() -> None:
    assert 1_700_000_000_000_000 == next_order_id(0, NOW_MS)
    assert ORDER_ID_DIGITS == len(str(next_order_id(0, NOW_MS)))


def test_two_in_one_millisecond() -> None:
    first = next_order_id(0, NOW_MS)

    assert first + 1 == next_order_id(first, NOW_MS)


def test_more_than_a_thousand_in_one_millisecond() -> None:
    last = next_order_id(0, NOW_MS) + 999

    assert last + 1 == next_order_id(last, NOW_MS)
    assert last + 2 == next_order_id(last + 1, NOW_MS + 1)


@given(clock=st.lists(st.integers(NOW_MS - 10, NOW_MS + 10)))
def test_it_rises_whatever_the_clock_does(clock: list[int]) -> None:
    last, made = 0, []
    for now_ms in clock:
        last = next_order_id(last, now_ms)
        made.append(last)

    assert sorted(set(made)) == made
