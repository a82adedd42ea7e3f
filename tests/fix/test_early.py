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


def test_the_bytes_have_a_limit_and_make_room_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early, "EARLY_BYTES_MAX", 100)
    messages = EarlyMessages()
    messages.keep(3, message(100))
    messages.keep(4, message())
    assert messages.take(4) is None

    messages.take(3)
    messages.keep(4, message())
    assert messages.take(4) is not None
