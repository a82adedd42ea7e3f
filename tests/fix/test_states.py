"""The table of session states."""

import pytest

from fixgw.fix.states import CHANGES, State, check


def test_every_state_has_a_row_and_a_way_out() -> None:
    assert set(CHANGES) == set(State)
    for state, allowed in CHANGES.items():
        assert state not in allowed
        if state is not State.DISCONNECTED:
            assert State.DISCONNECTED in allowed


@pytest.mark.parametrize("current", State)
@pytest.mark.parametrize("proposed", State)
def test_a_missing_row_is_an_error(current: State, proposed: State) -> None:
    if proposed in CHANGES[current]:
        assert check(current, proposed) is proposed
    else:
        with pytest.raises(AssertionError, match=f"{current.name} -> {proposed.name}"):
            check(current, proposed)


def test_nobody_is_logged_on_who_was_not_let_in() -> None:
    before = [state for state, allowed in CHANGES.items() if State.LOGGED_ON in allowed]

    assert before == [State.CONNECTED]
