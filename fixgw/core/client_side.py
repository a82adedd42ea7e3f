"""What clients ask for: new orders, cancels, replaces, statuses. Each is taken on or answered."""

from fixgw.core import reporting
from fixgw.core.book import Book
from fixgw.core.checks import account_of, as_day_order, check_order
from fixgw.core.order import Order
from fixgw.core.replacing import Replaces
from fixgw.model.enums import CxlRejReason, ExecType
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


class ClientSide:
    """Handles requests. Raises BusinessRefused where no report about an order fits."""

    def __init__(self, book: Book, replaces: Replaces) -> None:
        self._book = book
        self._replaces = replaces
        self._orders = book.orders
        self._inflight = book.inflight
        self._router = book.router
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
            order = self._book.record(
                OrderNotPlaced(
                    order_id=OrderID(str(order_id)), at=now.ms, request=request,
                    reason=refused.reason, text=refused.text,
                )
            )
            self._book.report_change(order, ExecType.REJECTED, now)
            return
        order = self._book.place(placed)
        if self._router.terms(request.session).pending_reports:
            self._book.report_change(order, ExecType.PENDING_NEW, now)
        self._book.submit(order, now)

    def _admit(self, request: NewOrderSingle, order_id: OrderID, now: Now) -> OrderPlaced:
        terms = self._router.terms(request.session)
        account = account_of(request, terms)
        instrument = self._router.route(
            request.session, account, request.symbol, request.security_exchange
        )
        venue = self._book.venues[instrument.venue]
        self._book.check_open(instrument.venue)
        sent, expires_at = as_day_order(request, venue.capabilities, terms, now.ms)
        check_order(sent, instrument, venue.capabilities, now.ms, terms.post_only_tif)
        if self._book.accounts is not None:
            self._book.accounts.check(request.session, instrument.venue, account, now)
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

    def _on_known_order(self, order: Order, request: NewOrderSingle, now: Now) -> None:
        own = request.cl_ord_id == order.request.cl_ord_id and order.replaces is None
        if request.poss_resend and own:
            # Matrix F.1.b: the client asks whether we have it; we say what became of it.
            self._book.report(order, reporting.status(order.current, now.ms))
        else:
            self._duplicates += 1
            standing = order.current
            self._book.report(
                order, reporting.duplicate(standing, request, now.ms, self._duplicates)
            )

    def on_cancel_request(self, request: OrderCancelRequest, now: Now) -> None:
        order = self._find(request)
        if order is not None and request.poss_resend and self._knows(request, order):
            # It was taken on before: what became of it is what the client asks for.
            self._book.report(order, reporting.status(order, now.ms))
            return
        try:
            order = self._check_cancel(request, order)
        except CancelRefused as refused:
            answer = reporting.cancel_refused(request, order, refused.reason, refused.text, now.ms)
            self._book.tell(request.session, answer)
            return
        self._book.record(
            CancelRequested(order_id=order.order_id, at=now.ms, cl_ord_id=request.cl_ord_id)
        )
        if self._router.terms(request.session).pending_reports:
            self._book.report_change(
                order, ExecType.PENDING_CANCEL, now, suffix=f"6.{order.cancel_count}"
            )
        self._book.begin_cancel(order, now)

    def _knows(self, request: OrderCancelRequest, order: Order) -> bool:
        """Whether *request* for *order* came before, by its ClOrdID(11)."""
        if order.cancel is not None and order.cancel.cl_ord_id == request.cl_ord_id:
            return True
        known = self._orders.of_client(request.session, request.cl_ord_id)
        return (
            known is not None
            and request.orig_cl_ord_id is not None
            and known.request.cl_ord_id != request.cl_ord_id
            and known.current is order
        )

    def _find(self, request: OrderCancelRequest | OrderStatusRequest) -> Order | None:
        """The order meant: OrigClOrdID(41), else OrderID(37), else ClOrdID(11)."""
        orig = request.orig_cl_ord_id if isinstance(request, OrderCancelRequest) else None
        found = self._named(request, orig)
        return None if found is None else found.current

    def _named(
        self,
        request: OrderCancelRequest | OrderCancelReplaceRequest | OrderStatusRequest,
        orig: ClOrdID | None,
    ) -> Order | None:
        if orig is not None:
            return self._orders.of_client(request.session, orig)
        by_client = self._orders.of_client(request.session, request.cl_ord_id)
        if by_client is not None or request.order_id is None:
            return by_client
        order = self._orders.get(request.order_id)
        # Another session's order is nobody's business here.
        return order if order is not None and order.request.session == request.session else None

    def _check_cancel(self, request: OrderCancelRequest, order: Order | None) -> Order:
        if order is None:
            raise CancelRefused(CxlRejReason.UNKNOWN_ORDER, "unknown order")
        symbol = order.request.symbol
        for name, sent, known, same in (
            ("OrderID(37)", request.order_id, order.root_id, request.order_id == order.root_id),
            ("Symbol(55)", request.symbol, symbol, self._book.is_named(order, request.symbol)),
            ("Side(54)", request.side, order.request.side, request.side == order.request.side),
        ):
            if sent and not same:
                raise CancelRefused(
                    CxlRejReason.OTHER, f"{name} '{sent}' is not the order's, '{known}'"
                )
        if not order.open:
            raise CancelRefused(CxlRejReason.TOO_LATE, f"the order is {order.ord_status.name}")
        if order.cancel is not None:
            raise CancelRefused(CxlRejReason.ALREADY_PENDING, "a cancel is pending already")
        if order.replacing:
            raise CancelRefused(CxlRejReason.ALREADY_PENDING, "a replace is pending")
        capabilities = self._book.venue(order).capabilities
        if not capabilities.cancel:
            raise CancelRefused(CxlRejReason.BROKER_OPTION, capabilities.cancel_text)
        named = request.orig_cl_ord_id is not None
        if named and self._orders.of_client(request.session, request.cl_ord_id) is not None:
            raise CancelRefused(
                CxlRejReason.DUPLICATE_CL_ORD_ID,
                f"ClOrdID(11) {request.cl_ord_id!r} was used before",
            )
        return order

    def on_replace_request(self, request: OrderCancelReplaceRequest, now: Now) -> None:
        found = self._named(request, request.orig_cl_ord_id)
        order = None if found is None else found.current
        known = self._orders.of_client(request.session, request.cl_ord_id)
        if request.order.poss_resend and known is not None and known.replaces is not None:
            # It was taken on before: what became of it is what the client asks for.
            self._book.report(known, reporting.status(known.current, now.ms))
            return
        try:
            order = self._replaces.check(request, order, now)
        except CancelRefused as refused:
            answer = reporting.cancel_refused(request, order, refused.reason, refused.text, now.ms)
            self._book.tell(request.session, answer)
            return
        self._replaces.take_on(request, order, now)

    def on_status_request(self, request: OrderStatusRequest, now: Now) -> None:
        order = self._find(request)
        if order is None:
            report = reporting.status_unknown(request, now.ms)
            self._book.tell(request.session, report)
        else:
            self._book.report(order, reporting.status(order, now.ms, request))
