"""A message without its secrets, for people to read.

It knows the standard's fields that hold credentials, in a Logon(35=A) or anywhere else. Its result
must never be sent: BodyLength(9) and CheckSum(10) are those of the message with its secrets.
"""

import re

MASK = "***"

SHORTEST = 4
"""Minimum length of a secret that is searched for in other texts: a shorter one occurs in every
text."""

_RAW_DATA = re.compile(rb"\x0195=(\d{1,9})\x0196=")
"""RawDataLength(95), and the RawData(96) behind it, whose value may hold an SOH."""

_SECRET = re.compile(rb"(\x01(?:96|554|925|1402|1404)=)([^\x01]*)")
"""RawData(96), Password(554), NewPassword(925), EncryptedPassword(1402) and its new one (1404)."""


def masked(raw: bytes) -> bytes:
    """Return *raw* with `***` for the value of each field that is a credential."""
    return _SECRET.sub(rb"\1" + MASK.encode(), _without_raw_data(raw))


def secrets_in(raw: bytes) -> list[str]:
    """Return the values that `masked` hides, the longest first."""
    found = [match[2] for match in _SECRET.finditer(_without_raw_data(raw))]
    found += [raw[begin:end] for begin, end in _raw_data(raw)]
    texts = {each.decode("latin-1") for each in found}
    longer = (each for each in texts if len(each) >= SHORTEST and not each.startswith(MASK))
    return sorted(longer, key=len, reverse=True)


def _raw_data(raw: bytes) -> list[tuple[int, int]]:
    """Return where the values of RawData(96) are, by their lengths."""
    return [(match.end(), match.end() + int(match[1])) for match in _RAW_DATA.finditer(raw)]


def _without_raw_data(raw: bytes) -> bytes:
    for begin, end in reversed(_raw_data(raw)):
        raw = raw[:begin] + MASK.encode() + raw[end:]
    return raw
