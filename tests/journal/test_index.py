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
