"""The order engine: a request, a venue's word or the time goes in; events and effects come out.

It decides, it never acts. Every change of an order is an event, applied here
and journaled by the caller before any effect is performed. Given the same
inputs and times it makes the same events, effects and identifiers. How long
ago something was is measured with the clock that never jumps.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from fixgw.core.accounts import Accounts
from fixgw.core.book import Book, EngineEvent, VenueTerms
from fixgw.core.client_side import ClientSide
from fixgw.core.expiry import Expiry
from fixgw.core.mass import Mass
from fixgw.core.own_cancels import OwnCancels
from fixgw.core.portions import Portions
from fixgw.core.replacing import Replaces
from fixgw.core.routing import Router
from fixgw.core.venue_side import VenueSide
from fixgw.core.verdicts import Verdicts
from fixgw.model.accounts import AccountsLoaded, DirectoryTerms
from fixgw.model.effects import Effect
from fixgw.model.enums import Verdict
from fixgw.model.events import OrderEvent
from fixgw.model.ids import OrderID, SessionKey, VenueName
from fixgw.model.now import Now
from fixgw.model.requests import (
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderMassCancelRequest,
    OrderMassStatusRequest,
    OrderStatusRequest,
    Request,
)
from fixgw.model.venue import (
    CommandOutcome,
    InstrumentsLoaded,
    NewsUnreadable,
    OrderUpdate,
    QueryFailed,
    StreamRestored,
    UnknownOrderSeen,
    VenueHeld,
    VenueInput,
    VenueNotice,
)
from fixgw.model.session_events import MassEvent, SessionEvent
from fixgw.model.venue_events import OrdersHeld, OrdersResumed, VenueEvent

__all__ = ["Engine", "VenueTerms"]


class Engine:
    """Orders, and all that may happen to them."""

    def __init__(self, router: Router, venues: Mapping[VenueName, VenueTerms]) -> None:
        self._book = book = Book(router, venues)
        self.router = router
        self.orders = book.orders
        self.inflight = book.inflight
        replaces = Replaces(book)
        self._portions = Portions()
        self._own_cancels = OwnCancels(book, replaces, self._portions)
        clients = ClientSide(book, replaces)
        of_venues = VenueSide(book, self._own_cancels, replaces)
        self._mass = mass = Mass(book, self._own_cancels, self._portions)
        self._expiry = Expiry(book, self._own_cancels)
        self._verdicts = Verdicts(book, of_venues)
        self._handlers: dict[type[Any], Callable[[Any, Now], None]] = {
            NewOrderSingle: clients.on_new_order,
            OrderCancelRequest: clients.on_cancel_request,
            OrderCancelReplaceRequest: clients.on_replace_request,
            OrderStatusRequest: clients.on_status_request,
            OrderMassCancelRequest: mass.on_mass_cancel,
            OrderMassStatusRequest: mass.on_mass_status,
            CommandOutcome: of_venues.on_outcome,
            OrderUpdate: of_venues.on_update,
            QueryFailed: of_venues.on_query_failed,
            NewsUnreadable: of_venues.on_news_unreadable,
            StreamRestored: of_venues.on_stream_restored,
            InstrumentsLoaded: of_venues.on_instruments,
            UnknownOrderSeen: of_venues.on_unknown_order,
            VenueNotice: of_venues.on_notice,
            VenueHeld: of_venues.on_held,
        }

    def replay(self, event: OrderEvent) -> None:
        """Take *event* from the journal: state changes, nothing follows."""
        self.orders.apply(event)

    def replay_venue(self, event: VenueEvent) -> None:
        """The same for an event of a venue."""
        if type(event) is OrdersHeld:
            self._book.held[event.venue] = event
        else:
            self._book.held.pop(event.venue, None)

    def replay_mass(self, event: SessionEvent) -> None:
        """The same for an event of a session, if it is about its mass cancels."""
        if isinstance(event, MassEvent):
            self._mass.replay(event)

    @property
    def held(self) -> Mapping[VenueName, OrdersHeld]:
        """The venues that new orders may not go to until an operator resumes."""
        return self._book.held

    def resume_venue(self, venue: VenueName, who: str, now: Now) -> bool:
        """Let new orders go to *venue* again; False if they might all the time."""
        if self._book.held.pop(venue, None) is None:
            return False
        self._book.events.append(OrdersResumed(venue=venue, at=now.ms, who=who))
        return True

    def record_verdict(
        self,
        order_id: OrderID,
        verdict: Verdict,
        who: str,
        why: str,
        now: Now,
        *,
        last_qty: Decimal | None = None,
        last_px: Decimal | None = None,
    ) -> None:
        """An operator knows what became of an order in doubt; raises VerdictRefused.

        *last_qty* and *last_px* are of an execution (`Verdict.FILLED`).
        """
        self._verdicts.record(order_id, verdict, who, why, now, last_qty, last_px)

    def recover(self, now: Now) -> None:
        """After the last replay: watch what was waited for when the journal ended."""
        self._expiry.recover()
        for order in self.orders.open():
            if order.unsettled:
                self.inflight.watch(order.order_id, now.mono_ms, now.mono_ms)
        self._mass.recover(now)

    def ask_directories(
        self, directories: Iterable[DirectoryTerms], accounts_at: Mapping[VenueName, frozenset[str]]
    ) -> None:
        """From now on these say who may trade; *accounts_at*: venue -> every Account(1) there."""
        book = self._book
        book.accounts = accounts = Accounts(
            directories, accounts_at, lambda effect: book.effects.append(effect), book.orders.open
        )
        self._handlers[AccountsLoaded] = accounts.on_loaded

    def bars_logon(self, session: SessionKey, now: Now) -> str:
        """Why *session* may not log on, by the directories; "" if it may."""
        accounts = self._book.accounts
        return "" if accounts is None else accounts.at_logon(self.router.terms(session), now)

    def handle(self, message: Request | VenueInput | AccountsLoaded, now: Now) -> None:
        """Take one input. Raises BusinessRefused, and nothing else."""
        self._handlers[type(message)](message, now)

    def cancel_session(self, session: SessionKey, text: str, now: Now) -> None:
        """Cancel all open orders of *session*, unasked, until `client_back`; *text* says why."""
        self._own_cancels.cancel_session(session, text, now)

    def client_back(self, session: SessionKey, now: Now) -> None:
        """The client of *session* is there again: its orders are its own business."""
        self._own_cancels.client_back(session, now)

    def tick(self, now: Now) -> None:
        """End what has expired, and ask about whatever has waited long enough."""
        self._expiry.tick(now)
        for order_id, watch in self.inflight.due(now.mono_ms):
            order = self.orders.get(order_id)
            assert order is not None, "a watch belongs to an order"
            self._book.ask(order, watch, now)

    def go_on(self, now: Now) -> bool:
        """Do this tick's portion of what takes long; whether there is more, AGAIN_MS later."""
        return self._portions.go_on(now)

    def take(self) -> tuple[list[EngineEvent], list[Effect]]:
        """The events to journal and then the effects to perform, since the last call."""
        book = self._book
        taken = book.events, book.effects
        book.events, book.effects = [], []
        return taken
