"""Log lines that strangers can cause: some of them each second, and a count of the others.

Whoever can connect can make us write. A disk that a flood fills would stop the journal, and a
log of nothing else hides what matters; so each second has room for a few such lines.
"""

import asyncio
from collections import Counter
from typing import Any

import structlog

LINES_PER_SECOND = 10
SECOND = 1.0


class FewLines:
    """Writes events of strangers to the log; `lines_left_out` tells how many it did not."""

    def __init__(self, lines_per_second: int = LINES_PER_SECOND) -> None:
        self._lines_per_second = lines_per_second
        self._written = 0
        self._left_out: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def info(self, event: str, **fields: Any) -> None:
        """A line, if this second has room for one."""
        if self._has_room(event):
            structlog.get_logger().info(event, **fields)

    def warning(self, event: str, **fields: Any) -> None:
        """The same, one level up."""
        if self._has_room(event):
            structlog.get_logger().warning(event, **fields)

    def _has_room(self, event: str) -> bool:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SECOND, self._next_second)
        if self._written < self._lines_per_second:
            self._written += 1
            return True
        self._left_out[event] += 1
        return False

    def _next_second(self) -> None:
        self._timer = None
        self._written = 0
        left_out, self._left_out = self._left_out, Counter()
        if left_out:
            structlog.get_logger().warning(
                "lines_left_out", count=left_out.total(), events=dict(left_out)
            )
