"""Signed tokens: Apifiny's scheme as its manual has it, and what is refused."""

import base64
import hashlib
import json
from typing import Any

import jwt
import pytest

from fixgw.acceptor.auth.token import LEEWAY_MS, TOKEN_BYTES_MAX, Token, check
from fixgw.acceptor.auth.verdict import Verdict
from fixgw.runtime.secrets import Secret
from tests.support.secrets import TOKEN_KEY_ID, TOKEN_SECRET, WRONG_TOKEN_SECRET, claims

NOW = 1_800_000_000
EXP = NOW + 30
LIMIT = 300


def token(secret: str = TOKEN_SECRET, *, algorithm: str = "HS256", **changes: Any) -> bytes:
    return jwt.encode(claims(**{"exp": EXP, **changes}), secret, algorithm).encode()


def verdict(raw_data: bytes, now_ms: int = NOW * 1000) -> Verdict:
    return found(raw_data, now_ms)[0]


def found(raw_data: bytes, now_ms: int = NOW * 1000) -> tuple[Verdict, Token | None]:
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

    assert Verdict.ACCEPTED is verdict(made.encode())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"account": "A2"}, Verdict.ACCEPTED),
        ({"exp": EXP * 1000}, Verdict.ACCEPTED),
        ({"account": "A3"}, Verdict.WRONG_TOKEN),
        ({"accountId": None}, Verdict.WRONG_TOKEN),
        ({"accountId": ["A1"]}, Verdict.WRONG_TOKEN),
        ({"secretKeyId": "another"}, Verdict.WRONG_TOKEN),
        ({"secretKeyId": None}, Verdict.WRONG_TOKEN),
        ({"digest": hashlib.sha256(b"A2").hexdigest()}, Verdict.WRONG_TOKEN),
        ({"digest": None}, Verdict.WRONG_TOKEN),
        ({"method": "order.insertOrder"}, Verdict.WRONG_TOKEN),
        ({"method": None}, Verdict.WRONG_TOKEN),
        ({"exp": None}, Verdict.WRONG_TOKEN),
        ({"exp": True}, Verdict.WRONG_TOKEN),
        ({"exp": float(EXP)}, Verdict.WRONG_TOKEN),
        ({"exp": -1}, Verdict.TOKEN_EXPIRED),
        ({"exp": NOW - 60}, Verdict.TOKEN_EXPIRED),
        ({"exp": (NOW - 60) * 1000}, Verdict.TOKEN_EXPIRED),
        ({"exp": NOW + LIMIT}, Verdict.ACCEPTED),
        ({"exp": NOW + LIMIT + 60}, Verdict.TOKEN_TOO_LONG),
        ({"exp": (NOW + LIMIT + 60) * 1000}, Verdict.TOKEN_TOO_LONG),
        ({"exp": 10**40}, Verdict.TOKEN_TOO_LONG),
    ],
)
def test_what_a_token_claims(changes: dict[str, Any], expected: Verdict) -> None:
    assert expected is verdict(token(**changes))


def test_a_clock_that_is_a_little_wrong_does_not_matter() -> None:
    end_ms = EXP * 1000 + LEEWAY_MS

    assert Verdict.ACCEPTED is verdict(token(), end_ms - 1)
    assert Verdict.TOKEN_EXPIRED is verdict(token(), end_ms)


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
    assert (Verdict.BAD_TOKEN, None) == found(raw_data)


def test_signed_well_and_no_object_of_claims() -> None:
    header = segment(b'{"alg":"HS256","typ":"JWT"}')
    hasher = jwt.get_algorithm_by_name("HS256")
    for payload in (b"[]", b"7", b"null", b"{", DEEP):
        signing = header + b"." + segment(payload)
        text = signing + b"." + segment(hasher.sign(signing, TOKEN_SECRET.encode()))
        assert Verdict.BAD_TOKEN is verdict(text)


def test_no_token_at_all() -> None:
    assert (Verdict.NO_TOKEN, None) == found(b"")


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
