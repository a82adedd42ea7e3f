"""How far the venue's clock is off, by the Date of its answers, and what is signed by it."""

from email.utils import formatdate

import pytest

from fixgw.runtime.clock import ManualClock
from fixgw.venues.kit.clock import DATE, MAX_ROUND_TRIP_MS, FollowedClock
from fixgw.venues.outcome import Answer

NOW = 1_795_174_355_400


def clock(*, follows: bool = True) -> FollowedClock:
    return FollowedClock(ManualClock(NOW), follows=follows)


def answer(venue_ms: int) -> Answer:
    return Answer(200, b"{}", {DATE: formatdate(venue_ms / 1000, usegmt=True)})


def test_before_the_first_answer_the_venue_has_our_time():
    assert (clock().skew_ms, clock().now_ms()) == (None, NOW)


@pytest.mark.parametrize("off", [0, 300, 599, -400])
def test_a_clock_that_may_be_right_is_taken_for_right(off):
    one = clock()
    one.heard(answer(NOW + off), NOW - 100, NOW)

    assert (one.skew_ms, one.now_ms()) == (0, NOW)


@pytest.mark.parametrize(
    ("off", "skew"),
    # Written at the latest when it came, in the second before; at the earliest when we asked.
    [(30_000, 29_600), (-30_000, -29_300)],
)
def test_a_clock_that_must_be_wrong_is_followed_as_far_as_that_is_proven(off, skew):
    one = clock()
    one.heard(answer(NOW + off), NOW - 100, NOW)
    assert (one.skew_ms, one.now_ms()) == (skew, NOW + skew)
    assert abs(one.now_ms() - (NOW + off)) <= 1_100

    one.heard(answer(NOW), NOW - 100, NOW)
    assert (one.skew_ms, one.now_ms()) == (0, NOW)


def test_it_is_told_and_not_followed_where_the_settings_say_so():
    one = clock(follows=False)
    one.heard(answer(NOW + 30_000), NOW, NOW)

    assert (one.skew_ms, one.now_ms()) == (29_600, NOW)


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 32 Nov 2026 13:00:00 GMT"])
def test_an_answer_without_a_date_says_nothing(date):
    one = clock()
    one.heard(Answer(200, b"{}", {DATE: date}), NOW, NOW)
    one.heard(Answer(200, b"{}"), NOW, NOW)

    assert one.skew_ms is None


@pytest.mark.parametrize("sent", [NOW - MAX_ROUND_TRIP_MS - 1, NOW + 1])
def test_an_answer_that_took_too_long_or_no_time_at_all_says_nothing(sent):
    one = clock()
    one.heard(answer(NOW + 60_000), sent, NOW)

    assert one.skew_ms is None
