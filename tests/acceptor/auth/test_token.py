"""Signed tokens: Apifiny's scheme as its manual has it, and what is refused."""

import base64
import hashlib
import json
from typing import Any

import jwt
import pytest

from fixgw.acceptor.auth.result import AuthResult
from fixgw.acceptor.auth.token import LEEWAY_MS, TOKEN_BYTES_MAX, Token, check
from fixgw.runtime.secrets import Secret
from tests.support.secrets import TOKEN_KEY_ID, TOKEN_SECRET, WRONG_TOKEN_SECRET, claims

NOW = 1_800_000_000
EXP = NOW + 30
LIMIT = 300


def token(secret: str = TOKEN_SECRET, *, algorithm: str = "HS256", **changes: Any) -> bytes:
    return jwt.encode(claims(**{"exp": EXP, **changes}), secret, algorithm).encode()


def verdict(raw_data: bytes, now_ms: int = NOW * 1000) -> AuthResult:
    return found(raw_data, now_ms)[0]


def found(raw_data: bytes, now_ms: int = NOW * 1000) -> tuple[AuthResult, Token | None]:
    return check(raw_data, Secret(TOKEN_SECRET), TOKEN_KEY_ID, ("A1", "A2"), LIMIT, now_ms)


def segment(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def test_a_token_as_the_vendors_sample_makes_it() -> None:
    # Written out, by the manual: get_signature('Fix', account, key id, account, secret).
    made = jwt.encode(
        {
            "accountId": "A1",
            "secretKeyId": TOKEN_KEY_ID,
            "digest": hashlib.sha256(b"A1").hexdigest(),
            "method": "Fix",
            "exp": EXP,
        },
        TOKEN_SECRET,
    )

    assert AuthResult.ACCEPTED is verdict(made.encode())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"account": "A2"}, AuthResult.ACCEPTED),
        ({"exp": EXP * 1000}, AuthResult.ACCEPTED),
        ({"account": "A3"}, AuthResult.WRONG_TOKEN),
        ({"accountId": None}, AuthResult.WRONG_TOKEN),
        ({"accountId": ["A1"]}, AuthResult.WRONG_TOKEN),
        ({"secretKeyId": "another"}, AuthResult.WRONG_TOKEN),
        ({"secretKeyId": None}, AuthResult.WRONG_TOKEN),
        ({"digest": hashlib.sha256(b"A2").hexdigest()}, AuthResult.WRONG_TOKEN),
        ({"digest": None}, AuthResult.WRONG_TOKEN),
        ({"method": "order.insertOrder"}, AuthResult.WRONG_TOKEN),
        ({"method": None}, AuthResult.WRONG_TOKEN),
        ({"exp": None}, AuthResult.WRONG_TOKEN),
        ({"exp": True}, AuthResult.WRONG_TOKEN),
        ({"exp": float(EXP)}, AuthResult.WRONG_TOKEN),
        ({"exp": -1}, AuthResult.TOKEN_EXPIRED),
        ({"exp": NOW - 60}, AuthResult.TOKEN_EXPIRED),
        ({"exp": (NOW - 60) * 1000}, AuthResult.TOKEN_EXPIRED),
        ({"exp": NOW + LIMIT}, AuthResult.ACCEPTED),
        ({"exp": NOW + LIMIT + 60}, AuthResult.TOKEN_TOO_LONG),
        ({"exp": (NOW + LIMIT + 60) * 1000}, AuthResult.TOKEN_TOO_LONG),
        ({"exp": 10**40}, AuthResult.TOKEN_TOO_LONG),
    ],
)
def test_what_a_token_claims(changes: dict[str, Any], expected: AuthResult) -> None:
    assert expected is verdict(token(**changes))


def test_a_clock_that_is_a_little_wrong_does_not_matter() -> None:
    end_ms = EXP * 1000 + LEEWAY_MS

    assert AuthResult.ACCEPTED is verdict(token(), end_ms - 1)
    assert AuthResult.TOKEN_EXPIRED is verdict(token(), end_ms)


def test_a_good_token_must_be_remembered_until_it_has_expired() -> None:
    _, good = found(token())

    assert good is not None and EXP * 1000 + LEEWAY_MS == good.until_ms


DEEP = b"[" * 2_500
UNSIGNED = segment(b'{"alg":"none"}') + b"." + segment(json.dumps(claims(exp=EXP)).encode())


@pytest.mark.parametrize(
    "raw_data",
    [
        token(WRONG_TOKEN_SECRET),
        token(algorithm="HS384"),
        token(algorithm="HS512"),
        UNSIGNED + b".",
        UNSIGNED + b".AAAA",
        jwt.encode(claims(exp=EXP), "", "none").encode(),
        token()[:-4],
        token() + b"A" * TOKEN_BYTES_MAX,
        token() + b"\n",
        token() + b"=",
        b" " + token(),
        b"a.b.c",
        b"..",
        b"\x00\xff",
        segment(DEEP) + b"." + segment(b"{}") + b".AAAA",
        segment(b'{"alg":"HS256"}') + b"." + segment(DEEP) + b".AAAA",
        segment(b'["alg"]') + b"." + segment(b"{}") + b".AAAA",
        segment(b'{"alg":["HS256"]}') + b"." + segment(b"{}") + b".AAAA",
        segment(b'{"alg":"HS256","crit":7}') + b"." + segment(b"{}") + b".AAAA",
    ],
)
def test_what_was_not_signed_with_the_secret_by_hs256(raw_data: bytes) -> None:
    assert (AuthResult.BAD_TOKEN, None) == found(raw_data)


def test_signed_well_and_no_object_of_claims() -> None:
    header = segment(b'{"alg":"HS256","typ":"JWT"}')
    hasher = jwt.get_algorithm_by_name("HS256")
    for payload in (b"[]", b"7", b"null", b"{", DEEP):
        signing = header + b"." + segment(payload)
        text = signing + b"." + segment(hasher.sign(signing, TOKEN_SECRET.encode()))
        assert AuthResult.BAD_TOKEN is verdict(text)


def test_no_token_at_all() -> None:
    assert (AuthResult.NO_TOKEN, None) == found(b"")


def test_a_token_written_in_another_way_is_still_the_same_token() -> None:
    # The last character of 32 bytes in base64 carries two bits that are passed over.
    good = token()
    last = good[-1:]
    alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place = alphabet.index(last)
    other = good[:-1] + alphabet[place ^ 1:][:1]

    (_, first), (_, second) = found(good), found(other)

    assert good != other and first is not None
    # Either it is refused, or it is known again.
    assert second is None or first.mark == second.mark
