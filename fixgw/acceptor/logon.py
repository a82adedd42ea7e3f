"""Who may log on: Username(553) and Password(554) of a Logon against the session's settings.

A pure function, and a slow one on purpose (argon2id): the shell runs it in a
thread, never on the loop. It takes the same time whether the session, the
name or the password is wrong; whoever is refused is closed without a word.
"""

from enum import StrEnum
from functools import cache
from hmac import compare_digest

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from fixgw.runtime.session_settings import SessionSettings

hasher = PasswordHasher()
"""The library's parameters, RFC 9106's for little memory; each hash carries its own."""


class Verdict(StrEnum):
    """What became of a Logon; for the log. The client hears nothing but the close."""

    ACCEPTED = "accepted"
    NO_PASSWORD_ASKED = "no_password_asked"
    """The session sets no Username: CompIDs alone are enough."""
    UNKNOWN_SESSION = "unknown_session"
    WRONG_USERNAME = "wrong_username"
    WRONG_PASSWORD = "wrong_password"
    UNUSABLE_HASH = "unusable_hash"
    """PasswordHash cannot be worked with: out of bounds, or more memory than there is."""

    @property
    def may_log_on(self) -> bool:
        """Whether the Logon is answered with a Logon."""
        return self in (Verdict.ACCEPTED, Verdict.NO_PASSWORD_ASKED)


def verify(settings: SessionSettings | None, username: str, password: str) -> Verdict:
    """Whether *username* and *password* may log on to the session; None: there is no such one."""
    if settings is None:
        _check(_decoy(), password)
        return Verdict.UNKNOWN_SESSION
    if not settings.username:
        return Verdict.NO_PASSWORD_ASKED
    verdict = _check(settings.password_hash, password)
    if not compare_digest(_bytes(username), _bytes(settings.username)):
        return Verdict.WRONG_USERNAME
    return verdict


def hashed(password: str) -> str:
    """What PasswordHash holds for *password*."""
    return hasher.hash(_bytes(password))


def _check(password_hash: str, password: str) -> Verdict:
    try:
        hasher.verify(password_hash, _bytes(password))
    except VerifyMismatchError:
        return Verdict.WRONG_PASSWORD
    except (VerificationError, InvalidHashError):
        return Verdict.UNUSABLE_HASH
    return Verdict.ACCEPTED


@cache
def _decoy() -> str:
    """A hash to work on where there is none."""
    return hashed("")


def _bytes(text: str) -> bytes:
    # What came off the wire may hold bytes that are no text; they must compare, not raise.
    return text.encode("utf-8", "surrogateescape")
