"""The known state of each order from all of asmlink's reports: stored first, then passed on.

It never invents a state: an order without a report is not known here. Executions that are not
proven (`executions`) are held. While they are, the order has an alert, raised again after each
start, and its final status waits for the quantity the venue counts.
"""

from collections.abc import Iterable, Iterator, Mapping

import structlog
from msgspec import Struct

from fixgw.model.effects import VenueOrder
from fixgw.model.ids import OrderID
from fixgw.model.venue import Fill, NewsUnreadable, OrderUpdate, VenueStatus
from fixgw.runtime.clock import Clock
from fixgw.venues.asmlink.config import FillQuantity, Instrument
from fixgw.venues.asmlink.executions import Executions
from fixgw.venues.asmlink.parse import Tell
from fixgw.venues.asmlink.readings import Placed
from fixgw.venues.asmlink.store import Ordered, Store, StoreError
from fixgw.venues.kit.bounded import remember

ORDERS_IN_MEMORY_MAX = 20_000
"""Orders whose sum is kept in memory; the others are added up again when they are needed."""

DOUBT_SECONDS = 5.0
"""The time for which executions may be unproven before an operator is told: the next news often
prove them."""

log = structlog.get_logger()


class Rules(Struct, frozen=True, kw_only=True):
    """The settings for the executions of an order."""

    same_fill_seconds: float
    counts: FillQuantity
    instruments: Mapping[str, Instrument]
    """By symbol."""


class Received:
    """All orders of one venue."""

    def __init__(self, store: Store, clock: Clock, rules: Rules) -> None:
        self._store = store
        self._clock = clock
        self._rules = rules
        self._in_memory: dict[OrderID, Executions] = {}
        self._doubted: dict[OrderID, float | None] = {}
        """Orders with executions that are held -> since when, by the monotonic clock; None: told
        of."""

    def place(self, order: VenueOrder) -> None:
        """Store the terms of *order*, which is leaving: they limit its possible executions."""
        try:
            self._store.place(order)
        except StoreError as error:
            log.error("asmlink_not_recorded", order_id=order.order_id, reason=str(error))
            ordered = Ordered(order.symbol, order.order_qty, order.price)
            self._keep(order.order_id, self._executions(ordered))

    def take(self, order_id: OrderID, tell: Tell) -> OrderUpdate | None:
        """Store *tell*; return the order's status with it, or None if it is a repeat.

        Raises StoreError if it cannot be stored; it has not been taken then.
        """
        executions = self.of(order_id)
        if executions.has(tell):
            return None
        self._store.add(order_id, tell, self._clock.now_ms())
        news = executions.take(tell)
        for fill in news:
            self._log(order_id, tell, fill)
        self._note_doubt(order_id, executions)
        return executions.update(order_id, news)

    def take_anyway(self, order_id: OrderID, tell: Tell) -> OrderUpdate | None:
        """Take a report that will not be repeated: like `take`, but pass it on if the disk fails.
        """
        try:
            return self.take(order_id, tell)
        except StoreError as error:
            log.error("asmlink_not_recorded", order_id=order_id, reason=str(error))
            executions = self.of(order_id)
            update = executions.update(order_id, executions.take(tell))
            self._note_doubt(order_id, executions)
            return update

    def known(self, order: VenueOrder, *, certain: bool) -> OrderUpdate | None:
        """Return all that is reported of *order*; None for nothing.

        With *certain*, return it as the venue's present answer, unless its reports do not add up.
        """
        executions = self.of(order.order_id)
        if executions.status is None:
            return None
        adds_up = not executions.doubt and (
            executions.status is not VenueStatus.FILLED
            or (order.order_qty is not None and executions.cum_qty >= order.order_qty)
        )
        return executions.update(order.order_id, everything=True, asked=certain and adds_up)

    def refusal(self, order: VenueOrder) -> str | None:
        """Return the reason the last attempt of *order* was rejected, nothing executed; None if it
        was not.
        """
        return self.of(order.order_id).refusal(order.attempt)

    def not_passed_on(self) -> Iterator[OrderUpdate]:
        """Yield the full update of each order with a report that may not have reached the core, or
        with held executions.
        """
        doubted = self._store.doubted()
        for order_id in dict.fromkeys((*self._store.orders_not_passed_on(), *doubted)):
            executions = self.of(order_id)
            if executions.status is not None:
                self._note_doubt(order_id, executions)
                yield executions.update(order_id, everything=True)

    def doubts(self) -> Iterator[NewsUnreadable]:
        """Yield the alerts for executions that have been held for a while."""
        now = self._clock.monotonic()
        for order_id, since in self._doubted.items():
            if since is not None and now - since >= DOUBT_SECONDS:
                self._doubted[order_id] = None
                yield NewsUnreadable(order_id, self.of(order_id).doubt)

    def of(self, order_id: OrderID) -> Executions:
        """The sum of *order_id*, from memory or from the record."""
        executions = self._in_memory.pop(order_id, None)
        if executions is None:
            executions = self._read(order_id)
        return self._keep(order_id, executions)

    def _keep(self, order_id: OrderID, executions: Executions) -> Executions:
        remember(self._in_memory, order_id, executions, ORDERS_IN_MEMORY_MAX)
        return executions

    def _read(self, order_id: OrderID) -> Executions:
        try:
            return self._executions(self._store.placed(order_id), self._store.tells(order_id))
        except StoreError as error:
            log.error("asmlink_record_unreadable", order_id=order_id, reason=str(error))
            return self._executions(None)

    def _executions(self, ordered: Ordered | None, tells: Iterable[Tell] = ()) -> Executions:
        rules, placed = self._rules, Placed()
        if ordered is not None:
            one = rules.instruments.get(ordered.symbol)
            placed = Placed(
                quantity=ordered.quantity, price=ordered.price,
                step=one.step if one is not None else None,
                tick=one.tick if one is not None else None,
            )
        same_fill_ms = int(rules.same_fill_seconds * 1000)
        return Executions(same_fill_ms, tells, placed=placed, counts=rules.counts)

    def _note_doubt(self, order_id: OrderID, executions: Executions) -> None:
        doubted = bool(executions.doubt)
        if doubted is (order_id in self._doubted):
            return
        if doubted:
            self._doubted[order_id] = self._clock.monotonic()
        else:
            del self._doubted[order_id]
        try:
            self._store.doubt(order_id, doubted)
        except StoreError as error:
            log.error("asmlink_not_recorded", order_id=order_id, reason=str(error))

    def _log(self, order_id: OrderID, tell: Tell, fill: Fill) -> None:
        log.info(
            "asmlink_execution", order_id=order_id, execution=fill.venue_exec_id,
            told_by=tell.source, liquidity_provider=tell.provider, details=tell.details,
        )
