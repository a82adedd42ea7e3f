"""The table of session states."""

import pytest

from fixgw.fix.states import CHANGES, State, check


def test_every_state_has_a_row_and_a_way_out() -> None:
    assert set(CHANGES) == set(State)
    for state, allowed in CHANGES.items():
        assert state not in allowed
        if state is not State.DISCONNECTED:
            assert State.DISCONNECTED in allowed


def test_a_session_goes_the_way_of_the_drawing() -> None:
    way = State.DISCONNECTED, State.CONNECTED, State.LOGGED_ON, State.LOGGING_OUT

    assert [*way[1:], way[0]] == [
        check(now, then) for now, then in zip(way, (*way[1:], way[0]), strict=True)
    ]


def test_a_missing_row_is_an_error() -> None:
    with pytest.raises(AssertionError, match="LOGGING_OUT -> LOGGED_ON is not allowed"):
        check(State.LOGGING_OUT, State.LOGGED_ON)


def test_nobody_is_logged_on_who_was_not_let_in() -> None:
    before = [state for state, allowed in CHANGES.items() if State.LOGGED_ON in allowed]

    assert before == [State.CONNECTED]
