"""How often a client may make its numbers start again."""

from datetime import UTC, datetime, time

import pytest

from fixgw.fix.outbox import Numbers
from fixgw.fix.resets import Policy, Resets
from fixgw.fix.schedule import Hours, LogonWindow, NonStop, schedule


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


NIGHT = schedule(time(22), time(21))
NOON = ms("2026-11-20T12:00:00")


def numbers(next_sender: int = 5, next_target: int = 7) -> Numbers:
    return Numbers(next_sender, next_target, 0, 0)


@pytest.mark.parametrize(
    ("policy", "hours", "again", "allowed"),
    [
        ("always", NIGHT, "2026-11-20T12:00:01", True),
        ("never", NIGHT, "2026-12-20T12:00:00", False),
        ("daily", NIGHT, "2026-11-20T12:00:01", False),
        ("daily", NIGHT, "2026-11-20T20:59:59", False),
        ("daily", NIGHT, "2026-11-20T22:00:00", True),
        ("daily", NonStop(), "2026-11-20T23:59:59", False),
        ("daily", NonStop(), "2026-11-21T00:00:00", True),
        ("daily", LogonWindow(NonStop(), NIGHT), "2026-11-20T23:59:59", False),
        ("daily", LogonWindow(NonStop(), NIGHT), "2026-11-21T00:00:00", True),
        # The clock was put back: that makes no new day.
        ("daily", NonStop(), "2026-11-19T12:00:00", False),
    ],
)
def test_the_second_reset(policy: Policy, hours: Hours, again: str, allowed: bool) -> None:
    resets = Resets(policy, hours)
    resets.take(numbers(), NOON)

    assert allowed is not bool(resets.refusal(numbers(), ms(again)))


@pytest.mark.parametrize(("policy", "allowed"), [("always", 1), ("daily", 1), ("never", 0)])
def test_the_first_reset(policy: Policy, allowed: int) -> None:
    assert bool(allowed) is not bool(Resets(policy, NIGHT).refusal(numbers(), NOON))


def test_a_reset_that_changes_nothing_does_not_count() -> None:
    resets = Resets("daily", NIGHT)

    assert not resets.take(numbers(1, 1), NOON)
    assert not resets.refusal(numbers(), NOON)
    assert resets.take(numbers(1, 2), NOON)
    assert resets.refusal(numbers(), NOON) and not resets.refusal(numbers(1, 1), NOON)


def test_who_has_not_logged_on_since_they_started_may_say_that_they_start() -> None:
    """As QuickFIX does with ResetOnLogout=Y: reports that came meanwhile must not keep it out."""
    resets = Resets("daily", NIGHT)
    resets.take(numbers(), NOON)

    assert not resets.refusal(numbers(5, 1), NOON)
    assert not resets.take(numbers(5, 1), NOON)


def test_a_refusal_says_how_to_go_on() -> None:
    text = Resets("never", NIGHT).refusal(numbers(), NOON)

    assert text.endswith("log on without it, expecting MsgSeqNum(34) 7")
