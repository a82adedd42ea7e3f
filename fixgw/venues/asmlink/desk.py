"""What leaves for asmlink by REST: a bounded queue behind its rate limit, and a few workers.

A request is stamped when it leaves the queue and sent once; whatever becomes
of it is told to the core, and only the core decides what follows.
"""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from msgspec import Struct

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command
from fixgw.model.errors import OrderRefused
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    OrderUpdate,
    Outcome,
    QueryFailed,
    Refused,
    VenueStatus,
)
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.asmlink import build, parse
from fixgw.venues.asmlink.build import Call
from fixgw.venues.asmlink.codes import TOO_MANY_REQUESTS
from fixgw.venues.asmlink.config import AsmlinkConfig, Tier
from fixgw.venues.asmlink.credentials import Credentials
from fixgw.venues.asmlink.parse import Tell
from fixgw.venues.asmlink.told import Told
from fixgw.venues.http import HttpClient
from fixgw.venues.outcome import NOT_SENT, Answer, Result, kept_back, unanswered
from fixgw.venues.ratelimit import Lane, Lanes, RateLimiter

RETRY_AFTER = "retry-after"
RETRY_AFTER_SECONDS = 1.0
"""How long a 429 that does not say holds everything back: the window of the limit."""

ABSENCE_ANSWER_SECONDS = 2.0
"""An answer "no such order" that took longer is of too old a moment to prove anything."""

NOT_FOUND = 404

Work = SubmitOrder | CancelOrder | QueryOrder


class _Job(Struct, frozen=True):
    work: Work
    queued_at: float


