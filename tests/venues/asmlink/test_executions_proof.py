"""What an event's fill_quantity counts is proven by its order, or nothing of it is reported."""

from decimal import Decimal as D
from itertools import accumulate, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.model.ids import OrderID
from fixgw.model.venue import VenueStatus
from tests.venues.asmlink.test_executions import folded, quantities, tell

F = VenueStatus.FILLED
MILLION = 1_000_000


def part(name, quantity, price="1.08", at=1_000, source="stream", **more):
    return tell(source, name, quantity, price, at, partial=True, **more)


def last(name, quantity, price="1.08", at=1_000, source="stream", **more):
    return tell(source, name, quantity, price, at, status=F, **more)


def told(executions):
    return [(fill.last_qty, fill.last_px) for fill in executions.fills]


def unproven(*tells, quantity=5, **placed):
    return folded(*tells, counts="unproven", quantity=D(quantity), **placed)


# ------------------------------------------------------------------ one name


@pytest.mark.parametrize("other", [{"at": 1_003}, {"price": "1.0801"}, {"timed": False}])
def test_one_event_told_by_two_ways_is_one_execution_however_they_write_it(other):
    stream = last("evt_1", 5)
    hook = last("evt_1", 5, source="webhook", **other)

    for tells in permutations([stream, hook]):
        assert [D(5)] == quantities(folded(*tells)) == quantities(unproven(*tells, quantity=10))


def test_one_event_told_with_two_quantities_counts_once_and_is_in_doubt():
    executions = folded(part("evt_1", 3), part("evt_1", 5, source="webhook"))

    assert ([D(3)], True) == (quantities(executions), "evt_1" in executions.doubt)


def test_a_time_that_nobody_can_read_equals_any_if_the_ways_name_the_fill_differently():
    stream = part("e1", 5, at=1_000)
    hook = part("w1", 5, at=7_777, source="webhook", timed=False)
    more = part("e2", 5, at=3_000)

    for tells in permutations([stream, hook, more]):
        assert [D(5), D(5)] == quantities(folded(*tells))


def test_an_event_that_was_taken_for_another_counts_when_that_one_comes():
    tells = [part("e1", 5), part("w9", 5, source="webhook"), part("e1", 5, source="webhook")]

    for order in permutations(tells):
        executions = folded(*order)
        assert [D(5), D(5)] == quantities(executions)
        assert {"e1", "w9"} == {fill.venue_exec_id for fill in executions.fills}


# ------------------------------------------------- of this fill, or of the order


def test_a_sum_is_no_fill():
    """2,000,000, then 5,000,000 of 5,000,000: not 7,000,000."""
    executions = unproven(
        part("e1", 2 * MILLION), last("e2", 5 * MILLION, "1.09", at=2_000), quantity=5 * MILLION
    )

    assert [(D(2 * MILLION), D("1.08")), (D(3 * MILLION), D("1.09"))] == told(executions)
    assert (D(5 * MILLION), "") == (executions.cum_qty, executions.doubt)


def test_parts_that_add_up_to_what_was_ordered_are_fills():
    executions = unproven(part("e1", 2), last("e2", 3, "1.09", at=2_000))

    assert ([(D(2), D("1.08")), (D(3), D("1.09"))], "") == (told(executions), executions.doubt)


def test_what_could_be_either_waits_for_its_proof():
    first, second = part("e1", 1), part("e2", 2, "1.09", at=2_000)
    executions = unproven(first, second)
    assert [D(1)] == quantities(executions)
    assert "3 or 2 of OrderQty(38) 5; 1 is proven" in executions.doubt
    # The end of the order waits for them.
    assert D(2) == executions.update(OrderID("1")).cum_qty

    fills = unproven(first, second, last("e3", 2, "1.10", at=3_000))
    assert ([D(1), D(2), D(2)], "") == (quantities(fills), fills.doubt)
    sums = unproven(first, second, last("e3", 5, "1.10", at=3_000))
    assert [(D(1), D("1.08")), (D(1), D("1.09")), (D(3), D("1.10"))] == told(sums)
    assert "" == sums.doubt


@pytest.mark.parametrize("answered, parts", [(3, [1, 2]), (2, [1, 1])])
def test_an_answer_that_sums_up_is_proof(answered, parts):
    executions = unproven(
        part("e1", 1), part("e2", 2, at=2_000), tell("reply", "P", answered, at=2_500)
    )

    assert (parts, "") == (quantities(executions), executions.doubt)


def test_an_answer_whose_price_is_sure_is_the_execution_of_the_event_beside_it():
    """One event was missed, so neither reading of the others alone adds up."""
    executions = unproven(
        part("e1", 1), tell("reply", "P2", 2, at=2_000), part("e3", 2, at=3_000),
        tell("reply", "P4", 4, at=3_000), quantity=8,
    )
    assert ([1, 1, 2], "") == (quantities(executions), executions.doubt)

    executions.take(last("e4", 4, at=4_000))
    assert ([1, 1, 2, 4], "") == (quantities(executions), executions.doubt)


def test_the_settings_may_know_it():
    tells = (part("e1", 1), part("e2", 2, "1.09", at=2_000))

    assert [1, 2] == quantities(folded(*tells, counts="fill", quantity=D(5)))
    assert [1, 1] == quantities(folded(*tells, counts="order", quantity=D(5)))


