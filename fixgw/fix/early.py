"""Messages that arrived before a gap was filled, kept until their turn, within limits.

A message beyond the limits is dropped: the client resends it, as its ResendRequest asks for
everything from the gap on.
"""

from fixgw.fix.message import Message

EARLY_MESSAGES_MAX = 10_000
EARLY_BYTES_MAX = 16 * 1024 * 1024

FIELD_BYTES = 60
"""Memory that a field takes beside its text: for many short fields, ten times the text."""


class EarlyMessages:
    """By MsgSeqNum(34)."""

    __slots__ = ("_messages", "_bytes", "_forgotten")

    def __init__(self) -> None:
        self._messages: dict[int, Message] = {}
        self._bytes = 0
        self._forgotten = 0
        """No number below this one is kept."""

    def __len__(self) -> int:
        return len(self._messages)

    def keep(self, seq_num: int, message: Message) -> None:
        """Keep the message, unless one with its number is already kept, or the limits are
        reached."""
        room = len(self._messages) < EARLY_MESSAGES_MAX and self._bytes < EARLY_BYTES_MAX
        if room and seq_num not in self._messages:
            self._messages[seq_num] = message
            self._bytes += _size(message)
            self._forgotten = min(self._forgotten, seq_num)

    def take(self, seq_num: int) -> Message | None:
        """Return the message whose turn it is, if it is kept."""
        message = self._messages.pop(seq_num, None)
        if message is not None:
            self._bytes -= _size(message)
        return message

    def forget_before(self, seq_num: int) -> None:
        """Drop the numbers that the client skipped."""
        # A client that skips ahead one by one must not make us scan all of them each time.
        few = seq_num - self._forgotten < len(self._messages)
        numbers = range(self._forgotten, seq_num) if few else list(self._messages)
        for skipped in numbers:
            if skipped < seq_num:
                self.take(skipped)
        self._forgotten = seq_num

    def clear(self) -> None:
        self._messages.clear()
        self._bytes = self._forgotten = 0


def _size(message: Message) -> int:
    return len(message.raw) + FIELD_BYTES * len(message.fields)
