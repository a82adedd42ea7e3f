"""Which messages are not known to have left, whatever happens to the line."""

from fixgw.fix.unsent import ASKS_WITHIN_MS, READ_WITHIN_MS, Unsent, joined


def live(begin: int = 1) -> Unsent:
    """A client is there, and our next number is *begin*."""
    unsent = Unsent(begin)
    unsent.connected()
    unsent.turn(begin, live=True)
    return unsent


def test_what_was_reported_while_nobody_was_there_has_not_left() -> None:
    unsent = Unsent(5)

    assert unsent.all(8) == [(5, 7)]
    assert unsent.first == 5
    assert not unsent.in_doubt


def test_what_was_acknowledged_has_left_with_a_goodbye() -> None:
    unsent = live()
    unsent.flushed = 4
    assert unsent.in_doubt

    unsent.read(300, 299)
    assert unsent.all(4) == [(1, 3)]
    unsent.read(300, 300)
    assert unsent.all(4) == []
    assert unsent.first == 4
    assert not unsent.in_doubt


def test_on_a_line_that_lives_it_has_left_after_a_while() -> None:
    unsent = live()
    unsent.flushed = 4
    unsent.acknowledged(300, 300, 5_000)
    assert unsent.all(4) == [(1, 3)]

    unsent.acknowledged(300, 300, 5_000 + READ_WITHIN_MS - 1)
    assert unsent.all(4) == [(1, 3)]
    unsent.acknowledged(300, 300, 5_000 + READ_WITHIN_MS)
    assert unsent.all(4) == []


def test_on_a_busy_line_what_was_written_before_the_mark_leaves_without_a_quiet_moment() -> None:
    unsent = live()
    unsent.flushed = 4
    unsent.acknowledged(300, 0, 5_000)
    unsent.flushed = 8
    unsent.acknowledged(700, 299, 7_000)
    assert unsent.all(9) == [(1, 8)]

    unsent.acknowledged(700, 300, 7_100)
    assert unsent.all(9) == [(4, 8)]
    unsent.acknowledged(900, 700, 9_000)
    assert unsent.all(9) == [(8, 8)]


def test_what_was_numbered_in_this_tick_has_not_left_yet() -> None:
    unsent = live()
    unsent.flushed = 4
    unsent.turn(6, live=False)

    unsent.read(300, 300)
    assert unsent.all(6) == [(4, 5)]


def test_administrative_numbers_are_not_carried() -> None:
    unsent = Unsent(1)
    unsent.skip(1)
    unsent.skip(4)

    assert unsent.all(7) == [(2, 3), (5, 6)]


def test_what_is_caught_up_is_on_its_way() -> None:
    unsent = Unsent(5)
    unsent.connected()
    unsent.hand_over(2, 6, 9)
    unsent.flushed = 9
    assert (unsent.kept, unsent.handed) == ([(7, 8)], [(5, 6)])

    unsent.hand_over(7, 8, 9)
    unsent.read(1, 1)
    assert unsent.all(9) == []


def test_what_a_line_did_not_get_rid_of_it_never_will() -> None:
    unsent = live()
    unsent.flushed = 4
    unsent.acknowledged(300, 0, 5_000)
    unsent.turn(4, live=False)
    unsent.connected()
    unsent.read(0, 0)

    assert unsent.kept == [(1, 3)]
    assert not unsent.in_doubt


def test_what_comes_behind_a_gap_has_not_left_for_certain() -> None:
    unsent = Unsent(1, [(1, 2)])
    unsent.since = 4
    unsent.turn(4, live=True)
    unsent.flushed = 6
    unsent.read(300, 300)
    assert unsent.all(6) == [(1, 2), (4, 5)]

    unsent.hand_over(1, 2, 6)
    unsent.read(500, 500)
    assert unsent.all(6) == []


def test_a_client_that_asks_has_what_is_below() -> None:
    unsent = Unsent(1)
    unsent.asked(4, 7, 0)
    assert unsent.all(7) == [(4, 6)]

    unsent = live()
    unsent.flushed = 5
    unsent.turn(5, live=False)
    unsent.asked(3, 5, 0)
    assert unsent.all(7) == [(3, 6)]


def test_a_client_that_does_not_ask_in_time_lacks_nothing_below_the_logon() -> None:
    unsent = Unsent(1)
    unsent.skip(4)
    unsent.logged_on(4, 1_000)

    unsent.heard(1_000 + ASKS_WITHIN_MS - 1)
    assert unsent.kept == [(1, 3)]
    unsent.asked(2, 5, 2_000)
    unsent.heard(2_000 + ASKS_WITHIN_MS - 1)
    assert unsent.kept == [(2, 3)]
    unsent.heard(2_000 + ASKS_WITHIN_MS)
    assert unsent.kept == []


def test_while_a_client_may_still_ask_nothing_behind_the_logon_has_left_for_certain() -> None:
    unsent = Unsent(4)
    unsent.skip(4)
    unsent.logged_on(4, 1_000)
    unsent.turn(5, live=True)
    unsent.flushed = 7
    unsent.read(300, 300)
    assert unsent.all(7) == [(5, 6)]

    unsent.heard(1_000 + ASKS_WITHIN_MS)
    unsent.read(300, 300)
    assert unsent.all(7) == []


def test_what_a_client_asks_for_has_not_reached_it_whatever_its_end_says() -> None:
    unsent = live()
    unsent.flushed = 7
    unsent.turn(7, live=False)
    unsent.asked(3, 7, 0)
    unsent.read(300, 300)
    assert unsent.all(7) == [(3, 6)]

    unsent.hand_over(3, 6, 7)
    unsent.read(500, 500)
    assert unsent.all(7) == []


def test_carried_numbers_wait_before_those_that_come() -> None:
    unsent = live()
    unsent.restart()
    unsent.skip(1)
    unsent.carry(2, 6)

    assert unsent.all(8) == [(2, 7)]
    assert unsent.first == 2


def test_ranges_that_touch_are_one() -> None:
    assert joined([(7, 9), (1, 2), (3, 3), (5, 5)]) == [(1, 3), (5, 5), (7, 9)]
