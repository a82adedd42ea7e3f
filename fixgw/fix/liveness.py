"""Silences of a connection, and the messages due because of them. QuickFIX's figures.

A TestRequest is also due while it is unknown whether the client has received our messages: its
answer is the only proof in a running session (`fix.unconfirmed`).

Times are milliseconds of a clock that never jumps (`Now.mono_ms`).
"""

from enum import Enum, auto

from fixgw.runtime.session_settings import HEART_BEAT_TIMEOUT, TEST_REQUEST_DELAY


DOUBT_MS = 30_000
"""Time for which receipt may stay in doubt where HeartBtInt(108)=0 names no interval."""


class Due(Enum):
    NOTHING = auto()
    HEARTBEAT = auto()
    TEST_REQUEST = auto()
    GIVE_UP = auto()


class Liveness:
    """The silences of one connection; the session records what it receives and sends."""

    __slots__ = (
        "heard_at", "said_at", "tests_sent", "_sure_at", "_interval_ms", "_ask_after",
        "_give_up_after",
    )

    def __init__(
        self,
        test_request_delay: float = TEST_REQUEST_DELAY,
        heart_beat_timeout: float = HEART_BEAT_TIMEOUT,
    ) -> None:
        """Silence beyond HeartBtInt(108), for both, as a multiple of it."""
        self._ask_after = 1 + test_request_delay
        self._give_up_after = 1 + heart_beat_timeout
        self.heard_at = 0
        self.said_at = 0
        self.tests_sent = 0
        """TestRequests since a message was last received."""
        self._sure_at = 0
        """Time when nothing was in doubt, or when we last sent a TestRequest about it."""
        self._interval_ms = 0

    def begin(self, heart_bt_int: int, now_ms: int) -> None:
        """Apply a Logon's HeartBtInt(108) *heart_bt_int*, in seconds; 0 turns heartbeats off."""
        self._interval_ms = heart_bt_int * 1000
        self.heard_at = self.said_at = self._sure_at = now_ms
        self.tests_sent = 0

    def due(self, now_ms: int, *, doubt: bool = False) -> Due:
        """Return the action due now. *doubt*: a TestRequest's answer would prove something."""
        interval = self._interval_ms
        if not doubt:
            self._sure_at = now_ms
        elif now_ms - self._sure_at >= (interval or DOUBT_MS) and not self.tests_sent:
            self._sure_at = now_ms
            return Due.TEST_REQUEST
        if not interval:
            return Due.NOTHING
        silence = now_ms - self.heard_at
        if silence >= self._give_up_after * interval:
            return Due.GIVE_UP
        if silence >= self._ask_after * interval * (self.tests_sent + 1):
            self.tests_sent += 1
            return Due.TEST_REQUEST
        if now_ms - self.said_at >= interval and not self.tests_sent:
            return Due.HEARTBEAT
        return Due.NOTHING
