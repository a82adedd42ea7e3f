"""Three ways tell of the same fills, in any order: each fill counts once."""

from decimal import Decimal as D
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.model.ids import OrderID
from fixgw.model.venue import VenueStatus
from fixgw.venues.asmlink.parse import Tell
from fixgw.venues.asmlink.readings import Placed
from fixgw.venues.asmlink.executions import Executions

SAME_FILL_MS = 5_000
W, F, C, R = (
    VenueStatus.WORKING, VenueStatus.FILLED, VenueStatus.CANCELED, VenueStatus.REJECTED,
)


def tell(source, name, quantity, price="1.08", at=1_000, status=W, text="", **more):
    return Tell(
        source=source, event_id=name, status=status, at=at, quantity=D(quantity), price=D(price),
        text=text, **more,
    )


def folded(*tells, counts="fill", **placed):
    return Executions(SAME_FILL_MS, tells, placed=Placed(**placed), counts=counts)


def quantities(executions):
    return [fill.last_qty for fill in executions.fills]


REPLY = tell("reply", "FILLED", 5, status=F)
STREAM = tell("stream", "e1", 5, status=F)
HOOK = tell("webhook", "e1", 5, status=F)


def test_one_fill_told_in_three_ways_counts_once_in_any_order():
    for tells in permutations([REPLY, STREAM, HOOK, STREAM, HOOK]):
        executions = folded(*tells)

        assert ([D(5)], D(5), F) == (quantities(executions), executions.cum_qty, executions.status)


@pytest.mark.parametrize("late_ms", [0, 1, SAME_FILL_MS])
def test_an_event_may_be_a_little_later_than_its_reply(late_ms):
    event = tell("stream", "e1", 5, at=1_000 + late_ms)

    assert [D(5)] == quantities(folded(REPLY, event)) == quantities(folded(event, REPLY))


def test_an_event_much_later_is_another_fill():
    event = tell("stream", "e1", 5, at=1_001 + SAME_FILL_MS)

    assert [D(5), D(5)] == quantities(folded(REPLY, event))


def test_a_reply_is_repeated_once_and_no_more():
    reply, its_own = tell("reply", "P", 2), tell("stream", "e1", 2)
    for more in (tell("stream", "e2", 2, at=3_000), tell("stream", "e2", 1, at=900)):
        for tells in permutations([reply, its_own, more]):
            assert 2 + more.quantity == folded(*tells).cum_qty


def test_a_later_fill_of_another_size_follows_the_reply():
    reply, part = tell("reply", "P", 2), tell("stream", "e1", 2)
    rest = tell("stream", "e2", 3, at=1_500, status=F)

    for tells in ((reply, part, rest), (part, reply, rest), (part, rest, reply)):
        executions = folded(*tells)
        assert ([D(2), D(3)], F) == (quantities(executions), executions.status)


def test_equal_fills_of_one_moment_are_as_many_as_one_way_tells():
    one, two = tell("stream", "e1", 1), tell("stream", "e2", 1)
    hooks = [tell("webhook", name, 1) for name in ("e1", "e2")]

    for tells in permutations([one, two, *hooks]):
        assert [D(1), D(1)] == quantities(folded(*tells))


def test_an_event_without_a_time_that_can_be_read_is_known_by_its_name_in_the_other_way():
    """Each way gives it the time at which it came."""
    stream = tell("stream", "e1", 5, at=1_000)
    hook, other = tell("webhook", "e1", 5, at=1_040), tell("webhook", "e2", 5, at=1_080)

    assert [D(5)] == quantities(folded(stream, hook)) == quantities(folded(hook, stream))
    assert [D(5), D(5)] == quantities(folded(stream, hook, other))
    assert [D(5), D(5)] == quantities(folded(stream, other, hook))


def test_ways_need_not_agree_on_names():
    tells = [tell("stream", "e1", 1), tell("webhook", "other", 1), tell("stream", "e2", 1)]

    assert [D(1), D(1)] == quantities(folded(*tells))


def test_a_reply_that_sums_up_is_not_counted_beside_its_parts():
    reply = tell("reply", "F", 4, price="1.0803", status=F)
    parts = [tell("stream", "e1", 1, "1.08"), tell("stream", "e2", 3, "1.0804", status=F)]

    assert [D(4)] == quantities(folded(reply, *parts))
    last = folded(*parts, reply)
    assert [D(1), D(3)] == quantities(last)
    between = folded(parts[0], reply, parts[1])
    assert [D(1), D(3)] == quantities(between)
    # What the first part leaves of the average is the price of the second.
    assert [D("1.08"), D("1.0804")] == [fill.last_px for fill in between.fills]


