"""Whole FIX messages as bytes: built, split without validation, and marked as resent.

Text is latin-1 throughout: every byte a client sent can be sent back unchanged.
"""

from collections.abc import Mapping

from fixgw.fix.framing import CHECKSUMS, checksum
from fixgw.fix.limits import FIELDS_MAX

SOH = "\x01"

SEQ_NUM_DIGITS_MAX = 20
"""Digits of the largest MsgSeqNum(34) that QuickFIX lets pass, 2**64 - 1."""


def header_fields(raw: bytes) -> dict[int, str]:
    """Return tag to value, first occurrence, of a message that may break every rule but framing.

    Text that is no `number=value` is left out, and so are all fields beyond a maximum: this serves
    to identify a message's sender and number before, or instead of, validating it.
    """
    fields: dict[int, str] = {}
    for part in raw.decode("latin-1").split(SOH, FIELDS_MAX)[:FIELDS_MAX]:
        tag, equals, value = part.partition("=")
        if equals and tag.isascii() and tag.isdigit() and len(tag) < 10:
            fields.setdefault(int(tag), value)
    return fields


def first_fields(raw: bytes, needles: Mapping[int, bytes]) -> dict[int, str]:
    """Return the same as `header_fields`, but for some tags only, found without examining the
    others.

    It is for messages of unknown peers: a few KB of them may be thousands of fields. *needles*:
    `needles_of`.
    """
    fields: dict[int, str] = {}
    raw = b"\x01%b\x01" % raw
    for tag, needle in needles.items():
        at = raw.find(needle)
        if at >= 0:
            at += len(needle)
            fields[tag] = raw[at : raw.index(b"\x01", at)].decode("latin-1")
    return fields


def needles_of(*tags: int) -> dict[int, bytes]:
    """Return the byte patterns that `first_fields` searches for."""
    return {tag: b"\x01%d=" % tag for tag in tags}


def is_seq_num(text: str) -> bool:
    """Return True if a field that nothing has validated can be read as a MsgSeqNum(34)."""
    return len(text) <= SEQ_NUM_DIGITS_MAX and text.isascii() and text.isdigit()


def sub_ids(sub_id: str, location_id: str, sub_tag: int, location_tag: int) -> str:
    """Return the header fields of a SubID and a LocationID, each where there is one."""
    fields = f"{sub_tag}={sub_id}\x01" if sub_id else ""
    return f"{fields}{location_tag}={location_id}\x01" if location_id else fields


def as_resent(raw: bytes, sending_time: str) -> bytes:
    """Return a message of ours for sending again: PossDupFlag(43)=Y, its SendingTime(52) as
    OrigSendingTime(122) and *sending_time* in its place (FIXT 1.1, "Message recovery")."""
    begin, _, after = raw.partition(b"\x0135=")
    before, _, rest = after.partition(b"\x0152=")
    orig_sending_time, _, rest = rest.partition(b"\x01")
    body, _, _ = rest.rpartition(b"10=")
    now = sending_time.encode("ascii")
    data = b"35=%b\x0143=Y\x0152=%b\x01122=%b\x01%b" % (before, now, orig_sending_time, body)
    begin_string = begin[2 : begin.index(b"\x01")]
    message = b"8=%b\x019=%d\x01%b" % (begin_string, len(data), data)
    return message + CHECKSUMS[checksum(message)]


def as_carried(
    raw: bytes, seq_num: int, sending_time: str, *, again: bool, processed: int | None = None
) -> bytes:
    """Return a message of an earlier run of our numbers, as *seq_num* of this one.

    PossResend(97)=Y states that it may have come before under another number. *again*: it was sent
    as *seq_num* before, or may have been, so PossDupFlag(43)=Y and OrigSendingTime(122) as well.
    LastMsgSeqNumProcessed(369), if it has one, becomes *processed*.
    """
    begin, _, after = raw.partition(b"\x0135=")
    msg_type, _, rest = after.partition(b"\x0134=")
    _, _, rest = rest.partition(b"\x01")
    ours, _, rest = rest.partition(b"\x0152=")
    orig_sending_time, _, rest = rest.partition(b"\x01")
    body, _, _ = rest.rpartition(b"10=")
    if processed is not None:
        before, tag, stale = body.partition(b"\x01369=")
        if tag:
            body = b"%b\x01369=%d\x01%b" % (before, processed, stale.partition(b"\x01")[2])
    now = sending_time.encode("ascii")
    data = b"35=%b\x0134=%d\x01%b\x01%b97=Y\x0152=%b\x01%b%b" % (
        msg_type, seq_num, ours, b"43=Y\x01" if again else b"", now,
        b"122=%b\x01" % orig_sending_time if again else b"", body,
    )
    begin_string = begin[2 : begin.index(b"\x01")]
    message = b"8=%b\x019=%d\x01%b" % (begin_string, len(data), data)
    return message + CHECKSUMS[checksum(message)]


def clean(text: str, limit: int = 512) -> str:
    """Return free text from elsewhere as a safe FIX value: printable ASCII, bounded, not empty."""
    if text and len(text) <= limit and text.isascii() and text.isprintable():
        return text
    safe = "".join(c if " " <= c <= "~" else "?" for c in text[:limit])
    return safe or "-"
