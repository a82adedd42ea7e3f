"""Order entry of one account: performs each job that may leave now.

A request is signed when it leaves the queue, not when it enters it. It is sent once: every outcome
of a submit, a replace or a cancel is reported to the core, and only the core decides what follows.
"""

from collections.abc import Callable

from fixgw.model.effects import CancelOrder, EndedOrder, QueryOrder, ReplaceOrder, SubmitOrder
from fixgw.model.errors import OrderRefused
from fixgw.model.venue import Refused, Unknown
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.integral import build, parse
from fixgw.venues.integral.channel import Channel
from fixgw.venues.integral.config import IntegralConfig
from fixgw.venues.integral.jobs import ListActive, Look, OwnJob, ProveQuery
from fixgw.venues.integral.login import Login
from fixgw.venues.integral.mass_cancel import MassCancel
from fixgw.venues.integral.parse import NotFound
from fixgw.venues.integral.polling import Polling
from fixgw.venues.integral.queries import Queries
from fixgw.venues.integral.questions import Questions
from fixgw.venues.integral.trading_halt import TradingHalt
from fixgw.venues.kit.order_entry import OrderCommand, cannot_be_said
from fixgw.venues.outcome import kept_back
from fixgw.venues.kit.payloads import Unreadable
from fixgw.venues.ratelimit import Lane
from fixgw.venues.strangers import Strangers
from fixgw.venues.stream import Random
from fixgw.venues.work_queue import QueuedJob

NewOrder = SubmitOrder | ReplaceOrder
"""The commands that bring a new order to the venue."""


class OrderEntry(Channel):
    """All requests of one account, in order."""

    def __init__(
        self,
        *,
        account: str,
        config: IntegralConfig,
        login: Login,
        clock: Clock,
        random: Random,
        halt: TradingHalt,
        deliver: Deliver,
        strangers: Strangers,
        restored: Callable[[], None],
    ) -> None:
        super().__init__(
            account=account, config=config, login=login, clock=clock, halt=halt, deliver=deliver
        )
        self._rules = build.rules(config, account)
        self._queries = Queries(self)
        self._mass_cancel = MassCancel(self, self._queries)
        self._questions = Questions(self, self._queries)
        self.polling = Polling(
            self, self._queries, random=random, strangers=strangers, restored=restored
        )
        halt.when_held(self._drop_orders)

    def command(self, command: OrderCommand) -> None:
        """Queue *command*, or refuse it: new orders also while they are held."""
        if self.halt.reason and not isinstance(command, CancelOrder):
            self.tell(command, kept_back(self.halt.reason))
        else:
            super().command(command)

    def recall(self, ended: EndedOrder) -> None:
        """Look for corrections of an order that an earlier process has seen the end of."""
        age = (self.clock.now_ms() - ended.at) / 1000
        self.watches.recall(ended.order, max(age, 0.0), self.now)

    # ---------------------------------------------------------------- work

    def _check(self, command: NewOrder) -> None:
        self._call(command)

    def _call(self, command: NewOrder) -> build.Call:
        order, original_co_id = command.order, ""
        if isinstance(command, ReplaceOrder):
            order, original_co_id = command.replacement, order.venue_order_id
        return build.place_order(order, self._rules, self.clock.now_ms(), original_co_id)

    async def _do(self, job: QueuedJob[OwnJob | OrderCommand | QueryOrder]) -> None:
        match job.work:
            case SubmitOrder() | ReplaceOrder():
                async with self._mass_cancel.placing():
                    await self._place(job.work)
            case CancelOrder():
                await self._cancel_somehow(job.work)
            case QueryOrder(order):
                await self._questions.ask(order, alone=job.alone)
            case ListActive(orders):
                await self.polling.list_active(orders)
            case Look(watched, row):
                await self.polling.look_at(watched, row)
            case ProveQuery(watched):
                await self.polling.prove(watched)

    async def _place(self, command: NewOrder) -> None:
        if self.halt.reason:  # since it was queued
            self.tell(command, kept_back(self.halt.reason))
            return
        try:
            call = self._call(command)
        except OrderRefused as refused:  # its time is over
            self.tell(command, cannot_be_said(refused))
            return
        result = await self.send(call)
        order = command.order
        if isinstance(command, ReplaceOrder):
            self.watch(order)
            order = command.replacement
        outcome, server_id = parse.submit_outcome(
            result, order, trust_400=self.config.http_400_refuses
        )
        if not isinstance(outcome, Refused):
            watched = self.watch(order)
            watched.server_id = server_id or watched.server_id
        self.tell(command, outcome)

    async def _cancel_somehow(self, command: CancelOrder) -> None:
        """Cancel it with all others that are to be cancelled, if nothing else is active."""
        if await self._mass_cancel.joins(command):
            return
        canceled = await self._mass_cancel.run(command) if self._mass_cancel.due(command) else None
        if canceled is None:
            await self._cancel(command)
            return
        outcome = parse.cancel_outcome(canceled.result, trust_400=self.config.http_400_refuses)
        for each in canceled.commands:
            self.watch(each.order)
            self.tell(each, outcome)

    async def _cancel(self, command: CancelOrder) -> None:
        watched = self.watch(command.order)
        if not watched.server_id:
            # Only the server's own id cancels, and it was not told to this process yet.
            try:
                row = await self._queries.row(watched)
                if isinstance(row, NotFound):
                    raise Unreadable(row.text)
            except Unreadable as error:
                self.tell(command, Unknown(f"orderId not known: {error}"))
                return
            await self.queue.slot()
        result = await self.send(build.cancel_order(watched.server_id))
        self.watch(command.order)
        self.tell(command, parse.cancel_outcome(result, trust_400=self.config.http_400_refuses))

    def _drop_orders(self, why: str) -> None:
        """Refuse the waiting orders, which were never sent and never will be, as a hold begins."""
        for job in self.queue.take(Lane.SUBMIT, lambda job: True):
            if isinstance(job.work, NewOrder):
                self.tell(job.work, kept_back(why))
