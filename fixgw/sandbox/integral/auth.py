"""Authentication: tokens, and signatures checked on exactly the bytes sent.

Pure: headers, body, request line and the time come in, the user comes out or a Refusal is raised.
No secret may leave this file. The header is taken apart here and not by code that clients make it
with.
"""

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, SimpleCookie
from secrets import token_urlsafe

from msgspec import Struct

from fixgw.sandbox.integral.config import Settings, UserSettings
from fixgw.sandbox.integral.wire import Refusal

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')


class Token(Struct, frozen=True):
    """A token that was given out."""

    text: str
    user: UserSettings
    expires: int


class Users:
    """The users of the venue, and the tokens that they hold."""

    def __init__(self, settings: Settings) -> None:
        self._users = {user.user: user for user in settings.users}
        self._ttl_ms = settings.behaviour.token_ttl_ms
        self._tolerance_ms = settings.behaviour.date_tolerance_ms
        self._tokens: dict[str, Token] = {}

    def log_in(self, user: str, password: str, org: str, now: int) -> Token:
        """Return a token for a user who knows the password."""
        known = self._users.get(user)
        if known is None or known.org != org or not _same(password, known.password):
            raise Refusal(401, "Invalid user, password or organization")
        return self._give(known, now)

    def renew(self, headers: Mapping[str, str], now: int) -> Token:
        """Another token for one that was given out, expired or not.

        "If your token is expired, you are issued a new token." ASSUMPTION: the old one is good
        until its own end.
        """
        token = self._tokens.get(_token_of(headers))
        if token is None:
            raise Refusal(401, "Invalid token")
        return self._give(token.user, now)

    def forget_tokens(self) -> None:
        """Whoever has logged in must log in again."""
        self._tokens.clear()

    def authenticate(
        self, headers: Mapping[str, str], request_line: str, body: bytes, now: int
    ) -> UserSettings:
        """Return the user that sends a request."""
        if headers.get("type") == "hmac" or "Authorization" in headers:
            return self._signed(headers, request_line, body, now)
        token = self._tokens.get(_token_of(headers))
        if token is None or token.expires <= now:
            raise Refusal(401, "Invalid or expired token")
        return token.user

    def _give(self, user: UserSettings, now: int) -> Token:
        token = Token(token_urlsafe(32), user, now + self._ttl_ms)
        self._tokens[token.text] = token
        return token

    def _signed(
        self, headers: Mapping[str, str], request_line: str, body: bytes, now: int
    ) -> UserSettings:
        scheme, _, rest = headers.get("Authorization", "").partition(" ")
        named = dict(_PARAMETER.findall(rest))
        # The grammar says username, the sample userId.
        user = self._users.get(named.get("userId") or named.get("username") or "")
        if scheme != "hmac" or headers.get("type") != "hmac" or user is None:
            raise Refusal(401, "Invalid authorization")
        covered = named.get("headers", "").split(" ")
        if named.get("algorithm") != "hmac-sha256" or "date" not in covered:
            raise Refusal(401, "Invalid authorization parameters")
        self._check_date(headers.get("Date", ""), now)
        digest = b64encode(hashlib.sha256(body).digest()).decode()
        if not _same(headers.get("Digest", ""), f"SHA-256={digest}"):
            raise Refusal(401, "Invalid digest")
        text = "\n".join(
            request_line if name == "request-line" else f"{name}: {headers.get(name, '')}"
            for name in covered
        )
        seal = hmac.new(user.hmac_secret.encode(), text.encode(), hashlib.sha256).digest()
        if not user.hmac_secret or not _same(
            named.get("signature", ""), b64encode(seal).decode()
        ):
            raise Refusal(401, "Invalid signature")
        return user

    def _check_date(self, date: str, now: int) -> None:
        try:
            at = parsedate_to_datetime(date).timestamp() * 1000
        except ValueError:
            raise Refusal(401, "Invalid date") from None
        if self._tolerance_ms and abs(now - at) > self._tolerance_ms:
            raise Refusal(401, "The date is too far from the server's")


def _token_of(headers: Mapping[str, str]) -> str:
    """Return the token of a request: a header, or the cookie that the tutorials speak of."""
    text = headers.get("SSO_TOKEN", "")
    if text:
        return text
    try:
        cookie = SimpleCookie(headers.get("Cookie", "")).get("SSO_TOKEN")
    except CookieError:
        return ""
    return cookie.value if cookie is not None else ""


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(errors="replace"), right.encode())
