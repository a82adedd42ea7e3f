"""Which errors answer which commands: as the rule says it, and at what cost."""

from hypothesis import given
from hypothesis import strategies as st

from fixgw.venues.apifiny.flights import Flights


class Rule:
    """The rule as one would write it down: look through all that is in flight, every time."""

    def __init__(self) -> None:
        self.open: dict[str, int] = {}
        self.errors: list[tuple[int, str]] = []

    def settled(self) -> list[tuple[list[str], list[str]]]:
        """As many errors as commands that had left before the last of these came."""
        for count, (last, _) in enumerate(self.errors, 1):
            keys = [key for key, number in self.open.items() if number <= last]
            if len(keys) <= count:
                errors = [error for _, error in self.errors[:count]]
                del self.errors[:count]
                for key in keys:
                    del self.open[key]
                return [(keys, errors), *self.settled()]
        return []


@given(st.lists(st.tuples(st.sampled_from("leave answer fail".split()), st.integers(0, 9))))
def test_it_finds_what_the_rule_finds(steps):
    flights, rule, left = Flights(), Rule(), 0
    for number, (step, which) in enumerate(steps):
        if step == "leave":
            left += 1
            flights.leaves(f"c{left}", float(number))
            rule.open[f"c{left}"] = left
        elif step == "answer" and rule.open:
            key = list(rule.open)[which % len(rule.open)]
            assert flights.answered(key)
            del rule.open[key]
        elif step == "fail" and rule.open:
            flights.failed(f"e{number}")
            rule.errors.append((left, f"e{number}"))
        assert list(flights.settled()) == rule.settled()
        assert len(flights) == len(rule.open)
    assert flights.lost() == list(rule.open)


def test_what_is_not_in_flight_is_not_answered():
    flights = Flights()
    flights.leaves("a", 1.0)
    assert (flights.answered("b"), flights.answered("a"), flights.answered("a")) == (
        False, True, False,
    )
    assert flights.oldest() is None


def test_the_next_socket_begins_with_nothing():
    flights = Flights()
    for key in "ab":
        flights.leaves(key, 1.0)
    flights.failed("e")
    assert (flights.oldest(), flights.lost(), len(flights)) == (1.0, ["a", "b"], 0)
    flights.leaves("c", 2.0)
    assert (list(flights.settled()), flights.answered("c")) == ([], True)
