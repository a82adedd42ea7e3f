"""Authentication at Integral: a token in a header, or a signature of each request.

Pure: time, token and request id come in, a request that may leave comes out. The signed bytes are
sent unchanged. A secret is revealed here and nowhere else.
"""

import hashlib
import hmac
from base64 import b64encode
from email.utils import formatdate

from fixgw.runtime.secrets import Secret
from fixgw.venues.http import Request
from fixgw.venues.integral import build
from fixgw.venues.integral.build import Call

TOKEN_HEADER = "SSO_TOKEN"
REQUEST_ID = "X-Request-ID"


def login(user: str, password: Secret, org: str, url: str, request_id: str) -> Request:
    """The request that asks for a token."""
    call = build.login(user, password.reveal(), org)
    return _request(call, url, request_id, {})


def with_token(call: Call, url: str, token: Secret, request_id: str) -> Request:
    """*call*, shown to be ours by a token."""
    return _request(call, url, request_id, {TOKEN_HEADER: token.reveal()})


def signed(
    call: Call,
    url: str,
    request_id: str,
    *,
    user: str,
    secret: Secret,
    covers: tuple[str, ...],
    user_parameter: str,
    now_ms: int,
) -> Request:
    """*call*, signed: vendor, "HMAC authentication"."""
    digest = b64encode(hashlib.sha256(call.body).digest()).decode()
    headers = {
        "Date": formatdate(now_ms / 1000, usegmt=True),
        "Digest": f"SHA-256={digest}",
        "type": "hmac",
    }
    request = _request(call, url, request_id, headers)
    text = signing_text(request, covers, url)
    seal = hmac.digest(secret.reveal().encode(), text.encode(), hashlib.sha256)
    request.headers["Authorization"] = (
        f'hmac {user_parameter}="{user}", algorithm="hmac-sha256", '
        f'headers="{" ".join(covers)}", signature="{b64encode(seal).decode()}"'
    )
    return request


def signing_text(request: Request, covers: tuple[str, ...], url: str) -> str:
    """Return the text to sign: vendor, "Signature string construction"."""
    values = {name.lower(): value for name, value in request.headers.items()}
    path = request.url.removeprefix(url)
    line = f"{request.method} {path} HTTP/1.1"
    return "\n".join(
        line if name == "request-line" else f"{name}: {values[name]}" for name in covers
    )


def _request(call: Call, url: str, request_id: str, headers: dict[str, str]) -> Request:
    named = {"Content-Type": "application/json", REQUEST_ID: request_id, **headers}
    return Request(call.method, url + call.path, named, call.body)
