"""What is known of each order from all that asmlink told: kept first, then passed on.

It never makes up a state: an order of which nothing was told is not known here.
"""

from collections.abc import Iterator

import structlog

from fixgw.model.effects import VenueOrder
from fixgw.model.ids import OrderID
from fixgw.model.venue import OrderUpdate, VenueStatus
from fixgw.runtime.clock import Clock
from fixgw.venues.asmlink.parse import Tell
from fixgw.venues.asmlink.store import Store, StoreError
from fixgw.venues.asmlink.executions import Executions

ORDERS_IN_MEMORY_MAX = 20_000
"""Orders whose sum is kept in memory; the others are added up again when they are needed."""

log = structlog.get_logger()


class Received:
    """All orders of one venue."""

    def __init__(self, store: Store, clock: Clock, same_fill_seconds: float) -> None:
        self._store = store
        self._clock = clock
        self._same_fill_ms = int(same_fill_seconds * 1000)
        self._in_memory: dict[OrderID, Executions] = {}

    def take(self, order_id: OrderID, tell: Tell) -> OrderUpdate | None:
        """Keep *tell*; how the order stands with it, or None if it was told before.

        Raises StoreError, and has taken nothing then, if it cannot be kept.
        """
        executions = self.of(order_id)
        if executions.has(tell):
            return None
        self._store.add(order_id, tell, self._clock.now_ms())
        fill = executions.take(tell)
        if fill is not None:
            log.info(
                "asmlink_execution", order_id=order_id, execution=fill.venue_exec_id,
                told_by=tell.source, liquidity_provider=tell.provider, details=tell.details,
            )
        return executions.update(order_id, fill)

    def take_anyway(self, order_id: OrderID, tell: Tell) -> OrderUpdate | None:
        """As `take`, for what will not be told again: on a bad disk it is passed on unkept."""
        try:
            return self.take(order_id, tell)
        except StoreError as error:
            log.error("asmlink_not_recorded", order_id=order_id, reason=str(error))
            executions = self.of(order_id)
            return executions.update(order_id, executions.take(tell))

    def known(self, order: VenueOrder, *, certain: bool) -> OrderUpdate | None:
        """All that was told of *order*; None for nothing.

        With *certain*, as the venue's word of now. But not if its own words do not add up.
        """
        executions = self.of(order.order_id)
        if executions.status is None:
            return None
        adds_up = executions.status is not VenueStatus.FILLED or (
            order.order_qty is not None and executions.cum_qty >= order.order_qty
        )
        return executions.update(order.order_id, everything=True, asked=certain and adds_up)

    def refusal(self, order: VenueOrder) -> str | None:
        """Why *order*, as it was routed last, was rejected with nothing executed; None if not."""
        return self.of(order.order_id).refusal(order.attempt)

    def not_passed_on(self) -> Iterator[OrderUpdate]:
        """All that was told of each order of which something may not have reached the core."""
        for order_id in self._store.orders_not_passed_on():
            executions = self.of(order_id)
            if executions.status is not None:
                yield executions.update(order_id, everything=True)

    def of(self, order_id: OrderID) -> Executions:
        """The sum of *order_id*, from memory or from the record."""
        executions = self._in_memory.pop(order_id, None)
        if executions is None:
            try:
                executions = Executions(self._same_fill_ms, self._store.tells(order_id))
            except StoreError as error:
                log.error("asmlink_record_unreadable", order_id=order_id, reason=str(error))
                executions = Executions(self._same_fill_ms)
            if len(self._in_memory) >= ORDERS_IN_MEMORY_MAX:
                del self._in_memory[next(iter(self._in_memory))]
        self._in_memory[order_id] = executions
        return executions
