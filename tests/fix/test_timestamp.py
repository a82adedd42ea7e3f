"""UTCTimestamp, both ways."""

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.fix.timestamp import UtcTimestamps, moment

TEN = 1767607200000
"""2026-01-05, 10:00:00 UTC."""

MILLISECONDS = st.integers(0, 4102444800000)
"""1970 to 2100."""


@pytest.mark.parametrize(("ms", "text"), [
    (0, "19700101-00:00:00.000"),
    (TEN, "20260105-10:00:00.000"),
    (TEN + 7, "20260105-10:00:00.007"),
    (TEN - 1, "20260105-09:59:59.999"),
    (TEN + 86_400_000, "20260106-10:00:00.000"),
])
def test_text(ms: int, text: str) -> None:
    stamps = UtcTimestamps()

    assert [stamps.text(ms), stamps.text(ms)] == [text, text]
    assert moment(ms) == datetime.strptime(text, "%Y%m%d-%H:%M:%S.%f").replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(("precision", "decimals"), [
    (0, ""), (1, ".1"), (2, ".12"), (3, ".129"), (4, ".1290"), (6, ".129000"), (9, ".129000000"),
])
def test_a_precision_cuts_off_or_adds_zeros(precision: int, decimals: str) -> None:
    stamps = UtcTimestamps(precision)

    assert [f"20260105-10:00:00{decimals}"] * 2 == [stamps.text(TEN + 129) for _ in range(2)]
    assert f"20260105-10:00:01{decimals}" == stamps.text(TEN + 1129)


@pytest.mark.parametrize(("text", "ms"), [
    ("20260105-10:00:00", TEN),
    ("20260105-10:00:00.1", TEN + 100),
    ("20260105-10:00:00.123", TEN + 123),
    ("20260105-10:00:00.123999999999", TEN + 123),
    ("20260105-09:59:60", TEN - 1000),
    ("20240229-00:00:00", 1709164800000),
])
def test_parse(text: str, ms: int) -> None:
    assert UtcTimestamps().parse(text) == ms


@pytest.mark.parametrize("text", [
    "", "-", "2026", "20260105", "20260105-10:00", "20260105-10:00:0", "20260105 10:00:00",
    "20260105-10:00:00.", "20260105-10:00:00.x", "20260105-10:00:00,5", "20260105-10:00:00Z",
    "20260105-10:00:00.12 ", "20260105-10:00:61", "20260105-10:60:00", "20260105-24:00:00",
    "20260229-00:00:00", "20261301-00:00:00", "00000101-00:00:00", "2026010\xb2-10:00:00",
    "20260105-10:00:00.\xb2",
])
def test_no_timestamp(text: str) -> None:
    assert UtcTimestamps().parse(text) is None


def test_a_bad_text_does_not_spoil_the_second_that_is_kept() -> None:
    stamps = UtcTimestamps()
    texts = ["20260105-10:00:00.5", "", "20260105-10:00:00x", "20260105-10:00:00"]

    assert [stamps.parse(text) for text in texts] == [TEN + 500, None, None, TEN]


@given(st.lists(MILLISECONDS))
def test_there_and_back(times: list[int]) -> None:
    stamps = UtcTimestamps()

    assert [stamps.parse(stamps.text(ms)) for ms in times] == times


@given(st.lists(st.text(max_size=30)))
def test_any_text_is_a_time_or_is_not(texts: list[str]) -> None:
    stamps = UtcTimestamps()
    for text in texts:
        stamps.parse(text)
