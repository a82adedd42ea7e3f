"""The order engine: a request, a venue's word or the time goes in; events and effects come out.

It decides, it never acts. Every change of an order is an event, applied here
and journaled by the caller before any effect is performed. Given the same
inputs and times it makes the same events, effects and identifiers. How long
ago something was is measured with the clock that never jumps.
"""

from collections.abc import Callable, Mapping
from typing import Any

from fixgw.core.book import Book, VenueTerms
from fixgw.core.client_side import ClientSide
from fixgw.core.own_cancels import OwnCancels
from fixgw.core.routing import Router
from fixgw.core.venue_side import VenueSide
from fixgw.model.effects import Effect
from fixgw.model.events import OrderEvent
from fixgw.model.ids import SessionKey, VenueName
from fixgw.model.now import Now
from fixgw.model.requests import NewOrderSingle, OrderCancelRequest, OrderStatusRequest, Request
from fixgw.model.venue import (
    CommandOutcome,
    InstrumentsLoaded,
    OrderUpdate,
    QueryFailed,
    StreamRestored,
    UnknownOrderSeen,
    VenueInput,
)

__all__ = ["Engine", "VenueTerms"]


class Engine:
    """Orders, and all that may happen to them."""

    def __init__(self, router: Router, venues: Mapping[VenueName, VenueTerms]) -> None:
        self._book = book = Book(router, venues)
        self.router = router
        self.orders = book.orders
        self.inflight = book.inflight
        self._own_cancels = OwnCancels(book)
        clients, of_venues = ClientSide(book), VenueSide(book, self._own_cancels)
        self._handlers: dict[type[Any], Callable[[Any, Now], None]] = {
            NewOrderSingle: clients.on_new_order,
            OrderCancelRequest: clients.on_cancel_request,
            OrderStatusRequest: clients.on_status_request,
            CommandOutcome: of_venues.on_outcome,
            OrderUpdate: of_venues.on_update,
            QueryFailed: of_venues.on_query_failed,
            StreamRestored: of_venues.on_stream_restored,
            InstrumentsLoaded: of_venues.on_instruments,
            UnknownOrderSeen: of_venues.on_unknown_order,
        }

    def replay(self, event: OrderEvent) -> None:
        """Take *event* from the journal: state changes, nothing follows."""
        self.orders.apply(event)

    def recover(self, now: Now) -> None:
        """After the last replay: watch what was waited for when the journal ended."""
        for order in self.orders.open():
            if order.unsettled:
                self.inflight.watch(order.order_id, now.mono_ms, now.mono_ms)

    def handle(self, message: Request | VenueInput, now: Now) -> None:
        """Take one input. Raises BusinessRefused, and nothing else."""
        self._handlers[type(message)](message, now)

    def cancel_session(self, session: SessionKey, text: str, now: Now) -> None:
        """Cancel all open orders of *session*, unasked, until `client_back`; *text* says why."""
        self._own_cancels.cancel_session(session, text, now)

    def client_back(self, session: SessionKey, now: Now) -> None:
        """The client of *session* is there again: its orders are its own business."""
        self._own_cancels.client_back(session, now)

    def tick(self, now: Now) -> None:
        """Ask about whatever has waited long enough."""
        for order_id, watch in self.inflight.due(now.mono_ms):
            order = self.orders.get(order_id)
            assert order is not None, "a watch belongs to an order"
            self._book.ask(order, watch, now)

    def take(self) -> tuple[list[OrderEvent], list[Effect]]:
        """The events to journal and then the effects to perform, since the last call."""
        book = self._book
        taken = book.events, book.effects
        book.events, book.effects = [], []
        return taken
