"""Authentication to asmlink, and verification of its webhooks. Pure.

A key is revealed here and nowhere else. A delivery is checked on the bytes as received, in constant
time, before anything reads them.
"""

import hashlib
import hmac

from msgspec import Struct

from fixgw.runtime.secrets import Secret
from fixgw.venues.asmlink.build import Call
from fixgw.venues.http import Request

KEY_HEADER = "X-CM-API-Key"
SIGNATURE_HEADER = "X-CM-Signature"

SCHEME = "sha256="
"""ASSUMPTION: the digest is hex; some write this before it, and both are taken."""


class Credentials(Struct, frozen=True):
    """The corporate key."""

    api_key: Secret

    def sign(self, call: Call, base_url: str) -> Request:
        """*call* as a request to *base_url*."""
        headers = self.headers()
        if call.body:
            headers["Content-Type"] = "application/json"
        return Request(call.method, base_url + call.path, headers, call.body)

    def headers(self) -> dict[str, str]:
        """Document, "Required Header". ASSUMPTION: the stream's handshake carries it too."""
        return {KEY_HEADER: self.api_key.reveal()}


def is_genuine(secret: Secret, body: bytes, signature: str) -> bool:
    """Return True if *signature* is that of *body*: HMAC-SHA256(secret, raw_body)."""
    expected = hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()
    given = signature.strip().lower().removeprefix(SCHEME)
    return hmac.compare_digest(given.encode(errors="replace"), expected.encode())
