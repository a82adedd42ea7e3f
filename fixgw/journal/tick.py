"""A tick as the journal keeps it, and its bytes: MessagePack of an array, one value after another.

Everything that a tick of the gateway decided, and was given: it is written whole or not at all. The
names of the events in it are the journal's; a change of them, or of the order here, is a new
version (`segments.VERSION`).
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
from msgspec import Raw, Struct

from fixgw.model.events import OrderEvent
from fixgw.model.refusals import InputRefused
from fixgw.model.session_events import SessionEvent
from fixgw.model.venue_events import VenueEvent

JournalEvent = OrderEvent | SessionEvent | VenueEvent | InputRefused
"""The kinds of event in a tick."""

Sent = tuple[int, int, int]
"""An outgoing message: id of the session, epoch, MsgSeqNum(34)."""

Received = tuple[int, str, str, bytes]
"""Something heard, or said besides `Tick.messages`: Unix microseconds, source (a session, a peer, a
venue), kind, and the bytes."""


class SessionRow(NamedTuple):
    """The sequence numbers of a session."""

    id: int
    next_sender: int
    next_target: int
    epoch: int
    since_ms: int
    unsent_from: int = 0
    """The first MsgSeqNum(34) of a message that may not have been delivered; next_sender: all have.
    0, in rows of journals that did not record it, means the same: to send a whole day's reports
    again would harm a client that does not heed PossResend(97)."""
    quota_day: int = 0
    """The day of `quota_bytes`, days since 1970 in UTC."""
    quota_bytes: int = 0
    """Approximate bytes written for the session on that day (`app.quota`)."""

    @property
    def unsent_since(self) -> int:
        """`unsent_from`, where it is known."""
        return self.unsent_from or self.next_sender


class Tick(Struct, array_like=True):
    """One tick."""

    number: int
    """Of the tick; they rise by one."""
    at: int
    """Its time, Unix milliseconds."""
    durable: int
    """The highest number that was known to be on the disk."""
    numbers: list[SessionRow] = []
    """The sessions whose numbers moved."""
    sent: list[Sent] = []
    """The outgoing messages, one each in `messages`."""
    events: list[JournalEvent] = []
    """What was decided, in order."""
    messages: list[bytes] = []
    """The messages of `sent`, as they were written."""
    received: list[Received] = []
    """What was heard, and what was said besides `messages`, in order."""


class StoredMessages(Struct, array_like=True):
    """The part of a Tick that is wanted to send messages again."""

    number: int
    at: int
    durable: int
    numbers: Raw
    sent: list[Sent]
    events: Raw
    messages: list[bytes]


class SentOfTick(Struct, array_like=True):
    """The part of a Tick that tells where messages are."""

    number: int
    at: int
    durable: int
    numbers: Raw
    sent: list[Sent]


class DecidedTick(Struct, array_like=True):
    """The part of a Tick that a start needs."""

    number: int
    at: int
    durable: int
    numbers: list[SessionRow]
    sent: list[Sent]
    events: list[JournalEvent]


encode: Callable[[Any], bytes] = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Tick).decode
decode_decided = msgspec.msgpack.Decoder(DecidedTick).decode
decode_messages = msgspec.msgpack.Decoder(StoredMessages).decode
decode_sent = msgspec.msgpack.Decoder(SentOfTick).decode
decode_events: Any = msgspec.msgpack.Decoder(list[JournalEvent]).decode
