"""The execution stream: the I/O shell between a socket and `events`.

It is opened with the corporate key and sends its events unasked; nothing is subscribed to, as the
document names no such frame.
"""

from collections.abc import Callable

import structlog

from fixgw.runtime.clock import Clock
from fixgw.venues.asmlink.credentials import Credentials
from fixgw.venues.asmlink.events import Events, Nameless
from fixgw.venues.asmlink.store import StoreError
from fixgw.venues.order_socket import RESYNC_SECONDS_MIN
from fixgw.venues.kit.payloads import Unreadable
from fixgw.venues.stream import Opening, StreamConnection

log = structlog.get_logger()


class ExecutionStream:
    """A `stream.Handler`; calls *restored* when the stream is up (again)."""

    def __init__(
        self, *, url: str, idle_seconds: float, credentials: Credentials, events: Events,
        clock: Clock, restored: Callable[[], None],
    ) -> None:
        self._url = url
        self._idle_seconds = idle_seconds
        self._credentials = credentials
        self._events = events
        self._clock = clock
        self._restored = restored
        self._heard_at = 0.0
        self._next_resync = 0.0
        self.up_since_ms: int | None = None
        """Unix milliseconds at which the open socket was opened; None without one."""

    @property
    def up(self) -> bool:
        """True if it is open: there is no login and no subscription that could fail."""
        return self.up_since_ms is not None

    def opening(self) -> Opening:
        """ASSUMPTION: the key stands in the handshake as it does in a request."""
        return Opening(self._url, self._credentials.headers())

    def opened(self, connection: StreamConnection) -> None:
        """Start on an open socket: earlier events may have been missed."""
        self.up_since_ms = self._clock.now_ms()
        self._heard_at = self._clock.monotonic()
        log.info("stream_up", url=self._url)
        self._restored()

    def received(self, messages: list[bytes]) -> None:
        """Take events, each by itself: a bad one does not hide the next."""
        self._heard_at = self._clock.monotonic()
        for body in messages:
            try:
                self._events.take(body, "stream")
            except (Unreadable, StoreError) as error:
                log.error("asmlink_event_not_taken", url=self._url, reason=str(error))
                if isinstance(error, Nameless) and self._heard_at >= self._next_resync:
                    # Any order may be meant: all are asked about, but not again and again.
                    self._next_resync = self._heard_at + RESYNC_SECONDS_MIN
                    self._restored()

    def tick(self) -> str:
        """Return the reason to give up the socket, or ""."""
        silent = self._clock.monotonic() - self._heard_at
        if self._idle_seconds and silent > self._idle_seconds:
            return f"silent for {silent:.0f} s"
        return ""

    def lost(self, reason: str) -> None:
        """Mark the stream as down."""
        self.up_since_ms = None
