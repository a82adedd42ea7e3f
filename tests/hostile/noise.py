"""Bytes that a FIX peer should not send: random, mutated, and every field full of rubbish.

All of it comes from a seed, so that what was found once is found again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

RUBBISH = (
    b"\x00", b"\x00" * 50, b"\xff\xfe\xfd", "äöü€".encode(), b"\x1b[2J", b"", b"=", b" ", b"-1",
    b"9" * 400, b"NaN", b"1E999999", b"0" * 30, b"%s%n", b"' OR 1=1 --",
)
"""What each field of each message is filled with in turn."""

BODIES = {
    b"D": b"11=H%d|55=BTC/USDT|54=1|38=1|40=2|44=100|59=1|207=VENUE1|60=%t|",
    b"F": b"11=H%d|41=H1|55=BTC/USDT|54=1|60=%t|",
    b"H": b"11=H%d|55=BTC/USDT|54=1|",
    b"R": b"131=Q%d|146=1|55=BTC/USDT|",
    b"0": b"",
    b"1": b"112=T%d|",
    b"2": b"7=1|16=0|",
    b"3": b"45=1|58=no|",
    b"4": b"123=Y|36=%d|",
    b"5": b"58=bye %d|",
    b"A": b"98=0|108=30|553=mallory|554=guess%d|",
}
"""A valid body of each message type that an order session knows."""


def timestamp() -> bytes:
    """SendingTime(52) of now."""
    return datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3].encode()


def message(comp_id: bytes, msg_type: bytes, seq_num: int, body: bytes) -> bytes:
    """A whole message of *comp_id*; *body* with `|` for SOH."""
    now = timestamp()
    text = body.replace(b"%d", b"%d" % seq_num).replace(b"%t", now).replace(b"|", b"\x01")
    rest = b"35=%b\x0134=%d\x0149=%b\x0152=%b\x0156=FIXGW\x01%b" % (
        msg_type, seq_num, comp_id, now, text
    )
    return framed(rest)


def framed(rest: bytes) -> bytes:
    """*rest*, from MsgType(35) on, with a right BodyLength(9) and CheckSum(10)."""
    head = b"8=FIX.4.4\x019=%d\x01" % len(rest)
    return b"%b%b10=%03d\x01" % (head, rest, (sum(head) + sum(rest)) & 255)


class Noise:
    """An endless supply, from *seed*."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)

    def random_bytes(self) -> bytes:
        """No FIX at all, or hardly."""
        start = self._chance.choice((b"", b"8=FIX.4.4\x01", b"8=FIX.4.4\x019=20\x01"))
        return start + self._chance.randbytes(self._chance.randrange(1, 200))

    def mutated(self, whole: bytes) -> bytes:
        """*whole*, damaged; half of the time with its length and sum put right again."""
        chance = self._chance
        data = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 4))):
            place = chance.randrange(len(data))
            match chance.randrange(3):
                case 0:
                    data[place] = chance.randrange(256)
                case 1:
                    del data[place : place + chance.randrange(1, 6)]
                case _:
                    data[place:place] = chance.randbytes(chance.randrange(1, 6))
        if chance.random() < 0.5:
            return bytes(data)
        rest = bytes(data).partition(b"\x0135=")[2].rpartition(b"10=")[0]
        return framed(b"35=" + rest)

    def mutated_messages(self, comp_id: bytes, seq_num: int, count: int) -> list[bytes]:
        """*count* of them, of all types, numbered from *seq_num*."""
        kinds = list(BODIES.items())
        return [
            self.mutated(message(comp_id, *self._chance.choice(kinds)[:1], seq_num + n, body))
            for n, (_, body) in enumerate(self._chance.choices(kinds, k=count))
        ]


def rubbish_in_every_field(comp_id: bytes, seq_num: int) -> Iterator[bytes]:
    """Each message type with each of its fields, header included, full of each kind of RUBBISH."""
    for msg_type, body in BODIES.items():
        whole = message(comp_id, msg_type, seq_num, body)
        fields = whole[whole.index(b"35=") : whole.rindex(b"10=")].rstrip(b"\x01").split(b"\x01")
        for place, field in enumerate(fields):
            tag = field.partition(b"=")[0]
            for value in RUBBISH:
                changed = [*fields[:place], tag + b"=" + value, *fields[place + 1 :]]
                yield framed(b"\x01".join(changed) + b"\x01")
