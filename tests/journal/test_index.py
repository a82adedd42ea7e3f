"""Finding the tick of a message."""

from fixgw.journal.index import SentIndex


def test_ticks_are_found_by_number_in_order_and_up_to_the_limit() -> None:
    index = SentIndex()
    index.add(10, [(1, 0, 2), (2, 0, 2), (1, 0, 3)])
    index.add(11, [(1, 0, 7)])
    index.add(12, [(1, 0, 8)])

    assert [10, 11, 12] == index.ticks(1, 0, 1, 99, 10)
    assert [10, 11] == index.ticks(1, 0, 3, 7, 10)
    assert [10] == index.ticks(1, 0, 1, 99, 2)
    assert [] == index.ticks(1, 0, 4, 6, 10)
    assert [] == index.ticks(3, 0, 1, 99, 10)


def test_a_new_run_of_numbers_forgets_the_old_one() -> None:
    index = SentIndex()
    index.add(10, [(1, 0, 2)])
    index.add(11, [(1, 1, 2)])

    assert [] == index.ticks(1, 0, 1, 99, 10)
    assert [11] == index.ticks(1, 1, 1, 99, 10)


def test_what_is_carried_into_a_new_run_stays_and_the_rest_is_forgotten() -> None:
    index = SentIndex()
    index.add(10, [(1, 0, 2), (1, 0, 3)])
    index.add(11, [(1, 0, 5), (2, 0, 5)])
    index.carry(1, 1, 2, [(0, 3, 3), (0, 5, 5)])
    assert [10, 11] == index.ticks(1, 0, 1, 9, 10), "until the new run has a message"
    index.add(12, [(1, 1, 4)])

    assert [12] == index.ticks(1, 1, 1, 9, 10)
    assert [10, 11] == index.ticks(1, 0, 3, 5, 10)
    assert [] == index.ticks(1, 0, 2, 2, 10)
    assert [11] == index.ticks(2, 0, 1, 9, 10)


def test_carried_numbers_are_found_beside_those_of_the_run() -> None:
    index = SentIndex()
    index.add(10, [(1, 0, 2), (1, 0, 3), (1, 0, 7)])
    assert [(2, 3), (7, 7)] == list(index.numbers_from(1, 0, 1))
    assert [(7, 7)] == list(index.numbers_from(1, 0, 4))
    assert index.carried(1, 0) is None

    index.carry(1, 1, 2, [(0, 3, 3), (0, 7, 7)])
    assert [(2, 3)] == list(index.numbers_from(1, 1, 1))
    index.add(11, [(1, 1, 4), (1, 1, 6)])
    assert [(3, 4), (6, 6)] == list(index.numbers_from(1, 1, 3))
    assert [(6, 6)] == list(index.numbers_from(1, 1, 5))
    carried = index.carried(1, 1)
    assert carried is not None and (carried.first, carried.last) == (2, 3)


def test_carried_on_and_on_until_nothing_is() -> None:
    index = SentIndex()
    index.add(10, [(1, 0, 2), (1, 0, 3)])
    index.carry(1, 1, 2, [(0, 3, 3)])
    index.add(11, [(1, 1, 3)])
    index.carry(1, 2, 2, [(0, 3, 3), (1, 3, 3)])
    index.add(12, [(1, 2, 4)])
    assert ([10], [11]) == (index.ticks(1, 0, 3, 3, 9), index.ticks(1, 1, 3, 3, 9))

    index.add(13, [(1, 3, 2)])
    assert [] == index.ticks(1, 0, 3, 3, 9) == index.ticks(1, 1, 3, 3, 9)
    assert index.carried(1, 3) is None


def test_a_tick_that_begins_two_runs_keeps_what_the_second_carries() -> None:
    index = SentIndex()
    index.add(10, [(1, 0, 2)])
    index.carry(1, 2, 1, [(0, 2, 2), (1, 5, 5)])
    index.add(11, [(1, 0, 3), (1, 1, 5), (1, 2, 3)])

    assert [10] == index.ticks(1, 0, 1, 9, 9)
    assert [11] == index.ticks(1, 1, 1, 9, 9) == index.ticks(1, 2, 1, 9, 9)
