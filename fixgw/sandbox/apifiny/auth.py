"""Authentication: both signature schemes of the vendor, checked on exactly the bytes sent.

Pure: the key table, the headers, the signed text and the time come in, the key comes out or a
Refusal is raised. It identifies the caller and does not decide permissions. No secret may leave
this file. The JWT (RFC 7519, HS256 only) is taken apart here and not by the library that clients
make it with.
"""

import hashlib
import hmac
from base64 import b64decode
from collections.abc import Mapping
from typing import TypeVar

from msgspec import Struct

from fixgw.sandbox.apifiny.codes import Code, Refusal
from fixgw.sandbox.apifiny.config import KeySettings
from fixgw.sandbox.apifiny.params import Stamp, Unreadable, read

# Seconds reach this in the year 5138; the manual's stream sample sends milliseconds.
FIRST_MILLISECONDS = 100_000_000_000
# ASSUMPTION: how far a client's clock may run ahead of the venue's.
MAX_AHEAD_MS = 1_000
OUTSIDE_WINDOW = "Timestamp for this request is outside of the recvWindow"

T = TypeVar("T")


class Header(Struct, frozen=True):
    """RFC 7515 section 4.1; a critical extension is one we would have to know."""

    alg: str
    crit: object = None


class Claims(Struct, rename="camel", frozen=True):
    """The content of the token: "Payload in Signature includes the following content"."""

    account_id: str
    secret_key_id: str
    exp: int | float
    digest: str | None = None


class Keys:
    """The API keys of the venue, by id."""

    def __init__(self, keys: tuple[KeySettings, ...], recv_window_ms: int) -> None:
        self._keys = {key.key_id: key for key in keys}
        self._recv_window_ms = recv_window_ms

    def authenticate(
        self, headers: Mapping[str, str], signed: bytes, params: bytes, now: int
    ) -> KeySettings:
        """The key that signed a REST call.

        *signed* is the body of a POST, or the unescaped query of a GET in sending order;
        *params* says the same as JSON.
        """
        signature = headers.get("signature", "")
        if "apiKey" in headers:
            key = self._key(headers["apiKey"])
            self._check_hmac(key, signature, signed)
            self._check_stamp(_stamp(params), now)
            return key
        key, claims = self._open_token(signature, now)
        if not _same(claims.digest or "", hashlib.sha256(signed).hexdigest()):
            raise Refusal(Code.SIGNATURE_ERROR)
        return key

    def authenticate_stream(self, headers: Mapping[str, str], now: int) -> KeySettings:
        """Return the key that opens a user data stream: a token without a digest.

        The vendor's demo sends the claim as null, the manual says to leave it out. ASSUMPTION: a
        digest of something is refused.
        """
        key, claims = self._open_token(headers.get("signature", ""), now)
        if claims.digest is not None:
            raise Refusal(Code.SIGNATURE_ERROR)
        return key

    def authenticate_login(
        self, key_id: str, timestamp: int, signature: str, now: int
    ) -> KeySettings:
        """Return the key that logs in to the 2022 socket; it signs `timestamp=<ms>`."""
        key = self._key(key_id)
        self._check_hmac(key, signature, b"timestamp=%d" % timestamp)
        self._check_stamp(Stamp(timestamp), now)
        return key

    def _key(self, key_id: str) -> KeySettings:
        try:
            return self._keys[key_id]
        except KeyError:
            # "Permission denied. Invalid API key or permissions for action."
            raise Refusal(Code.PERMISSION_DENIED) from None

    def _open_token(self, token: str, now: int) -> tuple[KeySettings, Claims]:
        signed, _, signature = token.rpartition(".")
        header, _, payload = signed.partition(".")
        if _read(header, Header) != Header("HS256"):
            raise Refusal(Code.SIGNATURE_ERROR)
        claims = _read(payload, Claims)
        key = self._key(claims.secret_key_id)
        expected = hmac.new(key.secret.encode(), signed.encode(), hashlib.sha256).digest()
        if not hmac.compare_digest(_unpack(signature), expected):
            raise Refusal(Code.SIGNATURE_ERROR)
        if claims.account_id != key.account_id:
            raise Refusal(Code.PERMISSION_DENIED)
        expires = claims.exp if claims.exp >= FIRST_MILLISECONDS else claims.exp * 1000
        if expires <= now:
            raise Refusal(Code.SIGNATURE_ERROR)
        return key, claims

    @staticmethod
    def _check_hmac(key: KeySettings, signature: str, signed: bytes) -> None:
        expected = hmac.new(key.secret.encode(), signed, hashlib.sha256).hexdigest()
        if not _same(signature, expected):
            raise Refusal(Code.SIGNATURE_ERROR)

    def _check_stamp(self, stamp: Stamp, now: int) -> None:
        """The text is the vendor's; ASSUMPTION: its code is that of a bad signature."""
        window = self._recv_window_ms if stamp.recv_window is None else stamp.recv_window
        if stamp.timestamp is None or not -MAX_AHEAD_MS <= now - stamp.timestamp <= window:
            raise Refusal(Code.SIGNATURE_ERROR, OUTSIDE_WINDOW)


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(errors="replace"), right.encode())


def _stamp(params: bytes) -> Stamp:
    try:
        return read(params, Stamp)
    except Unreadable:
        raise Refusal(Code.SIGNATURE_ERROR, OUTSIDE_WINDOW) from None


def _unpack(part: str) -> bytes:
    """base64url without its padding, as RFC 7515 has it."""
    try:
        return b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Refusal(Code.SIGNATURE_ERROR) from None


def _read(part: str, kind: type[T]) -> T:
    try:
        return read(_unpack(part), kind, strict=True)
    except Unreadable:
        raise Refusal(Code.SIGNATURE_ERROR) from None
