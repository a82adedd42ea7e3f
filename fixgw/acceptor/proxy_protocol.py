"""The PROXY header, v1 (text) and v2 (binary), in which a load balancer sends its client's address.

Pure: bytes in, the client's address out. It must only ever get bytes from a configured load
balancer: any other sender of such a header chooses its own address.

Facts from HAProxy's proxy-protocol.txt; the section stands beside each.
"""

import ipaddress
import re
from ipaddress import IPv4Network, IPv6Network
from typing import NamedTuple

Networks = tuple[IPv4Network | IPv6Network, ...]
"""The networks of the load balancers."""

V1_START = b"PROXY "
V1_BYTES_MAX = 107
"""2.1: the longest v1 header, CRLF included."""

V2_START = b"\r\n\r\n\x00\r\nQUIT\n"
V2_FIXED_BYTES = 16
V2_BYTES_MAX = 4_096
"""Ours. 2.2 allows 64 KiB of TLVs; load balancers send a few hundred bytes."""

LOCAL, PROXY = 0x20, 0x21
"""2.2: version 2, and the command."""

TCP4, TCP6 = 0x11, 0x21
NO_ADDRESS = frozenset({0x00, 0x31, 0x32})
"""2.2: UNSPEC and UNIX sockets: valid headers without a network address."""

ADDRESS_BYTES = {TCP4: 4, TCP6: 16}

V1_LINE = re.compile(
    rb"PROXY (?:UNKNOWN(?: [^\r\n]*)?|(TCP[46]) (\S+) (\S+) ([0-9]{1,5}) ([0-9]{1,5}))\r\n"
)


class BadHeader(ValueError):
    """No PROXY header, or one that must not be believed; the text says which."""


class Header(NamedTuple):
    """One header, and the number of its bytes."""

    address: str
    """The client's IP address; "" if the header has none: the sender is then the client."""
    port: int
    length: int


def parse(data: bytes) -> Header | None:
    """Return the header at the start of *data*, or None if more bytes are needed.

    Raise BadHeader as soon as no valid header is possible.
    """
    if data.startswith(V2_START):
        return _v2(data)
    if data.startswith(V1_START):
        return _v1(data)
    if V2_START.startswith(data) or V1_START.startswith(data):
        return None
    raise BadHeader("no PROXY header")


def may_start(data: bytes) -> bool:
    """Return True if *data* begins like a header; no TLS and no FIX does."""
    return data.startswith((V1_START, V2_START))


def _v1(data: bytes) -> Header | None:
    end = data.find(b"\r\n", 0, V1_BYTES_MAX)
    if end < 0:
        if len(data) >= V1_BYTES_MAX:
            raise BadHeader(f"PROXY v1 header longer than {V1_BYTES_MAX} bytes")
        return None
    line = V1_LINE.fullmatch(data, 0, end + 2)
    if line is None:
        raise BadHeader("malformed PROXY v1 header")
    if line[1] is None:
        # 2.1: UNKNOWN; whatever follows it is to be ignored.
        return Header("", 0, end + 2)
    version = 4 if line[1] == b"TCP4" else 6
    # Where it was sent to is of no use to us, and must be well formed all the same.
    source, _, port, _ = (
        _address(line[2], version), _address(line[3], version), _port(line[4]), _port(line[5])
    )
    return Header(source, port, end + 2)


def _address(text: bytes, version: int) -> str:
    try:
        address = ipaddress.ip_address(text.decode("ascii"))
    except ValueError:
        raise BadHeader("malformed address in a PROXY v1 header") from None
    if address.version != version or b"%" in text:
        raise BadHeader("malformed address in a PROXY v1 header")
    return str(address)


def _port(text: bytes) -> int:
    port = int(text)
    if port > 65_535:
        raise BadHeader("malformed port in a PROXY v1 header")
    return port


def _v2(data: bytes) -> Header | None:
    if len(data) < V2_FIXED_BYTES:
        return None
    command, family = data[12], data[13]
    length = V2_FIXED_BYTES + int.from_bytes(data[14:16], "big")
    if command not in (LOCAL, PROXY):
        raise BadHeader("PROXY v2 header of an unknown version or command")
    if length > V2_BYTES_MAX:
        raise BadHeader(f"PROXY v2 header longer than {V2_BYTES_MAX} bytes")
    size = ADDRESS_BYTES.get(family)
    if command == PROXY and size is None and family not in NO_ADDRESS:
        raise BadHeader("PROXY v2 header for something else than TCP")
    if command == PROXY and size is not None and length < V2_FIXED_BYTES + 2 * size + 4:
        raise BadHeader("PROXY v2 header too short for its addresses")
    if len(data) < length:
        return None
    if command == LOCAL or size is None:
        # 2.2: the load balancer speaks for itself, as in a health check.
        return Header("", 0, length)
    source = ipaddress.ip_address(data[V2_FIXED_BYTES:V2_FIXED_BYTES + size])
    port_at = V2_FIXED_BYTES + 2 * size
    return Header(str(source), int.from_bytes(data[port_at:port_at + 2], "big"), length)
