"""Order entry at asmlink, by REST: routing, cancels and queries, under one corporate rate limit.

`kit.order_entry` has the queue and its rules. This module adds the meaning of replies and the
fallback to another tier. It never submits again by itself: the core does, and journals it first.
"""

from collections.abc import Callable

from fixgw.model.effects import CancelOrder, QueryOrder, ReplaceOrder, SubmitOrder, VenueOrder
from fixgw.model.enums import Command
from fixgw.model.ids import OrderID
from fixgw.model.venue import (
    Acked,
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
from fixgw.venues.asmlink.config import AsmlinkConfig, Tier
from fixgw.venues.asmlink.credentials import Credentials
from fixgw.venues.asmlink.parse import Tell
from fixgw.venues.asmlink.received import Received
from fixgw.venues.http import HttpClient
from fixgw.venues.kit import order_entry
from fixgw.venues.kit.order_entry import OrderCommand, fresh
from fixgw.venues.outcome import Answer, Result, unanswered
from fixgw.venues.kit.clock import Skew
from fixgw.venues.work_queue import QueuedJob

NOT_FOUND = 404

FALLS_BACK = "TIER_1"
"""Document, "Routing Tiers": "Tier 2 — Secondary aggregated pool, fallback on Tier 1 reject"."""


class OrderEntry(order_entry.OrderEntry[QueryOrder]):
    """All requests about orders, in order, under one corporate limit."""

    def __init__(
        self, *, config: AsmlinkConfig, credentials: Credentials, http: HttpClient, clock: Clock,
        received: Received, tier: Callable[[VenueOrder], Tier], deliver: Deliver,
    ) -> None:
        super().__init__(
            scope=build.ROUTE_PATH, config=config,
            requests_per_second=config.routes_per_second, clock=clock, deliver=deliver,
            retry_after_max_seconds=config.retry_after_max_seconds,
        )
        self._config = config
        self._credentials = credentials
        self._http = http
        self._received = received
        self._tier = tier
        self.skew = Skew()
        """The venue's clock compared with ours: for operators, as no request is signed by it."""
        self._undecided: set[tuple[OrderID, int]] = set()
        """Submits without an outcome that may fall back, or have."""

    def answer_decides(self, order_id: OrderID, attempt: int) -> bool:
        """Return True if this attempt waits for its answer, which alone gives a reject its meaning.
        """
        return (order_id, attempt) in self._undecided

    def tell(self, command: OrderCommand, outcome: Outcome) -> None:
        """Tell the core how *command* ended."""
        if isinstance(command, SubmitOrder):
            self._undecided.discard((command.order.order_id, command.order.attempt))
        super().tell(command, outcome)

    def _check(self, command: SubmitOrder | ReplaceOrder) -> None:
        order = command.order
        self._route(order)
        if order.attempt or self._fallback(order):
            self._undecided.add((order.order_id, order.attempt))
        self._received.place(order)

    async def _do(self, job: QueuedJob[OrderCommand | QueryOrder]) -> None:
        match job.work:
            case SubmitOrder(order):
                await self._submit(job.work, self._route(order))
            case CancelOrder(order):
                result = await self._send(build.cancel(order, self._config.cancel_path))
                self.tell(job.work, self._outcome(order, Command.CANCEL, result))
            case QueryOrder(order):
                await self._query(order)

    # --------------------------------------------------------------- requests

    def _route(self, order: VenueOrder) -> Call:
        return build.route(
            order, self._tier(order), self.clock.now_ms(),
            extended=self._config.extended_order_types,
        )

    def _fallback(self, order: VenueOrder) -> str:
        """Return the tier that *order* falls back to if it is rejected now; "" for none."""
        return self._config.fallback_tier if self._tier(order) == FALLS_BACK else ""

    async def _send(self, call: Call) -> Result:
        sent_ms = self.clock.now_ms()
        result = await self._http.send(self._credentials.sign(call, self._config.base_url))
        self.heard(result)
        if isinstance(result, Answer):
            self.skew.heard(result, sent_ms, self.clock.now_ms())
        return result

    async def _submit(self, command: SubmitOrder, call: Call) -> None:
        order = command.order
        outcome = self._outcome(order, Command.SUBMIT, await self._send(call))
        if isinstance(outcome, Unknown):
            refusal = self._received.refusal(order)
            if refusal is not None:
                # No answer, but an event has said it meanwhile.
                outcome = self._rejected(order, refusal)
        self.tell(command, outcome)

    def _outcome(self, order: VenueOrder, command: Command, result: Result) -> Outcome:
        if not isinstance(result, Answer):
            return unanswered(result)
        answer = parse.answer(
            result, ids.name_of(order), command, self.clock.now_ms(),
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
        age_ms = self.clock.now_ms() - order.placed_at
        late = age_ms > self._config.fallback_seconds * 1000
        return Refused("REJECTED", text, reroute="" if late else self._fallback(order))

    async def _query(self, order: VenueOrder) -> None:
        asked_at = self.clock.monotonic()
        result = await self._send(build.status(order, self._config.status_path))
        took = self.clock.monotonic() - asked_at
        self.deliver(self._answer(order, result, took))

    def _answer(
        self, order: VenueOrder, result: Result, took: float
    ) -> OrderUpdate | QueryFailed:
        if not isinstance(result, Answer):
            return QueryFailed(order.order_id, result.text)
        if result.status == NOT_FOUND and self._config.status_404_is_absent:
            absent = OrderUpdate(
                order_id=order.order_id, status=VenueStatus.ABSENT, asked=True,
                text="HTTP 404", attempt=order.attempt,
            )
            return fresh(absent, took)
        answer = parse.answer(
            result, ids.name_of(order), Command.SUBMIT, self.clock.now_ms(), trust=False,
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
