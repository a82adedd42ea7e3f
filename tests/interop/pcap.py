"""Recorded byte streams as a capture file: what a sniffer on the line would have written.

To capture packets takes privileges that whoever runs the tests may not have; to write down what
they would have held takes none. The packets are made up, the payload is not: each connection has
its handshake, segments of at most MSS_BYTES with the right sequence numbers, and its FINs. IP and
TCP checksums are left 0, as they are in captures of cards that compute them.

The format: libpcap's file header and record headers, little endian, link type RAW (a packet begins
with its IPv4 header); RFC 791 for IPv4, RFC 9293 for TCP.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence

from tests.interop.recording import Piece, Recording

GATEWAY_PORT = 9878
"""The port that the gateway has in the file, whatever it had."""

FIRST_CLIENT_PORT = 40_001
"""Connection n has this plus n."""

MSS_BYTES = 1_460
"""Most payload of one segment: an Ethernet frame's. Longer messages are cut, as on a real line."""

MAGIC, LINK_RAW, SNAP_BYTES = 0xA1B2C3D4, 101, 65_535
FIN, SYN, PUSH, ACK = 0x01, 0x02, 0x08, 0x10
TCP = 6
CLIENT, GATEWAY = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2])
"""Addresses that RFC 5737 keeps for examples."""


def capture(recordings: Sequence[Recording]) -> bytes:
    """The file, whole."""
    header = struct.pack("<IHHiIII", MAGIC, 2, 4, 0, 0, SNAP_BYTES, LINK_RAW)
    connections = [
        _Connection(FIRST_CLIENT_PORT + number).packets(recording.pieces)
        for number, recording in enumerate(recordings)
    ]
    packets = sorted((packet for packets in connections for packet in packets), key=_time)
    return header + b"".join(_record(at, packet) for at, packet in packets)


def _time(packet: tuple[float, bytes]) -> float:
    return packet[0]


def _record(at: float, packet: bytes) -> bytes:
    seconds, microseconds = divmod(round(at * 1_000_000), 1_000_000)
    return struct.pack("<IIII", seconds, microseconds, len(packet), len(packet)) + packet


class _Connection:
    """The sequence numbers of both sides."""

    def __init__(self, client_port: int) -> None:
        self._port = client_port
        # Next byte of the client, next byte of the gateway.
        self._next = {True: 1_000, False: 5_000}

    def packets(self, pieces: Sequence[Piece]) -> Iterator[tuple[float, bytes]]:
        """Each packet and when it passed."""
        if not pieces:
            return
        began = pieces[0].at
        yield began, self._packet(True, SYN)
        yield began, self._packet(False, SYN | ACK)
        yield began, self._packet(True, ACK)
        for piece in pieces:
            for flags, payload in _segments(piece.data):
                yield piece.at, self._packet(piece.by_client, flags, payload)

    def _packet(self, by_client: bool, flags: int, payload: bytes = b"") -> bytes:
        ports = (self._port, GATEWAY_PORT) if by_client else (GATEWAY_PORT, self._port)
        acknowledged = self._next[not by_client] if flags & ACK else 0
        numbers = (self._next[by_client], acknowledged)
        segment = struct.pack("!HHIIBBHHH", *ports, *numbers, 5 << 4, flags, 65_535, 0, 0)
        # SYN and FIN take a number each.
        self._next[by_client] += len(payload) + bool(flags & (SYN | FIN))
        return _ip(by_client, segment + payload)


def _segments(data: bytes) -> Iterable[tuple[int, bytes]]:
    if not data:
        return [(FIN | ACK, b"")]
    starts = range(0, len(data), MSS_BYTES)
    return [(PUSH | ACK, data[start : start + MSS_BYTES]) for start in starts]


def _ip(by_client: bool, segment: bytes) -> bytes:
    source, target = (CLIENT, GATEWAY) if by_client else (GATEWAY, CLIENT)
    length = 20 + len(segment)
    start = struct.pack("!BBHHHBBH", 0x45, 0, length, 0, 0, 64, TCP, 0)
    return start + source + target + segment
