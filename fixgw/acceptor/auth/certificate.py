"""CertificateNames: the names that a client's certificate may have. The listener has verified
it."""

from collections.abc import Collection

from fixgw.acceptor.auth.verdict import Verdict


def check(wanted: Collection[str], names: Collection[str]) -> Verdict:
    """Return a Verdict on whether one of *names*, those of the connection's certificate, is
    *wanted*."""
    if not names:
        return Verdict.NO_CERTIFICATE
    # Exactly: a pattern in a certificate is for servers, and proves no client's name.
    return Verdict.ACCEPTED if set(wanted) & set(names) else Verdict.WRONG_CERTIFICATE
