"""Client requests: new orders, cancels, replaces, statuses. Each is accepted or answered."""

from fixgw.core import reporting, rules
from fixgw.core.cancel_replace import CancelReplace
from fixgw.core.checks import account_of, as_day_order, check_order
from fixgw.core.orders.client_order import of, standing
from fixgw.core.orders.leg import Leg
from fixgw.core.state import EngineState
from fixgw.model.enums import CancelFor, CxlRejReason, ExecType
from fixgw.model.errors import CancelRefused, OrderRefused
from fixgw.model.events import CancelRequested, OrderNotPlaced, OrderPlaced
from fixgw.model.ids import ClOrdID, OrderID, next_order_id
from fixgw.model.now import Now
from fixgw.model.requests import (
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderStatusRequest,
)


class Requests:
    """Handles requests. Raises BusinessRefused where no report about an order fits."""

    def __init__(self, state: EngineState) -> None:
        self._state = state
        self._replaces = CancelReplace(state)
        self._orders = state.orders
        self._router = state.router
        self._duplicates = 0

    def on_new_order(self, request: NewOrderSingle, now: Now) -> None:
        known = self._orders.of_client(request.session, request.cl_ord_id)
        if known is not None:
            self._on_known_order(known, request, now)
            return
        order_id = next_order_id(self._orders.last_order_id, now.ms)
        try:
            placed = self._admit(request, OrderID(str(order_id)), now)
        except OrderRefused as refused:
            leg = self._state.refuse(
                OrderNotPlaced(
                    order_id=OrderID(str(order_id)), at=now.ms, request=request,
                    reason=refused.reason, text=refused.text,
                )
            )
            self._state.report_change(leg, ExecType.REJECTED, now)
            return
        leg = self._state.place(placed)
        if self._router.terms(request.session).pending_reports:
            self._state.report_change(leg, ExecType.PENDING_NEW, now)
        self._state.submit(leg, now)

    def _admit(self, request: NewOrderSingle, order_id: OrderID, now: Now) -> OrderPlaced:
        terms = self._router.terms(request.session)
        account = account_of(request, terms)
        instrument = self._router.route(
            request.session, account, request.symbol, request.security_exchange
        )
        venue = self._state.venues[instrument.venue]
        self._state.check_open(instrument.venue)
        sent, expires_at = as_day_order(request, venue.capabilities, terms, now.ms)
        check_order(sent, instrument, venue.capabilities, now.ms, terms.post_only_tif)
        self._state.accounts.check(request.session, instrument.venue, account, now)
        return OrderPlaced(
            order_id=order_id,
            at=now.ms,
            request=request,
            venue=instrument.venue,
            exchange=instrument.exchange,
            venue_symbol=instrument.symbol,
            venue_order_id=venue.venue_order_id(order_id, account),
            account=account,
            cancel_on_disconnect=terms.venue_cancel_on_disconnect,
            quote=instrument.quote,
            expires_at=expires_at,
        )

    def _on_known_order(self, leg: Leg, request: NewOrderSingle, now: Now) -> None:
        own = request.cl_ord_id == leg.request.cl_ord_id and leg.replaces is None
        if request.poss_resend and own:
            # Matrix F.1.b: the client asks whether we have it; we report its outcome.
            self._state.report(leg, reporting.status(standing(leg), now.ms))
        else:
            current, count = standing(leg), self._duplicates + 1
            self._state.report(leg, reporting.duplicate(current, request, now.ms, count))
            self._duplicates = count

    def on_cancel_request(self, request: OrderCancelRequest, now: Now) -> None:
        leg = self._find(request)
        if leg is not None and request.poss_resend and self._knows(request, leg):
            # It was accepted before: the client asks for its outcome.
            self._state.report(leg, reporting.status(leg, now.ms))
            return
        try:
            leg = self._check_named(request, leg)
            self._cancel_after_end(leg, request, now)
            self._check_cancel(request, leg)
        except CancelRefused as refused:
            answer = reporting.cancel_refused(request, leg, refused.reason, refused.text, now.ms)
            self._state.tell(request.session, answer)
            return
        self._state.record(
            CancelRequested(order_id=leg.order_id, at=now.ms, cl_ord_id=request.cl_ord_id)
        )
        if self._router.terms(request.session).pending_reports:
            self._state.report_change(
                leg, ExecType.PENDING_CANCEL, now, suffix=f"6.{leg.cancel_count}"
            )
        self._state.begin_cancel(leg, now)

    def _knows(self, request: OrderCancelRequest, leg: Leg) -> bool:
        """Return True if *request* for *leg* came before, by its ClOrdID(11)."""
        if leg.cancel is not None and leg.cancel.cl_ord_id == request.cl_ord_id:
            return True
        known = self._orders.of_client(request.session, request.cl_ord_id)
        return (
            known is not None
            and request.orig_cl_ord_id is not None
            and known.request.cl_ord_id != request.cl_ord_id
            and standing(known) is leg
        )

    def _find(self, request: OrderCancelRequest | OrderStatusRequest) -> Leg | None:
        """Return the leg meant: OrigClOrdID(41), else OrderID(37), else ClOrdID(11)."""
        orig = request.orig_cl_ord_id if isinstance(request, OrderCancelRequest) else None
        found = self._named(request, orig)
        return None if found is None else standing(found)

    def _named(
        self,
        request: OrderCancelRequest | OrderCancelReplaceRequest | OrderStatusRequest,
        orig: ClOrdID | None,
    ) -> Leg | None:
        if orig is not None:
            return self._orders.of_client(request.session, orig)
        by_client = self._orders.of_client(request.session, request.cl_ord_id)
        if by_client is not None or request.order_id is None:
            return by_client
        leg = self._orders.get(request.order_id)
        # Another session's order must not be visible here.
        return leg if leg is not None and leg.request.session == request.session else None

    def _check_named(self, request: OrderCancelRequest, leg: Leg | None) -> Leg:
        """Return the leg to be cancelled; raise CancelRefused if the request names another."""
        if leg is None:
            raise CancelRefused(CxlRejReason.UNKNOWN_ORDER, "unknown order")
        symbol = leg.request.symbol
        for name, sent, known, same in (
            ("OrderID(37)", request.order_id, of(leg).root_id, request.order_id == of(leg).root_id),
            ("Symbol(55)", request.symbol, symbol, self._state.is_named(leg, request.symbol)),
            ("Side(54)", request.side, leg.request.side, request.side == leg.request.side),
        ):
            if sent and not same:
                raise CancelRefused(
                    CxlRejReason.OTHER, f"{name} '{sent}' is not the order's, '{known}'"
                )
        return leg

    def _cancel_after_end(self, leg: Leg, request: OrderCancelRequest, now: Now) -> None:
        """Cancel an order that has ended here and may work at its venue: it was shown working, or
        its end was concluded. The client receives the same end as before."""
        if not leg.may_work_after_end:
            return
        why = f"OrderCancelRequest(35=F) {request.cl_ord_id}"
        rules.decide_cancel(self._state, leg, why, CancelFor.REQUEST, now)
        raise CancelRefused(
            CxlRejReason.TOO_LATE, f"the order is {leg.beneath.name}; the venue may work it all "
            "the same, and is told to cancel it",
        )

    def _check_cancel(self, request: OrderCancelRequest, leg: Leg) -> None:
        """Raise CancelRefused if *leg* cannot be cancelled now."""
        if not leg.open or leg.reopened:
            raise CancelRefused(CxlRejReason.TOO_LATE, f"the order is {of(leg).ord_status.name}")
        if leg.cancel is not None:
            raise CancelRefused(CxlRejReason.ALREADY_PENDING, "a cancel is pending already")
        if leg.replacing:
            raise CancelRefused(CxlRejReason.ALREADY_PENDING, "a replace is pending")
        capabilities = self._state.venue(leg).capabilities
        if not capabilities.cancel:
            raise CancelRefused(CxlRejReason.BROKER_OPTION, capabilities.cancel_text)
        named = request.orig_cl_ord_id is not None
        if named and self._orders.of_client(request.session, request.cl_ord_id) is not None:
            raise CancelRefused(
                CxlRejReason.DUPLICATE_CL_ORD_ID,
                f"ClOrdID(11) {request.cl_ord_id!r} was used before",
            )

    def on_replace_request(self, request: OrderCancelReplaceRequest, now: Now) -> None:
        found = self._named(request, request.orig_cl_ord_id)
        leg = None if found is None else standing(found)
        known = self._orders.of_client(request.session, request.cl_ord_id)
        if request.order.poss_resend and known is not None and known.replaces is not None:
            # It was accepted before: the client asks for its outcome.
            self._state.report(known, reporting.status(standing(known), now.ms))
            return
        try:
            leg = self._replaces.check(request, leg, now)
        except CancelRefused as refused:
            answer = reporting.cancel_refused(request, leg, refused.reason, refused.text, now.ms)
            self._state.tell(request.session, answer)
            return
        self._replaces.take_on(request, leg, now)

    def on_status_request(self, request: OrderStatusRequest, now: Now) -> None:
        leg = self._find(request)
        if leg is None:
            report = reporting.status_unknown(request, now.ms)
            self._state.tell(request.session, report)
        else:
            self._state.report(leg, reporting.status(leg, now.ms, request))
