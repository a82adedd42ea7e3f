"""What leaves for asmlink by REST: a bounded queue behind its rate limit, and a few workers.

A request is stamped when it leaves the queue and sent once; whatever becomes
of it is told to the core, and only the core decides what follows.
"""

from collections.abc import Callable
from typing import NoReturn

from fixgw.model.effects import CancelOrder, QueryOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command
from fixgw.model.errors import OrderRefused
from fixgw.model.ids import OrderID
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    Headroom,
    OrderUpdate,
    Outcome,
    QueryFailed,
    Refused,
    Unknown,
    VenueStatus,
)
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.asmlink import build, ids, parse
from fixgw.venues.asmlink.build import Call
from fixgw.venues.asmlink.codes import TOO_MANY_REQUESTS
from fixgw.venues.asmlink.config import AsmlinkConfig, Tier
from fixgw.venues.asmlink.credentials import Credentials
from fixgw.venues.asmlink.parse import Tell
from fixgw.venues.asmlink.received import Received
from fixgw.venues.http import HttpClient
from fixgw.venues.outcome import NOT_SENT, Answer, Result, unanswered
from fixgw.venues.ratelimit import Lane, RateLimiter
from fixgw.venues.skew import Skew
from fixgw.venues.work_queue import WorkQueue

RETRY_AFTER_SECONDS = 1.0
"""How long a 429 that does not say holds everything back: the window of the limit."""

ABSENCE_ANSWER_SECONDS = 2.0
"""An answer "no such order" that took longer is of too old a moment to prove anything."""

NOT_FOUND = 404

FALLS_BACK = "TIER_1"
"""Document, "Routing Tiers": "Tier 2 — Secondary aggregated pool, fallback on Tier 1 reject"."""

Work = SubmitOrder | CancelOrder | QueryOrder


