"""Which messages are not known to have reached the client, whatever happens to the line."""

from fixgw.fix.unconfirmed import ASKS_WITHIN_MS, RUNS_MAX, Unconfirmed


def live(begin: int = 1) -> Unconfirmed:
    """A client is there, and our next number is *begin*."""
    unsent = Unconfirmed(begin)
    unsent.connected()
    unsent.turn(begin, live=True)
    return unsent


def test_what_was_reported_while_nobody_was_there_has_not_left() -> None:
    unsent = Unconfirmed(5)

    assert list(unsent.all(8)) == [(5, 7)]
    assert unsent.first == 5
    assert not unsent.in_doubt


def test_what_was_given_has_been_read_when_the_client_says_goodbye() -> None:
    unsent = live()
    unsent.flushed = 4
    assert unsent.in_doubt
    assert list(unsent.all(4)) == [(1, 3)]

    unsent.said_goodbye()
    assert list(unsent.all(4)) == []
    assert unsent.first == 4
    assert not unsent.in_doubt


def test_the_answer_to_a_test_request_proves_what_was_numbered_before_it() -> None:
    unsent = live()
    unsent.skip(4)
    unsent.flushed = 8
    unsent.answered(4)
    assert list(unsent.all(9)) == [(5, 8)]


def test_runs_between_administrative_numbers_are_kept_apart_up_to_a_limit() -> None:
    unsent = live()
    for seq_num in range(2, 2 * RUNS_MAX + 20, 2):
        unsent.skip(seq_num)

    assert len(unsent.handed) == RUNS_MAX
    assert list(unsent.all(2 * RUNS_MAX + 20))[-1] == (2 * RUNS_MAX + 1, 2 * RUNS_MAX + 19)


def test_what_was_numbered_in_this_tick_has_not_left_yet() -> None:
    unsent = live()
    unsent.flushed = 4
    unsent.turn(6, live=False)

    unsent.said_goodbye()
    assert list(unsent.all(6)) == [(4, 5)]


def test_administrative_numbers_are_not_carried() -> None:
    unsent = Unconfirmed(1)
    unsent.skip(1)
    unsent.skip(4)

    assert list(unsent.all(7)) == [(2, 3), (5, 6)]


def test_what_is_caught_up_is_on_its_way() -> None:
    unsent = Unconfirmed(5)
    unsent.connected()
    unsent.hand_over(2, 6, 9)
    unsent.flushed = 9
    assert (list(unsent.kept), list(unsent.handed)) == ([(7, 8)], [(5, 6)])

    unsent.hand_over(7, 8, 9)
    unsent.said_goodbye()
    assert list(unsent.all(9)) == []


def test_what_a_line_did_not_get_rid_of_it_never_will() -> None:
    unsent = live()
    unsent.flushed = 4
    unsent.turn(4, live=False)
    unsent.connected()
    unsent.said_goodbye()

    assert list(unsent.kept) == [(1, 3)]
    assert not unsent.in_doubt


def test_what_comes_behind_a_gap_has_not_left_for_certain() -> None:
    unsent = Unconfirmed(1, [(1, 2)])
    unsent.since = 4
    unsent.turn(4, live=True)
    unsent.flushed = 6
    unsent.said_goodbye()
    assert list(unsent.all(6)) == [(1, 2), (4, 5)]

    unsent.hand_over(1, 2, 6)
    unsent.said_goodbye()
    assert list(unsent.all(6)) == []


def test_a_client_that_asks_has_what_is_below() -> None:
    unsent = Unconfirmed(1)
    unsent.asked(4, 7, 0)
    assert list(unsent.all(7)) == [(4, 6)]

    unsent = live()
    unsent.flushed = 5
    unsent.turn(5, live=False)
    unsent.asked(3, 5, 0)
    assert list(unsent.all(7)) == [(3, 6)]


def test_a_client_that_does_not_ask_in_time_and_answers_lacks_nothing() -> None:
    unsent = Unconfirmed(1)
    unsent.skip(4)
    unsent.logged_on(4, 1_000)

    assert not unsent.worth_asking(1_000 + ASKS_WITHIN_MS - 1)
    unsent.asked(2, 5, 2_000)
    assert not unsent.worth_asking(2_000 + ASKS_WITHIN_MS - 1)
    assert list(unsent.kept) == [(2, 3)]
    assert unsent.worth_asking(2_000 + ASKS_WITHIN_MS)
    unsent.answered(5)
    assert list(unsent.kept) == []
    assert not unsent.worth_asking(2_000 + ASKS_WITHIN_MS)


def test_while_a_client_may_still_ask_nothing_behind_the_logon_has_left_for_certain() -> None:
    unsent = Unconfirmed(4)
    unsent.skip(4)
    unsent.logged_on(4, 1_000)
    unsent.turn(5, live=True)
    unsent.flushed = 7
    unsent.said_goodbye()
    assert list(unsent.all(7)) == [(5, 6)]

    unsent.answered(7)
    assert list(unsent.all(7)) == []


def test_what_a_client_asks_for_has_not_reached_it_whatever_its_end_says() -> None:
    unsent = live()
    unsent.flushed = 7
    unsent.turn(7, live=False)
    unsent.asked(3, 7, 0)
    unsent.said_goodbye()
    assert list(unsent.all(7)) == [(3, 6)]

    unsent.hand_over(3, 6, 7)
    unsent.said_goodbye()
    assert list(unsent.all(7)) == []


def test_carried_numbers_wait_before_those_that_come() -> None:
    unsent = live()
    unsent.restart()
    unsent.skip(1)
    unsent.carry(2, 6)

    assert list(unsent.all(8)) == [(2, 7)]
    assert unsent.first == 2
