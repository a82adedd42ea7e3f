"""The clock that moves when it is told to, and the one that does not."""

from fixgw.model.now import Now
from fixgw.runtime.clock import Clock, ManualClock, SystemClock


def test_time_passes_on_both_clocks() -> None:
    clock: Clock = ManualClock(1_000)
    assert isinstance(clock, ManualClock)

    clock.advance(1_500)

    assert Now(2_500, 1_500) == clock.now()


def test_the_wall_clock_can_be_set_back_and_the_other_does_not_move() -> None:
    clock = ManualClock(1_000)

    clock.advance(500)
    clock.set_wall(10)

    assert (10, 0.5) == (clock.now_ms(), clock.monotonic())


def test_the_system_s_clocks() -> None:
    clock: Clock = SystemClock()

    before = clock.now()

    assert before.mono_ms <= clock.monotonic() * 1000
    assert before.ms > 1_700_000_000_000
