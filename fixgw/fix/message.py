"""One received FIX message, after framing and validation.

A message does not change. Its text is the wire's bytes read as latin-1, so that every byte a client
sent can be returned unchanged. Values are text: code that needs a number converts it.
"""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, frozen=True, gc=False):
    """The fields outside repeating groups by tag, and the bytes that they came from.

    A repeating group appears in `fields` by its NumInGroup tag only; its members stay in `raw`.
    """

    msg_type: str
    fields: dict[int, str]
    raw: bytes

    def __repr__(self) -> str:
        """Return the type and number only, not the contents: a Logon(35=A) holds passwords."""
        return f"Message(35={self.msg_type!r}, 34={self.fields.get(34)!r}, {len(self.raw)} bytes)"

    @property
    def seq_num(self) -> int:
        """MsgSeqNum(34); the dictionary has ensured that it is present and a number."""
        return int(self.fields[34])
