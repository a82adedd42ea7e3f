"""A signed token in RawData(96), as Apifiny's FIX API takes it: a JWT, signed by HS256.

Its claims: `accountId`; `secretKeyId`; `digest`, the SHA-256 of accountId in hex; `method`, which
is "Fix"; `exp`, Unix time in seconds, or in milliseconds as in some of the vendor's samples. The
gateway chooses the algorithm, not the token. A token is valid once: the caller gets back what to
remember, and for how long.
"""

import hashlib
import re
from typing import Any

import jwt
from jwt.utils import base64url_decode

from fixgw.acceptor.auth.result import AuthResult
from fixgw.runtime.secrets import Secret

ALGORITHMS = ("HS256",)
METHOD = "Fix"

TOKEN_BYTES_MAX = 4_096
"""A token with these claims has about 350."""

LEEWAY_MS = 5_000
"""The allowed difference between the client's clock and ours."""

MILLISECONDS_FROM = 100_000_000_000
"""An `exp` above it is in milliseconds: in seconds it would be the year 5138."""

SHAPE = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
"""Three parts of base64url, and nothing that a decoder might ignore."""

NOT_JUDGED = {"verify_exp": False, "verify_nbf": True, "verify_iat": False, "verify_aud": True}


class Token:
    """A valid token's digest, and the time until which it must not be used again (Unix
    milliseconds)."""

    __slots__ = ("mark", "until_ms")

    def __init__(self, mark: str, until_ms: int) -> None:
        self.mark = mark
        """A digest of the signature: the text of one token can be varied, the signed data
        cannot."""
        self.until_ms = until_ms


def check(
    raw_data: bytes,
    secret: Secret,
    key_id: str,
    accounts: tuple[str, ...],
    max_seconds: int,
    now_ms: int,
) -> tuple[AuthResult, Token | None]:
    """Return a Verdict on whether *raw_data* is a token of this key for one of *accounts*, and the
    token.

    It may be valid for at most *max_seconds* from *now_ms* on, Unix milliseconds.
    """
    if not raw_data:
        return AuthResult.NO_TOKEN, None
    claims = _claims(raw_data, secret)
    if claims is None:
        return AuthResult.BAD_TOKEN, None
    exp = claims.get("exp")
    if not isinstance(exp, int) or isinstance(exp, bool) or not _is_for(claims, key_id, accounts):
        return AuthResult.WRONG_TOKEN, None
    exp_ms = exp if exp > MILLISECONDS_FROM else exp * 1000
    if exp_ms + LEEWAY_MS <= now_ms:
        return AuthResult.TOKEN_EXPIRED, None
    if exp_ms > now_ms + max_seconds * 1000 + LEEWAY_MS:
        return AuthResult.TOKEN_TOO_LONG, None
    signature = base64url_decode(raw_data.rpartition(b".")[2])
    mark = hashlib.sha256(signature).hexdigest()[:32]
    return AuthResult.ACCEPTED, Token(mark, exp_ms + LEEWAY_MS)


def _claims(raw_data: bytes, secret: Secret) -> dict[str, Any] | None:
    """Return the claims of a token that was signed with *secret*, or None."""
    if len(raw_data) > TOKEN_BYTES_MAX or not SHAPE.fullmatch(raw_data):
        return None
    options: Any = NOT_JUDGED
    try:
        return jwt.decode(raw_data, secret.reveal(), algorithms=list(ALGORITHMS), options=options)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        # The last three: JSON of a stranger that PyJWT's checks are not made for.
        return None


def _is_for(claims: dict[str, Any], key_id: str, accounts: tuple[str, ...]) -> bool:
    account = claims.get("accountId")
    return (
        isinstance(account, str)
        and account in accounts
        and claims.get("secretKeyId") == key_id
        and claims.get("digest") == hashlib.sha256(account.encode()).hexdigest()
        and claims.get("method") == METHOD
    )
