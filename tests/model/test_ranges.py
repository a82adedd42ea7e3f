"""A set of numbers kept as ranges is that set, whatever is done to it."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from fixgw.model.ranges import Range, Ranges

NUMBERS = st.integers(0, 30)
PAIRS = st.tuples(NUMBERS, NUMBERS)
STEPS = st.lists(st.tuples(st.sampled_from(["add", "remove", "below", "within"]), PAIRS))


def numbers(ranges: Iterable[Range]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


def is_well_formed(ranges: Ranges) -> bool:
    """They rise, none is empty, and between two of them something is missing."""
    listed = list(ranges)
    return all(first <= last for first, last in listed) and all(
        one[1] + 1 < other[0] for one, other in zip(listed, listed[1:])
    )


@given(STEPS)
def test_it_is_the_set_that_it_stands_for(steps: list[tuple[str, Range]]) -> None:
    ranges, model = Ranges(), set[int]()
    for step, (first, last) in steps:
        some = set(range(first, last + 1))
        match step:
            case "add":
                ranges.add(first, last)
                model |= some
            case "remove":
                ranges.remove(first, last)
                model -= some
            case "below":
                ranges.remove_below(first)
                model = {number for number in model if number >= first}
            case "within":
                part = ranges.within(first, last)
                assert is_well_formed(part) and numbers(part) == model & some
        assert is_well_formed(ranges) and numbers(ranges) == model
        assert len(model) == ranges.count
        assert bool(model) is bool(ranges)
        assert [number in ranges for number in range(-1, 32)] == [
            number in model for number in range(-1, 32)
        ]
        if model:
            assert (min(model), max(model)) == (ranges.first, ranges.last)


@given(st.lists(PAIRS), st.lists(PAIRS))
def test_equal_sets_are_equal(some: list[Range], others: list[Range]) -> None:
    ranges = Ranges(some)
    assert (ranges == Ranges(others)) is (numbers(some) == numbers(others))
    ranges.update(Ranges(others))

    assert ranges == Ranges([*others, *some])
    assert numbers(ranges) == numbers(some) | numbers(others)
    ranges.clear()
    assert Ranges() == ranges and [] == list(ranges) and ranges != []


def test_part_of_it_is_another_set() -> None:
    ranges = Ranges([(1, 9)])
    ranges.within(2, 3).add(20, 30)

    assert "Ranges([(1, 9)])" == repr(ranges)
