"""The order engine: a request, a venue's word or the time goes in; events and effects come out.

It decides, it never acts. Every change of an order is an event, applied here
and journaled by the caller before any effect is performed. Given the same
inputs and times it makes the same events, effects and identifiers.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from fixgw.core import reporting
from fixgw.core.checks import account_of, check_order
from fixgw.core.inflight import (
    DOUBT_ALERT_ASKS,
    FIRST_ASK_MS,
    SHORT_ANSWERS_MAX,
    SOON_MS,
    Inflight,
    Watch,
)
from fixgw.core.order import Order
from fixgw.core.orders import Orders
from fixgw.core.reconcile import bridge, missing_events
from fixgw.core.routing import Router
from fixgw.model.capabilities import Capabilities
from fixgw.model.effects import (
    CancelOrder,
    Effect,
    QueryOrder,
    RaiseAlert,
    SendReport,
    SubmitOrder,
)
from fixgw.model.enums import CLOSED, Command, CxlRejReason, ExecType, OrdRejReason, OrdStatus
from fixgw.model.errors import CancelRefused, OrderRefused
from fixgw.model.events import (
    CancelRefusedByVenue,
    CancelRejected,
    CancelRequested,
    OrderEvent,
    OrderNotPlaced,
    OrderPlaced,
    OutcomeUnknown,
    SubmittedAgain,
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueRefused,
)
from fixgw.model.ids import OrderID, VenueName, VenueOrderID, next_order_id
from fixgw.model.number import ZERO
from fixgw.model.reports import Report
from fixgw.model.requests import NewOrderSingle, OrderCancelRequest, OrderStatusRequest, Request
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    InstrumentsLoaded,
    OrderUpdate,
    QueryFailed,
    Refused,
    StreamRestored,
    Unknown,
    UnknownOrderSeen,
    VenueInput,
    VenueStatus,
)


class VenueTerms:
    """What the engine must know of a venue beside its instruments."""

    __slots__ = ("capabilities", "venue_order_id", "late_submit_ms")

    def __init__(
        self,
        capabilities: Capabilities,
        venue_order_id: Callable[[OrderID, str], VenueOrderID],
        late_submit_ms: int,
    ) -> None:
        self.capabilities = capabilities
        self.venue_order_id = venue_order_id
        self.late_submit_ms = late_submit_ms
        """An order proven absent at the venue is submitted (again) up to this age, else
        rejected."""


class Engine:
    """Orders, and all that may happen to them."""

    def __init__(self, router: Router, venues: Mapping[VenueName, VenueTerms]) -> None:
        self.orders = Orders()
        self.inflight = Inflight()
        self._router = router
        self._venues = venues
        self._events: list[OrderEvent] = []
        self._effects: list[Effect] = []
        self._duplicates = 0
        self._handlers: dict[type[Any], Callable[[Any, int], None]] = {
            NewOrderSingle: self._on_new_order,
            OrderCancelRequest: self._on_cancel_request,
            OrderStatusRequest: self._on_status_request,
            CommandOutcome: self._on_outcome,
            OrderUpdate: self._on_update,
            QueryFailed: self._on_query_failed,
            StreamRestored: self._on_stream_restored,
            InstrumentsLoaded: self._on_instruments,
            UnknownOrderSeen: self._on_unknown_order,
        }

    # ---------------------------------------------------------------- in and out

    def replay(self, event: OrderEvent) -> None:
        """Take *event* from the journal: state changes, nothing follows."""
        self.orders.apply(event)

    def recover(self, now: int) -> None:
        """After the last replay: watch what was waited for when the journal ended."""
        for order in self.orders.open():
            if order.unsettled:
                self.inflight.watch(order.order_id, now, now)

    def handle(self, message: Request | VenueInput, now: int) -> None:
        """Take one input at *now* (Unix ms). Raises BusinessRefused, and nothing else."""
        self._handlers[type(message)](message, now)

    def tick(self, now: int) -> None:
        """Ask about whatever has waited long enough."""
        for order_id, watch in self.inflight.due(now):
            order = self.orders.get(order_id)
            assert order is not None, "a watch belongs to an order"
            self._ask(order, watch, now)

    def take(self) -> tuple[list[OrderEvent], list[Effect]]:
        """The events to journal and then the effects to perform, since the last call."""
        taken = self._events, self._effects
        self._events, self._effects = [], []
        return taken

    # ------------------------------------------------------------ client requests

    def _on_new_order(self, request: NewOrderSingle, now: int) -> None:
        known = self.orders.of_client(request.session, request.cl_ord_id)
        if known is not None:
            self._on_known_order(known, request, now)
            return
        order_id = next_order_id(self.orders.last_order_id, now)
        try:
            placed = self._admit(request, OrderID(str(order_id)), now)
        except OrderRefused as refused:
            order = self._record(
                OrderNotPlaced(
                    order_id=OrderID(str(order_id)), at=now, request=request,
                    reason=refused.reason, text=refused.text,
                )
            )
            self._report_change(order, ExecType.REJECTED, now)
            return
        order = self.orders.add(placed)
        self._events.append(placed)
        if self._router.terms(request.session).pending_reports:
            self._report_change(order, ExecType.PENDING_NEW, now)
        self._submit(order, now)

    def _admit(self, request: NewOrderSingle, order_id: OrderID, now: int) -> OrderPlaced:
        terms = self._router.terms(request.session)
        account = account_of(request, terms)
        instrument = self._router.route(
            request.session, request.symbol, request.security_exchange
        )
        venue = self._venues[instrument.venue]
        check_order(request, instrument, venue.capabilities)
        return OrderPlaced(
            order_id=order_id,
            at=now,
            request=request,
            venue=instrument.venue,
            exchange=instrument.exchange,
            venue_symbol=instrument.symbol,
            venue_order_id=venue.venue_order_id(order_id, account),
            account=account,
        )

    def _on_known_order(self, order: Order, request: NewOrderSingle, now: int) -> None:
        if request.poss_resend and request.cl_ord_id == order.request.cl_ord_id:
            # Matrix F.1.b: the client asks whether we have it; we say what became of it.
            self._report(order, reporting.status(order, now))
        else:
            self._duplicates += 1
            self._report(order, reporting.duplicate(order, request, now, self._duplicates))

    def _submit(self, order: Order, now: int) -> None:
        watch = self.inflight.watch(order.order_id, now + FIRST_ASK_MS, now)
        watch.submitting = True
        self._effects.append(SubmitOrder(order.venue_order()))

    def _on_cancel_request(self, request: OrderCancelRequest, now: int) -> None:
        order = self._find(request)
        try:
            order = self._check_cancel(request, order)
        except CancelRefused as refused:
            answer = reporting.cancel_refused(request, order, refused.reason, refused.text, now)
            self._effects.append(SendReport(request.session, answer))
            return
        pending = order.cancel
        if pending is not None:
            assert request.poss_resend, "_check_cancel refuses the rest"
            self._report(order, reporting.status(order, now))
            return
        self._record(
            CancelRequested(order_id=order.order_id, at=now, cl_ord_id=request.cl_ord_id)
        )
        if self._router.terms(request.session).pending_reports:
            self._report_change(
                order, ExecType.PENDING_CANCEL, now, suffix=f"6.{order.cancel_count}"
            )
        watch = self.inflight.watch(order.order_id, now + FIRST_ASK_MS, now)
        if order.accepted or self._venue(order).capabilities.cancel_before_accepted:
            self._cancel(order, watch)

    def _find(self, request: OrderCancelRequest | OrderStatusRequest) -> Order | None:
        """The order meant: OrigClOrdID(41), else OrderID(37), else ClOrdID(11)."""
        orig = request.orig_cl_ord_id if isinstance(request, OrderCancelRequest) else None
        if orig is not None:
            return self.orders.of_client(request.session, orig)
        by_client = self.orders.of_client(request.session, request.cl_ord_id)
        if by_client is not None or request.order_id is None:
            return by_client
        order = self.orders.get(request.order_id)
        # Another session's order is nobody's business here.
        return order if order is not None and order.request.session == request.session else None

    def _check_cancel(self, request: OrderCancelRequest, order: Order | None) -> Order:
        if order is None:
            raise CancelRefused(CxlRejReason.UNKNOWN_ORDER, "unknown order")
        for name, sent, known in (
            ("OrderID(37)", request.order_id, order.order_id),
            ("Symbol(55)", request.symbol, order.request.symbol),
            ("Side(54)", request.side, order.request.side),
        ):
            if sent and sent != known:
                raise CancelRefused(
                    CxlRejReason.OTHER, f"{name} '{sent}' is not the order's, '{known}'"
                )
        if request.poss_resend and order.cancel and order.cancel.cl_ord_id == request.cl_ord_id:
            return order
        if order.status in CLOSED:
            raise CancelRefused(CxlRejReason.TOO_LATE, f"the order is {order.status.name}")
        if order.cancel is not None:
            raise CancelRefused(CxlRejReason.ALREADY_PENDING, "a cancel is pending already")
        named = request.orig_cl_ord_id is not None
        if named and self.orders.of_client(request.session, request.cl_ord_id) is not None:
            raise CancelRefused(
                CxlRejReason.DUPLICATE_CL_ORD_ID,
                f"ClOrdID(11) {request.cl_ord_id!r} was used before",
            )
        return order

    def _cancel(self, order: Order, watch: Watch) -> None:
        watch.cancelling = watch.cancel_sent = True
        self._effects.append(CancelOrder(order.venue_order()))

    def _on_status_request(self, request: OrderStatusRequest, now: int) -> None:
        order = self._find(request)
        if order is None:
            report = reporting.status_unknown(request, now)
            self._effects.append(SendReport(request.session, report))
        else:
            self._report(order, reporting.status(order, now, request))

    # ------------------------------------------------------------- venue's answers

    def _on_outcome(self, message: CommandOutcome, now: int) -> None:
        order = self.orders.get(message.order_id)
        assert order is not None, "a command belongs to an order"
        watch = self.inflight.get(message.order_id)
        if message.command is Command.SUBMIT:
            if watch is not None:
                watch.submitting = False
                watch.left_at = now
                if type(message.outcome) is Acked:
                    watch.seen_at = now
            self._on_submit_outcome(order, message, now)
        else:
            if watch is not None:
                watch.cancelling = False
            self._on_cancel_outcome(order, message, now)

    def _on_submit_outcome(self, order: Order, message: CommandOutcome, now: int) -> None:
        outcome = message.outcome
        if type(outcome) is Acked:
            self._on_acked(order, outcome, now)
        elif type(outcome) is Refused:
            if order.accepted:
                if order.open:
                    self._alert("submit_refused_but_live", order, outcome.text)
                    self._ask_soon(order, now)
                return
            self._close(order, VenueRefused(
                order_id=order.order_id, at=now,
                reason=outcome.ord_rej_reason, text=outcome.text,
            ), now)
        elif type(outcome) is Unknown and not order.accepted:
            self._doubt(order, Command.SUBMIT, outcome.text, now)

    def _on_cancel_outcome(self, order: Order, message: CommandOutcome, now: int) -> None:
        outcome = message.outcome
        if order.cancel is None or order.status is not OrdStatus.PENDING_CANCEL:
            if type(outcome) is Acked:
                self._on_acked(order, outcome, now)
            return
        if type(outcome) is Acked:
            self._on_acked(order, outcome, now)
        elif type(outcome) is Refused:
            # Why it was refused shows in the order's state: filled, or gone already.
            self._record(CancelRefusedByVenue(
                order_id=order.order_id, at=now,
                reason=outcome.cxl_rej_reason, text=outcome.text,
            ))
            self._ask_now(order, now)
        elif type(outcome) is Unknown:
            self._doubt(order, Command.CANCEL, outcome.text, now)

    def _on_acked(self, order: Order, outcome: Acked, now: int) -> None:
        if outcome.update is not None:
            self._on_update(outcome.update, now)

    def _doubt(self, order: Order, command: Command, text: str, now: int) -> None:
        self._record(
            OutcomeUnknown(order_id=order.order_id, at=now, command=command, text=text)
        )
        self._ask_soon(order, now)

    # ------------------------------------------------------------- venue's updates

    def _on_update(self, update: OrderUpdate, now: int) -> None:
        order = self.orders.get(update.order_id)
        if order is None:
            self._alert_id("update_of_unknown_order", update.order_id, update.status)
            return
        watch = self.inflight.get(update.order_id)
        if watch is not None and update.asked:
            watch.asking = False
        if update.status is VenueStatus.ABSENT:
            self._on_absent(order, update, watch, now)
            return
        if order.beneath is OrdStatus.REJECTED and update.status is VenueStatus.WORKING:
            self._alert("rejected_order_is_live", order, update.text)
        told = ZERO
        if watch is not None:
            watch.seen_at = now
            told = watch.short_of or ZERO
        events, short_of = missing_events(order, update, now, told)
        for event in events:
            self._apply_and_report(order, event, now)
        if short_of is not None:
            self._on_short(order, update, short_of, now)
        elif watch is not None and watch.short_of is not None:
            watch.short_of, watch.short_answers = None, 0
            # An end may have waited for it; news does not tell, an answer does.
            watch.again = watch.again or not update.asked
        self._after_update(order, update, now)

    def _apply_and_report(self, order: Order, event: OrderEvent, now: int) -> None:
        kind = type(event)
        if kind is VenueFill:
            self._fill(order, event)  # type: ignore[arg-type]
        elif kind is VenueAccepted:
            self._record(event)
            self._report_change(order, ExecType.NEW, now)
        else:
            self._close(order, event, now)

    def _fill(self, order: Order, event: VenueFill) -> None:
        dead = order.beneath in CLOSED
        self._record(event)
        self._report(order, reporting.trade(order, event))
        if dead:
            self._alert("fill_after_the_end", order, f"execution {event.venue_exec_id}")

    def _close(self, order: Order, event: OrderEvent, now: int) -> None:
        """Record the end of *order* and report it; the report answers a pending cancel too."""
        exec_type = _END_EXEC_TYPES[type(event)]
        self._record(event)
        pending = order.cancel is not None
        self._report_change(order, exec_type, now)
        if pending and exec_type is not ExecType.CANCELED:
            reject = reporting.cancel_reject(
                order, CxlRejReason.TOO_LATE, f"the order is {order.status.name}", now
            )
            self._effects.append(SendReport(order.request.session, reject))
        self.inflight.settle(order.order_id)

    def _on_short(self, order: Order, update: OrderUpdate, short_of: Decimal, now: int) -> None:
        """The venue counts more executions than it has told us of."""
        watch = self.inflight.watch(order.order_id, now, now)
        first = watch.short_of is None
        watch.short_of = short_of
        if update.asked and watch.asked_fills:
            watch.short_answers += 1
            if watch.short_answers >= SHORT_ANSWERS_MAX:
                self._take_total(order, update, watch, now)
        elif watch.asking:
            watch.again = True
        elif first:
            self._ask(order, watch, now)

    def _take_total(self, order: Order, update: OrderUpdate, watch: Watch, now: int) -> None:
        """The venue does not tell the executions it counts: take its count for all there is."""
        watch.short_of, watch.short_answers = None, 0
        known = order.cum_qty
        if update.cum_qty is not None and update.cum_qty > known:
            self._fill(order, bridge(order, update, now))
        for event in missing_events(order, update, now, final=True)[0]:
            self._apply_and_report(order, event, now)
        self._alert("executions_not_listed", order, f"CumQty(14) {known} -> {order.cum_qty}")

    def _after_update(self, order: Order, update: OrderUpdate, now: int) -> None:
        """What the order's new state means for a pending cancel, and whether to wait on."""
        watch = self.inflight.get(order.order_id)
        if order.status is OrdStatus.PENDING_CANCEL:
            self._advance_cancel(order, update, watch, now)
        if watch is not None and watch.short_of is None:
            if not order.open or not (order.unsettled or watch.again):
                self.inflight.settle(order.order_id)

    def _advance_cancel(
        self, order: Order, update: OrderUpdate, watch: Watch | None, now: int
    ) -> None:
        assert order.cancel is not None
        if order.beneath is OrdStatus.FILLED:
            self._reject_cancel(order, CxlRejReason.TOO_LATE, "the order is FILLED", now)
        elif update.status is VenueStatus.WORKING and update.asked and order.cancel.refusal:
            if watch is None or not watch.again:
                self._reject_cancel(order, *order.cancel.refusal, now)
        elif update.status is VenueStatus.WORKING and not order.cancel.refusal:
            watch = watch or self.inflight.watch(order.order_id, now + FIRST_ASK_MS, now)
            # It waited for the venue to accept; or it was sent, the venue was asked, and
            # the order works on. To cancel twice does no harm.
            if not watch.cancelling and (update.asked or not watch.cancel_sent):
                self._cancel(order, watch)

    def _reject_cancel(self, order: Order, reason: CxlRejReason, text: str, now: int) -> None:
        reject = reporting.cancel_reject(order, reason, text, now)
        self._record(CancelRejected(order_id=order.order_id, at=now, reason=reason, text=text))
        self._effects.append(SendReport(order.request.session, reject))

    def _on_absent(
        self, order: Order, update: OrderUpdate, watch: Watch | None, now: int
    ) -> None:
        """The venue knows no such order. Proof only if a submit can no longer arrive."""
        if watch is None or watch.submitting or not update.asked:
            return
        if order.accepted or watch.seen_at:
            self._on_gone(order, watch, now)
            return
        venue = self._venue(order)
        if watch.asked_at - watch.left_at < venue.capabilities.absence_proof_ms:
            return
        if order.cancel is not None:
            self._close(order, VenueCanceled(
                order_id=order.order_id, at=now, text="never reached the venue"), now)
        elif now - order.placed_at <= venue.late_submit_ms:
            self._record(SubmittedAgain(order_id=order.order_id, at=now))
            self._submit(order, now)
        else:
            self._close(order, VenueRefused(
                order_id=order.order_id, at=now, reason=OrdRejReason.TOO_LATE_TO_ENTER,
                text="the order never reached the venue and is too old to be submitted now",
            ), now)

    def _on_gone(self, order: Order, watch: Watch, now: int) -> None:
        """The venue had the order and knows it no more: what became of it nobody tells us."""
        if watch.asked_at <= watch.seen_at:
            return  # it was asked before it had the order
        self._alert("order_gone_at_venue", order, "the venue knows no such order")
        if not order.open:
            self.inflight.settle(order.order_id)
        elif order.accepted and order.cancel is not None and order.cancel.refusal:
            self._reject_cancel(order, *order.cancel.refusal, now)

    def _on_query_failed(self, message: QueryFailed, now: int) -> None:
        watch = self.inflight.get(message.order_id)
        if watch is not None:
            watch.asking = False

    def _on_stream_restored(self, message: StreamRestored, now: int) -> None:
        for order in self.orders.open_at(message.venue, message.account):
            self._ask_now(order, now)

    def _on_instruments(self, message: InstrumentsLoaded, now: int) -> None:
        self._router.load(message.venue, message.instruments)

    def _on_unknown_order(self, message: UnknownOrderSeen, now: int) -> None:
        self._alert_id("order_not_ours_at_venue", OrderID(""), message.text)

    # -------------------------------------------------------------------- asking

    def _ask(self, order: Order, watch: Watch, now: int) -> None:
        self.inflight.asked(watch, now)
        if watch.asks == DOUBT_ALERT_ASKS:
            self._alert("order_in_doubt", order, f"asked {watch.asks} times without an end")
        self._effects.append(QueryOrder(order.venue_order(), fills=watch.asked_fills))

    def _ask_soon(self, order: Order, now: int) -> None:
        self.inflight.watch(order.order_id, now + SOON_MS, now)

    def _ask_now(self, order: Order, now: int) -> None:
        """Ask, or ask again after what is under way: that may be older than what happened."""
        watch = self.inflight.watch(order.order_id, now, now)
        if watch.asking or watch.submitting:
            watch.again = True
        else:
            self._ask(order, watch, now)

    # ------------------------------------------------------------------- recording

    def _venue(self, order: Order) -> VenueTerms:
        return self._venues[order.venue]

    def _record(self, event: OrderEvent) -> Order:
        order = self.orders.apply(event)
        self._events.append(event)
        return order

    def _report(self, order: Order, report: Report) -> None:
        self._effects.append(SendReport(order.request.session, report))

    def _report_change(
        self, order: Order, exec_type: ExecType, now: int, *, suffix: str = ""
    ) -> None:
        self._report(
            order, reporting.change(order, exec_type, suffix or exec_type, now, order.text)
        )

    def _alert(self, event: str, order: Order, text: str) -> None:
        self._alert_id(event, order.order_id, text)

    def _alert_id(self, event: str, order_id: OrderID, text: str) -> None:
        self._effects.append(RaiseAlert(event=event, order_id=order_id, text=text))


_END_EXEC_TYPES: dict[type[Any], ExecType] = {
    VenueCanceled: ExecType.CANCELED,
    VenueExpired: ExecType.EXPIRED,
    VenueRefused: ExecType.REJECTED,
}
