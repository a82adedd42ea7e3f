"""FIX text for people: `|` stands for SOH, and the frame is filled in."""

from __future__ import annotations


def fix(text: str) -> bytes:
    """Turn `8=FIX.4.4|35=0|34=1|…` into wire bytes with BodyLength(9) and CheckSum(10)."""
    begin_string, _, rest = text.rstrip("|").partition("|")
    body = (rest.replace("|", "\x01") + "\x01").encode("latin-1")
    head = f"{begin_string}\x019={len(body)}\x01".encode("latin-1")
    return head + body + b"10=%03d\x01" % (sum(head + body) % 256)


def readable(raw: bytes) -> str:
    """Turn wire bytes into text with `|`."""
    return raw.decode("latin-1").replace("\x01", "|")
