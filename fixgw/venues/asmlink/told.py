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
from fixgw.venues.asmlink.record import Record, RecordError
from fixgw.venues.asmlink.tally import Tally

TALLIES_MAX = 20_000
"""Orders whose sum is kept in memory; the others are added up again when they are needed."""

log = structlog.get_logger()


class Told:
    """All orders of one venue."""

    def __init__(self, record: Record, clock: Clock, same_fill_seconds: float) -> None:
        self._record = record
        self._clock = clock
        self._same_fill_ms = int(same_fill_seconds * 1000)
        self._tallies: dict[OrderID, Tally] = {}

    def take(self, order_id: OrderID, tell: Tell) -> OrderUpdate | None:
        """Keep *tell*; how the order stands with it, or None if it was told before.

        Raises RecordError, and has taken nothing then, if it cannot be kept.
        """
        tally = self.tally(order_id)
        if tally.has(tell):
            return None
        self._record.add(order_id, tell, self._clock.now_ms())
        fill = tally.take(tell)
        if fill is not None:
            log.info(
                "asmlink_execution", order_id=order_id, execution=fill.venue_exec_id,
                told_by=tell.source, liquidity_provider=tell.provider, details=tell.details,
            )
        return tally.update(order_id, fill)

    def take_anyway(self, order_id: OrderID, tell: Tell) -> OrderUpdate | None:
        """As `take`, for what will not be told again: on a bad disk it is passed on unkept."""
        try:
            return self.take(order_id, tell)
        except RecordError as error:
            log.error("asmlink_not_recorded", order_id=order_id, reason=str(error))
            tally = self.tally(order_id)
            return tally.update(order_id, tally.take(tell))

    def known(self, order: VenueOrder, *, certain: bool) -> OrderUpdate | None:
        """All that was told of *order*; None for nothing.

        With *certain*, as the venue's word of now. But not if its own words do not add up.
        """
        tally = self.tally(order.order_id)
        if tally.status is None:
            return None
        adds_up = tally.status is not VenueStatus.FILLED or (
            order.order_qty is not None and tally.cum_qty >= order.order_qty
        )
        return tally.update(order.order_id, everything=True, asked=certain and adds_up)

    def refusal(self, order: VenueOrder) -> str | None:
        """Why *order*, as it was routed last, was rejected with nothing executed; None if not."""
        return self.tally(order.order_id).refusal(order.attempt)

    def not_passed_on(self) -> Iterator[OrderUpdate]:
        """All that was told of each order of which something may not have reached the core."""
        for order_id in self._record.orders_not_passed_on():
            tally = self.tally(order_id)
            if tally.status is not None:
                yield tally.update(order_id, everything=True)

    def tally(self, order_id: OrderID) -> Tally:
        """The sum of *order_id*, from memory or from the record."""
        tally = self._tallies.pop(order_id, None)
        if tally is None:
            try:
                tally = Tally(self._same_fill_ms, self._record.tells(order_id))
            except RecordError as error:
                log.error("asmlink_record_unreadable", order_id=order_id, reason=str(error))
                tally = Tally(self._same_fill_ms)
            if len(self._tallies) >= TALLIES_MAX:
                del self._tallies[next(iter(self._tallies))]
        self._tallies[order_id] = tally
        return tally
