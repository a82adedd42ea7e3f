"""Events, whichever way they come: of an order to the core, of anything else to an operator.

An event that is not of our making, or of no order, is told once and never
acted on. A margin call is an alert and no more: there is no message for it yet.
"""

import structlog

from fixgw.model.ids import VenueName
from fixgw.model.venue import UnknownOrderSeen
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.asmlink import ids, parse
from fixgw.venues.asmlink.parse import Source
from fixgw.venues.asmlink.record import Record
from fixgw.venues.asmlink.schemas import Event
from fixgw.venues.asmlink.told import Told

ALERTS = frozenset({"margin.call", "margin.liquidation", "system.alert"})
"""Document, "Event Types": what is of no order."""

log = structlog.get_logger()


class Events:
    """Takes events in."""

    def __init__(
        self, *, venue: VenueName, prefix: str, told: Told, record: Record, clock: Clock,
        deliver: Deliver,
    ) -> None:
        self._venue = venue
        self._prefix = prefix
        self._told = told
        self._record = record
        self._clock = clock
        self._deliver = deliver

    def take(self, body: bytes, source: Source) -> str:
        """Take one event; its event_type. What is told twice is taken once.

        Raises Unreadable for what makes no sense, and RecordError where it cannot
        be kept; it has not been taken then. Only a webhook is told again, though:
        an event of the stream is passed on even so.
        """
        event = parse.event(body)
        order_id = ids.order_id(event.order_id or "", self._prefix)
        if order_id is None or event.event_type in ALERTS:
            self._notice(event, body)
            return event.event_type
        tell = parse.event_tell(event, body, source, self._clock.now_ms())
        take = self._told.take if source == "webhook" else self._told.take_anyway
        update = take(order_id, tell)
        if update is not None:
            self._deliver(update)
        return event.event_type

    def _notice(self, event: Event, body: bytes) -> None:
        if not self._record.notice(parse.event_id(event, body), self._clock.now_ms()):
            return
        if event.order_id and event.event_type not in ALERTS:
            text = " ".join(
                part for part in (event.event_type, event.symbol, event.execution_status) if part
            )
            self._deliver(UnknownOrderSeen(self._venue, event.order_id, text))
            return
        log.error(
            "asmlink_alert", venue=self._venue, event_type=event.event_type,
            event_id=event.event_id, account=event.account_id, order_id=event.order_id,
            text=event.message,
        )
