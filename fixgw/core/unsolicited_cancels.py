"""Cancels that the gateway decides by itself: the client is gone, and its orders are not to stay.

FIX calls the report an unsolicited cancel: ExecutionReport(35=8) 150=4 with the order's own
ClOrdID(11), no OrigClOrdID(41), and never an OrderCancelReject(35=9), as there was no request. A
decision is an event before it is a command, so a restart continues it. A refused cancel is
repeated, ever more slowly and not for ever; an unproven one is asked about first, like a client's.
Never touches an order that its client is canceling.
"""

from fixgw.core import rules
from fixgw.core.orders.leg import Leg
from fixgw.core.portions import CANCEL, Job, Portions, Work
from fixgw.core.set_aside import DEPART, RETURN, SetAside
from fixgw.core.state import EngineState
from fixgw.model.enums import CancelFor
from fixgw.model.ids import SessionKey
from fixgw.model.now import Now


class UnsolicitedCancels:
    """Decides cancels for clients that are gone, for a mass cancel, and at the end of the day."""

    def __init__(self, state: EngineState, portions: Portions, aside: SetAside) -> None:
        self._state = state
        self._orders = state.orders
        self._portions = portions
        self._aside = aside
        self._departures: dict[SessionKey, Job] = {}
        """Jobs that were begun and not finished at once; see `cancel_session`."""

    def cancel_session(self, session: SessionKey, text: str, now: Now) -> None:
        """Cancel all open orders of *session*; *text* becomes Text(58) of their reports.

        Holds until `client_back`: an order whose client's own cancel fails meanwhile follows.
        """
        self._state.depart(session, text)
        job = self._portions.begin(DEPART, session, self._departure(session), now)
        if not job.done:
            # Nothing recorded requires this: a restart finds the client gone, and begins again.
            self._departures[session] = job

    def _departure(self, session: SessionKey) -> Work:
        for leg in self._orders.of_session(session):
            now = yield CANCEL
            self._aside.do(DEPART, leg, self._cancel_of_departed, now)

    def _cancel_of_departed(self, leg: Leg, now: Now) -> None:
        text = self._state.departed.get(leg.request.session)
        if text is not None and leg.open:
            rules.decide_cancel(self._state, leg, text, CancelFor.DEPARTURE, now)

    def client_back(self, session: SessionKey, now: Now) -> None:
        """The client cares for its orders again: a refused cancel is not repeated."""
        job = self._departures.pop(session, None)
        if job is not None:
            self._portions.finish(job, now)
        self._aside.drop(DEPART, session)
        self._state.come_back(session)
        for leg in self._orders.of_session(session):
            if leg.own_cancel is not None:
                self._aside.do(RETURN, leg, self._leave_to_client, now)

    def _leave_to_client(self, leg: Leg, now: Now) -> None:
        own = leg.own_cancel
        if own is None or own.refusal is None or leg.replacing:
            return
        if own.cause < CancelFor.REQUEST and leg.request.session not in self._state.departed:
            rules.give_up_cancel(self._state, leg, "the client is back", now)

    def cancel(self, leg: Leg, text: str, now: Now) -> None:
        """Cancel *leg* at its client's request, whether the client stays or leaves."""
        if leg.open:
            rules.decide_cancel(self._state, leg, text, CancelFor.REQUEST, now)

    def expire(self, leg: Leg, text: str, now: Now) -> None:
        """Cancel *leg*, whose day is over."""
        rules.decide_cancel(self._state, leg, text, CancelFor.EXPIRY, now)
