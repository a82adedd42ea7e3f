"""An order that has left memory and came back is to a client, a venue and an operator what it
would be had it never left: the machines of test_engine_any_input, on two engines."""

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from tests.core.any_story import AnyStory
from tests.support.filing import FilingExchange


class Files(AnyStory):
    """Orders are filed as soon as they may be, and brought back when something names them."""

    exchange_type = FilingExchange

    # A clock that is set back lets one end of a day come twice, or not, for an order that was away.
    @rule(milliseconds=st.sampled_from((5_000, 3_600_000)))
    def clock_is_set(self, milliseconds: int) -> None:
        self.exchange.set_clock(milliseconds)
        self._listen()

    def teardown(self) -> None:
        super().teardown()
        self.reached += self.exchange.file.met


class FilesAndReplacesInOneStep(Files):
    replaces = True


class FilesAndReplacesByCancel(Files):
    by_cancel = True


CHAINS = {
    "filed": 70, "revived": 40, "legs filed": 90, "filed and not in the place it was to take": 4,
    "over and not filed": 200,
}
REACH: dict[type[Files], dict[str, int]] = {
    Files: {"filed": 120, "revived": 100, "over and not filed": 200},
    FilesAndReplacesInOneStep: CHAINS,
    FilesAndReplacesByCancel: CHAINS,
}
"""So often at least: about a quarter of what it is today."""


@pytest.mark.drawn
@pytest.mark.parametrize("machine", REACH)
def test_an_order_that_was_away_is_the_same(machine: type[Files]) -> None:
    reached: Counter[str] = Counter()

    def begin() -> Files:
        return machine(reached)

    begin.__name__ = machine.__name__
    run_state_machine_as_test(
        begin,  # type: ignore[arg-type]
        settings=settings(max_examples=150, stateful_step_count=50),
    )

    too_rare = {
        what: (reached[what], least)
        for what, least in REACH[machine].items() if reached[what] < least
    }
    assert {} == too_rare, "a run that does not meet it proves nothing of it"