class OrderEntry:
    """All requests about orders, in order, under one corporate limit."""

    def __init__(
        self, *, config: AsmlinkConfig, credentials: Credentials, http: HttpClient, clock: Clock,
        received: Received, tier: Callable[[VenueOrder], Tier], deliver: Deliver,
    ) -> None:
        self._config = config
        self._credentials = credentials
        self._http = http
        self._clock = clock
        self._received = received
        self._tier = tier
        self._deliver = deliver
        self._queue: WorkQueue[Work] = WorkQueue(
            limit=config.queue_limit,
            submit_seconds=config.queue_seconds,
            limiter=RateLimiter(config.routes_per_second, 1 + config.rate_margin_seconds),
            clock=clock,
            too_late=self._too_late,
        )
        self.skew = Skew()
        """How far the venue's clock is from ours: for operators, as no request is signed by it."""
        self._undecided: set[tuple[OrderID, int]] = set()
        """Submits without an outcome that may fall back, or have."""

    def answer_decides(self, order_id: OrderID, attempt: int) -> bool:
        """Whether this attempt waits for its answer, and only that says what a reject means."""
        return (order_id, attempt) in self._undecided

    def submit(self, command: SubmitOrder) -> None:
        """Queue an order, or refuse it if it has no place or cannot be said."""
        order = command.order
        try:
            self._route(order)
            if order.attempt or self._fallback(order):
                self._undecided.add((order.order_id, order.attempt))
        except OrderRefused as refused:
            outcome = Refused(NOT_SENT, refused.text, ord_rej_reason=refused.reason)
            self._tell(order, Command.SUBMIT, outcome)
            return
        self._received.place(order)
        if not self._queue.put(Lane.SUBMIT, command):
            self._tell(order, Command.SUBMIT, self._queue.no_room())

    def cancel(self, command: CancelOrder) -> None:
        """Queue a cancel; only where the settings have a path for it."""
        if not self._queue.put(Lane.CANCEL, command):
            self._tell(command.order, Command.CANCEL, self._queue.no_room())

    def query(self, command: QueryOrder) -> None:
        """Queue a question; only where the settings have a path for it."""
        if not self._queue.put(Lane.QUERY, command):
            self._deliver(QueryFailed(command.order.order_id, self._queue.no_room().text))

    def waiting(self) -> dict[str, int]:
        """How much waits in each lane."""
        return self._queue.waiting()

    def limit(self) -> Headroom | None:
        """What is left of its rate limit, and what waits for it; None without one."""
        left = self._queue.headroom()
        if left is None:
            return None
        return Headroom(
            scope=build.ROUTE_PATH,
            left=left,
            maximum=self._config.routes_per_second,
            seconds=1 + self._config.rate_margin_seconds,
            waiting=sum(self._queue.waiting().values()),
        )

    async def work(self) -> NoReturn:
        """One worker: take the next job, do it, again and again."""
        while True:
            job = await self._queue.next()
            match job.work:
                case SubmitOrder(order):
                    await self._command(order, Command.SUBMIT, self._route(order))
                case CancelOrder(order):
                    call = build.cancel(order, self._config.cancel_path)
                    await self._command(order, Command.CANCEL, call)
                case QueryOrder(order):
                    await self._query(order)

    # --------------------------------------------------------------- requests

    def _route(self, order: VenueOrder) -> Call:
        return build.route(
            order, self._tier(order), self._clock.now_ms(),
            extended=self._config.extended_order_types,
        )

    def _fallback(self, order: VenueOrder) -> str:
        """Where *order* goes if it is rejected where it goes now; "": nowhere."""
        return self._config.fallback_tier if self._tier(order) == FALLS_BACK else ""

    async def _send(self, call: Call) -> Result:
        sent_ms = self._clock.now_ms()
        result = await self._http.send(self._credentials.sign(call, self._config.base_url))
        if isinstance(result, Answer):
            self.skew.heard(result, sent_ms, self._clock.now_ms())
        if isinstance(result, Answer) and result.status == TOO_MANY_REQUESTS:
            # Nothing leaves until its Retry-After is over.
            most = self._config.retry_after_max_seconds
            self._queue.hold(result.retry_after(default=RETRY_AFTER_SECONDS, most=most))
        return result

    async def _command(self, order: VenueOrder, command: Command, call: Call) -> None:
        result = await self._send(call)
        if isinstance(result, Answer):
            outcome = self._outcome(order, command, result)
        else:
            outcome = unanswered(result)
        if command is Command.SUBMIT and isinstance(outcome, Unknown):
            refusal = self._received.refusal(order)
            if refusal is not None:
                # No answer, but an event has said it meanwhile.
                outcome = self._rejected(order, refusal)
        self._tell(order, command, outcome)

    def _outcome(self, order: VenueOrder, command: Command, result: Answer) -> Outcome:
        answer = parse.answer(
            result, ids.name_of(order), command, self._clock.now_ms(),
            trust=self._config.client_errors_refuse, attempt=order.attempt,
        )
        if not isinstance(answer, Tell):
            return answer
        rejected = answer.status is VenueStatus.REJECTED and not answer.quantity
        if command is Command.CANCEL and rejected:
            # It speaks of the order: what it means for the cancel is for a question to tell.
            return Refused("REJECTED", answer.text or "the cancel was rejected")
        update = self._received.take_anyway(order.order_id, answer)
        if command is Command.SUBMIT and rejected:
            refusal = self._received.refusal(order)
            if refusal is not None:
                return self._rejected(order, refusal)
        # None: the stream or a webhook was faster with the very same.
        return Acked(update or self._received.known(order, certain=False))

    def _rejected(self, order: VenueOrder, why: str) -> Refused:
        """*order* was rejected with nothing executed: for good, or to be routed anew."""
        text = why or "rejected by asmlink"
        if order.attempt:
            text = f"{text} ({self._tier(order)}, after {FALLS_BACK})"
        age_ms = self._clock.now_ms() - order.placed_at
        late = age_ms > self._config.fallback_seconds * 1000
        return Refused("REJECTED", text, reroute="" if late else self._fallback(order))

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
                    text="HTTP 404", attempt=order.attempt,
                )
            return QueryFailed(order.order_id, f"404 took {took:.1f} s, too long to prove absence")
        answer = parse.answer(
            result, ids.name_of(order), Command.SUBMIT, self._clock.now_ms(), trust=False,
            attempt=order.attempt,
        )
        if isinstance(answer, Tell):
            self._received.take_anyway(order.order_id, answer)
            known = self._received.known(order, certain=True)
            if known is not None and known.asked:
                return known
            return QueryFailed(order.order_id, "what the venue told does not add up")
        assert not isinstance(answer, Acked), "only a Tell is good news"
        return QueryFailed(order.order_id, answer.text)

    def _too_late(self, command: SubmitOrder, refused: Refused) -> None:
        self._tell(command.order, Command.SUBMIT, refused)

    def _tell(self, order: VenueOrder, command: Command, outcome: Outcome) -> None:
        if command is Command.SUBMIT:
            self._undecided.discard((order.order_id, order.attempt))
        self._deliver(CommandOutcome(order.order_id, command, outcome))
