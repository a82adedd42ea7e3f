"""Both signature schemes, against values worked out by hand and against every way to be wrong."""

import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest

from fixgw.sandbox.apifiny.auth import Keys
from fixgw.sandbox.apifiny.codes import Refusal
from fixgw.sandbox.apifiny.config import KeySettings

NOW = 1_614_254_993_065
SECRET = "not-a-secret-0123456789-0123456789"
KEY = KeySettings(key_id="K1", secret=SECRET, account_id="STA-00000001")
KEYS = Keys((KEY,), recv_window_ms=5_000)
QUERY = b"accountId=STA-00000001&venue=VENUE1"


def token(secret: str = SECRET, algorithm: str = "HS256", **claims: Any) -> str:
    payload = {
        "accountId": "STA-00000001",
        "secretKeyId": "K1",
        "digest": hashlib.sha256(QUERY).hexdigest(),
        "exp": NOW // 1000 + 5,
    }
    merged = {name: value for name, value in (payload | claims).items() if value != "absent"}
    return jwt.encode(merged, secret, algorithm=algorithm)


def refusal(headers: dict[str, str], params: bytes = b"{}") -> int:
    with pytest.raises(Refusal) as refused:
        KEYS.authenticate(headers, QUERY, params, NOW)
    return refused.value.number


def stamped(timestamp: int | None = None, window: int | None = None) -> bytes:
    """Parameters as the 2022 scheme wants them; a query has its numbers as text."""
    given = {"timestamp": timestamp, "recvWindow": window}
    return json.dumps({name: str(value) for name, value in given.items() if value}).encode()


def test_a_token_names_its_key() -> None:
    assert KEY is KEYS.authenticate({"signature": token()}, QUERY, b"{}", NOW)


@pytest.mark.parametrize("exp", [NOW // 1000 + 1, NOW + 1])
def test_exp_is_seconds_or_milliseconds(exp: int) -> None:
    assert KEY is KEYS.authenticate({"signature": token(exp=exp)}, QUERY, b"{}", NOW)


@pytest.mark.parametrize(
    ("claims", "number"),
    [
        ({"exp": NOW // 1000}, 2097162),
        ({"exp": NOW}, 2097162),
        ({"exp": "absent"}, 2097162),
        ({"digest": "absent"}, 2097162),
        ({"digest": None}, 2097162),
        ({"digest": hashlib.sha256(b"other").hexdigest()}, 2097162),
        ({"secret": SECRET + "x"}, 2097162),
        ({"algorithm": "HS512", "secret": SECRET * 2}, 2097162),
        ({"secretKeyId": "K2"}, 2097163),
        ({"accountId": "STA-00000002"}, 2097163),
        ({"accountId": "absent"}, 2097162),
    ],
)
def test_a_token_that_is_not_right_is_refused(claims: dict[str, Any], number: int) -> None:
    assert number == refusal({"signature": token(**claims)})


@pytest.mark.parametrize("signature", ["", "nonsense", "a.b.c", "é", "..", "e30.e30.e30", "." * 9])
def test_a_signature_that_is_no_token_is_refused(signature: str) -> None:
    assert 2097162 == refusal({"signature": signature})


def test_an_unsigned_token_is_refused() -> None:
    bare = jwt.encode({"accountId": "STA-00000001", "secretKeyId": "K1"}, "", algorithm="none")

    assert 2097162 == refusal({"signature": bare})


def hexdigest(signed: bytes) -> str:
    return hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("params", "accepted"),
    [
        (stamped(NOW), True),
        (stamped(NOW - 5_000), True),
        (stamped(NOW - 5_001), False),
        (stamped(NOW - 5_001, 6_000), True),
        (stamped(NOW - 11, 10), False),
        (stamped(NOW + 1_000), True),
        (stamped(NOW + 1_001), False),
        (stamped(), False),
        (b'{"timestamp":"noon"}', False),
        (b'{"timestamp":%d,"recvWindow":null}' % NOW, True),
    ],
)
def test_the_2022_scheme_needs_a_timestamp_within_its_window(
    params: bytes, accepted: bool
) -> None:
    headers = {"apiKey": "K1", "signature": hexdigest(QUERY)}
    if accepted:
        assert KEY is KEYS.authenticate(headers, QUERY, params, NOW)
    else:
        assert 2097162 == refusal(headers, params)


def test_the_2022_scheme_signs_what_was_sent() -> None:
    params = stamped(NOW)

    assert 2097162 == refusal({"apiKey": "K1", "signature": hexdigest(b"other")}, params)
    assert 2097162 == refusal({"apiKey": "K1"}, params)
    assert 2097163 == refusal({"apiKey": "K2", "signature": hexdigest(QUERY)}, params)


def test_a_key_does_not_show_its_secret() -> None:
    assert SECRET not in repr(KEY)
