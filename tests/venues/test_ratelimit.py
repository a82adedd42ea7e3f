from hypothesis import given
from hypothesis import strategies as st

from fixgw.venues.ratelimit import Lane, Lanes, RateLimiter


def test_the_limit_may_leave_at_once_and_the_next_waits_for_the_first_to_age():
    limiter = RateLimiter(2, window=1.0)
    assert [limiter.wait(10.0), limiter.headroom(10.0)] == [0.0, 2]
    limiter.take(10.0)
    limiter.take(10.25)

    assert limiter.wait(10.5) == 0.5
    assert limiter.headroom(10.5) == 0
    assert limiter.wait(11.0) == 0.0


def test_no_limit_never_waits():
    limiter = RateLimiter(0)
    for _ in range(1000):
        limiter.take(1.0)

    assert limiter.wait(1.0) == 0.0
    assert limiter.headroom(1.0) is None


@given(st.lists(st.floats(0, 2), max_size=60))
def test_no_second_holds_more_than_the_limit(pauses):
    limiter, now, left = RateLimiter(3, window=1.0), 0.0, []
    for pause in pauses:
        now += pause
        while (wait := limiter.wait(now)) > 0:
            now += wait
        limiter.take(now)
        left.append(now)

    for begin in left:
        assert sum(begin <= time < begin + 0.999999 for time in left) <= 3


def test_cancels_leave_before_submits_and_submits_before_queries():
    lanes: Lanes[str] = Lanes(limit=10)
    for lane, item in [
        (Lane.QUERY, "q1"),
        (Lane.SUBMIT, "s1"),
        (Lane.SUBMIT, "s2"),
        (Lane.CANCEL, "c1"),
        (Lane.QUERY, "q2"),
    ]:
        assert lanes.put(lane, item)

    assert [lanes.pop() for _ in range(len(lanes))] == ["c1", "s1", "s2", "q1", "q2"]


def test_a_full_lane_takes_no_more_and_does_not_fill_the_others():
    lanes: Lanes[str] = Lanes(limit=1)

    assert lanes.put(Lane.SUBMIT, "s1")
    assert not lanes.put(Lane.SUBMIT, "s2")
    assert lanes.put(Lane.CANCEL, "c1")
    assert (lanes.waiting(Lane.SUBMIT), len(lanes)) == (1, 2)


def test_what_fits_is_taken_out_in_order_up_to_a_limit():
    lanes: Lanes[int] = Lanes(limit=10)
    for number in range(6):
        lanes.put(Lane.QUERY, number)

    assert lanes.take(Lane.QUERY, lambda number: number % 2 == 0, limit=2) == [0, 2]
    assert [lanes.pop() for _ in range(len(lanes))] == [1, 3, 4, 5]
