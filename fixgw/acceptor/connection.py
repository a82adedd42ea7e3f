"""One client connection: bytes in, whole messages out to the gateway; bytes out.

It knows framing and flow control, and nothing of sessions: whose connection
it is, the gateway finds out and notes in `owner`.
"""

import asyncio
from collections import deque
from typing import Any, Protocol, cast

from fixgw.fix.errors import MessageTooLong
from fixgw.fix.framing import Framer

INBOX_MESSAGES_MAX = 5_000
"""Messages read and not yet processed; above it the socket is not read."""

INBOX_BYTES_MAX = 4 * 1024 * 1024
"""The same in bytes: a client that nobody has let in yet must not fill our memory."""

CLOSE_SECONDS = 5.0
"""How long a client may take to read what was written last and to close; then it is cut off."""


class Host(Protocol):
    """What a connection tells the gateway."""

    def arrived(self, connection: "Connection") -> None:
        """Messages wait in its inbox, or it can be written to again."""

    def opened(self, connection: "Connection") -> str:
        """It is up; returns why it must be closed at once, or ""."""

    def lost(self, connection: "Connection", reason: str) -> None:
        """It is gone."""


class Connection(asyncio.Protocol):
    """The asyncio protocol of one accepted socket."""

    def __init__(self, host: Host, max_message_bytes: int, outbound_buffer_bytes: int) -> None:
        self.inbox: deque[bytes] = deque()
        self.owner: Any = None
        self.peer = "?"
        self.writable = True
        self.closing = False
        self.closing_reason = ""
        """Set by the gateway: to be closed when this tick's messages are written."""
        self.unreadable = ""
        """Why nothing more can be read: to be closed when the inbox is empty."""
        self._host = host
        self._framer = Framer(max_message_bytes)
        self._outbound_buffer_bytes = outbound_buffer_bytes
        self._transport: asyncio.Transport | None = None
        self._cut_off: asyncio.TimerHandle | None = None
        self._inbox_bytes = 0
        """Read since the inbox was last empty; counted anew when it seems too much."""
        self._reading = True
        self._reason = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no asyncio.Transport to isinstance.
        transport = cast(asyncio.Transport, transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=self._outbound_buffer_bytes)
        name = transport.get_extra_info("peername")
        self.peer = f"{name[0]}:{name[1]}" if name else "?"
        refusal = self._host.opened(self)
        if refusal:
            self.abort(refusal)

    def data_received(self, data: bytes) -> None:
        if self.closing or self.unreadable:
            return
        try:
            messages = self._framer.feed(data)
        except MessageTooLong as error:
            # What came before it, in whatever read, is answered before the end.
            self.unreadable = str(error)
            self._host.arrived(self)
            return
        if messages:
            self.inbox.extend(messages)
            self._inbox_bytes += len(data)
            if self._reading and self._holds_more(INBOX_MESSAGES_MAX, INBOX_BYTES_MAX):
                self._reading = False
                assert self._transport is not None
                self._transport.pause_reading()
            self._host.arrived(self)

    def _holds_more(self, messages: int, size: int) -> bool:
        """Whether the inbox holds more than so many messages, or more than *size* bytes."""
        if self._inbox_bytes > size:
            self._inbox_bytes = sum(map(len, self.inbox))
        return len(self.inbox) > messages or self._inbox_bytes > size

    def connection_lost(self, exc: Exception | None) -> None:
        self.closing = True
        self.inbox.clear()
        if self._cut_off is not None:
            self._cut_off.cancel()
        self._host.lost(self, self._reason or (str(exc) if exc else "closed by the client"))

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        self._host.arrived(self)

    def processed(self) -> None:
        """The gateway has taken messages from the inbox."""
        if not self.inbox:
            self._inbox_bytes = 0
        if not self._reading and not self._holds_more(
            INBOX_MESSAGES_MAX // 2, INBOX_BYTES_MAX // 2
        ):
            self._reading = True
            if self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()

    def write(self, data: bytes) -> None:
        """Give *data* to the socket, unless it was closed."""
        if not self.closing and self._transport is not None:
            self._transport.write(data)

    def close(self, reason: str) -> None:
        """Say nothing more after what was written; what the client still says is passed over.

        It is read all the same until the client closes: a socket closed with
        something unread resets the connection, and what we said last is lost.
        """
        if self.closing:
            return
        self.closing = True
        self._reason = reason
        self.inbox.clear()
        transport = self._transport
        assert transport is not None
        if transport.can_write_eof():
            if not self._reading:
                transport.resume_reading()
            transport.write_eof()
        else:
            transport.close()
        # A client that neither reads nor closes would keep it for ever.
        self._cut_off = asyncio.get_running_loop().call_later(CLOSE_SECONDS, transport.abort)

    def abort(self, reason: str) -> None:
        """Close now."""
        self._reason = self._reason or reason
        self.closing = True
        self.inbox.clear()
        if self._transport is not None:
            self._transport.abort()
