"""CertificateNames: the names that a client's certificate may have. The listener has verified
it."""

from collections.abc import Collection

from fixgw.acceptor.auth.result import AuthResult


def check(wanted: Collection[str], names: Collection[str]) -> AuthResult:
    """Return a Verdict on whether one of *names*, those of the connection's certificate, is
    *wanted*."""
    if not names:
        return AuthResult.NO_CERTIFICATE
    # Exactly: a pattern in a certificate is for servers, and proves no client's name.
    return AuthResult.ACCEPTED if set(wanted) & set(names) else AuthResult.WRONG_CERTIFICATE
