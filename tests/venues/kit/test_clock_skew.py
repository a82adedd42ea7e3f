"""A venue's clock, by the Date of its answers, which has whole seconds."""

import pytest

from fixgw.venues.outcome import Answer
from fixgw.venues.kit.clock import BELIEVED_MS, Skew, doubt

DATE = "Thu, 15 Aug 2024 09:31:04 GMT"
AT = 1_723_714_264_000


@pytest.mark.parametrize("sent, got, skew", [
    (AT + 100, AT + 400, 0),
    (AT - 300, AT + 1_200, 0),
    (AT - 5_000, AT - 4_900, 4_900),
    (AT + 31_000, AT + 31_100, -30_000),
])
def test_it_is_as_small_as_the_date_allows(sent, got, skew):
    clock = Skew()
    clock.heard(Answer(200, b"", {"date": DATE}), sent, got)

    assert skew == clock.ms


@pytest.mark.parametrize("headers", [
    {}, {"date": "today"}, {"date": "Thu, 99 Aug 2024"},
    {"date": "Thu, 15 Aug 2024 09:31:04 +99999999999999"},
])
def test_an_answer_without_a_date_says_nothing(headers):
    clock = Skew()
    clock.heard(Answer(200, b"", headers), 1, 2)

    assert clock.ms is None


def date(text: str) -> Answer:
    return Answer(200, b"", {"date": text})


@pytest.mark.parametrize("absurd", [
    "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT",
    "Thu, 15 Aug 2024 17:31:04 GMT",  # the time of another zone
])
def test_a_clock_that_cannot_be_is_not_believed_and_logged_once(absurd, capsys):
    clock = Skew("acme")
    clock.heard(date(absurd), AT, AT + 100)
    clock.heard(date(absurd), AT + 100, AT + 200)
    assert clock.ms is None
    clock.heard(date("Thu, 15 Aug 2024 09:31:34 GMT"), AT, AT + 100)
    assert clock.ms == 29_900
    clock.heard(date(absurd), AT, AT + 100)
    assert clock.ms == 29_900, "what was believed last"

    said = capsys.readouterr().out
    assert said.count("venue_clock_not_believed") == 2, "once each time that it begins"
    assert "acme" in said and "is not believed" in said


@pytest.mark.parametrize("off_ms, word", [
    (BELIEVED_MS + 1, "900 s ahead of ours"), (-BELIEVED_MS - 1, "900 s behind ours"),
])
def test_what_is_a_quarter_of_an_hour_off_is_no_clock(off_ms, word):
    assert word in doubt(AT + off_ms, AT)
    assert doubt(AT + off_ms - (1 if off_ms > 0 else -1), AT) == ""
