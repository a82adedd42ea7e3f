"""One reconciliation with one venue, observed: the orders asked about, and the resulting changes.

The adapter reports StreamRestored for each account, upon which the core asks about every open order
there; answers are compared in `core.reconcile`. This module observes, and decides nothing.
"""

import asyncio
from decimal import Decimal
from types import TracebackType
from typing import Any, Self

from fixgw.app.gateway import Gateway
from fixgw.core.orders.client_order import total_qty
from fixgw.core.orders.leg import Leg
from fixgw.model.enums import Command, OrdStatus
from fixgw.model.ids import OrderID, VenueName
from fixgw.model.now import Now
from fixgw.model.number import text
from fixgw.model.venue import QueryFailed, StreamRestored, UnknownOrderSeen
from fixgw.ops.answers import Comparison, OrderChange, order_line
from fixgw.runtime.clock import Clock

WAIT_SECONDS = 30.0
"""Time for all answers. The core asks again about unanswered orders as always."""

POLL_SECONDS = 0.02
"""Interval of the check for completeness."""

LISTED_MAX = 500
"""Changed orders, and unknown orders, that are named one by one."""


State = tuple[OrdStatus, Decimal, Command | None]
"""OrdStatus(39), CumQty(14) and any doubt."""


class Reconciliation:
    """Use as a context: it listens until its end."""

    def __init__(self, gateway: Gateway, venue: VenueName) -> None:
        self._gateway = gateway
        self._engine = gateway.engine
        self._venue = venue
        self._adapter = gateway.venues[venue]
        self._before: dict[OrderID, State] = {}
        self._not_asked = 0
        self._waiting: list[OrderID] = []
        """Orders without an answer so far, and others."""
        self._failed: set[OrderID] = set()
        self._restored: set[str] = set()
        """Accounts."""
        self._strangers: list[str] = []

    def __enter__(self) -> Self:
        self._gateway.listeners.append(self._hear)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._gateway.listeners.remove(self._hear)

    def begin(self, now: Now) -> None:
        """Before a tick: note the state of all orders; the adapter is informed after its commit."""
        there = [order for order in self._engine.orders.open() if order.venue == self._venue]
        if self._adapter.capabilities.query:
            self._before = {order.order_id: _state(order) for order in there}
        else:
            self._not_asked = len(there)
        self._waiting = list(self._before)
        self._gateway.after_commit(self._adapter.reconcile)

    async def result(self, clock: Clock) -> Comparison:
        """Return the result, when all have answered, or time is up."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + WAIT_SECONDS
        while not self._over() and loop.time() < deadline:
            await asyncio.sleep(POLL_SECONDS)
        now_ms = clock.now_ms()
        changed = [order for order in map(self._order, self._before) if self._changed(order)]
        return Comparison(
            venue=self._venue,
            reached=self._begun,
            asked=len(self._before),
            unanswered=len(self._failed.union(filter(self._asking, self._waiting))),
            not_asked=self._not_asked,
            changed=len(changed),
            changes=tuple(
                OrderChange(
                    before=_words(self._before[order.order_id]), after=order_line(order, now_ms)
                )
                for order in changed[:LISTED_MAX]
            ),
            strangers=tuple(self._strangers[:LISTED_MAX]),
        )

    @property
    def _begun(self) -> bool:
        return self._restored >= self._adapter.accounts()

    def _over(self) -> bool:
        if not self._begun:
            return False
        # Each is checked until it is answered, and not all of them every time.
        while self._waiting and not self._asking(self._waiting[-1]):
            self._waiting.pop()
        return not self._waiting

    def _asking(self, order_id: OrderID) -> bool:
        """Return True while it is asked about, and before it is for the first time."""
        if not self._begun:
            return True
        proof = self._engine.proofs.get(order_id)
        return proof is not None and (proof.asking or proof.again)

    def _order(self, order_id: OrderID) -> Leg:
        order = self._engine.orders.get(order_id)
        assert order is not None, "orders are kept"
        return order

    def _changed(self, order: Leg) -> bool:
        return _state(order) != self._before[order.order_id]

    def _hear(self, message: Any) -> None:
        if isinstance(message, QueryFailed):
            if message.order_id in self._before:
                self._failed.add(message.order_id)
        elif message.venue == self._venue:
            if isinstance(message, StreamRestored):
                self._restored.add(message.account)
            elif isinstance(message, UnknownOrderSeen):
                self._strangers.append(message.text)


def _state(order: Leg) -> State:
    return order.status, total_qty(order), order.in_doubt


def _words(state: State) -> str:
    status, total_qty, in_doubt = state
    doubt = f", {in_doubt} in doubt" if in_doubt is not None else ""
    return f"{status.name} {text(total_qty)}{doubt}"
