"""Messages that came before a gap was filled, kept until their turn, within limits.

What does not fit is dropped: the client resends it, as its ResendRequest asks
for everything from the gap on.
"""

from fixgw.fix.message import Message

EARLY_MESSAGES_MAX = 10_000
EARLY_BYTES_MAX = 8 * 1024 * 1024


class EarlyMessages:
    """By MsgSeqNum(34)."""

    __slots__ = ("_messages", "_bytes")

    def __init__(self) -> None:
        self._messages: dict[int, Message] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._messages)

    def keep(self, seq_num: int, message: Message) -> None:
        """Keep it, unless one of its number is there already, or the limits are reached."""
        room = len(self._messages) < EARLY_MESSAGES_MAX and self._bytes < EARLY_BYTES_MAX
        if room and seq_num not in self._messages:
            self._messages[seq_num] = message
            self._bytes += len(message.raw)

    def take(self, seq_num: int) -> Message | None:
        """The message whose turn it is, if it is here."""
        message = self._messages.pop(seq_num, None)
        if message is not None:
            self._bytes -= len(message.raw)
        return message

    def forget_before(self, seq_num: int) -> None:
        """The client skipped these numbers."""
        for skipped in [n for n in self._messages if n < seq_num]:
            self.take(skipped)

    def clear(self) -> None:
        self._messages.clear()
        self._bytes = 0
