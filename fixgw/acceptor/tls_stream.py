"""TLS on one connection, as bytes: what the socket gives in, what the client said out.

Sans-IO: no socket, no clock, no log. OpenSSL works on two buffers in memory, so that the
connection alone decides how long, how much and when (decision 0010). It must never hold more
than OpenSSL needs for the record that is not whole yet.
"""

import ssl
from collections.abc import Mapping

RECORD_BYTES_MAX = 16_384
"""RFC 8446, 5.1: more than this is never in one record."""

NAMES = ("DNS", "URI", "email")
"""The kinds of subjectAltName that can name a client."""


class TlsFailed(Exception):
    """The other side does not speak TLS, or not as we must; the text is for the log."""


class TlsStream:
    """One connection. After each call what `to_send` returns belongs on the wire."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.established = False
        self.ended = False
        """Whether the other side has said that nothing more comes."""
        self._failed = False
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def receive(self, data: bytes) -> bytes:
        """Take what came over the wire; returns what it says. Raises TlsFailed."""
        self._incoming.write(data)
        try:
            if not self.established:
                self._tls.do_handshake()
                self.established = True
            return self._plain()
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLError as error:
            self._failed = True
            raise TlsFailed(_reason(error)) from None

    def _plain(self) -> bytes:
        tls, incoming = self._tls, self._incoming
        pieces: list[bytes] = []
        # Asked before, as an exception for "no more" would cost more than the record.
        while incoming.pending or tls.pending():
            try:
                piece = tls.read(RECORD_BYTES_MAX)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                piece = b""
            if not piece:
                self.ended = True
                break
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def seal(self, data: bytes) -> bytes:
        """*data* as it goes over the wire. Raises TlsFailed."""
        tls, at = self._tls, 0
        try:
            # OpenSSL takes one record at a time.
            while at < len(data):
                at += tls.write(memoryview(data)[at:at + RECORD_BYTES_MAX])
        except ssl.SSLError as error:
            raise TlsFailed(_reason(error)) from None
        return self._outgoing.read()

    def goodbye(self) -> bytes:
        """Our last record: nothing more comes from this side. b"" behind an alert."""
        if self._failed or not self.established:
            return b""
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            # Theirs has not come yet, and need not.
            pass
        return self._outgoing.read()

    def to_send(self) -> bytes:
        """What TLS itself has to say: handshake, alert, key update."""
        return self._outgoing.read() if self._outgoing.pending else b""

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the client's certificate, if it has shown one that was found good."""
        certificate = self._tls.getpeercert() if self.established else None
        return certificate_names(certificate) if certificate else ()

    @property
    def version(self) -> str:
        """TLSv1.3, say."""
        return self._tls.version() or "?"


def certificate_names(certificate: Mapping[str, object]) -> tuple[str, ...]:
    """CN of the subject, then the DNS, URI and email names, in its order, each once."""
    names: dict[str, None] = {}
    subject: object = certificate.get("subject", ())
    assert isinstance(subject, tuple)
    for part in subject:
        for name, value in part:
            if name == "commonName":
                names[value] = None
    alternatives: object = certificate.get("subjectAltName", ())
    assert isinstance(alternatives, tuple)
    for kind, value in alternatives:
        if kind in NAMES:
            names[value] = None
    return tuple(names)


def _reason(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"client certificate: {error.verify_message}"
    # OpenSSL's own words, such as "unsupported protocol"; nothing of what was sent.
    return (error.reason or type(error).__name__).replace("_", " ").lower()