def test_what_decreases_is_no_sum_and_what_comes_in_equal_parts_is_none():
    assert [D(2), D(1)] == quantities(unproven(part("e1", 2), part("e2", 1, at=2_000)))
    assert [D(2), D(2)] == quantities(unproven(part("e1", 2), part("e2", 2, at=2_000)))


@pytest.mark.parametrize("counts", ["fill", "unproven"])
def test_nothing_beyond_what_was_ordered_is_an_execution(counts):
    executions = folded(
        part("e1", 3), part("e2", 3, at=2_000), part("e3", 1, at=3_000), counts=counts,
        quantity=D(5),
    )

    assert ([D(3)], D(5)) == (quantities(executions), executions.update(OrderID("1")).cum_qty)
    assert "of OrderQty(38) 5; 3 is proven and reported" in executions.doubt


def test_two_attempts_together_execute_no_more_than_was_ordered():
    executions = folded(
        part("e1", 2), last("e2", 5, attempt=1), quantity=D(5),
    )

    assert ([D(2)], True) == (quantities(executions), bool(executions.doubt))


# --------------------------------------------------------- binary numbers, prices


@pytest.mark.parametrize("step", [None, D("0.1")])
@pytest.mark.parametrize("ordered", ["0.3", "1"])
def test_the_rounding_of_a_venue_that_adds_binary_numbers_is_no_execution(step, ordered):
    parts = [part("e1", "0.1"), part("e2", "0.2", at=2_000)]
    answer = tell("reply", "P", "0.30000000000000004", at=2_000)

    for tells in ([*parts, answer], [parts[0], answer, parts[1]], [answer, *parts]):
        executions = folded(*tells, quantity=D(ordered), step=step)
        assert D("0.3") == round(executions.cum_qty, 12)
        assert all(fill.last_px == D("1.08") for fill in executions.fills)
        assert all(fill.last_qty >= D("0.1") for fill in executions.fills)
        if step or ordered == "0.3":
            assert D("0.3") == executions.cum_qty


def test_a_price_is_implied_between_what_was_told_and_the_orders():
    known, answer = part("e1", 1, "1.08"), tell("reply", "P", 4, "1.0803", at=2_000)

    executions = folded(known, answer, quantity=D(5), price=D("1.09"))
    assert ([(D(1), D("1.08")), (D(3), D("1.0804"))], "") == (told(executions), executions.doubt)


@pytest.mark.parametrize("price, average", [
    (None, "1.0803"), ("1.0803", "1.0803"), ("1.09", "1.05"), ("1.09", "1.20"), ("1.09", "0.2"),
])
def test_a_price_that_cannot_be_implied_is_waited_for(price, average):
    known, answer = part("e1", 1, "1.08"), tell("reply", "P", 4, average, at=2_000)
    price = D(price) if price else None
    executions = folded(known, answer, quantity=D(5), price=price)
    assert [(D(1), D("1.08"))] == told(executions)
    assert "executed at asmlink: 4, and not at which price" in executions.doubt
    assert D(4) == executions.update(OrderID("1")).cum_qty

    executions.take(part("e2", 3, "1.0804", at=2_000))
    assert ([D(1), D(3)], D("1.0804"), "") == (
        quantities(executions), executions.fills[-1].last_px, executions.doubt,
    )


def test_a_market_order_has_a_price_for_each_execution():
    tells = [part("e1", 1, "1.08"), tell("reply", "P", 4, "0.27", at=2_000)]

    assert all(fill.last_px > 0 for fill in folded(*tells, quantity=D(5)).fills)


# ------------------------------------------------------------------- any venue

made = st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["1.08", "1.09"])), min_size=1,
                max_size=5)


@given(made, st.booleans(), st.integers(0, 2), st.data())
def test_whatever_its_quantities_count_no_more_is_reported_than_was_executed(
    fills, sums, rest, data
):
    parts = [quantity for quantity, _ in fills]
    totals = list(accumulate(parts))
    ordered = totals[-1] + rest
    events = []
    for number, (quantity, price) in enumerate(fills):
        ends = totals[number] == ordered
        for source in ("stream", "webhook"):
            make = last if ends else part
            counted = totals[number] if sums else quantity
            events.append(make(f"e{number}", counted, price, 1_000 * (number + 1), source))
    if data.draw(st.booleans()):
        upto = data.draw(st.integers(1, len(fills)))
        average = sum(D(q) * D(p) for q, p in fills[:upto]) / totals[upto - 1]
        status = F if totals[upto - 1] == ordered else VenueStatus.WORKING
        events.append(tell(
            "reply", "P", totals[upto - 1], str(round(average, 9)), 1_000 * upto, status=status
        ))
    executions = unproven(quantity=ordered)
    for event in data.draw(st.permutations(events)):
        executions.take(event)
        assert executions.cum_qty <= totals[-1]

    assert executions.cum_qty == sum(quantities(executions))
    assert executions.cum_qty == totals[-1] or executions.doubt
    if not rest and not sums:
        assert executions.cum_qty == totals[-1]