def test_a_new_fill_of_as_much_as_the_answer_tells_in_all_is_no_repetition():
    """One of 1 is known, one of 1 was missed, and the answer to a question has both."""
    known, answer = tell("stream", "e1", 1), tell("reply", "P", 2, at=2_000)
    later = tell("stream", "e3", 2, at=2_015)

    assert [D(1), D(1), D(2)] == quantities(folded(known, answer, later))
    assert D(4) == folded(known, later, answer).cum_qty
    # What was missed comes late, by a webhook: it is what the answer added.
    late = tell("webhook", "e2", 1, at=2_001)
    assert D(4) == folded(known, answer, later, late).cum_qty


def test_each_attempt_is_an_order_by_itself_and_the_fills_of_all_count():
    rejected = tell("reply", "R", 0, status=R, text="NO_LIQUIDITY")
    filled = tell("reply", "F", 5, status=F, attempt=1)
    executions = folded(rejected, filled, tell("stream", "e2", 5, status=F, attempt=1))
    late = executions.take(tell("webhook", "e1", 0, status=R, text="NO_LIQUIDITY"))

    assert ([], F, 1, [D(5)]) == (
        late, executions.status, executions.attempt, quantities(executions),
    )
    assert ["NO_LIQUIDITY", None, None] == [executions.refusal(number) for number in (0, 1, 2)]
    assert 1 == executions.update(OrderID("1")).attempt
    # What the venue had rejected it has executed all the same.
    (odd,) = executions.take(tell("stream", "e0", 2))
    assert (D(2), D(7), None) == (odd.last_qty, executions.cum_qty, executions.refusal(0))


def test_a_fill_says_who_filled_it_and_how():
    executions = folded(tell("stream", "e1", 1, provider="LP-7", details="TIER_2, latency 0.3 ms"))

    assert [("LP-7", "TIER_2, latency 0.3 ms")] == [
        (fill.settlement.counterparty, fill.text) for fill in executions.fills
    ]


def test_fills_have_their_sum_and_a_name_of_their_own():
    executions = folded(tell("reply", "P", 2), tell("stream", "e9", 3, at=1_500, status=F))

    assert [("R1000.2", D(2)), ("e9", D(5))] == [
        (fill.venue_exec_id, fill.cum_qty) for fill in executions.fills
    ]


def test_an_end_stays_an_end_but_for_the_fill_that_completes_it():
    assert C is folded(tell("stream", "1", 0, status=C), tell("webhook", "0", 1)).status
    assert F is folded(tell("stream", "1", 0, status=C), tell("webhook", "0", 1, status=F)).status
    rejected = folded(tell("stream", "1", 0, status=R, text="risk"), tell("webhook", "0", 0))
    assert (R, "risk") == (rejected.status, rejected.text)


def test_the_update_has_the_news_or_everything():
    executions = folded(tell("stream", "e1", 2))
    news = executions.take(tell("stream", "e2", 3, status=F))

    update = executions.update(OrderID("1"), news)
    assert (F, D(5), news, None, False) == (
        update.status, update.cum_qty, [update.fill], update.fills, update.asked,
    )
    everything = executions.update(OrderID("1"), everything=True, asked=True)
    assert (tuple(executions.fills), True) == (everything.fills, everything.asked)


fills = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["1.08", "1.09"]), st.integers(0, 3)),
    min_size=1, max_size=6,
)


@given(fills, st.data())
def test_whatever_is_told_late_twice_or_out_of_order_the_sum_is_right(made, data):
    """The first fills are the reply's; every fill is told by stream and webhook, some twice."""
    made = sorted(made, key=lambda fill: fill[2])
    last_of_reply = data.draw(st.integers(0, 3))
    early = [fill for fill in made if fill[2] <= last_of_reply]
    tells = [
        tell(source, f"e{number}", quantity, price, 10_000 * at)
        for number, (quantity, price, at) in enumerate(made)
        for source in ("stream", "webhook")
    ]
    tells += data.draw(st.lists(st.sampled_from(tells), max_size=4))
    if early:
        total = sum(fill[0] for fill in early)
        average = sum(D(fill[0]) * D(fill[1]) for fill in early) / total
        tells.append(tell("reply", "P", total, str(round(average, 6)), 10_000 * last_of_reply))
    executions = folded(*data.draw(st.permutations(tells)))

    assert sum(fill[0] for fill in made) == executions.cum_qty == sum(quantities(executions))
    assert len(executions.fills) == len({fill.venue_exec_id for fill in executions.fills})
