"""The message rate of a client: MaxMessagesPerSecond, and the consequences above it.

First messages wait (the socket is read no further, so TCP slows the client down); when some have
been waiting without a pause for MaxMessagesDelaySeconds, all that wait are refused with
BusinessMessageReject(35=j, 380=4); then the client is logged out. Nothing is ever dropped: a
message that was not taken was not counted either, and is requested again. A cancel is never
refused, only late.
"""

from math import ceil

from fixgw.model.enums import BusinessRejectReason
from fixgw.model.errors import BusinessRefused
from fixgw.model.reports import Limit
from fixgw.runtime.session_settings import SessionSettings

NEVER_REFUSED = frozenset(("F", "q"))
"""OrderCancelRequest, OrderMassCancelRequest: a client that sends too much must be able to stop
trading."""

BYTES_BITS = 9
"""A message counts once more for each 2**9 bytes of it."""

WINDOW_MS = 1_000
"""A second's worth may come at once, however the second before was used."""


def weight(size: int) -> int:
    """Return the number of messages that one of *size* bytes counts for."""
    return 1 + (size >> BYTES_BITS)


class Throttle:
    """One client's allowance. Times are milliseconds of a clock that never jumps."""

    __slots__ = (
        "per_second", "refused", "alarm", "_interval_ms", "_delay_ms", "_rejected_max",
        "_paid_until", "_held_back_at", "_refusing",
    )

    def __init__(self, per_second: int, delay_seconds: int, rejected_max: int) -> None:
        self.per_second = per_second
        self.refused = 0
        """Messages above the limit since the client last kept to it."""
        self.alarm = False
        """True if a later check is already scheduled for when the next message may be taken."""
        self._interval_ms = 1_000 / per_second
        self._delay_ms = delay_seconds * 1_000
        self._rejected_max = rejected_max
        self._paid_until = 0.0
        self._held_back_at: int | None = None
        """Time since which a message has always been waiting."""
        self._refusing = False

    def take(self, now_ms: int, waiting: int, size: int = 0) -> int:
        """Return 0: take the first of *waiting* messages, of *size* bytes, now; otherwise the
        milliseconds after which to check again."""
        ahead = self._paid_until - now_ms
        # One that counts for more than a second's worth takes a second, or it would never come.
        price = min(self._interval_ms * weight(size), WINDOW_MS)
        wait = ahead + price - WINDOW_MS
        self._refusing = wait > 0 and self._held_back_for(now_ms) >= self._delay_ms
        if wait > 0 and not self._refusing:
            return ceil(wait)
        if waiting == 1:
            self._held_back_at = None
        if self._refusing:
            self.refused += 1
            return 0
        if ahead <= 0:
            self.refused, ahead = 0, 0.0
        self._paid_until = now_ms + ahead + price
        return 0

    def _held_back_for(self, now_ms: int) -> int:
        if self._held_back_at is None:
            self._held_back_at = now_ms
        return now_ms - self._held_back_at

    @property
    def exhausted(self) -> bool:
        """True if the client is to be logged out."""
        return self._refusing and self.refused > self._rejected_max

    def begin(self) -> None:
        """Note that the client has reconnected: its conduct on another connection is forgiven."""
        self.refused, self._held_back_at = 0, None

    def check(self, msg_type: str) -> None:
        """Raise BusinessRefused if the application message just taken is one too many."""
        if self._refusing and msg_type not in NEVER_REFUSED:
            raise BusinessRefused(BusinessRejectReason.APPLICATION_NOT_AVAILABLE, self.text)

    @property
    def text(self) -> str:
        """The text for the client."""
        return f"more than {self.per_second} messages a second (MaxMessagesPerSecond)"

    def limit(self, now_ms: int) -> Limit:
        """Return the limit, and its present use: the answer to a LimitQuery(35=XLQ)."""
        ahead = max(0.0, self._paid_until - now_ms)
        used = min(self.per_second, ceil(ahead / self._interval_ms))
        return Limit(count=used, maximum=self.per_second, interval_seconds=WINDOW_MS // 1_000)


def throttle(settings: SessionSettings) -> Throttle | None:
    """Return the throttle that *settings* ask for, if any."""
    if settings.max_messages_per_second is None:
        return None
    return Throttle(
        settings.max_messages_per_second,
        settings.max_messages_delay_seconds,
        settings.max_messages_rejected,
    )
