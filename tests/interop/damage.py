"""Ways to spoil a good FIX message, each so that one check of a reader has to find it.

CheckSum(10) and BodyLength(9) are made right again wherever they are not what is spoiled.
"""

import re
from collections.abc import Callable

SOH = b"\x01"

Spoil = Callable[[bytes], bytes]


def flip_a_bit(message: bytes) -> bytes:
    """In the last byte before CheckSum(10)."""
    body, trailer = _split(message)
    return body[:-2] + bytes([body[-2] ^ 0x01]) + body[-1:] + trailer


def declare_too_much(message: bytes) -> bytes:
    """BodyLength(9) counts one byte that is not there."""
    return _sealed(re.sub(rb"\x019=(\d+)\x01", _one_more, _split(message)[0], count=1))


def forget_the_checksum(message: bytes) -> bytes:
    """No CheckSum(10)."""
    return _split(message)[0]


def end_early(message: bytes) -> bytes:
    """The connection ends in the middle of it."""
    return message[: len(message) // 2]


def leave_a_value_out(message: bytes) -> bytes:
    """A field without a value, which FIX does not allow."""
    return _with_body(message, b"58=" + SOH)


def invent_a_tag(message: bytes) -> bytes:
    """A field that no version of FIX has."""
    return _with_body(message, b"5999=x" + SOH)


def invent_a_value(message: bytes) -> bytes:
    """OrdStatus(39) with a value that no version of FIX has."""
    return _with_body(message, b"39=Z" + SOH)


FRAMING: tuple[Spoil, ...] = (flip_a_bit, declare_too_much, forget_the_checksum, end_early)
"""What simplefix has to find, which knows nothing but the framing."""

CONTENT: tuple[Spoil, ...] = (
    flip_a_bit,
    forget_the_checksum,
    end_early,
    leave_a_value_out,
    invent_a_tag,
    invent_a_value,
)
"""What tshark has to find; it lets a wrong BodyLength(9) pass, and looks for CheckSum(10)."""


def _one_more(found: re.Match[bytes]) -> bytes:
    return b"\x019=%d\x01" % (int(found[1]) + 1)


def _split(message: bytes) -> tuple[bytes, bytes]:
    """What CheckSum(10) counts, and CheckSum(10)."""
    end = message.rindex(b"\x0110=") + 1
    return message[:end], message[end:]


def _with_body(message: bytes, more: bytes) -> bytes:
    """As it was, with one more field at the end of its body."""
    start, _, rest = _split(message)[0].partition(b"\x019=")
    body = rest.partition(SOH)[2] + more
    return _sealed(start + b"\x019=%d\x01" % len(body) + body)


def _sealed(message: bytes) -> bytes:
    return message + b"10=%03d\x01" % (sum(message) % 256)
