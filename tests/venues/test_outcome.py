import pytest

from fixgw.model.venue import Refused, Unknown
from fixgw.venues.outcome import NOT_SENT, RETRY_AFTER, Answer, NoAnswer, NotSent, unanswered


def test_what_never_left_is_refused():
    assert unanswered(NotSent("no connection")) == Refused(
        NOT_SENT, "the venue could not be reached; nothing was sent"
    )


def test_what_may_have_left_is_unknown():
    assert unanswered(NoAnswer("timed out")) == Unknown("timed out")


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("7", 7), (" 7 ", 7), ("0", 0), ("61", 60), ("9" * 400, 60),
        # A date, a fraction, nonsense, digits that are not ASCII: as none.
        ("Wed, 21 Oct 2026 07:28:00 GMT", 2), ("1.5", 2), ("-1", 2), ("", 2), ("\u0663", 2),
    ],
)
def test_a_retry_after_is_seconds_and_bounded(told, seconds):
    assert Answer(429, b"", {RETRY_AFTER: told}).retry_after(default=2, most=60) == seconds


def test_without_a_retry_after_the_default_holds_and_is_bounded_too():
    answer = Answer(429, b"")
    assert [answer.retry_after(default=each, most=60) for each in (2, 90)] == [2, 60]
