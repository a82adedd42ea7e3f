"""What a session remembers of its Logons is the fold of its events."""

import pytest

from fixgw.acceptor.auth import history as module
from fixgw.acceptor.auth.history import (
    GOOD_AGAIN_MS,
    GOOD_MAX,
    GOOD_MS,
    LogonHistories,
    LogonHistory,
    fingerprint,
)
from fixgw.model.ids import SessionKey
from fixgw.model.session_events import (
    ClientReset,
    LoggedOnFrom,
    NonceUsed,
    PasswordChanged,
    TokenUsed,
)

KEY = SessionKey("FIX.4.4:FIXGW->CLIENT")


def used(mark: str, until_ms: int, at: int = 0) -> TokenUsed:
    return TokenUsed(session=KEY, at=at, mark=mark, until_ms=until_ms)


def test_the_clients_own_password_counts_until_the_operator_writes_another() -> None:
    memory = LogonHistory()
    memory.apply(PasswordChanged(
        session=KEY, at=1, password_hash="new", replaced=fingerprint("configured")
    ))

    assert "new" == memory.password_hash("configured")
    assert "written since" == memory.password_hash("written since")


def test_the_last_of_several_changes_counts() -> None:
    memory = LogonHistory()
    for new in ("second", "third"):
        memory.apply(PasswordChanged(
            session=KEY, at=1, password_hash=new, replaced=fingerprint("first")
        ))

    assert "third" == memory.password_hash("first")


def test_a_nonce_belongs_to_its_key() -> None:
    memory = LogonHistory()
    memory.apply(NonceUsed(session=KEY, at=1, key=fingerprint("key"), nonce=7))

    assert (7, -1) == (memory.last_nonce("key"), memory.last_nonce("another key"))


def test_used_tokens_are_forgotten_when_they_have_expired(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "TOKENS_MAX", 2)
    memory = LogonHistory()
    memory.apply(used("a", until_ms=100))
    memory.apply(used("b", until_ms=200))

    assert memory.has_token("a") and not memory.has_room(99)
    assert memory.has_room(100) and not memory.has_token("a") and memory.has_token("b")


def test_a_journal_of_many_tokens_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "TOKENS_MAX", 10)
    memory = LogonHistory()
    for number in range(1_000):
        memory.apply(used(f"{number}", until_ms=number + 5, at=number))

    assert [] == [n for n in range(900) if memory.has_token(f"{n}")]
    assert memory.has_token("999")


def test_when_the_client_reset_its_numbers() -> None:
    memory = LogonHistory()
    memory.apply(ClientReset(session=KEY, at=17))

    assert 17 == memory.reset_ms


def test_each_session_has_its_own() -> None:
    memories = LogonHistories()
    memories.apply(used("a", 100))

    assert memories.of(KEY).has_token("a")
    assert not memories.of(SessionKey("another")).has_token("a")


def test_an_address_that_was_good_is_known_for_a_month_and_noted_anew_each_day() -> None:
    memory = LogonHistory()
    memory.apply(LoggedOnFrom(session=KEY, at=5, address="192.0.2.1"))

    assert memory.knows("192.0.2.1", 4 + GOOD_MS) and not memory.knows("192.0.2.1", 5 + GOOD_MS)
    assert memory.knows("192.0.2.1", 4 + GOOD_AGAIN_MS, GOOD_AGAIN_MS)
    assert not memory.knows("192.0.2.1", 5 + GOOD_AGAIN_MS, GOOD_AGAIN_MS)
    assert not memory.knows("192.0.2.2", 5)


def test_of_many_good_addresses_the_latest_are_known() -> None:
    memory = LogonHistory()
    for number in (0, *range(GOOD_MAX), 0, GOOD_MAX):
        memory.apply(LoggedOnFrom(session=KEY, at=number, address=f"192.0.2.{number}"))

    known = [n for n in range(GOOD_MAX + 1) if memory.knows(f"192.0.2.{n}", GOOD_MAX)]
    assert [0, *range(2, GOOD_MAX + 1)] == known
