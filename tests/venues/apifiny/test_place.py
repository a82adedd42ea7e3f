from fixgw.runtime.clock import ManualClock
from fixgw.venues.apifiny.place import VenueClock


def test_before_it_was_asked_the_venues_clock_is_ours():
    ours = ManualClock(1_000)
    assert VenueClock(ours).now_ms() == 1_000


def test_the_venues_time_goes_on_by_the_monotonic_clock():
    ours = ManualClock(1_000)
    venue = VenueClock(ours)
    # Asked now, answered 0.2 s later: it was 5_000 at the venue half way.
    assert venue.learn(5_000, asked=0.0, answered=0.2)
    ours.advance(200)
    assert (venue.now_ms(), venue.skew_ms()) == (5_100, 3_900)

    ours.set_wall(900_000)  # an administrator; the venue does not care
    assert venue.now_ms() == 5_100


def test_an_answer_that_took_long_is_not_believed():
    venue = VenueClock(ManualClock(1_000))
    assert not venue.learn(5_000, asked=0.0, answered=2.1)
    assert venue.now_ms() == 1_000
