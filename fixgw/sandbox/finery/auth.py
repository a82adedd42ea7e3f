"""Authentication: the signature over exactly the bytes sent, the timestamp, and the nonce.

Pure: keys, headers, text and the time come in, the key comes out or a Refusal is raised. No secret
may leave this file. ASSUMPTION: an unknown key is an invalid signature; the signature is looked at
first, then the timestamp, then the nonce.
"""

import base64
import hashlib
import hmac
from collections import defaultdict, deque
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from fixgw.sandbox.finery.codes import Code, Refusal
from fixgw.sandbox.finery.config import BehaviourSettings, KeySettings

KEY, SIGN, CONTENT = "EFX-Key", "EFX-Sign", "EFX-Content"


class Stamp(Struct, frozen=True):
    """The head of every signed text."""

    nonce: int
    timestamp: int


class Keys:
    """The API keys of the venue, and the nonces they have used."""

    def __init__(self, keys: tuple[KeySettings, ...], behaviour: BehaviourSettings) -> None:
        self._keys = {key.key: key for key in keys}
        self._behaviour = behaviour
        self._used: defaultdict[str, dict[int, None]] = defaultdict(dict)
        self._order: defaultdict[str, deque[tuple[int, int]]] = defaultdict(deque)
        self._highest: dict[str, int] = {}

    def authenticate(
        self, headers: Mapping[str, str], method: str, body: bytes, now: int
    ) -> KeySettings:
        """Return the key that signed a REST call: method and body."""
        key = self._signed_by(headers, method.encode() + body)
        self._check_stamp(key, body, now)
        return key

    def authenticate_socket(self, headers: Mapping[str, str], now: int) -> KeySettings:
        """Return the key that opens a socket: it signs the header EFX-Content."""
        content = headers.get(CONTENT, "").encode(errors="surrogateescape")
        key = self._signed_by(headers, content)
        self._check_stamp(key, content, now)
        return key

    def _signed_by(self, headers: Mapping[str, str], text: bytes) -> KeySettings:
        key = self._keys.get(headers.get(KEY, ""))
        if key is None:
            raise Refusal(Code.INVALID_SIGNATURE)
        digest = hmac.new(key.secret.encode(), text, hashlib.sha384).digest()
        expected = base64.b64encode(digest)
        given = headers.get(SIGN, "").encode(errors="replace")
        if not hmac.compare_digest(given, expected):
            raise Refusal(Code.INVALID_SIGNATURE)
        return key

    def _check_stamp(self, key: KeySettings, text: bytes, now: int) -> None:
        try:
            stamp = msgspec.json.decode(text, type=Stamp)
        except (ValueError, RecursionError):
            raise Refusal(Code.INVALID_PARAMETER) from None
        if abs(now - stamp.timestamp) > self._behaviour.timestamp_tolerance_ms:
            raise Refusal(Code.INVALID_TIMESTAMP)
        self._use(key.key, stamp.nonce, now)

    def _use(self, key: str, nonce: int, now: int) -> None:
        used, order = self._used[key], self._order[key]
        while order and order[0][0] + self._behaviour.nonce_window_ms <= now:
            del used[order.popleft()[1]]
        rising = self._behaviour.rising_nonces and nonce <= self._highest.get(key, 0)
        if nonce in used or rising or not 0 < nonce < 2**64:
            raise Refusal(Code.INVALID_NONCE)
        used[nonce] = None
        order.append((now, nonce))
        self._highest[key] = max(nonce, self._highest.get(key, 0))
