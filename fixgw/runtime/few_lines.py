"""Log lines that others can cause: a few in each period, and a count of the rest.

Anybody who can connect can make us write. A disk that a flood fills would stop the journal, and a
log full of strangers hides what matters. So each second has room for a few lines about strangers,
and each minute for a few about one client's coming and going.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import structlog

LINES_PER_SECOND = 10
SECOND = 1.0

LINES_PER_MINUTE = 20
MINUTE = 60.0


class FewLines:
    """Writes events to the log; `lines_left_out` counts those it did not write.

    *over* is called at the end of a period, and `lines_left_out` carries *about*.
    """

    def __init__(
        self,
        lines: int = LINES_PER_SECOND,
        seconds: float | None = None,
        over: Callable[[], None] = lambda: None,
        **about: Any,
    ) -> None:
        self._lines = lines
        self._seconds = SECOND if seconds is None else seconds
        self._over = over
        self._about = about
        self._written = 0
        self._left_out: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def info(self, event: str, **fields: Any) -> None:
        """Write a line at level info, if there is room for one."""
        if self.has_room(event):
            structlog.get_logger().info(event, **fields)

    def warning(self, event: str, **fields: Any) -> None:
        """Write a line at level warning, if there is room for one."""
        if self.has_room(event):
            structlog.get_logger().warning(event, **fields)

    def has_room(self, event: str) -> bool:
        """Return True if a line of this kind may be written now, and expect it; else count it. For
        lines that cost something to make."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._seconds, self._next)
        if self._written < self._lines:
            self._written += 1
            return True
        self._left_out[event] += 1
        return False

    def _next(self) -> None:
        self._timer = None
        self._written = 0
        left_out, self._left_out = self._left_out, Counter()
        if left_out:
            structlog.get_logger().warning(
                "lines_left_out", count=left_out.total(), events=dict(left_out), **self._about
            )
        self._over()


class FewLinesOfEach:
    """The same for each session: one that logs on and off endlessly fills no log."""

    def __init__(self, lines: int = LINES_PER_MINUTE) -> None:
        self._lines = lines
        self._of: dict[str, FewLines] = {}
        """For sessions with a line within the last minute."""

    def of(self, session: str) -> FewLines:
        """Return the writer for *session*."""
        few = self._of.get(session)
        if few is None:
            few = self._of[session] = FewLines(
                self._lines, MINUTE, lambda: self._forget(session), session=session
            )
        return few

    def _forget(self, session: str) -> None:
        self._of.pop(session, None)
