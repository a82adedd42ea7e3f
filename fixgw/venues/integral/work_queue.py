"""What waits to leave for one account: a bounded queue behind the account's rate limit.

It knows in which order work leaves and when, and nothing of what the work is.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder, VenueOrder
from fixgw.model.venue import Refused
from fixgw.runtime.clock import Clock
from fixgw.venues.integral.config import IntegralConfig
from fixgw.venues.integral.schemas import OrderRow
from fixgw.venues.integral.watch import Watched
from fixgw.venues.outcome import kept_back
from fixgw.venues.ratelimit import Lane, Lanes, RateLimiter

RETRY_AFTER_MAX_SECONDS = 60.0
"""A longer pause than this is not taken from a venue: it would be an outage."""


class ListActive(Struct, frozen=True):
    """List all active orders, and see from it how *orders* stand."""

    orders: tuple[Watched, ...] = ()


class Look(Struct, frozen=True):
    """See how one order stands, and what was executed of it."""

    watched: Watched
    row: OrderRow | None = None
    """Where a list has said already how it stands."""


class ProveQuery(Struct, frozen=True):
    """Ask for an order that has ended by its coId: does the venue take that parameter?"""

    watched: Watched


Work = SubmitOrder | CancelOrder | QueryOrder | ListActive | Look | ProveQuery


class Job(Struct, frozen=True):
    """One piece of work in the queue."""

    work: Work
    queued_at: float
    alone: bool = False
    """A query that a list of many orders left unanswered: now it is asked by itself."""


class WorkQueue:
    """The queue of one account; *too_late* hears of submits that waited too long to leave."""

    def __init__(
        self,
        config: IntegralConfig,
        clock: Clock,
        ready: asyncio.Event,
        too_late: Callable[[SubmitOrder, Refused], None],
    ) -> None:
        self._clock = clock
        self._ready = ready
        self._limit = config.queue_limit
        self._submit_seconds = config.queue_seconds
        self._too_late = too_late
        self._limiter = RateLimiter(config.requests_per_second, 1 + config.rate_margin_seconds)
        self._lanes: Lanes[Job] = Lanes(config.queue_limit)
        self._arrived = asyncio.Event()
        self._turn = asyncio.Lock()
        self._paused_until = 0.0
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

    def take_queries(self) -> list[VenueOrder]:
        """Take out the orders of all questions that one list may answer."""

        def fits(job: Job) -> bool:
            return isinstance(job.work, QueryOrder) and not job.alone

        taken = self._lanes.take(Lane.QUERY, fits, self._limit)
        return [job.work.order for job in taken if isinstance(job.work, QueryOrder)]

    async def next(self) -> Job:
        """The next job, once we are logged in and the rate limit lets it leave."""
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
        """Wait until a piece of work that needs several requests may make one more."""
        async with self._turn:
            await self._room()
            self._leave()

    def pause(self, seconds: float) -> None:
        """The venue wants to be left alone for so long (Retry-After)."""
        until = self._clock.monotonic() + min(seconds, RETRY_AFTER_MAX_SECONDS)
        self._paused_until = max(self._paused_until, until)

    def drop_late(self) -> None:
        """Refuse the submits that have waited too long, also while nothing can leave."""
        self._lanes.take(Lane.SUBMIT, self._expired, self._limit)

    def waiting(self) -> dict[str, int]:
        """How much waits in each lane."""
        return {lane.name.lower(): self._lanes.waiting(lane) for lane in Lane}

    def headroom(self) -> int | None:
        """Requests that may leave at once; None without a rate limit."""
        return self._limiter.headroom(self._clock.monotonic())

    async def _room(self) -> None:
        while True:
            await self._ready.wait()
            now = self._clock.monotonic()
            wait = max(self._limiter.wait(now), self._paused_until - now)
            if wait <= 0:
                return
            await asyncio.sleep(wait)

    def _leave(self) -> None:
        self._limiter.take(self._clock.monotonic())
        self.sent += 1

    def _expired(self, job: Job) -> bool:
        """Refuse a submit that waited so long that its client does not expect it any more."""
        waited = self._clock.monotonic() - job.queued_at
        if not isinstance(job.work, SubmitOrder) or waited <= self._submit_seconds:
            return False
        self._too_late(job.work, kept_back(f"waited {waited:.1f} s for its turn"))
        return True
