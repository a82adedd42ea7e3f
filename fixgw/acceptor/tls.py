"""The listener's certificate: read, tested, and read again when it is renewed.

A certificate that cannot be used stops the start with file, line and way out. A later one that
cannot be used never replaces a valid one: the log says so, and the old one stays. Open connections
are never touched. The key is never shown, and only OpenSSL reads its file.
"""

import ipaddress
import os
import re
import ssl
import time
from pathlib import Path
from typing import NamedTuple

import structlog

from fixgw.model.errors import GatewayError
from fixgw.runtime.gateway_toml import ListenerTls
from fixgw.runtime.secrets import check_mode
from fixgw.runtime.settings import Settings

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}

VERIFY = {
    "none": ssl.CERT_NONE, "optional": ssl.CERT_OPTIONAL, "required": ssl.CERT_REQUIRED
}

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""For TLS 1.2; all ciphers of 1.3 are good. No DHE: a stranger could make us compute for long."""

PEM_BYTES_MAX = 1_048_576

EXPIRES_SOON_DAYS = 14
"""From this many days before the end the log warns every day that the certificate must be
renewed."""

DAY_SECONDS = 86_400

TRIAL_ROUNDS = 4
"""A handshake takes fewer round trips than this."""

CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

EXPIRED, NOT_YET_VALID = 10, 9
"""X509_V_ERR_CERT_HAS_EXPIRED and X509_V_ERR_CERT_NOT_YET_VALID of OpenSSL."""

Stamps = tuple[tuple[int, int, int] | None, ...]

log = structlog.get_logger()


class CertificateProblem(GatewayError):
    """A file that cannot be used; *key* of `[listener.tls]` names it."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"{key}: {text}")
        self.key = key
        self.text = text


class Loaded(NamedTuple):
    """A certificate that was tested."""

    context: ssl.SSLContext
    expires: float
    """End of its validity, in seconds since 1970."""


