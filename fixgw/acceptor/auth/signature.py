"""A signature in Password(554), as Finery Markets' FIX API takes it: HMAC-SHA384 over RawData(96).

Username(553) is the API key. RawData(96) is JSON, `{"nonce": …, "timestamp": …}`: a number that
is larger each time, and Unix milliseconds. Password(554) is base64 of the HMAC-SHA384 of exactly
these bytes, with the secret's text as the key.
"""

import base64
import binascii
import hashlib
import hmac

import msgspec

from fixgw.acceptor.auth.result import AuthResult
from fixgw.runtime.secrets import Secret

NONCE_MAX = 2**64 - 1
"""The vendor's type for it is an unsigned int64."""

LOGIN_DATA_BYTES_MAX = 1_024


class LoginData(msgspec.Struct, frozen=True):
    """The signed data. Further fields are ignored."""

    nonce: int
    timestamp: int


_decoder = msgspec.json.Decoder(LoginData)


def check(
    username: bytes,
    password: bytes,
    raw_data: bytes,
    key: str,
    secret: Secret,
    max_seconds: int,
    last_nonce: int,
    now_ms: int,
) -> tuple[AuthResult, int]:
    """Return a Verdict on whether *raw_data* was signed with *secret*, just now and never before,
    and its nonce.

    *max_seconds*: how far its timestamp may be from *now_ms*, Unix milliseconds. *last_nonce*: the
    largest that was used, -1 before the first.
    """
    # The same work for a wrong key as for a wrong signature.
    good = hmac.compare_digest(_signature(raw_data, secret), _decoded(password))
    if not hmac.compare_digest(username, key.encode()):
        return AuthResult.WRONG_KEY, -1
    if not good:
        return AuthResult.WRONG_SIGNATURE, -1
    if len(raw_data) > LOGIN_DATA_BYTES_MAX:
        return AuthResult.BAD_LOGIN_DATA, -1
    try:
        data = _decoder.decode(raw_data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return AuthResult.BAD_LOGIN_DATA, -1
    if not 0 <= data.nonce <= NONCE_MAX:
        return AuthResult.BAD_LOGIN_DATA, -1
    if abs(now_ms - data.timestamp) > max_seconds * 1000:
        return AuthResult.WRONG_TIMESTAMP, -1
    if data.nonce <= last_nonce:
        return AuthResult.NONCE_USED, -1
    return AuthResult.ACCEPTED, data.nonce


def _signature(raw_data: bytes, secret: Secret) -> bytes:
    return hmac.digest(secret.reveal().encode(), raw_data, hashlib.sha384)


def _decoded(password: bytes) -> bytes:
    try:
        return base64.b64decode(password, validate=True)
    except (binascii.Error, ValueError):
        return b""
