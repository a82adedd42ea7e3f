"""What of a gap is asked for, and when the next portion is due."""

from fixgw.fix.gap import Gap


def test_a_gap_is_asked_for_as_a_whole_where_nothing_else_is_said() -> None:
    gap = Gap(0)

    assert gap.ask(5, 900, closed=False) == "7=5\x0116=0\x01"
    assert gap.ask(5, 900, closed=True) == "7=5\x0116=900\x01"
    assert not gap.portion_due(6)


def test_a_long_gap_is_asked_for_in_portions() -> None:
    gap = Gap(10)

    assert gap.ask(5, 27, closed=False) == "7=5\x0116=14\x01"
    assert not gap.portion_due(14)
    assert gap.portion_due(15)
    assert gap.ask(15, 27, closed=False) == "7=15\x0116=24\x01"
    assert gap.ask(25, 27, closed=False) == "7=25\x0116=0\x01"
    assert not gap.portion_due(27)


def test_a_gap_that_is_filled_is_none() -> None:
    gap = Gap(10)
    gap.ask(5, 27, closed=False)

    gap.reached(27)
    assert gap.end == 27
    gap.reached(28)
    assert gap.end == 0
    assert not gap.portion_due(28)


def test_what_the_client_was_told_of_is_not_asked_for() -> None:
    gap = Gap(10)
    gap.told(5, 27)

    assert (gap.begin, gap.end) == (5, 27)
    assert not gap.portion_due(15)
