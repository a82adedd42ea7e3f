"""The order engine: a request, a venue's input or the time goes in; an EngineStep comes out.

It decides, it never acts. Every change of an order is an event, applied here and journaled by the
caller before anything else of the step is done. Given the same inputs and times it makes the same
events, effects and identifiers. An input whose handling raises has changed nothing: the engine is
in its earlier state. A step that no input causes never raises: one about an order that fails leaves
all others as they are (`core.set_aside`). Time spans are measured with the clock that never jumps.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from fixgw.core.expiry import Expiry
from fixgw.core.filing import Filing
from fixgw.core.lost_commands import LostCommands
from fixgw.core.mass import Mass
from fixgw.core.orders.index import Filed
from fixgw.core.orders.leg import Leg
from fixgw.core.portions import Portions
from fixgw.core.requests import Requests
from fixgw.core.routing import Router
from fixgw.core.set_aside import ASK, DEPART, EXPIRE, RETURN, FailedStep, SetAside
from fixgw.core.state import EngineEvent, EngineState, EngineStep, VenueTerms
from fixgw.core.unsolicited_cancels import UnsolicitedCancels
from fixgw.core.venue_events import VenueEvents
from fixgw.core.verdicts import Verdicts
from fixgw.model.accounts import AccountsLoaded, DirectoryTerms
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
from fixgw.model.session_events import MassEvent, SessionEvent
from fixgw.model.venue import (
    CommandLost,
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
from fixgw.model.venue_events import OrdersHeld, OrdersResumed, VenueEvent

T = TypeVar("T")

__all__ = ["Engine", "EngineEvent", "EngineStep", "VenueTerms"]


class Engine:
    """All orders, and the operations on them."""

    def __init__(
        self,
        router: Router,
        venues: Mapping[VenueName, VenueTerms],
        directories: Iterable[DirectoryTerms] = (),
        accounts_at: Mapping[VenueName, frozenset[str]] | None = None,
    ) -> None:
        """*directories* decide which accounts may trade; *accounts_at*: venue -> every Account(1)
        there."""
        self._state = state = EngineState(router, venues, directories, accounts_at)
        self.router = router
        self.orders = state.orders
        self.proofs = state.proofs
        self._aside = aside = SetAside(state)
        self._portions = Portions(aside)
        self._own_cancels = UnsolicitedCancels(state, self._portions, aside)
        self._mass = mass = Mass(state, self._own_cancels, self._portions, aside)
        self._expiry = Expiry(state, self._own_cancels)
        requests, of_venues = Requests(state), VenueEvents(state)
        self._lost_commands = LostCommands(state, of_venues)
        self._filing = Filing(state, self._portions, aside, self._lost_commands)
        self._verdicts = Verdicts(state, of_venues)
        self._handlers: dict[type[Any], Callable[[Any, Now], None]] = {
            NewOrderSingle: requests.on_new_order,
            OrderCancelRequest: requests.on_cancel_request,
            OrderCancelReplaceRequest: requests.on_replace_request,
            OrderStatusRequest: requests.on_status_request,
            OrderMassCancelRequest: mass.on_mass_cancel,
            OrderMassStatusRequest: mass.on_mass_status,
            CommandOutcome: of_venues.on_outcome,
            CommandLost: self._on_command_lost,
            OrderUpdate: of_venues.on_update,
            QueryFailed: of_venues.on_query_failed,
            NewsUnreadable: of_venues.on_news_unreadable,
            StreamRestored: of_venues.on_stream_restored,
            InstrumentsLoaded: of_venues.on_instruments,
            UnknownOrderSeen: of_venues.on_unknown_order,
            VenueNotice: of_venues.on_notice,
            VenueHeld: of_venues.on_held,
            AccountsLoaded: state.accounts.on_loaded,
        }

    # --------------------------------------------------------------------------- replay

    def replay(self, event: OrderEvent) -> None:
        """Take *event* from the journal: state changes, nothing follows."""
        self.orders.apply(event)

    def replay_venue(self, event: VenueEvent) -> None:
        """Take an event of a venue from the journal. The notes of adapters are their own affair."""
        if type(event) is OrdersHeld:
            self._state.held[event.venue] = event
        elif type(event) is OrdersResumed:
            self._state.held.pop(event.venue, None)

    def replay_mass(self, event: SessionEvent) -> None:
        """Take an event of a session from the journal, if it is about its mass cancels."""
        if isinstance(event, MassEvent):
            self._mass.replay(event)

    def recover(self, now: Now) -> None:
        """After the last replay: watch the orders that were unsettled when the journal ended."""
        self._expiry.recover(now)
        for leg in self.orders.open():
            if leg.unsettled:
                self.proofs.watch(leg.order_id, now.mono_ms, now.mono_ms)
        self._mass.recover(now)
        self._state.accept()

    # ---------------------------------------------------------- what leaves and comes back

    def revive(self, events: Iterable[OrderEvent], now: Now) -> Filed:
        """Between two steps: bring a chain of orders back by its events on file, before anything
        that names it is handled. Return what `drop` takes. If it is here, nothing changes."""
        return self._filing.revive(events, now)

    def drop(self, filed: Iterable[Filed]) -> list[Filed]:
        """Between two steps: let the chains leave memory that are on file as they are here. Return
        those that cannot leave yet, to be offered again; one that has changed since is not among
        them, as it will be filed anew. A chain takes about 7 microseconds: a thousand at a time
        hold nobody up."""
        return self._filing.drop(filed)

    def begin_after(self, last_order_id: int) -> None:
        """Give out no OrderID(37) up to *last_order_id*, whether its order is here or on file."""
        self.orders.begin_after(last_order_id)

    # ---------------------------------------------------------------------- what goes in

    def handle(
        self, message: Request | VenueInput | CommandLost | AccountsLoaded, now: Now
    ) -> None:
        """Take one input. Raises BusinessRefused; anything else it raises is a bug. Whatever it
        raises, nothing has changed."""
        self._decide(self._handlers[type(message)], message, now)

    def _on_command_lost(self, message: CommandLost, now: Now) -> None:
        # From now on an outcome may be the second one; before, nobody pays for that question.
        self._handlers[CommandOutcome] = self._lost_commands.on_outcome
        self._lost_commands.on_lost(message, now)

    def cancel_session(self, session: SessionKey, text: str, now: Now) -> None:
        """Cancel all open orders of *session*, without a request, until `client_back`; *text* gives
        the reason."""
        self._aside.drop(RETURN, session)
        decide = partial(self._own_cancels.cancel_session, session, text)
        self._aside.do_for(DEPART, session, decide, now)

    def client_back(self, session: SessionKey, now: Now) -> None:
        """Note that the client of *session* has returned: its orders are its own responsibility."""
        self._aside.drop(DEPART, session)
        self._aside.do_for(RETURN, session, partial(self._own_cancels.client_back, session), now)

    def tick(self, now: Now) -> None:
        """End expired orders, and ask about any that have waited long enough."""
        aside, orders = self._aside, self.orders
        if aside:
            aside.again(now)
        for order_id in self._expiry.due(now):
            aside.do(EXPIRE, orders.placed(order_id), self._expiry.end, now)
        for order_id in self._due(now):
            aside.do(ASK, orders.placed(order_id), self._ask, now)

    def _due(self, now: Now) -> Iterable[OrderID]:
        """Return the orders that are to be asked about."""
        try:
            return self.proofs.due(now.mono_ms)
        except Exception:
            return list(self.proofs)  # one of them is at fault, and `_ask` looks at each

    def _ask(self, leg: Leg, now: Now) -> None:
        proof = self.proofs.get(leg.order_id)
        if proof is not None and proof.is_due(now.mono_ms):
            self._state.ask(leg, proof, now)

    def go_on(self, now: Now) -> bool:
        """Do this tick's portion of long work; return True if there is more, AGAIN_MS later."""
        return self._portions.go_on(now)

    @property
    def has_failed(self) -> bool:
        """True if a step has raised since `take_failed`."""
        return bool(self._aside.failed)

    def take_failed(self) -> list[FailedStep]:
        """Return the steps that raised since the last call: each has changed nothing."""
        return self._aside.take_failed()

    def _decide(self, decide: Callable[..., T], *arguments: Any) -> T:
        """Return the result of *decide*; restore the earlier state if it raises."""
        try:
            result = decide(*arguments)
        except BaseException:
            self._state.roll_back()
            raise
        self._state.accept()
        return result

    def take(self) -> EngineStep:
        """Return everything decided since the last call."""
        return self._state.take()

    # --------------------------------------------------------------------- for operators

    @property
    def held(self) -> Mapping[VenueName, OrdersHeld]:
        """The venues closed to new orders until an operator resumes."""
        return self._state.held

    def resume_venue(self, venue: VenueName, who: str, now: Now) -> bool:
        """Let new orders go to *venue* again; return False if it was not held."""
        if venue not in self._state.held:
            return False
        self._decide(self._state.resume, OrdersResumed(venue=venue, at=now.ms, who=who))
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
        """Record an operator's knowledge of an order in doubt; raise VerdictRefused where it does
        not fit. *last_qty* and *last_px* are of an execution (`Verdict.FILLED`)."""
        self._decide(self._verdicts.record, order_id, verdict, who, why, now, last_qty, last_px)

    def bars_logon(self, session: SessionKey, now: Now) -> str:
        """Return the reason why *session* may not log on, by the directories; "" if it may."""
        return self._decide(self._state.accounts.at_logon, self.router.terms(session), now)
