"""Cancels that the gateway decides by itself: the client is gone, and its orders are not to stay.

FIX calls what the client is told an unsolicited cancel: ExecutionReport(35=8) 150=4 with the
order's own ClOrdID(11), no OrigClOrdID(41), and never an OrderCancelReject(35=9), as nobody
asked. A decision is an event before it is a command, so a restart goes on with it. A refused
cancel is repeated, ever more slowly and not for ever; an unproven one is asked about first, like
a client's. Never touches an order that its client is cancelling.
"""

from fixgw.core.book import Book
from fixgw.core.inflight import Watch
from fixgw.core.order import Order
from fixgw.core.portions import CANCEL, Job, Portions, Work
from fixgw.core.replacing import Replaces
from fixgw.model.enums import CLOSED, CancelFor
from fixgw.model.events import CancelGivenUp
from fixgw.model.ids import SessionKey
from fixgw.model.now import Now
from fixgw.model.venue import OrderUpdate, VenueStatus

CANCEL_AGAIN_MS = (1_000, 2_000, 4_000, 8_000, 15_000, 30_000)
"""How long after a refused cancel the next one leaves; the last goes on until REFUSALS_MAX."""

REFUSALS_MAX = 20
"""So often the venue may refuse to cancel an order that works on; then an operator is told."""


class OwnCancels:
    """Decides, repeats and gives up the gateway's own cancels."""

    def __init__(self, book: Book, replaces: Replaces, portions: Portions) -> None:
        self._book = book
        self._replaces = replaces
        self._orders = book.orders
        self._inflight = book.inflight
        self._portions = portions
        self._departures: dict[SessionKey, Job] = {}
        """What was begun and not done when it was begun; see `cancel_session`."""
        self._gone: dict[SessionKey, str] = {}
        """The clients none of whose orders is to stay open, and why. Told anew after a restart."""

    def cancel_session(self, session: SessionKey, text: str, now: Now) -> None:
        """Cancel all open orders of *session*; *text* becomes Text(58) of their reports.

        Holds until `client_back`: an order whose client's own cancel fails meanwhile follows.
        """
        self._gone[session] = text
        job = self._portions.begin(session, self._departure(session, text), now)
        if not job.done:
            # Nothing on record says so: a restart finds the client gone, and begins again.
            self._departures[session] = job

    def _departure(self, session: SessionKey, text: str) -> Work:
        for order in self._open(session):
            now = yield CANCEL
            if order.open:
                self._decide(order, text, CancelFor.DEPARTURE, now)

    def client_back(self, session: SessionKey, now: Now) -> None:
        """The client cares for its orders again: what the venue refused is not repeated."""
        job = self._departures.pop(session, None)
        if job is not None:
            job.finish(now)
        self._gone.pop(session, None)
        for order in self._open(session):
            own = order.own_cancel
            if own is None or own.refusal is None or order.replacing:
                continue
            if own.cause < CancelFor.REQUEST:
                self._give_up(order, "the client is back", now)

    def _open(self, session: SessionKey) -> list[Order]:
        return self._orders.of_session(session)

    def cancel(self, order: Order, text: str, now: Now) -> None:
        """Cancel *order* as its client has asked for, whatever it does meanwhile."""
        if order.open:
            self._decide(order, text, CancelFor.REQUEST, now)

    def expire(self, order: Order, text: str, now: Now) -> None:
        """Cancel *order*, whose day is over."""
        self._decide(order, text, CancelFor.EXPIRY, now)

    def _decide(self, order: Order, text: str, cause: CancelFor, now: Now) -> None:
        self._replaces.drop_waiting(order, text, now)
        if order.waits or order.beneath in CLOSED or order.cancel is not None:
            return
        capabilities = self._book.venue(order).capabilities
        if not capabilities.cancel:
            self._book.alert("order_stays_open", order, capabilities.cancel_text)
            return
        if order.own_cancel is not None and order.own_cancel.cause >= cause:
            return
        self._book.cancel_unasked(order, text, cause, now)

    def _give_up(self, order: Order, text: str, now: Now) -> None:
        self._book.record(CancelGivenUp(order_id=order.order_id, at=now.ms, text=text))

    def after_rejected(self, order: Order, now: Now) -> None:
        """The client's own cancel of *order* has failed: ours follows if the client is gone."""
        text = self._gone.get(order.request.session)
        if text is not None and order.open:
            self._decide(order, text, CancelFor.DEPARTURE, now)

    def advance(
        self, order: Order, update: OrderUpdate, watch: Watch | None, now: Now
    ) -> None:
        """Go on with the cancel of *order*, of which the venue says *update*."""
        own = order.own_cancel
        assert own is not None, "it is asked for orders that have one"
        if update.status is not VenueStatus.WORKING:
            return
        if own.refusal is None or watch is None:
            self._book.keep_cancelling(order, update, watch, now)
        elif update.asked and not watch.again:
            self._after_refusal(order, own.refusals, own.refusal, watch, now)

    def _after_refusal(
        self, order: Order, refusals: int, refusal: str, watch: Watch, now: Now
    ) -> None:
        """The venue has refused it, and says now that the order works."""
        due = watch.cancel_at + CANCEL_AGAIN_MS[min(refusals, len(CANCEL_AGAIN_MS)) - 1]
        if refusals >= REFUSALS_MAX:
            self._book.alert("order_stays_open", order, f"refused {refusals} times: {refusal}")
            self._give_up(order, refusal, now)
        elif not watch.cancel_sent or due <= now.mono_ms:
            if not self._book.under_way(watch, now):
                self._book.cancel(order, watch, now)
        else:
            watch.due = due

    def gone_at_venue(self, order: Order, now: Now) -> None:
        """The venue refused the cancel and knows no such order: nothing is left to repeat."""
        own = order.own_cancel
        if own is not None and own.refusal is not None and not order.replacing:
            self._give_up(order, own.refusal, now)
