"""Bytes of a TCP stream -> whole FIX messages.

A frame is `8=…|9=…|35=…|…|10=…|`: these three come first, in this order, and BodyLength(9) gives
the byte at which CheckSum(10) stands. Anything that is not a frame is garbled: it is skipped and
counted, never answered, and the next good message is found. No other field is examined here.
"""

from __future__ import annotations

import re
from zlib import adler32

from fixgw.fix.errors import MessageTooLong, TooGarbled

# What one counterparty may make us hold for a message that is not whole yet.
MAX_MESSAGE_BYTES = 64 * 1024

# Of what is no message, beyond as many bytes of good ones since: a line does so to one message.
MAX_GARBLED_BYTES = 64 * 1024

# `8=FIXT.1.1|9=…|35=` with a number of eighteen digits; longer than this is no head.
MAX_HEAD_BYTES = 40

SOH = 1
START = b"8=FIX"
HEAD = re.compile(rb"8=FIX[^\x01]{0,8}+\x019=([0-9]{1,18}+)\x0135=")
AFTER_BODY_LENGTH = len(b"35=")

CHECKSUMS = tuple(b"10=%03d\x01" % value for value in range(256))
CHECKSUM_BYTES = len(CHECKSUMS[0])

# The lower half of adler32 is 1 + the sum of the bytes, modulo 65521. The sum of 256 bytes, or of
# 512 ASCII characters, stays below that, so for so many the modulus never shows.
_EXACT_BYTES = 256
_EXACT_ASCII = 512


def checksum(data: bytes) -> int:
    """CheckSum(10): the sum of all bytes, modulo 256."""
    if len(data) <= _EXACT_BYTES or (len(data) <= _EXACT_ASCII and data.isascii()):
        return (adler32(data) - 1) & 0xFF
    starts = range(0, len(data), _EXACT_BYTES)
    total = sum([adler32(data[at:at + _EXACT_BYTES]) & 0xFFFF for at in starts])
    return (total - len(starts)) & 0xFF


class Framer:
    """One connection's stream: feed it the socket's data, take the messages that are complete."""

    def __init__(
        self,
        max_message_bytes: int = MAX_MESSAGE_BYTES,
        max_garbled_bytes: int = MAX_GARBLED_BYTES,
    ) -> None:
        self.max_message_bytes = max_message_bytes
        self.max_garbled_bytes = max_garbled_bytes
        #: How often bytes had to be skipped because they were no message.
        self.garbled = 0
        #: How many bytes that were, beyond those of the good messages that came after.
        self.garbled_bytes = 0
        self._held = bytearray()
        self._wanted_bytes = 0
        self._astray = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the messages that *data* completes, in order.

        Raises MessageTooLong before it holds anything of that message; the connection is then
        unusable. Good messages that came before it are returned first. The same applies to
        TooGarbled.
        """
        if self.garbled_bytes > self.max_garbled_bytes:
            raise TooGarbled(
                f"{self.garbled_bytes} bytes are no FIX message; "
                f"the limit is {self.max_garbled_bytes}"
            )
        if self._held:
            self._held += data
            if len(self._held) < self._wanted_bytes:
                return []
            data = bytes(self._held)
            self._held.clear()

        messages: list[bytes] = []
        at = 0
        while at < len(data):
            head = HEAD.search(data, at)
            if head is None:
                self._hold_what_may_begin(data, at)
                break
            if head.start() > at:
                self._skip(head.start() - at)
                at = head.start()
            trailer = head.end() - AFTER_BODY_LENGTH + int(head[1])
            end = trailer + CHECKSUM_BYTES
            if end - at > self.max_message_bytes:
                if messages:
                    self._hold(data, at, 0)
                    return messages
                raise MessageTooLong(
                    f"BodyLength(9) {int(head[1])} makes a message of {end - at} bytes; "
                    f"the limit is {self.max_message_bytes}"
                )
            if end > len(data):
                self._hold(data, at, end - at)
                break
            self._astray = False
            if data[end - 1] != SOH or not data.startswith(b"10=", trailer):
                # BodyLength(9) is wrong, and the next message may begin anywhere after this start.
                # The sum is not even tried: every start could claim the same 64 KiB.
                self._skip(len(START))
                at += len(START)
                continue
            message = data[at:end]
            if message.endswith(CHECKSUMS[checksum(message[:-CHECKSUM_BYTES])]):
                messages.append(message)
                if self.garbled_bytes:
                    self.garbled_bytes = max(0, self.garbled_bytes - len(message))
            else:
                self.garbled += 1
                self.garbled_bytes += len(message)
            at = end
        return messages

    def _hold_what_may_begin(self, data: bytes, at: int) -> None:
        """Keep the end of *data* from the point where a head may begin that only more bytes can
        confirm."""
        start = data.find(START, max(at, len(data) - MAX_HEAD_BYTES + 1))
        if start < 0:
            start = len(data) - _bytes_that_may_start(data, at)
        if start > at:
            self._skip(start - at)
        self._hold(data, start, 0)

    def _skip(self, size: int) -> None:
        """Skip *size* bytes; a run of them counts once, however many chunks it came in."""
        self.garbled_bytes += size
        if not self._astray:
            self.garbled += 1
        self._astray = True

    def _hold(self, data: bytes, at: int, wanted_bytes: int) -> None:
        self._held += data[at:]
        self._wanted_bytes = wanted_bytes


def _bytes_that_may_start(data: bytes, at: int) -> int:
    """Return the number of bytes at the end of *data* that could be the beginning of `8=FIX`."""
    tail = data[max(at, len(data) - len(START) + 1):]
    return next((n for n in range(len(tail), 0, -1) if START.startswith(tail[-n:])), 0)
