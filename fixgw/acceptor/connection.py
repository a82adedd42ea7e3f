"""One client connection: bytes in, whole messages out to the gateway; bytes out.

The wire carries, in this order, a PROXY header and TLS, if they are configured, and FIX. The
connection knows framing, limits, deadlines and flow control, and nothing of sessions: the gateway
finds out whose connection it is and notes that in `owner`. Before the Logon is accepted the
connection must never hold more than `max_logon_bytes` and one read of the socket, nor wait longer
than `stages` allows.
"""

import asyncio
from collections import deque
from dataclasses import dataclass
from fcntl import ioctl
from ipaddress import ip_address
from struct import unpack
from termios import TIOCOUTQ
from typing import Any, Protocol, cast

from fixgw.acceptor import stages
from fixgw.acceptor.proxy_protocol import BadHeader, Networks, may_start, parse
from fixgw.acceptor.stages import Stage
from fixgw.acceptor.tls import Tls
from fixgw.acceptor.tls_stream import TlsFailed, TlsStream
from fixgw.fix.errors import MessageTooLong, TooGarbled
from fixgw.fix.framing import Framer
from fixgw.runtime.admission import Standing, canonical
from fixgw.runtime.gateway_toml import Limits

ADMITTED = Stage.ADMITTED  # looked up with every read

READ_BYTES = 16_384
"""The most read from one socket at once. The loop reads on while there is more, up to the inbox's
limits: larger reads would make every other client wait for a busy one."""

_read_buffer = memoryview(bytearray(READ_BYTES))
"""One buffer for all connections: data is copied out of it at once."""

INBOX_MESSAGES_MAX = 400
"""Messages read and not yet processed; above it the socket is not read."""

INBOX_BYTES_MAX = 4 * 1024 * 1024
"""The same in bytes."""

HANDSHAKE_BYTES_MAX = 32_768
"""Bytes queued for their turn in a TLS handshake; above it the socket is not read."""

CLOSE_SECONDS = 5.0
"""The time a client may take to read the last data and to close; then it is cut off."""


@dataclass(frozen=True)
class ListenerTerms:
    """Settings that hold for every connection of a listener."""

    limits: Limits
    tls: Tls | None = None
    proxies: Networks = ()


class Host(Protocol):
    """The gateway, as a connection calls it."""

    def arrived(self, connection: "Connection") -> None:
        """Note that messages are in the inbox, or that the connection can be written to again."""

    def opened(self, connection: "Connection") -> str:
        """Note that the connection is up; return the reason to close it at once, or ""."""

    def lost(self, connection: "Connection", reason: str) -> None:
        """Note that the connection is gone."""


class Keeper(Host, Protocol):
    """The listener that counts connections, as a connection calls it."""

    def addressed(self, connection: "Connection") -> str:
        """Note the `address` from a load balancer; return the reason to close the connection, or
        ""."""

    def shakes_hands(self, connection: "Connection") -> None:
        """Note that the connection waits for a turn to compute: call `handshake` then."""

    def admitted(self, connection: "Connection") -> None:
        """Note that the client has logged on."""


