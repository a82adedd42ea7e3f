"""What venues say: outcomes of commands, updates, answers. Each is compared with what is known.

Nothing a venue says, however late, double or contradictory, raises; and
nothing but proof ends an order (decision 0003).
"""

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from fixgw.core import reporting
from fixgw.core.book import Book
from fixgw.core.inflight import GONE_ANSWERS_MAX, SHORT_ANSWERS_MAX, Watch
from fixgw.core.order import Order
from fixgw.core.own_cancels import OwnCancels
from fixgw.core.reconcile import ENDS, bridge, missing_events, unsure
from fixgw.core.replacing import Replaces
from fixgw.model.enums import (
    CLOSED,
    CancelFor,
    Command,
    CxlRejReason,
    ExecRestatementReason,
    ExecType,
    OrdRejReason,
    OrdStatus,
)
from fixgw.model.events import (
    CancelRefusedByVenue,
    CancelRejected,
    OrderEvent,
    OutcomeUnknown,
    Rerouted,
    SubmittedAgain,
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueNamed,
    VenueRefused,
)
from fixgw.model.ids import OrderID
from fixgw.model.now import Now
from fixgw.model.number import ZERO, text
from fixgw.model.reports import News
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    InstrumentsLoaded,
    NewsUnreadable,
    OrderUpdate,
    QueryFailed,
    Refused,
    StreamRestored,
    Unknown,
    UnknownOrderSeen,
    VenueHeld,
    VenueNotice,
    VenueStatus,
)
from fixgw.model.venue_events import OrdersHeld