class Desk:
    """All requests about orders, in order, under one corporate limit."""

    def __init__(
        self, *, config: AsmlinkConfig, credentials: Credentials, http: HttpClient, clock: Clock,
        told: Told, tier: Callable[[VenueOrder], Tier], deliver: Deliver,
    ) -> None:
        self._config = config
        self._credentials = credentials
        self._http = http
        self._clock = clock
        self._told = told
        self._tier = tier
        self._deliver = deliver
        self._lanes: Lanes[_Job] = Lanes(config.queue_limit)
        self._limiter = RateLimiter(config.routes_per_second, 1 + config.rate_margin_seconds)
        self._held_until = 0.0
        self._arrived = asyncio.Event()
        self._turn = asyncio.Lock()

    def submit(self, command: SubmitOrder) -> None:
        """Queue an order, or refuse it if it has no place or cannot be said."""
        order = command.order
        try:
            self._route(order)
        except OrderRefused as refused:
            outcome = Refused(NOT_SENT, refused.text, ord_rej_reason=refused.reason)
            self._tell(order, Command.SUBMIT, outcome)
            return
        if not self._put(Lane.SUBMIT, command):
            self._tell(order, Command.SUBMIT, self._no_room())

    def cancel(self, command: CancelOrder) -> None:
        """Queue a cancel; only where the settings have a path for it."""
        if not self._put(Lane.CANCEL, command):
            self._tell(command.order, Command.CANCEL, self._no_room())

    def query(self, command: QueryOrder) -> None:
        """Queue a question; only where the settings have a path for it."""
        if not self._put(Lane.QUERY, command):
            self._deliver(QueryFailed(command.order.order_id, self._no_room().text))

    def waiting(self) -> dict[str, int]:
        """How much waits in each lane."""
        return {lane.name.lower(): self._lanes.waiting(lane) for lane in Lane}

    def headroom(self) -> int | None:
        """Requests that may leave at once; None without a rate limit."""
        return self._limiter.headroom(self._clock.monotonic())

    async def work(self) -> NoReturn:
        """One worker: take the next job, do it, again and again."""
        while True:
            job = await self._next()
            match job.work:
                case SubmitOrder(order):
                    await self._command(order, Command.SUBMIT, self._route(order))
                case CancelOrder(order):
                    call = build.cancel(order, self._config.cancel_path)
                    await self._command(order, Command.CANCEL, call)
                case QueryOrder(order):
                    await self._query(order)

    # ------------------------------------------------------------------ queue

    def _put(self, lane: Lane, work: Work) -> bool:
        taken = self._lanes.put(lane, _Job(work, self._clock.monotonic()))
        if taken:
            self._arrived.set()
        return taken

    def _no_room(self) -> Refused:
        return kept_back(f"{self._config.queue_limit} commands wait for the rate limit already")

    async def _next(self) -> _Job:
        """The next job, once the rate limit lets it leave."""
        while True:
            while not self._lanes:
                self._arrived.clear()
                await self._arrived.wait()
            async with self._turn:
                await self._room()
                # Chosen after the wait: a cancel may have come, or another worker took the last.
                job = self._lanes.pop() if self._lanes else None
                if job is not None and not self._expired(job):
                    self._limiter.take(self._clock.monotonic())
                    return job

    async def _room(self) -> None:
        while True:
            now = self._clock.monotonic()
            wait = max(self._limiter.wait(now), self._held_until - now)
            if wait <= 0:
                return
            await asyncio.sleep(wait)

    def _expired(self, job: _Job) -> bool:
        """Refuse a submit that waited so long that its client does not expect it any more."""
        waited = self._clock.monotonic() - job.queued_at
        if not isinstance(job.work, SubmitOrder) or waited <= self._config.queue_seconds:
            return False
        outcome = kept_back(f"waited {waited:.1f} s for the rate limit")
        self._tell(job.work.order, Command.SUBMIT, outcome)
        return True

    def _hold(self, answer: Answer) -> None:
        """Obey a 429: nothing leaves until its Retry-After is over."""
        written = answer.headers.get(RETRY_AFTER, "").strip()
        seconds = float(written) if written.isascii() and written.isdecimal() else None
        wait = RETRY_AFTER_SECONDS if seconds is None else seconds
        wait = min(wait, self._config.retry_after_max_seconds)
        self._held_until = max(self._held_until, self._clock.monotonic() + wait)

    # --------------------------------------------------------------- requests

    def _route(self, order: VenueOrder) -> Call:
        return build.route(
            order, self._tier(order), self._clock.now_ms(),
            extended=self._config.extended_order_types,
        )

    async def _send(self, call: Call) -> Result:
        result = await self._http.send(self._credentials.sign(call, self._config.base_url))
        if isinstance(result, Answer) and result.status == TOO_MANY_REQUESTS:
            self._hold(result)
        return result

    async def _command(self, order: VenueOrder, command: Command, call: Call) -> None:
        result = await self._send(call)
        if isinstance(result, Answer):
            self._tell(order, command, self._outcome(order, command, result))
        else:
            self._tell(order, command, unanswered(result))

    def _outcome(self, order: VenueOrder, command: Command, result: Answer) -> Outcome:
        answer = parse.answer(
            result, order.venue_order_id, command, self._clock.now_ms(),
            trust=self._config.client_errors_refuse,
        )
        if not isinstance(answer, Tell):
            return answer
        rejected = answer.status is VenueStatus.REJECTED and not answer.quantity
        if command is Command.CANCEL and rejected:
            # It speaks of the order: what it means for the cancel is for a question to tell.
            return Refused("REJECTED", answer.text or "the cancel was rejected")
        update = self._told.take_anyway(order.order_id, answer)
        if command is Command.SUBMIT and rejected:
            return Refused("REJECTED", answer.text or "rejected by asmlink")
        # None: the stream or a webhook was faster with the very same.
        return Acked(update or self._told.known(order, certain=False))

    async def _query(self, order: VenueOrder) -> None:
        asked_at = self._clock.monotonic()
        result = await self._send(build.status(order, self._config.status_path))
        took = self._clock.monotonic() - asked_at
        self._deliver(self._answer(order, result, took))

    def _answer(
        self, order: VenueOrder, result: Result, took: float
    ) -> OrderUpdate | QueryFailed:
        if not isinstance(result, Answer):
            return QueryFailed(order.order_id, result.text)
        if result.status == NOT_FOUND and self._config.status_404_is_absent:
            if took <= ABSENCE_ANSWER_SECONDS:
                return OrderUpdate(
                    order_id=order.order_id, status=VenueStatus.ABSENT, asked=True,
                    text="HTTP 404",
                )
            return QueryFailed(order.order_id, f"404 took {took:.1f} s, too long to prove absence")
        answer = parse.answer(
            result, order.venue_order_id, Command.SUBMIT, self._clock.now_ms(), trust=False
        )
        if isinstance(answer, Tell):
            self._told.take_anyway(order.order_id, answer)
            known = self._told.known(order, certain=True)
            if known is not None and known.asked:
                return known
            return QueryFailed(order.order_id, "what the venue told does not add up")
        assert not isinstance(answer, Acked), "only a Tell is good news"
        return QueryFailed(order.order_id, answer.text)

    def _tell(self, order: VenueOrder, command: Command, outcome: Outcome) -> None:
        self._deliver(CommandOutcome(order.order_id, command, outcome))
