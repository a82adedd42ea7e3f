"""The authentication of a Logon: every check that a session's settings require.

Cheap checks come first, on the loop (`look`). The password check, and its stand-in if the session
has no password, occupies a core for a while and runs in a thread (`decide`). A refused Logon
therefore takes the same path and time, whatever was wrong with it. Neither function changes
anything: a valid token or nonce is only named, for the caller that accepts the client to remember.
"""

from hmac import compare_digest
from typing import NamedTuple

from fixgw.acceptor.auth import address, certificate, password, signature, token
from fixgw.acceptor.auth.credentials import PresentedCredentials
from fixgw.acceptor.auth.history import LogonHistory, fingerprint
from fixgw.acceptor.auth.result import AuthResult
from fixgw.model.session_events import NonceUsed, TokenUsed
from fixgw.runtime.session_settings import SessionSettings

NO_PASSWORD_TO_CHANGE = "NewPassword(925): this session has no password"


class Look(NamedTuple):
    """The result of the checks other than the password."""

    verdict: AuthResult
    used: TokenUsed | NonceUsed | None = None
    """The token or nonce that must not be accepted again."""


class Decision(NamedTuple):
    """The verdict on a Logon after the password check."""

    verdict: AuthResult
    new_hash: str = ""
    """argon2id of the NewPassword(925) that replaces the old one, if all else is valid."""
    objection: str = ""
    """The reason why NewPassword(925) does not replace it, for the client, which has authenticated
    itself."""


def look(
    settings: SessionSettings | None, memory: LogonHistory, offer: PresentedCredentials, now_ms: int
) -> Look:
    """Check everything but the password. *settings* is None if there is no such session."""
    if settings is None:
        return Look(AuthResult.UNKNOWN_SESSION)
    verdict = AuthResult.ACCEPTED
    if settings.allowed_remote_addresses:
        verdict = address.check(settings.allowed_remote_addresses, offer.address)
    if verdict is AuthResult.ACCEPTED and settings.certificate_names:
        verdict = certificate.check(settings.certificate_names, offer.certificate_names)
    if verdict is not AuthResult.ACCEPTED:
        return Look(verdict)
    if settings.token_secret is not None:
        return _look_at_token(settings, memory, offer, now_ms)
    if settings.signature_secret is not None:
        return _look_at_signature(settings, memory, offer, now_ms)
    return Look(verdict)


def _look_at_token(
    settings: SessionSettings, memory: LogonHistory, offer: PresentedCredentials, now_ms: int
) -> Look:
    assert settings.token_secret is not None
    verdict, good = token.check(
        offer.raw_data,
        settings.token_secret,
        settings.token_key_id,
        settings.token_accounts or settings.accounts,
        settings.token_max_seconds,
        now_ms,
    )
    if good is None:
        return Look(verdict)
    used = TokenUsed(session=settings.key, at=now_ms, mark=good.mark, until_ms=good.until_ms)
    return Look(_again(used, memory), used)


def _look_at_signature(
    settings: SessionSettings, memory: LogonHistory, offer: PresentedCredentials, now_ms: int
) -> Look:
    assert settings.signature_secret is not None
    key = settings.signature_key
    verdict, nonce = signature.check(
        offer.username,
        offer.password,
        offer.raw_data,
        key,
        settings.signature_secret,
        settings.signature_max_seconds,
        memory.last_nonce(key),
        now_ms,
    )
    if verdict is not AuthResult.ACCEPTED:
        return Look(verdict)
    used = NonceUsed(session=settings.key, at=now_ms, key=fingerprint(key), nonce=nonce)
    return Look(verdict, used)


def _again(used: TokenUsed, memory: LogonHistory) -> AuthResult:
    if memory.has_token(used.mark):
        return AuthResult.TOKEN_USED
    return AuthResult.ACCEPTED if memory.has_room(used.at) else AuthResult.TOO_MANY_TOKENS


def use(settings: SessionSettings, memory: LogonHistory, used: TokenUsed | NonceUsed) -> AuthResult:
    """Remember *used*. Refuse if somebody else has used it in the meantime."""
    if isinstance(used, TokenUsed):
        verdict = _again(used, memory)
    elif used.nonce > memory.last_nonce(settings.signature_key):
        verdict = AuthResult.ACCEPTED
    else:
        verdict = AuthResult.NONCE_USED
    if verdict is AuthResult.ACCEPTED:
        memory.apply(used)
    return verdict


def decide(
    looked: AuthResult,
    username: str,
    password_hash: str | None,
    offer: PresentedCredentials,
    decoy: password.Decoy,
) -> Decision:
    """Check the password, and return the verdict; *looked* is the result of `look`. Slow.

    *password_hash* is None for a session, known or not, that requires no password.
    """
    found = password.check(password_hash, offer.password, decoy)
    if looked is not AuthResult.ACCEPTED:
        return Decision(looked)
    if not compare_digest(offer.username, username.encode()):
        return Decision(AuthResult.WRONG_USERNAME)
    if found is not AuthResult.ACCEPTED or not offer.new_password:
        return Decision(found)
    objection = password.objection(offer.new_password, offer.password)
    if objection:
        return Decision(found, objection=objection)
    return Decision(found, password.hashed(offer.new_password))
