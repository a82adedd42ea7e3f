"""Finery Markets' signature: the vendor's sample, and what is refused."""

import pytest

from fixgw.acceptor.auth.result import AuthResult
from fixgw.acceptor.auth.signature import LOGIN_DATA_BYTES_MAX, NONCE_MAX, check
from fixgw.runtime.secrets import Secret
from tests.support.secrets import SIGNATURE_KEY, SIGNATURE_SECRET, WRONG_SIGNATURE_SECRET, signature

NOW_MS = 1_800_000_000_000
GOOD = f'{{"nonce": 7, "timestamp": {NOW_MS}}}'


def found(
    text: str = GOOD, password: str | None = None, key: str = SIGNATURE_KEY, last: int = -1
) -> tuple[AuthResult, int]:
    password = signature(text) if password is None else password
    return check(
        key.encode(), password.encode(), text.encode("latin-1"), SIGNATURE_KEY,
        Secret(SIGNATURE_SECRET), 60, last, NOW_MS,
    )


def test_the_vendors_own_sample() -> None:
    key = "RlZ4sKsHSr5zmYKIzbtf772J9y9gx8nekd8COrawI5V"
    secret = Secret("cZpZ1vwzOaXuiONfIQVg8h6za97FoHhrwwgoSCNwDAR")
    text = b'{"nonce": 49856723467362345, "timestamp": 1628489110490}'
    password = b"KCn9rlqILiifROYfgpGmRtvgBzSCJa/2KJ31oPKbcyE6D+BaTVfFMXo8kDwQtBC/"

    assert (AuthResult.ACCEPTED, 49856723467362345) == check(
        key.encode(), password, text, key, secret, 60, -1, 1628489110490
    )


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (GOOD, AuthResult.ACCEPTED),
        (f'{{"timestamp":{NOW_MS},"nonce":{NONCE_MAX}}}', AuthResult.ACCEPTED),
        (f'{{"nonce": 7, "timestamp": {NOW_MS}, "more": [1]}}', AuthResult.ACCEPTED),
        (f'{{"nonce": 7, "timestamp": {NOW_MS + 60_000}}}', AuthResult.ACCEPTED),
        (f'{{"nonce": 7, "timestamp": {NOW_MS - 60_001}}}', AuthResult.WRONG_TIMESTAMP),
        (f'{{"nonce": 7, "timestamp": {NOW_MS + 60_001}}}', AuthResult.WRONG_TIMESTAMP),
        (f'{{"nonce": 7, "timestamp": {NOW_MS // 1000}}}', AuthResult.WRONG_TIMESTAMP),
        (f'{{"nonce": -1, "timestamp": {NOW_MS}}}', AuthResult.BAD_LOGIN_DATA),
        (f'{{"nonce": {NONCE_MAX + 1}, "timestamp": {NOW_MS}}}', AuthResult.BAD_LOGIN_DATA),
        (f'{{"nonce": "7", "timestamp": {NOW_MS}}}', AuthResult.BAD_LOGIN_DATA),
        (f'{{"nonce": 7.5, "timestamp": {NOW_MS}}}', AuthResult.BAD_LOGIN_DATA),
        (f'{{"timestamp": {NOW_MS}}}', AuthResult.BAD_LOGIN_DATA),
        ('{"nonce": 7}', AuthResult.BAD_LOGIN_DATA),
        ("[]", AuthResult.BAD_LOGIN_DATA),
        ("", AuthResult.BAD_LOGIN_DATA),
        ("[" * LOGIN_DATA_BYTES_MAX, AuthResult.BAD_LOGIN_DATA),
        (" " * LOGIN_DATA_BYTES_MAX + GOOD, AuthResult.BAD_LOGIN_DATA),
    ],
)
def test_what_is_signed(text: str, verdict: AuthResult) -> None:
    assert verdict is found(text)[0]


@pytest.mark.parametrize(
    "password",
    [
        signature(GOOD, WRONG_SIGNATURE_SECRET),
        signature(GOOD + " "),
        signature(GOOD)[:-4],
        signature(GOOD) + "\n",
        "",
        "no base64!",
        SIGNATURE_SECRET,
    ],
)
def test_what_was_signed_with_something_else(password: str) -> None:
    assert (AuthResult.WRONG_SIGNATURE, -1) == found(password=password)


def test_another_key() -> None:
    assert (AuthResult.WRONG_KEY, -1) == found(key="somebody-else")


@pytest.mark.parametrize(("last", "verdict"), [
    (6, AuthResult.ACCEPTED), (7, AuthResult.NONCE_USED), (8, AuthResult.NONCE_USED),
])
def test_a_nonce_must_rise(last: int, verdict: AuthResult) -> None:
    assert verdict is found(last=last)[0]
