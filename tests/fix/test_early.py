"""What came before its turn, and how much of it is kept."""

import pytest

from fixgw.fix import early
from fixgw.fix.early import EarlyMessages
from fixgw.fix.message import Message


def message(size: int = 10) -> Message:
    return Message("0", {}, b"x" * size)


def test_taken_once_in_its_turn() -> None:
    messages, third = EarlyMessages(), message()
    messages.keep(3, third)

    assert messages.take(2) is None
    assert messages.take(3) is third
    assert messages.take(3) is None


def test_the_first_of_a_number_stays() -> None:
    messages, first = EarlyMessages(), message()
    messages.keep(3, first)
    messages.keep(3, message())

    assert messages.take(3) is first


def test_what_is_skipped_is_forgotten() -> None:
    messages = EarlyMessages()
    for seq_num in (3, 4, 5):
        messages.keep(seq_num, message())
    messages.forget_before(5)

    assert 1 == len(messages)


def test_whatever_is_skipped_the_rest_stays() -> None:
    messages = EarlyMessages()
    for seq_num in range(10, 100, 3):
        messages.keep(seq_num, message())
    for seq_num in (5, 11, 12, 13, 50, 51, 51):
        messages.forget_before(seq_num)
        left = [n for n in range(10, 100, 3) if n >= seq_num]
        assert len(left) == len(messages)
    # One that was skipped before may come again, after a reset.
    messages.keep(7, message())
    messages.forget_before(8)
    assert len(left) == len(messages)
    assert [n for n in range(100) if messages.take(n)] == left


def test_fields_count_by_what_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early, "EARLY_BYTES_MAX", 10 * early.FIELD_BYTES)
    messages = EarlyMessages()
    messages.keep(3, Message("0", dict.fromkeys(range(1, 11), "1"), b"1=1|2=1|"))
    messages.keep(4, message())
    assert messages.take(4) is None

    assert messages.take(3) is not None
    messages.keep(4, message())
    assert messages.take(4) is not None


def test_the_bytes_have_a_limit_and_make_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early, "EARLY_BYTES_MAX", 100)
    messages = EarlyMessages()
    messages.keep(3, message(100))
    messages.keep(4, message())
    assert messages.take(4) is None

    messages.take(3)
    messages.keep(4, message())
    assert messages.take(4) is not None