class VenueSide:
    """Handles what venues say."""

    def __init__(self, book: Book, own_cancels: OwnCancels, replaces: Replaces) -> None:
        self._book = book
        self._own_cancels = own_cancels
        self._replaces = replaces
        self._orders = book.orders
        self._inflight = book.inflight
        self._router = book.router

    def on_outcome(self, message: CommandOutcome, now: Now) -> None:
        order = self._orders.get(message.order_id)
        assert order is not None, "a command belongs to an order"
        watch = self._inflight.get(message.order_id)
        if message.command is Command.CANCEL:
            if watch is not None:
                watch.cancelling = False
                watch.cancel_answered_at = now.mono_ms
            self._on_cancel_outcome(order, message, now)
            return
        self._book.venue(order).submitting -= 1
        if watch is not None:
            watch.submitting = False
            watch.left_at = now.mono_ms
            if type(message.outcome) is Acked:
                watch.seen_at = now.mono_ms
        self._on_submit_outcome(order, message, now)

    def _on_submit_outcome(self, order: Order, message: CommandOutcome, now: Now) -> None:
        outcome = message.outcome
        if type(outcome) is Acked:
            if outcome.replaced is not None:
                self.on_update(outcome.replaced, now)
            self._on_acked(order, outcome, now)
        elif type(outcome) is Refused:
            self._on_submit_refused(order, outcome, now)
        elif type(outcome) is Unknown and not order.accepted:
            self._doubt(order, message.command, outcome.text, now)
            if order.native and order.replaces is not None:
                self._book.ask_soon(order.replaces, now)

    def _on_submit_refused(self, order: Order, outcome: Refused, now: Now) -> None:
        if order.accepted:
            if order.open:
                self._book.alert("submit_refused_but_live", order, outcome.text)
                self._book.ask_soon(order, now)
        elif outcome.reroute and self._may_submit_again(order):
            self._book.record(Rerouted(
                order_id=order.order_id, at=now.ms, route=outcome.reroute, text=outcome.text
            ))
            self._book.submit(order, now)
        else:
            self._close(order, VenueRefused(
                order_id=order.order_id, at=now.ms,
                reason=outcome.ord_rej_reason, text=outcome.text,
            ), now, outcome.cxl_rej_reason)

    def _may_submit_again(self, order: Order) -> bool:
        """Whether *order*, which the venue does not have, may be sent there once more."""
        if order.native or order.cancelling or order.replacing:
            return False
        return order.venue not in self._book.held

    def _on_cancel_outcome(self, order: Order, message: CommandOutcome, now: Now) -> None:
        outcome = message.outcome
        if not order.cancelling:
            if type(outcome) is Acked:
                self._on_acked(order, outcome, now)
            return
        if type(outcome) is Acked:
            self._on_acked(order, outcome, now)
        elif type(outcome) is Refused:
            if outcome.cxl_rej_reason is CxlRejReason.ALREADY_PENDING:
                return  # an earlier one is on its way: nothing is refused
            # Why it was refused shows in the order's state: filled, or gone already.
            self._book.record(CancelRefusedByVenue(
                order_id=order.order_id, at=now.ms,
                reason=outcome.cxl_rej_reason, text=outcome.text,
            ))
            self._book.ask_now(order, now)
        elif type(outcome) is Unknown:
            self._doubt(order, Command.CANCEL, outcome.text, now)

    def _on_acked(self, order: Order, outcome: Acked, now: Now) -> None:
        if outcome.update is not None:
            self.on_update(outcome.update, now)

    def _doubt(self, order: Order, command: Command, text: str, now: Now) -> None:
        self._book.record(
            OutcomeUnknown(order_id=order.order_id, at=now.ms, command=command, text=text)
        )
        self._book.ask_soon(order, now)

    # ------------------------------------------------------------- venue's updates

    def on_update(self, update: OrderUpdate, now: Now) -> None:
        order = self._orders.get(update.order_id)
        if order is None:
            self._book.alert_id("update_of_unknown_order", update.order_id, update.status)
            return
        watch = self._inflight.get(update.order_id)
        if watch is not None and update.asked:
            watch.asking = False
        if order.waits:
            self._book.alert("update_of_order_that_never_left", order, update.status)
            return
        if update.attempt is not None and update.attempt < order.attempt:
            # Of an attempt that was refused: what it executed counts, its end is none.
            update = replace(update, status=VenueStatus.PENDING)
        if update.status is VenueStatus.ABSENT:
            self._on_absent(order, update, watch, now)
            return
        if order.beneath is OrdStatus.REJECTED and update.status is VenueStatus.WORKING:
            self._book.alert("rejected_order_is_live", order, update.text)
        told = ZERO
        if watch is not None:
            watch.seen_at = now.mono_ms
            told = watch.short_of or ZERO
        events, short_of = missing_events(order, update, now.ms, told)
        for event in events:
            self._apply_and_report(order, event, now)
        if unsure(order) and update.status in ENDS:
            # It has ended, and that is told when all that it replaced is known.
            self._book.watch(order, now).again = True
        if short_of is not None:
            self._on_short(order, update, short_of, now)
        elif watch is not None and watch.short_of is not None:
            watch.short_of, watch.short_answers = None, 0
            # An end may have waited for it; news does not tell, an answer does.
            watch.again = watch.again or not update.asked
        self._after_update(order, update, now)

    def _apply_and_report(self, order: Order, event: OrderEvent, now: Now) -> None:
        kind = type(event)
        if kind is VenueFill:
            self._fill(order, event, now)  # type: ignore[arg-type]
        elif kind is VenueNamed:
            self._book.record(event)
        elif kind is not VenueAccepted:
            self._close(order, event, now)
        elif order.replaces is not None:
            self._replaces.new_accepted(order, event, now)  # type: ignore[arg-type]
        else:
            self._book.record(event)
            self._book.report_change(order, ExecType.NEW, now)

    def _fill(self, order: Order, event: VenueFill, now: Now) -> None:
        # One that was replaced has ended, and what it executed may be told later.
        dead = order.beneath in CLOSED and (order.beneath is not OrdStatus.REPLACED or order.final)
        self._book.record(event)
        self._book.report(order, reporting.trade(order, event))
        if dead:
            self._book.alert("fill_after_the_end", order, f"execution {event.venue_exec_id}")
        self._alert_overfill(order)
        if order.chain is not None and order.chain.current is not order:
            self.after_fill(order.chain.current, now)

    def _alert_overfill(self, order: Order) -> None:
        """The client is told what the venue says; that it is more than was ordered, an operator."""
        standing = order if order.chain is None else order.chain.current
        whole, total = standing.request.order_qty, standing.total_qty
        if whole is not None and total > whole:
            said = f"CumQty(14) {text(total)} is above OrderQty(38) {text(whole)}"
            self._book.alert("overfilled", standing, said)

    def after_fill(self, order: Order, now: Now) -> None:
        """More was executed, and not by a word of the venue on *order*: what hangs on its being
        filled is brought to an end."""
        if order.beneath is not OrdStatus.FILLED:
            return
        if order.status is OrdStatus.PENDING_CANCEL:
            self._reject_cancel(order, CxlRejReason.TOO_LATE, "the order is FILLED", now)
        self._replaces.too_late(order, now)
        if not order.open or not order.unsettled:
            self._inflight.settle(order.order_id)

    def _close(
        self,
        order: Order,
        event: OrderEvent,
        now: Now,
        reason: CxlRejReason = CxlRejReason.OTHER,
    ) -> None:
        """Record the end of *order* and report it; the report answers a pending cancel too."""
        event = _meant(order, event)
        exec_type = END_EXEC_TYPES[type(event)]
        never_began = order.replaces is not None and not order.accepted
        self._book.record(event)
        if never_began:
            self._replaces.new_refused(order, reason, order.text, now)
            return
        if order.replacing:
            self._replaces.old_ended(order, event, now)
            return
        if order.beneath is OrdStatus.REPLACED:
            self._inflight.settle(order.order_id)
            current = order.current
            self._replaces.go_on(current, now)
            watched = self._inflight.get(current.order_id) is not None
            if watched and current.open and not current.replacing:
                self._book.ask_now(current, now)  # its end may have waited for this
            return
        pending = order.cancel is not None
        if order.restated is not None and not pending:
            self._book.report(order, reporting.restated(order, now.ms))
        else:
            self._book.report_change(order, exec_type, now)
        if pending and exec_type is not ExecType.CANCELED:
            reject = reporting.cancel_reject(
                order, CxlRejReason.TOO_LATE, f"the order is {order.status.name}", now.ms
            )
            self._book.report(order, reject)
        self._inflight.settle(order.order_id)

    def _on_short(self, order: Order, update: OrderUpdate, short_of: Decimal, now: Now) -> None:
        """The venue counts more executions than it has told us of, or does not count."""
        silent = short_of <= order.cum_qty and update.status is not VenueStatus.FILLED
        if silent and not self._book.venue(order).capabilities.query:
            for event in missing_events(order, update, now.ms, final=True)[0]:
                self._apply_and_report(order, event, now)
            return
        watch = self._inflight.watch(order.order_id, now.mono_ms, now.mono_ms)
        first = watch.short_of is None
        watch.short_of = short_of
        if update.asked and watch.asked_fills:
            watch.short_answers += 1
            if watch.short_answers >= SHORT_ANSWERS_MAX:
                self._take_total(order, update, watch, now)
        elif watch.asking:
            watch.again = True
        elif first:
            self._book.ask(order, watch, now)

    def _take_total(self, order: Order, update: OrderUpdate, watch: Watch, now: Now) -> None:
        """The venue does not tell the executions it counts: take its count for all there is."""
        watch.short_of, watch.short_answers = None, 0
        known = order.cum_qty
        if update.cum_qty is not None and update.cum_qty > known:
            self._fill(order, bridge(order, update, now.ms), now)
        for event in missing_events(order, update, now.ms, final=True)[0]:
            self._apply_and_report(order, event, now)
        self._book.alert("executions_not_listed", order, f"CumQty(14) {known} -> {order.cum_qty}")

    def _after_update(self, order: Order, update: OrderUpdate, now: Now) -> None:
        """What the order's new state means for a pending cancel, and whether to wait on."""
        watch = self._inflight.get(order.order_id)
        if order.replacing:
            self._replaces.advance(order, update, watch, now)
        if order.status is OrdStatus.PENDING_CANCEL:
            self._advance_cancel(order, update, watch, now)
        elif order.own_cancel is not None and not order.replacing:
            self._own_cancels.advance(order, update, watch, now)
        if watch is not None and watch.short_of is None:
            if not order.open or not (order.unsettled or watch.again):
                self._inflight.settle(order.order_id)

    def _advance_cancel(
        self, order: Order, update: OrderUpdate, watch: Watch | None, now: Now
    ) -> None:
        assert order.cancel is not None
        if order.beneath is OrdStatus.FILLED:
            self._reject_cancel(order, CxlRejReason.TOO_LATE, "the order is FILLED", now)
        elif update.status is VenueStatus.WORKING and update.asked and order.cancel.refusal:
            if watch is None or not watch.again:
                self._reject_cancel(order, *order.cancel.refusal, now)
        elif update.status is VenueStatus.WORKING and not order.cancel.refusal:
            self._book.keep_cancelling(order, update, watch, now)

    def _reject_cancel(self, order: Order, reason: CxlRejReason, text: str, now: Now) -> None:
        reject = reporting.cancel_reject(order, reason, text, now.ms)
        self._book.record(
            CancelRejected(order_id=order.order_id, at=now.ms, reason=reason, text=text)
        )
        self._book.report(order, reject)
        self._own_cancels.after_rejected(order, now)

    def _on_absent(
        self, order: Order, update: OrderUpdate, watch: Watch | None, now: Now
    ) -> None:
        """The venue knows no such order. Proof only if a submit can no longer arrive."""
        if watch is None or watch.submitting or not update.asked:
            return
        if order.accepted or watch.seen_at is not None:
            self._on_gone(order, watch, now)
            return
        venue = self._book.venue(order)
        if watch.asked_at - watch.left_at < venue.capabilities.absence_proof_ms:
            return
        if order.native:
            self._close(order, VenueRefused(
                order_id=order.order_id, at=now.ms, reason=OrdRejReason.OTHER,
                text="the venue has not replaced the order",
            ), now)
        elif order.cancel is not None or order.own_cancel is not None:
            self._close(order, VenueCanceled(
                order_id=order.order_id, at=now.ms, text="never reached the venue"), now)
        elif order.venue in self._book.held:
            self._close(order, VenueRefused(
                order_id=order.order_id, at=now.ms, reason=OrdRejReason.BROKER_OPTION,
                text="the order never reached the venue, which takes no new orders: "
                     f"{self._book.held[order.venue].text}",
            ), now)
        elif now.ms - order.placed_at <= venue.late_submit_ms:
            self._book.record(SubmittedAgain(order_id=order.order_id, at=now.ms))
            self._book.submit(order, now)
        else:
            self._close(order, VenueRefused(
                order_id=order.order_id, at=now.ms, reason=OrdRejReason.TOO_LATE_TO_ENTER,
                text="the order never reached the venue and is too old to be submitted now",
            ), now)

    def _on_gone(self, order: Order, watch: Watch, now: Now) -> None:
        """The venue had the order and knows it no more: what became of it nobody tells us."""
        if watch.seen_at is not None and watch.asked_at <= watch.seen_at:
            return  # it was asked before it had the order
        if not watch.gone_answers:
            self._book.alert("order_gone_at_venue", order, "the venue knows no such order")
        if not order.open:
            self._inflight.settle(order.order_id)
            return
        concludes = watch.gone_answers >= GONE_ANSWERS_MAX - 1 and watch.asked_fills
        watch.gone_answers += 1
        if order.accepted and order.cancel is not None and order.cancel.refusal:
            self._reject_cancel(order, *order.cancel.refusal, now)
        else:
            self._own_cancels.gone_at_venue(order, now)
        if concludes and order.accepted and watch.short_of is None:
            self._close(order, VenueCanceled(
                order_id=order.order_id, at=now.ms, text="the venue knows no such order any more",
                restated=ExecRestatementReason.MARKET_OPTION,
            ), now)

    def conclude(self, order: Order, event: OrderEvent, now: Now) -> None:
        """An operator says what no venue says."""
        self._apply_and_report(order, event, now)

    def works_on(self, order: Order, said: str, now: Now) -> None:
        """An operator says that the venue works *order* whatever it was asked: what the client
        asked for, and whose outcome nobody knows, is not done."""
        if order.cancel is not None and order.in_doubt is Command.CANCEL:
            self._reject_cancel(order, CxlRejReason.BROKER_OPTION, said, now)
        self._replaces.works_on(order, said, now)

    def concluded(self, order: Order, now: Now) -> None:
        """All of it is said: nothing is waited for, if the order is settled by it."""
        self.after_fill(order, now)
        if not order.open or not order.unsettled:
            self._inflight.settle(order.order_id)

    def on_query_failed(self, message: QueryFailed, now: Now) -> None:
        watch = self._inflight.get(message.order_id)
        if watch is not None:
            watch.asking = False

    def on_news_unreadable(self, message: NewsUnreadable, now: Now) -> None:
        order = self._orders.get(message.order_id)
        if order is None:
            self._book.alert_id("update_of_unknown_order", message.order_id, message.text)
        elif not order.waits:
            self._book.alert("venue_news_unreadable", order, message.text)
            self._book.ask_now(order, now)

    def on_stream_restored(self, message: StreamRestored, now: Now) -> None:
        if not self._book.venues[message.venue].capabilities.query:
            return  # nobody can be asked; what is in doubt is waited for anyhow
        for order in self._orders.open_at(message.venue, message.account):
            self._book.ask_now(order, now)

    def on_instruments(self, message: InstrumentsLoaded, now: Now) -> None:
        self._router.load(message.venue, message.instruments)

    def on_notice(self, message: VenueNotice, now: Now) -> None:
        self._book.alert_id("venue_notice", OrderID(""), f"{message.venue}: {message.text}")
        news = News(
            headline=f"{message.venue}: {message.kind}", lines=(message.text,), orig_time=now.ms
        )
        for session in self._router.concerned(message.venue, message.accounts):
            self._book.tell(session, news)

    def on_held(self, message: VenueHeld, now: Now) -> None:
        if message.venue not in self._book.held:
            held = OrdersHeld(venue=message.venue, at=now.ms, text=message.text)
            self._book.held[message.venue] = held
            self._book.events.append(held)
            self._book.alert_id("venue_held", OrderID(""), f"{message.venue}: {message.text}")

    def on_unknown_order(self, message: UnknownOrderSeen, now: Now) -> None:
        self._book.alert_id("order_not_ours_at_venue", OrderID(""), message.text)


END_EXEC_TYPES: dict[type[Any], ExecType] = {
    VenueCanceled: ExecType.CANCELED,
    VenueExpired: ExecType.EXPIRED,
    VenueRefused: ExecType.REJECTED,
}


def _meant(order: Order, event: OrderEvent) -> OrderEvent:
    """*event*, or that *order* has expired: a venue without Day calls that a cancel."""
    own = order.own_cancel
    if type(event) is not VenueCanceled or event.restated is not None:
        return event
    if own is None or own.cause is not CancelFor.EXPIRY:
        return event
    text = f"{own.text}: {event.text}" if event.text else own.text
    return VenueExpired(order_id=order.order_id, at=event.at, text=text)
