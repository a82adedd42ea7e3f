"""TLS on one connection, as bytes: socket data in, the client's plain text out.

Sans-IO: no socket, no clock, no log. OpenSSL works on two buffers in memory, so that the connection
alone decides how long, how much and when (decision 0010). It must never hold more than OpenSSL
needs for an incomplete record, nor compute for long for a peer that sends no data: a key update of
27 bytes costs 24 µs.
"""

import ssl
from collections.abc import Iterator, Mapping

RECORD_BYTES_MAX = 16_384
"""RFC 8446, 5.1: a record never has more."""

RECORD_HEAD_BYTES = 5
RECORD_BODY_BYTES_MAX = RECORD_BYTES_MAX + 2_048
"""RFC 5246, 6.2.3: an encrypted record."""

RECORDS_AT_ONCE = 8
"""After this many records their content is examined."""

SILENT_RECORDS_MAX = 8
"""Records without data (key updates, alerts, empty ones) between the handshake and that many bytes
of FIX, then again. No client needs more than one now and then."""

SILENT_FORGIVEN_BYTES = 1_048_576

NAMES = ("DNS", "URI", "email")
"""The kinds of subjectAltName that can name a client."""


class TlsFailed(Exception):
    """The peer does not speak TLS, or not as we require; the text is for the log."""


class TlsStream:
    """One connection. After each call the bytes that `to_send` returns belong on the wire."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.established = False
        self.ended = False
        """True if the peer has announced that nothing more comes."""
        self._failed = False
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._head = b""
        """The head of the next record, as far as it has arrived."""
        self._missing = 0
        """Missing bytes of the incomplete record."""
        self._silent_records = 0
        self._said_bytes = 0

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the wire; return the plain text. Raise TlsFailed."""
        try:
            whole = not self._missing and not self._head
            if whole and RECORD_HEAD_BYTES + int.from_bytes(data[3:5], "big") == len(data):
                plain = self._take(data, 1)  # as most of what a client says
            else:
                plain = b"".join([self._take(*part) for part in self._parts(data)])
        except ssl.SSLError as error:
            self._failed = True
            raise TlsFailed(_reason(error)) from None
        self._said_bytes += len(plain)
        return plain

    def _take(self, data: bytes, records: int) -> bytes:
        """Return the plain text of *data*, in which *records* records end."""
        self._incoming.write(data)
        if self.established:
            pieces = self._read()
            if len(pieces) < records:
                self._count_silent(records - len(pieces))
        elif self._shakes_hands():
            pieces = self._read()
        else:
            return b""
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _shakes_hands(self) -> bool:
        """Continue the handshake; return True if it is complete."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self.established = True
        return True

    def _parts(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        """Split *data* into parts in which few records end, each with the number of its records."""
        at = begin = records = 0
        while at < len(data):
            if not self._missing:
                wanted = RECORD_HEAD_BYTES - len(self._head)
                self._head += data[at:at + wanted]
                at += wanted
                if len(self._head) < RECORD_HEAD_BYTES:
                    break
                size = int.from_bytes(self._head[3:], "big")
                self._head, self._missing = b"", min(size, RECORD_BODY_BYTES_MAX)
            step = min(self._missing, len(data) - at)
            at += step
            self._missing -= step
            if not self._missing:
                records += 1
                if records == RECORDS_AT_ONCE:
                    yield data[begin:at], records
                    begin, records = at, 0
        if begin < len(data):
            yield data[begin:], records

    def _count_silent(self, records: int) -> None:
        if self._said_bytes >= SILENT_FORGIVEN_BYTES:
            self._said_bytes = self._silent_records = 0
        self._silent_records += records
        # Its last one is no reason to cut it off.
        if self._silent_records > SILENT_RECORDS_MAX and not self.ended:
            self._failed = True
            raise TlsFailed("too many records that say nothing")

    def _read(self) -> list[bytes]:
        """Return the available data, one piece per record that has any."""
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
        return pieces

    def seal(self, data: bytes) -> bytes:
        """Return *data* encrypted for the wire. Raise TlsFailed."""
        tls, at = self._tls, 0
        try:
            # OpenSSL takes one record at a time.
            while at < len(data):
                at += tls.write(memoryview(data)[at:at + RECORD_BYTES_MAX])
        except ssl.SSLError as error:
            raise TlsFailed(_reason(error)) from None
        return self._outgoing.read()

    def goodbye(self) -> bytes:
        """Return our last record, which announces the end of our side; b"" after an alert."""
        if self._failed or not self.established:
            return b""
        try:
            self._tls.unwrap()
        except ssl.SSLError:
            # Theirs has not come yet, and need not.
            pass
        return self._outgoing.read()

    def to_send(self) -> bytes:
        """Return TLS's own bytes to send: handshake, alert, key update."""
        return self._outgoing.read() if self._outgoing.pending else b""

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the client's certificate, if it has presented one that was verified."""
        certificate = self._tls.getpeercert() if self.established else None
        return certificate_names(certificate) if certificate else ()

    @property
    def version(self) -> str:
        """The version, such as TLSv1.3."""
        return self._tls.version() or "?"


def certificate_names(certificate: Mapping[str, object]) -> tuple[str, ...]:
    """Return the CN of the subject, then the DNS, URI and email names, in its order, each once."""
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
