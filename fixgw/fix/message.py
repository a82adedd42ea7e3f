"""One received FIX message, after framing and validation.

A message does not change. Its text is the wire's bytes read as latin-1, so that every byte a
client sent comes back as it was. Values are text: whoever needs a number makes it.
"""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, frozen=True, gc=False):
    """The fields outside repeating groups by tag, and the bytes they came from.

    A repeating group appears in `fields` by its NumInGroup tag only; its members stay in `raw`.
    """

    msg_type: str
    fields: dict[int, str]
    raw: bytes

    def __repr__(self) -> str:
        """What it is, and not what it says: a Logon(35=A) says passwords."""
        return f"Message(35={self.msg_type!r}, 34={self.fields.get(34)!r}, {len(self.raw)} bytes)"

    @property
    def seq_num(self) -> int:
        """MsgSeqNum(34); the dictionary made sure that it is there and a number."""
        return int(self.fields[34])
