"""Events from stream and webhooks, passed to the core: those of an order, and all others.

An event that we did not cause, or that belongs to no order, is reported once and never acted on.
Every event is stored before it is passed on, as a webhook is answered on the strength of that.
"""

from typing import Protocol

import structlog

from fixgw.model.ids import OrderID, VenueName
from fixgw.model.venue import NewsUnreadable, UnknownOrderSeen, VenueNotice
from fixgw.runtime.clock import Clock
from fixgw.venues.adapter import Deliver
from fixgw.venues.asmlink import ids, parse
from fixgw.venues.asmlink.parse import Source
from fixgw.venues.asmlink.store import Store
from fixgw.venues.asmlink.schemas import NOTICE, Event
from fixgw.venues.asmlink.received import Received
from fixgw.venues.kit.payloads import Damaged, Unreadable

ALERTS = frozenset({"margin.call", "margin.liquidation", "system.alert"})
"""Document, "Event Types": what is of no order."""

NOTICE_CHARS = 400
"""Of a notice, as a client is told."""

log = structlog.get_logger()


class Nameless(Unreadable):
    """It cannot be read, and names no order of ours that could be asked about."""


class Waiting(Protocol):
    """Knows which orders may be routed again when their answer comes."""

    def answer_decides(self, order_id: OrderID, attempt: int) -> bool:
        """Return True if this attempt waits for its answer, which alone gives a reject its meaning.
        """


class Events:
    """Takes events in."""

    def __init__(
        self, *, venue: VenueName, prefix: str, received: Received, store: Store, clock: Clock,
        deliver: Deliver, waiting: Waiting,
    ) -> None:
        self._venue = venue
        self._prefix = prefix
        self._received = received
        self._store = store
        self._clock = clock
        self._deliver = deliver
        self._waiting = waiting

    def take(self, body: bytes, source: Source) -> str:
        """Take one event and return its event_type. A repeated event is taken once.

        Raises Unreadable for an event that makes no sense, and StoreError where it cannot be
        stored; it has not been taken then. Only a webhook is sent again, though: an event of the
        stream is passed on even if it cannot be stored. If a senseless event names an order of
        ours, the order is queried.
        """
        event = parse.event(body)
        if isinstance(event, Damaged):
            notice = NOTICE.read(body)
            if isinstance(notice, Damaged) or notice.event_type not in ALERTS:
                raise self._unusable(str(event.name or ""), event.text)
            event = notice
        ours = ids.order_of(event.order_id or "", self._prefix)
        if event.event_type in ALERTS:
            self._notice(event, body)
        elif ours is None:
            self._stranger(event, body)
        else:
            try:
                self._order(*ours, event, body, source)
            except Unreadable as error:
                raise self._unusable(event.order_id or "", str(error)) from None
        return event.event_type

    def _unusable(self, name: str, why: str) -> Unreadable:
        """Request a query of the order *name*, as the unusable event may be an execution; return
        the error to raise.
        """
        ours = ids.order_of(name, self._prefix)
        if ours is None:
            return Nameless(why)
        self._deliver(NewsUnreadable(ours[0], why))
        return Unreadable(why)

    def _order(
        self, order_id: OrderID, attempt: int, event: Event, body: bytes, source: Source
    ) -> None:
        if not self._received.of(order_id).made(attempt):
            raise Unreadable(f"attempt {attempt} of the order was never routed")
        tell = parse.event_tell(event, body, source, self._clock.now_ms(), attempt)
        take = self._received.take if source == "webhook" else self._received.take_anyway
        update = take(order_id, tell)
        if update is None:
            return
        if self._waiting.answer_decides(order_id, attempt):
            if self._received.of(order_id).refusal(attempt) is not None:
                # Whether it ends the order the answer decides, which is under way.
                return
        self._deliver(update)

    def _notice(self, event: Event, body: bytes) -> None:
        notice = VenueNotice(
            venue=self._venue,
            kind=event.event_type,
            text=_text(event),
            accounts=(event.account_id,) if event.account_id else (),
            event_id=parse.event_id(event, body),
        )
        if self._store.notice(notice.event_id, self._clock.now_ms(), notice):
            self.tell_notice(notice)

    def tell_notice(self, notice: VenueNotice) -> None:
        """Log a notice and send it to the sessions concerned."""
        log.error(
            "asmlink_alert", venue=self._venue, event_type=notice.kind,
            event_id=notice.event_id, accounts=notice.accounts, text=notice.text,
        )
        self._deliver(notice)

    def _stranger(self, event: Event, body: bytes) -> None:
        if not self._store.notice(parse.event_id(event, body), self._clock.now_ms()):
            return
        if event.order_id:
            text = " ".join(
                part for part in (event.event_type, event.symbol, event.execution_status) if part
            )
            self._deliver(UnknownOrderSeen(self._venue, event.order_id, text))
            return
        log.error(
            "asmlink_event_of_nothing", venue=self._venue, event_type=event.event_type,
            event_id=event.event_id, account=event.account_id, text=event.message,
        )


def _text(event: Event) -> str:
    """Return its text with its event_id, by which a client can recognize a repeat."""
    said = " ".join(
        part for part in (event.account_id, event.symbol, event.order_id) if part
    )
    text = ": ".join(part for part in (said, event.message) if part) or event.event_type
    name = f" [{event.event_id}]" if event.event_id else ""
    return f"{text[: NOTICE_CHARS - len(name)]}{name}"
