"""The PROXY header: what of it is believed, and that nothing else is."""

import ipaddress
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.acceptor.proxy_protocol import (
    V1_BYTES_MAX,
    V2_BYTES_MAX,
    V2_START,
    BadHeader,
    Header,
    parse,
)

IPV4 = st.ip_addresses(v=4)
IPV6 = st.ip_addresses(v=6)
PORTS = st.integers(0, 65_535)


def v1(kind: str, source: object, target: object, port: int) -> bytes:
    return f"PROXY {kind} {source} {target} {port} 9878\r\n".encode()


def v2(command: int, family: int, body: bytes) -> bytes:
    return V2_START + struct.pack("!BBH", command, family, len(body)) + body


def addresses(source: str, target: str, port: int) -> bytes:
    kind = socket.AF_INET6 if ":" in source else socket.AF_INET
    packed = socket.inet_pton(kind, source) + socket.inet_pton(kind, target)
    return packed + struct.pack("!HH", port, 9878)


@pytest.mark.parametrize(
    ("header", "address", "port"),
    [
        (b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", "192.0.2.7", 56324),
        (b"PROXY TCP6 2001:db8::7 2001:db8::1 1 2\r\n", "2001:db8::7", 1),
        (b"PROXY UNKNOWN\r\n", "", 0),
        (b"PROXY UNKNOWN ffff::1 whatever 0 stands here\r\n", "", 0),
        (v2(0x21, 0x11, addresses("192.0.2.7", "198.51.100.1", 56324)), "192.0.2.7", 56324),
        (v2(0x21, 0x21, addresses("2001:db8::7", "2001:db8::1", 1)), "2001:db8::7", 1),
        (v2(0x21, 0x11, addresses("192.0.2.7", "1.1.1.1", 5) + b"\x04\x00\x03abc"),
         "192.0.2.7", 5),
        (v2(0x20, 0x00, b""), "", 0),
        (v2(0x20, 0x11, addresses("192.0.2.7", "198.51.100.1", 56324)), "", 0),
        (v2(0x21, 0x00, b""), "", 0),
        (v2(0x21, 0x31, bytes(216)), "", 0),
    ],
)
def test_good_headers(header: bytes, address: str, port: int) -> None:
    assert Header(address, port, len(header)) == parse(header + b"8=FIX.4.4")
    for cut in range(1, len(header)):
        assert parse(header[:cut]) is None


@pytest.mark.parametrize(
    "header",
    [
        b"8=FIX.4.4\x01",
        b"\x16\x03\x01\x02\x00",
        b"PROXY\r\n",
        b"PROXY \r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443 \r\n",
        b"PROXY TCP4 192.0.2.7  198.51.100.1 56324 443\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
        b"PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n",
        b"PROXY TCP4 192.0.2.07 198.51.100.1 1 2\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n",
        b"PROXY TCP4 192.0.2.7 198.51.100.1 1 -2\r\n",
        b"PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n",
        b"PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n",
        b"PROXY TCP4 \xff\xff 198.51.100.1 1 2\r\n",
        b"PROXY UNKNOWN" + b" " * V1_BYTES_MAX,
        v2(0x11, 0x11, bytes(12)),
        v2(0x22, 0x11, bytes(12)),
        v2(0x21, 0x12, bytes(12)),
        v2(0x21, 0x41, bytes(12)),
        v2(0x21, 0x11, bytes(11)),
        v2(0x21, 0x21, bytes(35)),
        v2(0x21, 0x11, bytes(V2_BYTES_MAX)),
    ],
)
def test_bad_headers(header: bytes) -> None:
    with pytest.raises(BadHeader):
        parse(header)


def test_a_header_that_is_too_long_is_refused_before_it_has_come() -> None:
    assert parse(b"PROXY " + b"x" * (V1_BYTES_MAX - 7)) is None
    with pytest.raises(BadHeader, match="PROXY v1 header longer than 107 bytes"):
        parse(b"PROXY " + b"x" * (V1_BYTES_MAX - 6))
    with pytest.raises(BadHeader, match="PROXY v2 header longer than 4096 bytes"):
        parse(v2(0x21, 0x11, bytes(V2_BYTES_MAX))[:16])


@given(IPV4 | IPV6, PORTS, st.binary(max_size=200))
def test_both_versions_tell_the_same(
    source: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int, more: bytes
) -> None:
    text = str(source)
    kind, family = ("TCP4", 0x11) if source.version == 4 else ("TCP6", 0x21)
    line, binary = v1(kind, text, text, port), v2(0x21, family, addresses(text, text, port) + more)

    assert Header(text, port, len(line)) == parse(line + more)
    assert Header(text, port, len(binary)) == parse(binary + more)


@given(
    st.binary(max_size=300)
    | st.binary(max_size=150).map(lambda rest: b"PROXY " + rest)
    | st.binary(max_size=300).map(lambda rest: V2_START + rest)
    | st.text("PROXYTC46 .:0123456789abcdef\r\n", max_size=120).map(lambda t: t.encode())
)
def test_whatever_comes_is_a_header_or_is_refused_or_is_too_short(data: bytes) -> None:
    try:
        header = parse(data)
    except BadHeader:
        return
    if header is None:
        assert len(data) < V2_BYTES_MAX
    else:
        assert header.length <= len(data)
        if header.address:
            ipaddress.ip_address(header.address)