class Tls:
    """The certificate for new connections."""

    def __init__(self, settings: ListenerTls, directory: Path) -> None:
        """Raise CertificateProblem if the files cannot be used."""
        self._settings = settings
        self._directory = directory
        self._tried = self._seen = self._in_use = self._stamps()
        self._days_told: int | None = None
        self._loaded = load(settings, directory)

    @property
    def context(self) -> ssl.SSLContext:
        """The context for the next connection."""
        return self._loaded.context

    def reload(self) -> bool:
        """Read the files again; return True if they are in use. If not, the log says why."""
        self._tried = self._stamps()
        try:
            self._loaded = load(self._settings, self._directory)
        except CertificateProblem as problem:
            log.error("certificate_not_renewed", reason=str(problem), kept="the one in use")
            return False
        if self._in_use != self._tried:
            self._in_use = self._tried
            self._days_told = None
            log.info("certificate_renewed", expires=_utc(self._loaded.expires))
        return True

    def look(self) -> None:
        """Notice files that were replaced, and a certificate that ends soon."""
        stamps = self._stamps()
        # Certificate and key are two files: both must stand still before they are read.
        if stamps != self._tried and stamps == self._seen:
            self.reload()
        self._seen = stamps
        days = int((self._loaded.expires - time.time()) // DAY_SECONDS)
        if days < EXPIRES_SOON_DAYS and days != self._days_told:
            self._days_told = days
            log.warning("certificate_expires_soon", expires=_utc(self._loaded.expires), days=days)

    def _stamps(self) -> Stamps:
        settings = self._settings
        names = (settings.certificate, settings.key, settings.client_ca)
        return tuple(_stamp(self._directory / name) for name in names if name)


def listener_tls(settings: Settings) -> Tls | None:
    """Return the listener's TLS, or None. Raise SettingsError if it is not decided, or not
    possible."""
    listener, document = settings.listener, settings.document
    if listener.tls is None:
        if not listener.plain and not is_loopback(listener.host):
            raise document.error(
                ("listener", "host"),
                "others than this machine can connect, without TLS: add [listener.tls] with "
                "certificate and key, or say plain = true if something in front does TLS",
            )
        return None
    if listener.plain:
        text = "contradicts [listener.tls]: leave out one of them"
        raise document.error(("listener", "plain"), text)
    try:
        return Tls(listener.tls, settings.directory)
    except CertificateProblem as problem:
        raise document.error(("listener", "tls", problem.key), problem.text) from None


def is_loopback(host: str) -> bool:
    """Return True if only this machine can connect to *host*."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load(settings: ListenerTls, directory: Path) -> Loaded:
    """Read the files and test them in a handshake. Raise CertificateProblem."""
    certificate, key = directory / settings.certificate, directory / settings.key
    found = CERTIFICATE.search(_pem("certificate", certificate))
    if found is None:
        raise CertificateProblem("certificate", f"{certificate} holds no PEM certificate")
    _check_key(key)
    context = _context(settings, certificate, key)
    expires = _try(context, found[0].decode("ascii", "replace"), certificate)
    _ask_clients(context, settings, directory)
    return Loaded(context, expires)


def _context(settings: ListenerTls, certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = VERSIONS[settings.minimum_version]
    context.set_ciphers(CIPHERS)
    # A FIX connection lasts for a day: nothing is won by resuming one, and the answer to a
    # Logon would come behind tickets. Renegotiation would have us compute at will.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.num_tickets = 0
    try:
        context.load_cert_chain(certificate, key, password=_no_passphrase)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            text = f"{key} is not the key of {certificate}: they must be made together"
            raise CertificateProblem("key", text) from None
        text = f"{certificate} with {key} cannot be used: {error.reason or 'malformed'}"
        raise CertificateProblem("certificate", text) from None
    except OSError as error:
        text = f"cannot read {certificate} or {key}: {error.strerror}"
        raise CertificateProblem("certificate", text) from None
    return context


def _no_passphrase() -> str:
    """Return no passphrase: OpenSSL would otherwise ask the terminal, and nobody is there."""
    return ""


def _pem(name: str, file: Path) -> bytes:
    try:
        with file.open("rb") as source:
            content = source.read(PEM_BYTES_MAX + 1)
    except OSError as error:
        raise CertificateProblem(name, f"cannot read {file}: {error.strerror}") from None
    if len(content) > PEM_BYTES_MAX:
        raise CertificateProblem(name, f"{file} is longer than {PEM_BYTES_MAX} bytes")
    return content


def _check_key(key: Path) -> None:
    content = _pem("key", key)
    if b"PRIVATE KEY-----" not in content:
        raise CertificateProblem("key", f"{key} holds no PEM private key")
    if b"ENCRYPTED" in content:
        text = f"{key} has a passphrase, and nobody is there to type it: openssl pkey removes it"
        raise CertificateProblem("key", text)
    try:
        check_mode(key, os.stat(key).st_mode)
    except ValueError as error:
        raise CertificateProblem("key", str(error)) from None


def _ask_clients(context: ssl.SSLContext, settings: ListenerTls, directory: Path) -> None:
    if settings.client_certificate == "none":
        if settings.client_ca:
            text = 'nobody is asked for a certificate: set client_certificate = "required"'
            raise CertificateProblem("client_ca", text)
        return
    if not settings.client_ca:
        text = "needs client_ca, the file of the authority that signs clients' certificates"
        raise CertificateProblem("client_certificate", text)
    file = directory / settings.client_ca
    if CERTIFICATE.search(_pem("client_ca", file)) is None:
        raise CertificateProblem("client_ca", f"{file} holds no PEM certificate")
    try:
        context.load_verify_locations(file)
    except (ssl.SSLError, OSError) as error:
        text = f"{file} cannot be used: {getattr(error, 'reason', None) or 'malformed'}"
        raise CertificateProblem("client_ca", text) from None
    context.verify_mode = VERIFY[settings.client_certificate]


def _try(server: ssl.SSLContext, leaf: str, file: Path) -> float:
    """Shake hands with ourselves to test that the certificate is valid today; return when it
    ends."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname = False
    trusting.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        trusting.load_verify_locations(cadata=leaf)
        ours = server.wrap_bio(to_server, to_client, server_side=True)
        theirs = trusting.wrap_bio(to_client, to_server)
        for _ in range(TRIAL_ROUNDS):
            for side in (theirs, ours):
                try:
                    side.do_handshake()
                except ssl.SSLWantReadError:
                    continue
    except ssl.SSLCertVerificationError as error:
        text = f"{file}: {error.verify_message}"
        if error.verify_code == EXPIRED:
            text = f"{file} has expired: renew it"
        elif error.verify_code == NOT_YET_VALID:
            text = f"{file} is not valid yet: is the clock right?"
        raise CertificateProblem("certificate", text) from None
    except ssl.SSLError as error:
        text = f"{file} cannot be used: {error.reason or 'malformed'}"
        raise CertificateProblem("certificate", text) from None
    shown = theirs.getpeercert()
    assert shown, "a handshake that ended without a certificate"
    return float(ssl.cert_time_to_seconds(str(shown["notAfter"])))


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(file)
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size, status.st_ino)


def _utc(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
