"""Numbers of a new run, and the messages of earlier ones that they stand for."""

from fixgw.fix.carried_over import CarriedOver, StoredAt

TWO_RUNS = CarriedOver(2, [(0, 10, 12), (3, 7, 7)])
"""2, 3, 4 are 10, 11, 12 of run 0, and 5 is 7 of run 3."""


def test_a_number_leads_to_the_message_that_it_stands_for() -> None:
    assert TWO_RUNS.source(4, 2, 9) == StoredAt(0, 10, 12, -8)
    assert TWO_RUNS.source(4, 3, 3) == StoredAt(0, 11, 11, -8)
    assert TWO_RUNS.source(4, 5, 9) == StoredAt(3, 7, 7, -2)


def test_other_numbers_are_the_runs_own() -> None:
    assert TWO_RUNS.source(4, 1, 9) == StoredAt(4, 1, 1, 0)
    assert TWO_RUNS.source(4, 6, 9) == StoredAt(4, 6, 9, 0)
    assert CarriedOver().source(4, 1, 9) == StoredAt(4, 1, 9, 0)
    assert [number for number in range(9) if number in TWO_RUNS] == [2, 3, 4, 5]
    assert 0 not in CarriedOver()


def test_what_is_carried_twice_leads_to_the_first_original() -> None:
    assert TWO_RUNS.originals(4, [(3, 8), (11, 12)]) == [
        (0, 11, 12), (3, 7, 7), (4, 6, 8), (4, 11, 12),
    ]
    assert CarriedOver().originals(4, [(3, 4), (5, 6)]) == [(4, 3, 6)]
    assert TWO_RUNS.originals(4, []) == []
