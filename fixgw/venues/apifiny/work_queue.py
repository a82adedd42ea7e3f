"""What waits to leave for one account: a bounded queue behind the account's rate limit.

It knows in which order work leaves and when, and nothing of what the work is.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder
from fixgw.model.venue import Refused
from fixgw.runtime.clock import Clock
from fixgw.venues.apifiny.config import ApifinyConfig
from fixgw.venues.outcome import kept_back
from fixgw.venues.ratelimit import Lane, Lanes, RateLimiter


class ListOpen(Struct, frozen=True):
    """Look for open orders at one exchange, ours and others."""

    exchange: str


class ReadCommission(Struct, frozen=True):
    """Read what the account pays for one symbol."""

    exchange: str
    symbol: str


Work = SubmitOrder | CancelOrder | QueryOrder | ListOpen | ReadCommission


class Job(Struct, frozen=True):
    """One piece of work in the queue."""

    work: Work
    queued_at: float
    alone: bool = False
    """A query that a list of many orders left unanswered: now it is asked by itself."""


class WorkQueue:
    """The queue of one account; *too_late* hears of submits that waited too long to leave."""

    def __init__(
        self, config: ApifinyConfig, clock: Clock, too_late: Callable[[SubmitOrder, Refused], None]
    ) -> None:
        self._clock = clock
        self._limit = config.queue_limit
        self._submit_seconds = config.queue_seconds
        self._too_late = too_late
        self._limiter = RateLimiter(config.requests_per_second, 1 + config.rate_margin_seconds)
        self._lanes: Lanes[Job] = Lanes(config.queue_limit)
        self._arrived = asyncio.Event()
        self._turn = asyncio.Lock()
        self.sent = 0

    def put(self, lane: Lane, work: Work, *, alone: bool = False) -> bool:
        """Queue *work*; False if its lane is full."""
        taken = self._lanes.put(lane, Job(work, self._clock.monotonic(), alone))
        if taken:
            self._arrived.set()
        return taken

    def no_room(self) -> Refused:
        """What becomes of a command that `put` did not take."""
        return kept_back(f"{self._limit} commands wait for the rate limit already")

    def take(self, lane: Lane, fits: Callable[[Job], bool], limit: int) -> list[Job]:
        """Take out what can be done together with what left just now."""
        return self._lanes.take(lane, fits, limit)

    async def next(self) -> Job:
        """The next job, once the rate limit lets it leave."""
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

    async def slot(self) -> None:
        """Wait until a job that needs several requests may make one more."""
        async with self._turn:
            await self._room()
            self._leave()

    def waiting(self) -> dict[str, int]:
        """How much waits in each lane."""
        return {lane.name.lower(): self._lanes.waiting(lane) for lane in Lane}

    def headroom(self) -> int | None:
        """Requests that may leave at once; None without a rate limit."""
        return self._limiter.headroom(self._clock.monotonic())

    async def _room(self) -> None:
        while (wait := self._limiter.wait(self._clock.monotonic())) > 0:
            await asyncio.sleep(wait)

    def _leave(self) -> None:
        self._limiter.take(self._clock.monotonic())
        self.sent += 1

    def _expired(self, job: Job) -> bool:
        """Refuse a submit that waited so long that its client does not expect it any more."""
        waited = self._clock.monotonic() - job.queued_at
        if not isinstance(job.work, SubmitOrder) or waited <= self._submit_seconds:
            return False
        self._too_late(job.work, kept_back(f"waited {waited:.1f} s for the rate limit"))
        return True
