"""Cancel on disconnect: the logged-on clients, and the departed ones whose orders are to be
canceled.

A client that leaves in one of the ways its Logon agreed on has a window in which to return; then
the engine cancels its open orders. Both the agreement and the departure are recorded before
anything follows, so that a restart knows them: a client that was logged on when the gateway ended
has lost its connection, and all windows begin again. Windows are measured with the clock that never
jumps. This module never cancels by itself, and never for a client that is logged on.
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
    """The record of one client that has had cancel on disconnect in force."""

    terms: CancelTerms
    gone: bool = False
    cancels: bool = False
    """True if it has left in a way that cancels its orders."""


def in_words(known: Known | None) -> str:
    """Return, for an operator, the departures that cancel the orders, and whether it has left."""
    if known is None or not known.terms.on:
        return ""
    told = str(known.terms.on.name).lower()
    if known.terms.window_ms:
        told += f" {known.terms.window_ms / 1_000:g}s"
    return f"{told} gone" if known.gone else told


class OnRecord(dict[SessionKey, Known]):
    """The journal's records of all such clients."""

    def replay(self, event: SessionEvent) -> None:
        """Apply *event* from the journal."""
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
        """By session: the time, of the clock that never jumps, at which orders are canceled, and
        the reason."""
        self._log = structlog.get_logger().bind()
        self._few_lines = FewLinesOfEach()

    @property
    def waiting(self) -> Mapping[SessionKey, tuple[int, str]]:
        """The running windows: their ends (`Now.mono_ms`), and the text for the reports at that
        time."""
        return self._due

    def agreed(self, session: SessionKey) -> str:
        """Return the terms in force for *session*, in words."""
        return in_words(self._known.get(session))

    # ------------------------------------------------------------------------- start

    def replay(self, event: SessionEvent) -> None:
        """Apply *event* from the journal."""
        self._known.replay(event)

    def recover(self, now: Now) -> None:
        """After the last replay: no client is connected, so every window begins now."""
        for session, known in self._known.items():
            lost = not known.gone and bool(known.terms.on & CancelOn.DISCONNECT)
            if known.cancels or lost:
                self._begin(session, known.terms, RESTARTED, now)

    # ---------------------------------------------------------- arrivals and departures

    def logged_on(self, client: ClientSession, now: Now) -> None:
        """Note that the client has logged on: a cancel that was still due is dropped."""
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
        """Note that the client has left, or is leaving: the agreed terms take effect."""
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
        """Cancel for the clients whose windows are over."""
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
            # After a restart this includes clients that left long ago, and then there are none.
            self._log.warning("cancels_all_orders", session=session, orders=orders, reason=text)
        self._engine.cancel_session(session, text, now)
