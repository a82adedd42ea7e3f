"""What is due after which silence, with HeartBtInt(108)=30."""

import pytest

from fixgw.fix.liveness import Due, Liveness


@pytest.fixture
def live() -> Liveness:
    begun = Liveness()
    begun.begin(30, 1_000)
    return begun


def test_nothing_is_due_within_the_interval(live: Liveness) -> None:
    assert Due.NOTHING is live.due(30_999)


def test_a_heartbeat_after_an_interval_without_a_word_of_ours(live: Liveness) -> None:
    live.heard_at = 31_000

    assert Due.HEARTBEAT is live.due(31_000)


def test_a_test_request_after_1_2_intervals_of_silence_and_only_once(live: Liveness) -> None:
    assert Due.TEST_REQUEST is live.due(37_000)
    live.said_at = 37_000
    assert Due.NOTHING is live.due(37_001)
    assert Due.NOTHING is live.due(72_999)


def test_the_connection_is_given_up_after_2_4_intervals_of_silence(live: Liveness) -> None:
    live.due(37_000)

    assert Due.GIVE_UP is live.due(73_000)


def test_heart_bt_int_0_asks_for_nothing() -> None:
    live = Liveness()
    live.begin(0, 0)

    assert Due.NOTHING is live.due(10**9)