class Connection(asyncio.BufferedProtocol):
    """The asyncio protocol of one accepted socket."""

    def __init__(self, keeper: Keeper, terms: ListenerTerms) -> None:
        self.inbox: deque[bytes] = deque()
        self.owner: Any = None
        self.address = ""
        """The client's IP address; behind a load balancer, the one in its header."""
        self.peer = "?"
        """Address and port, for the log."""
        self.certificate_names: tuple[str, ...] = ()
        """Names of the client's certificate, if it has one and it was verified."""
        self.silent = True
        """True until the client has sent a byte."""
        self.told = False
        """True once the log has the reason for closing."""
        self.standing = Standing.STRANGER
        """Its rank when room is needed for others, until its client has logged on."""
        self.through_proxy = False
        """True if a load balancer must still send, or has sent, the client's address."""
        self.writable = True
        self.closing = False
        self.closing_reason = ""
        """Set by the gateway: the connection is closed when this tick's messages are written."""
        self.unreadable = ""
        """The reason why nothing more can be read: the connection is closed when the inbox is
        empty."""
        self._keeper = keeper
        self._terms = terms
        self._tls: TlsStream | None = None
        """Created for the first byte: a silent connection costs nothing."""
        self._framer = Framer(terms.limits.max_logon_bytes, terms.limits.max_garbled_bytes)
        self._transport: asyncio.Transport | None = None
        self._stage = Stage.FIRST_BYTE
        self._header_wanted = False
        self._early = bytearray()
        """Bytes read and not yet examined: of a header, a handshake, or after the first message."""
        self._said_bytes = 0
        """Bytes of FIX, or supposed FIX, until the first whole message."""
        self._deadline: asyncio.TimerHandle | None = None
        self._slow: asyncio.TimerHandle | None = None
        self._cut_off: asyncio.TimerHandle | None = None
        self.written = 0
        """Bytes given to `write` for the client."""
        self._inbox_bytes = 0
        """Bytes read since the inbox was last empty; counted again when they seem too many."""
        self._reading = True
        self._reason = ""

    @property
    def encrypted(self) -> bool:
        """True if the connection uses TLS."""
        return self._terms.tls is not None

    # ------------------------------------------------------------ what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no asyncio.Transport to isinstance.
        transport = cast(asyncio.Transport, transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=self._terms.limits.outbound_buffer_bytes)
        name = transport.get_extra_info("peername")
        if not name:
            self.abort("gone before it was accepted")
            return
        self._is_at(canonical(name[0]), name[1])
        proxies = self._terms.proxies
        if proxies:
            address = ip_address(self.address)
            self._header_wanted = self.through_proxy = any(address in each for each in proxies)
        self._set_deadline()
        refusal = self._keeper.opened(self)
        if refusal:
            self.abort(refusal)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _read_buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self.closing or self.unreadable:
            return
        data = bytes(_read_buffer[:nbytes])
        if self._stage is not ADMITTED:
            self._before_logon(data)
        elif self._tls is None:
            self._take(data)
        else:
            self._take(self._decrypted(data))
            if self._tls.ended:
                self._end_behind_the_tick()

    def eof_received(self) -> None:
        """Return nothing, so that the transport closes. A process that is killed ends like that
        too."""

    def connection_lost(self, exc: Exception | None) -> None:
        self.closing = True
        self.inbox.clear()
        self._early.clear()
        self._stop_timers()
        if self._cut_off is not None:
            self._cut_off.cancel()
        self._keeper.lost(self, self._reason or (str(exc) if exc else "closed by the client"))

    def pause_writing(self) -> None:
        self.writable = False
        if not self.closing:
            seconds = self._terms.limits.slow_reader_seconds
            loop = asyncio.get_running_loop()
            self._slow = loop.call_later(seconds, self._too_slow)

    def resume_writing(self) -> None:
        self.writable = True
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None
        self._keeper.arrived(self)

    # ----------------------------------------------------------- until a client logs on

    def _before_logon(self, data: bytes) -> None:
        if self._header_wanted:
            self._early += data
            if not self._take_header():
                return
            data = bytes(self._early)
            self._early.clear()
            if not data:
                return
        self.silent = False
        if self._stage is Stage.FIRST_BYTE:
            if may_start(data):
                self.close("a PROXY header from outside proxy_networks, or a second one")
                return
            if self._terms.tls is None:
                self._enter(Stage.LOGON)
            else:
                self._tls = TlsStream(self._terms.tls.context)
                self._enter(Stage.HANDSHAKE)
        if self._stage is Stage.HANDSHAKE:
            self._early += data
            if len(self._early) > HANDSHAKE_BYTES_MAX:
                self._pause_reading()
            self._keeper.shakes_hands(self)
        elif self._tls is None:
            self._take_early(data)
        else:
            self._take_early(self._decrypted(data))
            if self._tls.ended:
                self._end_behind_the_tick()

    def _take_header(self) -> bool:
        """Return True if the PROXY header is complete and its client may stay."""
        try:
            header = parse(bytes(self._early))
        except BadHeader as error:
            self.close(str(error))
            return False
        if header is None:
            return False
        del self._early[:header.length]
        self._header_wanted = False
        if header.address:
            self._is_at(canonical(header.address), header.port)
            refusal = self._keeper.addressed(self)
            if refusal:
                self.abort(refusal)
        return not self.closing

    def handshake(self) -> None:
        """Continue the TLS handshake with all bytes that have arrived for it."""
        if self.closing or self._stage is not Stage.HANDSHAKE:
            return
        assert self._tls is not None
        data = bytes(self._early)
        self._early.clear()
        plain = self._decrypted(data)
        if self._tls.established and not self.closing:
            self.certificate_names = self._tls.names
            self._enter(Stage.LOGON)
            self._take_early(plain)
        if self._tls.ended:
            self._end_behind_the_tick()
        self._read_on()

    def _take_early(self, data: bytes) -> None:
        """Take FIX before the Logon is accepted: examine one message, and keep the rest."""
        limit = self._terms.limits.max_logon_bytes
        if self._said_bytes < 0:
            self._early += data
            if len(self._early) > limit:
                self._pause_reading()
            return
        self._said_bytes += len(data)
        self._take(data)
        if self.inbox:
            self._said_bytes = -1
        elif self._said_bytes > limit and not self.unreadable:
            self.unreadable = f"no Logon in the first {limit} bytes"
            self._keeper.arrived(self)

    def admitted(self) -> None:
        """Treat the connection as a client's: the gateway has accepted its Logon."""
        if self.closing or self._stage is Stage.ADMITTED:
            return
        self._enter(Stage.ADMITTED)
        self._framer.max_message_bytes = self._terms.limits.max_message_bytes
        self._keeper.admitted(self)
        # Behind the Logon there may be more, in the framer too.
        early = bytes(self._early)
        self._early = bytearray()
        self._take(early)
        self._read_on()

    # ------------------------------------------------------------------------ reading

    def take_garbled(self) -> int:
        """Return how often bytes that are no message were ignored since the last call."""
        count, self._framer.garbled = self._framer.garbled, 0
        return count

    def _take(self, data: bytes) -> None:
        try:
            messages = self._framer.feed(data)
        except (MessageTooLong, TooGarbled) as error:
            # What came before it, in whatever read, is answered before the end.
            self.unreadable = str(error)
            self._keeper.arrived(self)
            return
        self._inbox_bytes += len(data)
        if messages:
            self.inbox.extend(messages)
            if self._reading and self._holds_more(INBOX_MESSAGES_MAX, INBOX_BYTES_MAX):
                self._pause_reading()
            self._keeper.arrived(self)

    def _decrypted(self, data: bytes) -> bytes:
        """Return the plain text of *data*; b"" if there is none yet, or an error has ended the
        connection."""
        tls, transport = self._tls, self._transport
        assert tls is not None and transport is not None
        try:
            plain = tls.receive(data)
        except TlsFailed as error:
            transport.write(tls.to_send())
            self.close(f"TLS: {error}")
            return b""
        answer = tls.to_send()
        if answer:
            if not self.writable:
                # Key updates: who asks and does not read would fill our memory.
                self.abort("TLS: asks and does not read")
                return b""
            transport.write(answer)
        return plain

    def _end_behind_the_tick(self) -> None:
        """Process the last data before the end: the client has ended TLS, as when a socket ends."""
        asyncio.get_running_loop().call_soon(self._end)

    def _end(self) -> None:
        if not self.closing:
            assert self._transport is not None and self._tls is not None
            self._transport.write(self._tls.goodbye())
            self._transport.close()

    def _holds_more(self, messages: int, size: int) -> bool:
        """Return True if the inbox holds more than *messages* messages, or more than *size*
        bytes."""
        if self._inbox_bytes > size:
            self._inbox_bytes = sum(map(len, self.inbox))
        return len(self.inbox) > messages or self._inbox_bytes > size

    def processed(self) -> None:
        """Note that the gateway has taken messages from the inbox."""
        if not self.inbox:
            self._inbox_bytes = 0
        if not self._reading:
            self._read_on()

    def _pause_reading(self) -> None:
        if self._reading and not self.closing:
            self._reading = False
            assert self._transport is not None
            self._transport.pause_reading()

    def _read_on(self) -> None:
        """Read the socket again, if there is room for its data."""
        if (
            self._reading
            or self._early
            or self._holds_more(INBOX_MESSAGES_MAX // 2, INBOX_BYTES_MAX // 2)
        ):
            return
        self._reading = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    # ------------------------------------------------------------ writing and closing

    def write(self, data: bytes) -> None:
        """Give *data* to the socket, unless it was closed."""
        if self.closing or self._transport is None:
            return
        self.written += len(data)
        if self._tls is not None:
            try:
                data = self._tls.seal(data)
            except TlsFailed as error:
                self.abort(f"TLS: {error}")
                return
        self._transport.write(data)

    @property
    def arrived(self) -> int:
        """Number of the `written` bytes that the client's TCP has acknowledged, or fewer.

        Bytes given to a socket may be lost with the connection; acknowledged bytes have reached the
        client's machine.
        """
        transport = self._transport
        if transport is None or transport.is_closing():
            return 0
        socket = transport.get_extra_info("socket")
        [unacknowledged] = unpack("i", ioctl(socket.fileno(), TIOCOUTQ, bytes(4)))
        if self.closing and unacknowledged == 1:
            unacknowledged = 0  # our FIN, which counts as a byte
        # With TLS the bytes on the wire are more than those written: too few, never too many.
        return self.written - int(unacknowledged) - transport.get_write_buffer_size()

    def close(self, reason: str) -> None:
        """Send nothing more after the data already written, and ignore what the client still sends.

        The socket is read all the same until the client closes: a socket closed with unread data
        resets the connection, and our last data is lost.
        """
        if self.closing:
            return
        transport = self._transport
        assert transport is not None
        if self._tls is not None and not transport.is_closing():
            transport.write(self._tls.goodbye())
        self.closing = True
        self._reason = reason
        self.inbox.clear()
        self._early.clear()
        self._stop_timers()
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
        self._early.clear()
        self._stop_timers()
        if self._transport is not None:
            self._transport.abort()

    # ---------------------------------------------------------------------- deadlines

    def _is_at(self, address: str, port: int) -> None:
        self.address = address
        self.peer = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"

    def _enter(self, stage: Stage) -> None:
        assert stage in stages.NEXT[self._stage], f"{self._stage} -> {stage}"
        self._stage = stage
        self._set_deadline()

    def _set_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        seconds = stages.seconds(self._terms.limits).get(self._stage)
        if seconds is not None:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(seconds, self.abort, stages.LATE[self._stage])

    def _too_slow(self) -> None:
        seconds = self._terms.limits.slow_reader_seconds
        self.abort(f"slow reader: a full buffer was not read down in {seconds} s")

    def _stop_timers(self) -> None:
        for timer in (self._deadline, self._slow):
            if timer is not None:
                timer.cancel()
        self._deadline = self._slow = None
