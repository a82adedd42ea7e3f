"""argon2id: what matches, what does not, and what cannot be worked with."""

import pytest
from argon2 import PasswordHasher, extract_parameters

from fixgw.acceptor.auth.password import (
    NEW_PASSWORD_BYTES_MAX,
    NEW_PASSWORD_BYTES_MIN,
    Decoy,
    check,
    hashed,
    objection,
)
from fixgw.acceptor.auth.result import AuthResult
from fixgw.runtime.session_keys import PASSWORD_HASH

HASH = hashed("pässword")


@pytest.mark.parametrize(
    ("password", "verdict"),
    [
        # Text of a terminal is hashed as UTF-8, which is what comes over the wire as well.
        ("pässword".encode(), AuthResult.ACCEPTED),
        ("pässword".encode("latin-1"), AuthResult.WRONG_PASSWORD),
        (b"password", AuthResult.WRONG_PASSWORD),
        (b"", AuthResult.WRONG_PASSWORD),
        (b"\x00\xff", AuthResult.WRONG_PASSWORD),
    ],
)
def test_verdicts(password: bytes, verdict: AuthResult) -> None:
    assert verdict is check(HASH, password, Decoy())


def test_without_a_hash_no_password_is_right() -> None:
    decoy = Decoy()
    assert {AuthResult.WRONG_PASSWORD} == {
        check(None, each, decoy) for each in (b"", b"decoy", b"x")
    }


@pytest.mark.parametrize(
    "password_hash",
    [
        "$argon2id$v=19$m=1,t=1,p=99$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaHNvbWVoYXNo",
        "$argon2id$v=19$m=65536,t=3,p=4$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_a_hash_that_cannot_be_worked_with_lets_nobody_in(password_hash: str) -> None:
    assert PASSWORD_HASH.fullmatch(password_hash), "the settings would have found it"

    assert check(password_hash, b"", Decoy()) in (
        AuthResult.UNUSABLE_HASH, AuthResult.WRONG_PASSWORD
    )


def test_without_a_hash_it_costs_as_much_as_with_the_dearest() -> None:
    """Else the time of a refusal would tell which sessions there are."""
    cheap, dear = (
        PasswordHasher(time_cost=passes, memory_cost=kib, parallelism=1).hash("x")
        for passes, kib in ((1, 64), (3, 20_000))
    )
    decoy = Decoy()
    usual = extract_parameters(HASH)
    assert decoy.expect([cheap])
    assert usual == extract_parameters(decoy.made())
    assert not decoy.expect([cheap, HASH])

    assert decoy.expect([cheap, dear])
    assert extract_parameters(dear) == extract_parameters(decoy.made())
    assert not decoy.expect([cheap])
    assert extract_parameters(dear) == extract_parameters(decoy.made())


def test_what_is_hashed_is_what_the_settings_take() -> None:
    assert PASSWORD_HASH.fullmatch(hashed("x"))


def test_the_same_password_has_another_hash_each_time() -> None:
    assert hashed("x") != hashed("x")


@pytest.mark.parametrize(
    ("length", "good"),
    [
        (NEW_PASSWORD_BYTES_MIN - 1, False),
        (NEW_PASSWORD_BYTES_MIN, True),
        (NEW_PASSWORD_BYTES_MAX, True),
        (NEW_PASSWORD_BYTES_MAX + 1, False),
    ],
)
def test_how_long_a_new_password_may_be(length: int, good: bool) -> None:
    assert good is not bool(objection(b"x" * length, b"old"))


def test_a_new_password_is_another_one() -> None:
    assert "the same" in objection(b"x" * 20, b"x" * 20)
