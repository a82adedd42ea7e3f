"""TLS as bytes: a client in memory on the other side."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.acceptor.tls_stream import TlsFailed, TlsStream, certificate_names
from tests.support.certificates import Authority
from tests.support.tls_client import trusting


class Memory:
    """A stream of ours, and a client of Python's own ssl."""

    def __init__(self, authority: Authority, *names: str) -> None:
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(*authority.issue("localhost", "DNS:localhost"))
        server.num_tickets = 0
        pair = authority.issue(*names) if names else None
        if pair is not None:
            server.verify_mode = ssl.CERT_REQUIRED
            server.load_verify_locations(authority.certificate)
        self.stream = TlsStream(server)
        self._in, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = trusting(authority, pair).wrap_bio(
            self._in, self.out, server_hostname="localhost"
        )

    def shake_hands(self) -> "Memory":
        for _ in range(3):
            try:
                self.client.do_handshake()
            except ssl.SSLWantReadError:
                pass
            assert b"" == self.stream.receive(self.out.read())
            self._in.write(self.stream.to_send())
        assert self.stream.established
        return self

    def told(self, record: bytes) -> bytes:
        """What the client reads from *record*."""
        self._in.write(record)
        data = b""
        while self._in.pending or self.client.pending():
            data += self.client.read(65_536)
        return data


def test_there_and_back(authority: Authority) -> None:
    memory = Memory(authority).shake_hands()
    assert () == memory.stream.names
    assert "TLSv1.3" == memory.stream.version

    for size in (1, 200, 16_384, 16_385, 1_000_000):
        data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        at = 0
        while at < len(data):
            at += memory.client.write(data[at:])
        assert data == memory.stream.receive(memory.out.read())
        assert data == memory.told(memory.stream.seal(data))
    assert b"" == memory.stream.to_send()


def test_however_the_bytes_are_cut(authority: Authority) -> None:
    memory = Memory(authority).shake_hands()
    memory.client.write(b"one")
    memory.client.write(b"two")

    records = memory.out.read()
    heard = [memory.stream.receive(records[at:at + 1]) for at in range(len(records))]
    assert [b"one", b"two"] == [each for each in heard if each]


def test_many_small_records_in_one_read_are_all_heard(authority: Authority) -> None:
    memory = Memory(authority).shake_hands()
    said = b"8=FIX.4.4|" * 300
    for at in range(len(said)):
        memory.client.write(said[at:at + 1])
    records = memory.out.read()
    assert len(records) > 20 * len(said)

    half = len(records) // 2 + 3
    assert said == memory.stream.receive(records[:half]) + memory.stream.receive(records[half:])


def test_the_end_is_heard_and_told(authority: Authority) -> None:
    memory = Memory(authority).shake_hands()
    memory.client.write(b"bye")
    with pytest.raises(ssl.SSLWantReadError):
        memory.client.unwrap()

    assert b"bye" == memory.stream.receive(memory.out.read())
    assert memory.stream.ended
    memory._in.write(memory.stream.goodbye())
    memory.client.unwrap()


def test_a_certificate_that_was_found_good_has_names(authority: Authority) -> None:
    memory = Memory(
        authority, "CLIENT1", "DNS:one.client.test", "email:fix@client.test",
        "URI:urn:client:1", "IP:192.0.2.1", "DNS:CLIENT1",
    )
    assert () == memory.stream.names
    memory.shake_hands()

    names = ("CLIENT1", "one.client.test", "fix@client.test", "urn:client:1")
    assert names == memory.stream.names


def test_names() -> None:
    subject = ((("organizationName", "Client Ltd"),), (("commonName", "A"), ("commonName", "B")))

    assert ("A", "B") == certificate_names({"subject": subject})
    assert () == certificate_names({})


@pytest.mark.parametrize(
    "rubbish",
    [b"GET / HTTP/1.1\r\n\r\n", b"8=FIX.4.4\x019=60\x0135=A\x01", bytes(100)],
)
def test_what_is_no_handshake(authority: Authority, rubbish: bytes) -> None:
    stream = Memory(authority).stream

    with pytest.raises(TlsFailed):
        stream.receive(rubbish)
    assert b"" == stream.goodbye()


def test_what_was_changed_on_the_way(authority: Authority) -> None:
    memory = Memory(authority).shake_hands()
    memory.client.write(b"hello")
    record = bytearray(memory.out.read())
    record[-1] ^= 1

    with pytest.raises(TlsFailed, match="bad record mac"):
        memory.stream.receive(bytes(record))
    assert memory.stream.to_send(), "an alert"


RUBBISH = st.binary(min_size=1, max_size=300)


@given(RUBBISH | RUBBISH.map(lambda rest: b"\x16\x03\x01\x00" + rest))
def test_whatever_comes_waits_or_fails(rubbish: bytes) -> None:
    stream = TlsStream(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))

    try:
        assert b"" == stream.receive(rubbish)
    except TlsFailed:
        pass
    assert not stream.established
