"""What was refused because of a bug: numbered on, without secrets, and never without end."""

from fixgw.loop.refusals import (
    CONTENT_BYTES_MAX,
    KEPT_A_MINUTE,
    KEPT_IN_MEMORY,
    MINUTE_MS,
    TOO_MANY,
    Refusals,
    in_words,
    written,
)
from fixgw.model.now import Now
from fixgw.model.refusals import RefusedKind

MORNING_MS = 1_796_040_000_000
"""2026-11-30 12:00 UTC."""


def now(ms: int = 0) -> Now:
    return Now(MORNING_MS + ms, ms)


def refuse(refusals: Refusals, at_ms: int = 0, source: str = "ONE", content: bytes = b"x") -> str:
    refused = refusals.refuse(
        RefusedKind.MESSAGE, source, content, ValueError("no"), now(at_ms)
    )
    return in_words(refused)


def test_a_reference_has_the_day_and_a_number_that_a_restart_goes_on_with() -> None:
    before, after = Refusals(), Refusals()
    assert "internal error, reference R-20261130-000001" == refuse(before)
    assert "internal error, reference R-20261130-000002" == refuse(before)

    for each in before.kept:
        after.replay(each)

    assert "internal error, reference R-20261130-000003" == refuse(after)


def test_ten_within_a_minute_are_too_many() -> None:
    refusals = Refusals()
    for number in range(TOO_MANY - 1):
        refuse(refusals, number)
    refuse(refusals, source="TWO")
    assert not refusals.too_many("ONE")

    refuse(refusals, MINUTE_MS)  # the first is a minute ago
    assert not refusals.too_many("ONE")
    refuse(refusals, MINUTE_MS)
    assert refusals.too_many("ONE")
    assert not refusals.too_many("TWO")

    refusals.forget("ONE")
    assert not refusals.too_many("ONE")


def test_a_source_that_goes_on_and_on_does_not_fill_the_journal() -> None:
    refusals = Refusals()
    told = [refuse(refusals) for _ in range(KEPT_A_MINUTE + 5)]

    assert 5 == told.count("internal error") == refusals.left_out
    assert KEPT_A_MINUTE == len(refusals.kept) == refusals.number


def test_memory_holds_the_newest() -> None:
    refusals = Refusals()
    for number in range(KEPT_IN_MEMORY + 1):
        refuse(refusals, source=str(number), content=(CONTENT_BYTES_MAX + 1) * b"x")

    assert KEPT_IN_MEMORY == len(refusals.kept)
    assert 2 == refusals.kept[0].number
    assert CONTENT_BYTES_MAX == len(refusals.kept[0].content)


def test_a_secret_that_the_error_repeats_is_masked() -> None:
    refused = Refusals().refuse(
        RefusedKind.MESSAGE, "ONE", b"x", ValueError("hunter2 is no number"), now(), ["hunter2"]
    )

    assert refused is not None
    assert "ValueError: *** is no number" == refused.record.error
    assert "hunter2" not in refused.trace
    assert "ValueError" in refused.trace


def test_what_cannot_even_be_written_is_named() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise ValueError

    assert written(Odd()).startswith(b"Odd <")
