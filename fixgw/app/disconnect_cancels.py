"""Who is logged on, and whose orders are to be cancelled since they are not: cancel on disconnect.

A client that leaves in one of the ways its Logon agreed on has a window to be back in; then the
engine cancels its open orders. Both the agreement and the departure are on record before anything
follows, so that a restart knows them: whoever was logged on when the gateway ended has lost its
connection, and all windows begin again. Windows are measured with the clock that never jumps.
Never cancels by itself, and never for a client that is logged on.
"""

from collections.abc import Mapping

import structlog
from msgspec import Struct

from fixgw.app.client_session import ClientSession
from fixgw.core.engine import Engine
from fixgw.fix.session_events import Left
from fixgw.model.cancel_on import CancelOn, CancelTerms
from fixgw.model.ids import SessionKey
from fixgw.model.now import Now
from fixgw.model.session_events import CancelOnDisconnectSet, ClientGone, SessionEvent
from fixgw.runtime.few_lines import FewLinesOfEach

LOGGED_OUT = "cancel on disconnect: the client logged out"
DISCONNECTED = "cancel on disconnect: the connection was lost"
RESTARTED = "cancel on disconnect: the gateway was restarted and the client was not back in time"
"""Text(58) of the reports."""


class Known(Struct):
    """What is on record of one client that has had cancel on disconnect in force."""

    terms: CancelTerms
    gone: bool = False
    cancels: bool = False
    """It is gone in a way that cancels its orders."""


def in_words(known: Known | None) -> str:
    """For an operator: at which departure the orders are cancelled, and whether it has left."""
    if known is None or not known.terms.on:
        return ""
    told = str(known.terms.on.name).lower()
    if known.terms.window_ms:
        told += f" {known.terms.window_ms / 1_000:g}s"
    return f"{told} gone" if known.gone else told


class OnRecord(dict[SessionKey, Known]):
    """What the journal has of all such clients."""

    def replay(self, event: SessionEvent) -> None:
        """Take *event* from the journal."""
        if type(event) is CancelOnDisconnectSet:
            self[event.session] = Known(CancelTerms(event.on, event.window_ms))
        elif type(event) is ClientGone:
            known = self[event.session]
            known.gone, known.cancels = True, event.cancels


class DisconnectCancels:
    """The departures of all clients."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known = OnRecord()
        self._due: dict[SessionKey, tuple[int, str]] = {}
        """When, of the clock that never jumps, whose orders are cancelled, and why."""
        self._log = structlog.get_logger().bind()
        self._few_lines = FewLinesOfEach()

    @property
    def waiting(self) -> Mapping[SessionKey, tuple[int, str]]:
        """Whose window runs: until when (`Now.mono_ms`), and what is said when it is over."""
        return self._due

    def agreed(self, session: SessionKey) -> str:
        """What is in force for *session*, in words."""
        return in_words(self._known.get(session))

    # ------------------------------------------------------------------------- start

    def replay(self, event: SessionEvent) -> None:
        """Take *event* from the journal."""
        self._known.replay(event)

    def recover(self, now: Now) -> None:
        """After the last replay: nobody is connected, so every window begins now."""
        for session, known in self._known.items():
            lost = not known.gone and bool(known.terms.on & CancelOn.DISCONNECT)
            if known.cancels or lost:
                self._begin(session, known.terms, RESTARTED, now)

    # ------------------------------------------------------------------ what happens

    def logged_on(self, client: ClientSession, now: Now) -> None:
        """The client is there: whatever was to be cancelled and was not yet, is not."""
        session, terms = client.settings.key, client.session.departure.terms
        self._due.pop(session, None)
        known = self._known.get(session)
        if known is None and not terms.on:
            return
        if known is None or known.gone or known.terms != terms:
            client.events.append(CancelOnDisconnectSet(
                session=session, at=now.ms, on=terms.on, window_ms=terms.window_ms
            ))
        self._known[session] = Known(terms)
        self._engine.client_back(session, now)

    def left(self, client: ClientSession, left: Left, now: Now) -> None:
        """The client is gone, or goes: what was agreed on comes into force."""
        session = client.settings.key
        known = self._known.get(session)
        if known is None or not known.terms.on:
            return
        departure = CancelOn.LOGOUT if left.logout else CancelOn.DISCONNECT
        known.gone = True
        known.cancels = bool(known.terms.on & departure) and not left.keeps_orders
        client.events.append(ClientGone(session=session, at=now.ms, cancels=known.cancels))
        if known.cancels:
            self._begin(session, known.terms, LOGGED_OUT if left.logout else DISCONNECTED, now)

    def due(self, now: Now) -> None:
        """Cancel for those whose windows are over."""
        over = [session for session, (at, _) in self._due.items() if at <= now.mono_ms]
        for session in over:
            self._cancel(session, self._due.pop(session)[1], now)

    def _begin(self, session: SessionKey, terms: CancelTerms, text: str, now: Now) -> None:
        if terms.window_ms:
            self._due[session] = now.mono_ms + terms.window_ms, text
            self._few_lines.of(session).info(
                "client_away", session=session, cancels_in_ms=terms.window_ms
            )
        else:
            self._cancel(session, text, now)

    def _cancel(self, session: SessionKey, text: str, now: Now) -> None:
        orders = sum(order.request.session == session for order in self._engine.orders.open())
        if orders:
            # After a restart also for who left long ago, and then there are none.
            self._log.warning("cancels_all_orders", session=session, orders=orders, reason=text)
        self._engine.cancel_session(session, text, now)
