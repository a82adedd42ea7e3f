"""What waits to leave for one account: commands and questions behind the account's rate limit.

It knows in which order work leaves and when, and nothing of what the work is: cancels before
submits, and both before questions.
"""

import asyncio
from collections.abc import Callable

from msgspec import Struct

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder
from fixgw.model.ids import OrderID
from fixgw.model.venue import Refused
from fixgw.runtime.clock import Clock
from fixgw.venues.finery.config import FineryConfig
from fixgw.venues.outcome import kept_back
from fixgw.venues.ratelimit import Lane, Lanes, RateLimiter

AFTER_COMMANDS_SECONDS = 0.005
"""How often a question looks whether commands still wait."""


class Job(Struct, frozen=True):
    """One command in the queue."""

    command: SubmitOrder | CancelOrder
    queued_at: float


class CommandQueue:
    """The queue of one account; *too_late* hears of submits that waited too long to leave."""

    def __init__(
        self, config: FineryConfig, clock: Clock, too_late: Callable[[SubmitOrder, Refused], None]
    ) -> None:
        self._clock = clock
        self._limit = config.queue_limit
        self._submit_seconds = config.queue_seconds
        self._too_late = too_late
        self._limiter = RateLimiter(config.requests_per_second, 1 + config.rate_margin_seconds)
        self._commands: Lanes[Job] = Lanes(config.queue_limit)
        self._queries: dict[OrderID, QueryOrder] = {}
        self._command_came = asyncio.Event()
        self._query_came = asyncio.Event()
        self._held_until = 0.0
        self.sent = 0

    # ---------------------------------------------------------------- in

    def put(self, command: SubmitOrder | CancelOrder) -> bool:
        """Queue a command; False if its lane is full."""
        lane = Lane.SUBMIT if isinstance(command, SubmitOrder) else Lane.CANCEL
        taken = self._commands.put(lane, Job(command, self._clock.monotonic()))
        if taken:
            self._command_came.set()
        return taken

    def ask(self, query: QueryOrder) -> bool:
        """Queue a question, in the place of one about the same order; False if there is no room.

        One answer does for both, if it has what the more curious of them wants.
        """
        known = self._queries.get(query.order.order_id)
        if known is None and len(self._queries) >= self._limit:
            return False
        if known is None or query.fills:
            self._queries[query.order.order_id] = query
        self._query_came.set()
        return True

    def no_room(self) -> Refused:
        """What becomes of a command that `put` did not take."""
        return kept_back(f"{self._limit} commands wait for the rate limit already")

    def hold(self, seconds: float) -> None:
        """The venue wants nothing for so long."""
        self._held_until = max(self._held_until, self._clock.monotonic() + seconds)

    # --------------------------------------------------------------- out

    async def next_command(self) -> SubmitOrder | CancelOrder:
        """The next command, once the rate limit lets it leave."""
        while True:
            while not self._commands:
                self._command_came.clear()
                await self._command_came.wait()
            wait = self._wait()
            if wait > 0:
                await asyncio.sleep(wait)
                continue
            # What leaves is chosen after the wait: a cancel may have come.
            job = self._commands.pop()
            if not self._expired(job):
                self._leave()
                return job.command

    async def next_queries(self, most: int) -> list[QueryOrder]:
        """At most *most* questions, oldest first, once one request for them may leave."""
        while not self._queries:
            self._query_came.clear()
            await self._query_came.wait()
        await self.slot()
        taken = list(self._queries.values())[:most]
        for query in taken:
            del self._queries[query.order.order_id]
        return taken

    async def slot(self) -> None:
        """Wait until one more request for questions may leave."""
        while True:
            wait = self._wait()
            if wait <= 0 and not self._commands:
                self._leave()
                return
            await asyncio.sleep(max(wait, AFTER_COMMANDS_SECONDS))

    # ------------------------------------------------------------- status

    def waiting(self) -> dict[str, int]:
        """How much waits in each lane."""
        return {
            "cancel": self._commands.waiting(Lane.CANCEL),
            "submit": self._commands.waiting(Lane.SUBMIT),
            "query": len(self._queries),
        }

    def headroom(self) -> int | None:
        """Requests that may leave at once; None without a rate limit."""
        return self._limiter.headroom(self._clock.monotonic())

    def _wait(self) -> float:
        now = self._clock.monotonic()
        return max(self._limiter.wait(now), self._held_until - now)

    def _leave(self) -> None:
        self._limiter.take(self._clock.monotonic())
        self.sent += 1

    def _expired(self, job: Job) -> bool:
        """Refuse a submit that waited so long that its client does not expect it any more."""
        waited = self._clock.monotonic() - job.queued_at
        if not isinstance(job.command, SubmitOrder) or waited <= self._submit_seconds:
            return False
        self._too_late(job.command, kept_back(f"waited {waited:.1f} s for the rate limit"))
        return True
