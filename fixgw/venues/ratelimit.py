"""One account's rate limit at a venue, and the lanes of requests that wait for it, in order.

Sans-IO: time is an argument, in seconds of any clock that never goes back.
"""

from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class RateLimiter:
    """At most *limit* requests in any *window* seconds, wherever the window begins.

    It remembers when the last *limit* requests left, so it holds against a
    venue that counts by the clock's second as well as against one that slides.
    """

    def __init__(self, limit: int, window: float = 1.0) -> None:
        self._limit = limit
        self._window = window
        self._left: deque[float] = deque()

    def wait(self, now: float) -> float:
        """Seconds until the next request may leave; 0 if it may leave now."""
        self._forget(now)
        if not self._limit or len(self._left) < self._limit:
            return 0.0
        return self._left[0] + self._window - now

    def take(self, now: float) -> None:
        """Count a request that leaves now; `wait` must have allowed it."""
        if self._limit:
            assert len(self._left) < self._limit, "a request left too early"
            self._left.append(now)

    def headroom(self, now: float) -> int | None:
        """Return the number of requests that may leave at once; None without a limit."""
        self._forget(now)
        return self._limit - len(self._left) if self._limit else None

    def _forget(self, now: float) -> None:
        while self._left and self._left[0] + self._window <= now:
            self._left.popleft()


class Lane(IntEnum):
    """The priority of a request. A cancel removes risk, a submit adds some, a query can wait."""

    CANCEL = 0
    SUBMIT = 1
    QUERY = 2


class Lanes(Generic[T]):
    """A bounded queue for each lane; the first of the first lane that has one comes next."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lanes: tuple[deque[T], ...] = tuple(deque() for _ in Lane)

    def put(self, lane: Lane, item: T) -> bool:
        """Queue *item*; False if its lane is full and it was not taken."""
        queue = self._lanes[lane]
        if len(queue) >= self._limit:
            return False
        queue.append(item)
        return True

    def pop(self) -> T:
        """The next item; there must be one."""
        return next(queue for queue in self._lanes if queue).popleft()

    def take(self, lane: Lane, fits: Callable[[T], bool], limit: int) -> list[T]:
        """Remove and return, in order, at most *limit* of the items in *lane* that fit."""
        taken: list[T] = []
        kept: list[T] = []
        for item in self._lanes[lane]:
            (taken if len(taken) < limit and fits(item) else kept).append(item)
        self._lanes[lane].clear()
        self._lanes[lane].extend(kept)
        return taken

    def waiting(self, lane: Lane) -> int:
        """Return the number of requests waiting in *lane*."""
        return len(self._lanes[lane])

    def __len__(self) -> int:
        return sum(map(len, self._lanes))
