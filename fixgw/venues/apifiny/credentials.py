"""Authentication at Apifiny: both of its signature schemes, for requests and for sockets.

Pure: the time comes in, by the venue's clock, and signed bytes come out. The signed bytes are sent
unchanged, so nothing may touch a request after this file. A secret is revealed here and nowhere
else.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Literal
from urllib.parse import quote

import msgspec
from jwt.algorithms import HMACAlgorithm
from jwt.api_jws import PyJWS
from msgspec import Struct

from fixgw.runtime.secrets import Secret
from fixgw.venues.apifiny.build import Call
from fixgw.venues.http import Request

UNESCAPED = ",:"
"""The characters left as they are in a query: the comma of orderIdList, for one."""

JSON = {"Content-Type": "application/json"}

encode = msgspec.json.Encoder().encode


class _HS256(HMACAlgorithm):
    """HS256 with the key as the vendor gave it: how long it is, is not for us to warn of."""

    def check_key_length(self, key: bytes) -> None:
        return None


_jws = PyJWS(algorithms=[])
_jws.register_algorithm("HS256", _HS256(HMACAlgorithm.SHA256))


class Credentials(Struct, frozen=True, kw_only=True):
    """One account's key and how it signs."""

    account: str
    key_id: str
    secret: Secret
    scheme: Literal["jwt", "hmac"]
    ttl_seconds: int

    def sign(self, call: Call, rest_url: str, now_ms: int) -> Request:
        """*call* as a request to *rest_url* that is good until *now_ms* + ttl."""
        params = call.params
        if self.scheme == "hmac":
            # 2022: both go where the parameters go and are signed with them.
            stamp = {"timestamp": now_ms, "recvWindow": self.ttl_seconds * 1000}
            params = {**params, **stamp}
        if call.method == "POST":
            body = encode(params)
            return Request("POST", rest_url + call.path, self._headers(body, now_ms), body)
        # "accountId=STA-00000001&venue=VENUE1": the query unescaped, in sending order.
        signed = _query(params).encode()
        url = f"{rest_url}{call.path}?{_query(params, escape=True)}"
        return Request(call.method, url, self._headers(signed, now_ms))

    def stream_headers(self, now_ms: int) -> dict[str, str]:
        """Return the headers that open a user data stream: a token without a digest."""
        return {"signature": self._token(now_ms)}

    def login_frame(self, now_ms: int) -> bytes:
        """Return the frame that logs in to the socket of 2022, which accepts only the newer scheme.
        """
        signature = self._hmac(f"timestamp={now_ms}".encode())
        data = {"timestamp": now_ms, "apiKey": self.key_id, "signature": signature}
        return encode({"action": "auth", "data": data})

    def _headers(self, signed: bytes, now_ms: int) -> dict[str, str]:
        if self.scheme == "hmac":
            return {**JSON, "apiKey": self.key_id, "signature": self._hmac(signed)}
        digest = hashlib.sha256(signed).hexdigest()
        return {**JSON, "signature": self._token(now_ms, digest)}

    def _token(self, now_ms: int, digest: str | None = None) -> str:
        claims: dict[str, object] = {"accountId": self.account, "secretKeyId": self.key_id}
        if digest is not None:
            claims["digest"] = digest
        # Whole seconds, rounded down: never good for longer than was asked.
        claims["exp"] = now_ms // 1000 + self.ttl_seconds
        return _jws.encode(encode(claims), self.secret.reveal(), algorithm="HS256")

    def _hmac(self, text: bytes) -> str:
        return hmac.new(self.secret.reveal().encode(), text, hashlib.sha256).hexdigest()


def public(call: Call, rest_url: str) -> Request:
    """*call* as a request that needs no signature."""
    query = f"?{_query(call.params, escape=True)}" if call.params else ""
    return Request(call.method, f"{rest_url}{call.path}{query}", {})


def _query(params: Mapping[str, object], *, escape: bool = False) -> str:
    return "&".join(
        f"{name}={quote(str(value), safe=UNESCAPED) if escape else value}"
        for name, value in params.items()
    )
