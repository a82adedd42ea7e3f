"""Authentication at Finery: a signature over the sent bytes, for requests and for the socket.

Pure: time and nonce come in, and signed bytes come out. The signed bytes are sent unchanged, so
nothing may touch a request after this file. A secret is revealed here and nowhere else.
"""

import base64
import hashlib
import hmac

from msgspec import Struct

from fixgw.runtime.secrets import Secret
from fixgw.venues.finery.build import Call
from fixgw.venues.http import Request


class Nonces:
    """Numbers for one key: each above all before, also above those before a restart.

    Microseconds of the wall clock, or one more than the last.
    """

    def __init__(self) -> None:
        self._last = 0

    def next(self, now_ms: int) -> int:
        """A number that this key has not used."""
        self._last = max(self._last + 1, now_ms * 1000)
        return self._last


class Credentials(Struct, frozen=True, kw_only=True):
    """One account's API key and how it signs."""

    account: str
    key: str
    secret: Secret

    def sign(self, call: Call, rest_url: str, now_ms: int, nonce: int) -> Request:
        """*call* as a REST request; its signature covers the method's name and the body."""
        body = b'{"nonce":%d,"timestamp":%d' % (nonce, now_ms)
        rest = call.content[1:]
        body += rest if rest == b"}" else b"," + rest
        headers = {
            "Content-Type": "application/json",
            "EFX-Key": self.key,
            "EFX-Sign": self.signature(call.method.encode() + body),
        }
        return Request("POST", f"{rest_url}/{call.method}", headers, body)

    def socket_headers(self, now_ms: int, nonce: int) -> dict[str, str]:
        """Return the headers that open the socket: EFX-Content is signed exactly as sent."""
        content = f'{{"nonce":{nonce},"timestamp":{now_ms}}}'
        return {
            "EFX-Key": self.key,
            "EFX-Sign": self.signature(content.encode()),
            "EFX-Content": content,
        }

    def signature(self, text: bytes) -> str:
        """base64 of HMAC-SHA384 over *text*."""
        digest = hmac.new(self.secret.reveal().encode(), text, hashlib.sha384).digest()
        return base64.b64encode(digest).decode()
