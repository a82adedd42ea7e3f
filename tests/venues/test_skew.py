"""A venue's clock, by the Date of its answers, which has whole seconds."""

import pytest

from fixgw.venues.outcome import Answer
from fixgw.venues.skew import Skew

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
