"""A bounded queue behind a rate limit, for work that waits to leave for a venue.

It decides the order and the time of leaving, and knows nothing of the work: cancels before submits
before queries, each lane in the order of arrival.
"""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from msgspec import Struct

from fixgw.model.effects import SubmitOrder
from fixgw.model.venue import Refused
from fixgw.runtime.clock import Clock
from fixgw.venues.outcome import kept_back
from fixgw.venues.ratelimit import Lane, Lanes, RateLimiter

AFTER_WORK_SECONDS = 0.005
"""The time after which a request that goes behind all work looks again whether there is some."""

W = TypeVar("W")


class QueuedJob(Struct, Generic[W], frozen=True):
    """One piece of work in the queue."""

    work: W
    queued_at: float
    alone: bool = False
    """A query that a list of many orders left unanswered: now it is asked by itself."""


class WorkQueue(Generic[W]):
    """One queue for everything under one rate limit.

    *limit* is the capacity of a lane. A submit that waited longer than *submit_seconds* does not
    leave; it goes to *too_late*. Nothing leaves until *ready*, if given, is set. *waits_for* names,
    for the client, the thing its order has waited for.
    """

    def __init__(
        self,
        *,
        limit: int,
        submit_seconds: float,
        limiter: RateLimiter,
        clock: Clock,
        too_late: Callable[[SubmitOrder, Refused], None],
        ready: asyncio.Event | None = None,
        waits_for: str = "the rate limit",
    ) -> None:
        self._limit = limit
        self._submit_seconds = submit_seconds
        self._limiter = limiter
        self._clock = clock
        self._too_late = too_late
        self._ready = ready
        self._waits_for = waits_for
        self._lanes: Lanes[QueuedJob[W]] = Lanes(limit)
        self._arrived = asyncio.Event()
        self._turn = asyncio.Lock()
        self._held_until = 0.0
        self.sent = 0

    # ---------------------------------------------------------------- in

    def put(self, lane: Lane, work: W, *, alone: bool = False) -> bool:
        """Queue *work*; False if its lane is full."""
        taken = self._lanes.put(lane, QueuedJob(work, self._clock.monotonic(), alone))
        if taken:
            self._arrived.set()
        return taken

    def no_room(self) -> Refused:
        """Return the refusal of a command that `put` did not take."""
        return kept_back(f"{self._limit} commands wait for the rate limit already")

    def hold(self, seconds: float) -> None:
        """Send nothing for *seconds*, as the venue asked (Retry-After)."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    # --------------------------------------------------------------- out

    async def next(self) -> QueuedJob[W]:
        """The next job, once it may leave."""
        while True:
            while not self._lanes:
                self._arrived.clear()
                await self._arrived.wait()
            async with self._turn:
                await self._room()
                # What leaves is chosen after the wait: a cancel may have come. Or
                # another worker took the last.
                job = self._lanes.pop() if self._lanes else None
                if job is not None and not self._expired(job):
                    self._leave()
                    return job

    async def slot(self, *, behind_all: bool = False) -> None:
        """Wait until one more request may leave that is not in the queue.

        By itself it is part of a job that left; *behind_all* is for one that
        lets everything leave first that is in the queue.
        """
        while True:
            async with self._turn:
                await self._room()
                if not behind_all or not self._lanes:
                    self._leave()
                    return
            await asyncio.sleep(AFTER_WORK_SECONDS)

    def take(
        self, lane: Lane, fits: Callable[[QueuedJob[W]], bool], limit: int = 0
    ) -> list[QueuedJob[W]]:
        """Take out what can be done together with what left just now; at most *limit*, 0: all."""
        return self._lanes.take(lane, fits, limit or self._limit)

    def drop_late(self) -> None:
        """Refuse the submits that have waited too long, also while nothing can leave."""
        self._lanes.take(Lane.SUBMIT, self._expired, self._limit)

    # ------------------------------------------------------------- status

    def waiting(self) -> dict[str, int]:
        """Return the number of jobs waiting in each lane."""
        return {lane.name.lower(): self._lanes.waiting(lane) for lane in Lane}

    def headroom(self) -> int | None:
        """Requests that may leave at once; None without a rate limit."""
        return self._limiter.headroom(self._clock.monotonic())

    async def _room(self) -> None:
        while True:
            if self._ready is not None:
                await self._ready.wait()
            now = self._clock.monotonic()
            wait = max(self._limiter.wait(now), self._held_until - now)
            if wait <= 0:
                return
            await asyncio.sleep(wait)

    def _leave(self) -> None:
        self._limiter.take(self._clock.monotonic())
        self.sent += 1

    def _expired(self, job: QueuedJob[W]) -> bool:
        """Refuse a submit that waited so long that its client does not expect it any more."""
        waited = self._clock.monotonic() - job.queued_at
        if not isinstance(job.work, SubmitOrder) or waited <= self._submit_seconds:
            return False
        self._too_late(job.work, kept_back(f"waited {waited:.1f} s for {self._waits_for}"))
        return True
