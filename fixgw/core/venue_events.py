"""Inputs of venues: outcomes of commands, updates, answers. Each is compared with the known state.

No venue input, however late, repeated or contradictory, raises; and only proof ends an order
(decision 0003). The consequence of each report of a venue:

    FILLED, and it lists all executions    Filled
    FILLED, executions missing             nothing yet: asked again with growing pauses, told as
                                           they are listed, in doubt after `filled_unlisted_ms`
    CANCELED or EXPIRED, counts more       the same
    CANCELED or EXPIRED, counts less       the end, with an alert: its books contradict each other
    no such order, which it had            nothing, until every answer of `absence_proof_minutes`
                                           has said so
    WORKING, and it has ended here         an alert when it is asked and says it again; a cancel of
                                           the client leaves even so
    counts less than it did                an alert when it is asked and says it again
"""

from decimal import Decimal

from msgspec.structs import replace

from fixgw.core import reporting, rules
from fixgw.core.orders.client_order import of
from fixgw.core.orders.leg import Leg
from fixgw.core.proof import (
    GONE_ANSWERS_MIN,
    SHORT_ANSWERS_MAX,
    SHRUNK,
    Absent,
    Contradicted,
    PendingProof,
    Shrunk,
    Unlisted,
)
from fixgw.core.reconcile import ENDS, agrees, bridge, compare, end, unsure
from fixgw.core.state import EngineState
from fixgw.model.enums import (
    CLOSED,
    ENDED_UNFILLED,
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
    EndConfirmed,
    FillBusted,
    FillCorrected,
    OrderEvent,
    OutcomeUnknown,
    Rerouted,
    SubmittedAgain,
    SubmitTaken,
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueRefused,
    WorkingAfterEnd,
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

MINUTE_MS = 60_000

AGREED_MS = 30_000
"""Time after which an end counts if the venue counts as much as it lists, and less than before."""


class VenueEvents:
    """Handles the inputs of venues."""

    def __init__(self, state: EngineState) -> None:
        self._state = state

    # -------------------------------------------------------------- outcomes of commands

    def on_outcome(self, message: CommandOutcome, now: Now) -> None:
        state = self._state
        leg = state.orders.placed(message.order_id)
        if message.command is Command.CANCEL:
            proof = state.proofs.get(leg.order_id)
            if proof is not None:
                state.proofs.put(leg.order_id, proof.cancel_answered(now.mono_ms))
            self._on_cancel_outcome(leg, message, now)
            return
        outcome = message.outcome
        state.submit_answered(leg, now, taken=type(outcome) is Acked)
        if type(outcome) is Acked:
            if outcome.replaced is not None:
                self.on_update(outcome.replaced, now, by_outcome=True)
            self._on_acked(outcome, now)
            if not (leg.accepted or leg.taken):
                state.record(SubmitTaken(order_id=leg.order_id, at=now.ms))
        elif type(outcome) is Refused:
            self._on_submit_refused(leg, outcome, now)
        elif type(outcome) is Unknown and not leg.accepted:
            self._doubt(leg, message.command, outcome.text, now)
            if leg.native and leg.replaces is not None:
                state.ask_soon(leg.replaces, now)

    def _on_submit_refused(self, leg: Leg, outcome: Refused, now: Now) -> None:
        state = self._state
        if leg.accepted:
            if leg.open:
                state.alert("submit_refused_but_live", leg, outcome.text)
                state.ask_soon(leg, now)
        elif outcome.reroute and self._may_submit_again(leg):
            state.record(Rerouted(
                order_id=leg.order_id, at=now.ms, route=outcome.reroute, text=outcome.text
            ))
            state.submit(leg, now)
        else:
            self.apply(leg, VenueRefused(
                order_id=leg.order_id, at=now.ms,
                reason=outcome.ord_rej_reason, text=outcome.text,
            ), now)
            rules.settle(state, leg, now, outcome.cxl_rej_reason)

    def _may_submit_again(self, leg: Leg) -> bool:
        """Return True if *leg*, which the venue does not have, may be sent there once more."""
        if leg.native or leg.cancelling or leg.replacing:
            return False
        return leg.venue not in self._state.held

    def _on_cancel_outcome(self, leg: Leg, message: CommandOutcome, now: Now) -> None:
        outcome = message.outcome
        if type(outcome) is Acked:
            self._on_acked(outcome, now)
        elif not leg.cancelling:
            return
        elif type(outcome) is Refused:
            if outcome.cxl_rej_reason is CxlRejReason.ALREADY_PENDING:
                return  # an earlier one is on its way: nothing is refused
            # The order's state shows why it was refused: filled, or gone already.
            self._state.record(CancelRefusedByVenue(
                order_id=leg.order_id, at=now.ms,
                reason=outcome.cxl_rej_reason, text=outcome.text,
            ))
            self._state.ask_now(leg, now)
        elif type(outcome) is Unknown:
            self._doubt(leg, Command.CANCEL, outcome.text, now)

    def _on_acked(self, outcome: Acked, now: Now) -> None:
        if outcome.update is not None:
            self.on_update(outcome.update, now, by_outcome=True)

    def _doubt(self, leg: Leg, command: Command, why: str, now: Now) -> None:
        self._state.record(
            OutcomeUnknown(order_id=leg.order_id, at=now.ms, command=command, text=why)
        )
        self._state.ask_soon(leg, now)

    # ----------------------------------------------------------------------- updates

    def on_update(self, update: OrderUpdate, now: Now, *, by_outcome: bool = False) -> None:
        """Take the venue's word about an order. *by_outcome*: it answers a command, and may be
        older than the news."""
        state, status = self._state, update.status
        leg = state.orders.get(update.order_id)
        if leg is None:
            state.alert_id("update_of_unknown_order", update.order_id, status)
            return
        refused = update.attempt is not None and update.attempt < leg.attempt
        proof = state.proofs.get(update.order_id)
        if proof is not None:
            shown = not (refused or leg.waits or status is VenueStatus.ABSENT)
            proof = self._heard(update, proof, now, shown=shown)
        if leg.waits:
            state.alert("update_of_order_that_never_left", leg, status)
            return
        if refused:
            # Of an attempt that was refused: what it executed counts, its end is none.
            update, status = replace(update, status=VenueStatus.PENDING), VenueStatus.PENDING
        if status is VenueStatus.ABSENT:
            if proof is not None and update.asked and not proof.submitting:
                self._on_absent(leg, proof, now)
            return
        if leg.beneath is OrdStatus.REJECTED and status is VenueStatus.WORKING:
            state.alert("rejected_order_is_live", leg, update.text)
        self._compare(leg, update, None if proof is None else proof.told, now)
        if not by_outcome and (
            _counts_less(update, leg) or proof is not None and type(proof.lack) is Shrunk
        ):
            self._on_shrunk(leg, update, now)
        if status is VenueStatus.WORKING:
            if leg.beneath in ENDED_UNFILLED:  # of one that is filled nothing can work
                self._on_working_after_end(leg, update, now, by_outcome=by_outcome)
            if leg.cancel is not None or leg.own_cancel is not None:
                rules.go_on_cancelling(state, leg, update, now)
        rules.settle(state, leg, now)

    def _heard(
        self, update: OrderUpdate, proof: PendingProof, now: Now, *, shown: bool
    ) -> PendingProof:
        """Note in *proof* that it was answered, and that the order was *shown*."""
        heard = proof.answered() if update.asked else proof
        if shown:
            lack = proof.lack
            if type(lack) is Absent or type(lack) is Contradicted and update.status in ENDS:
                heard = heard.lacking(None)
            heard = heard.seen(now.mono_ms)
        return proof if heard is proof else self._state.proofs.put(update.order_id, heard)

    def _compare(self, leg: Leg, update: OrderUpdate, told: Decimal | None, now: Now) -> None:
        """Take what *update* proves and *leg* lacks; *told* is the count that the venue told
        before, while it is above the executions that are known."""
        state, step = self._state, None
        if update.cum_qty or update.fill or update.fills:
            step = state.router.step_of(leg.venue, leg.exchange, leg.venue_symbol)
        was_open = update.cum_qty is not None and leg.open
        events, short_of = compare(leg, update, now.ms, told or ZERO, step)
        for event in events:
            self.apply(leg, event, now)
        if update.status in ENDS and unsure(leg):
            # It has ended, and that is told when all that it replaced is known.
            waits = state.proofs.get(leg.order_id) or state.watch(leg, now)
            state.proofs.put(leg.order_id, waits.ask_again())
        if short_of is not None:
            self._on_short(leg, update, short_of, now)
        elif told is not None:
            self._listed(leg, update)
        if was_open and _counts_less(update, leg) and not leg.open:
            state.alert("executed_quantity_shrank", leg, _less(update, leg))

    def apply(self, leg: Leg, event: OrderEvent, now: Now) -> None:
        """Record *event* of *leg* and report it."""
        state = self._state
        if type(event) is VenueFill:
            self._fill(leg, event)
        elif type(event) is VenueAccepted:
            state.record(event)
            if leg.replaces is None or not rules.take_place(state, leg, now):
                state.report_change(leg, ExecType.NEW, now)
        elif isinstance(event, FillCorrected | FillBusted):
            before = leg.fills[event.venue_exec_id]
            state.record(event)
            state.report(leg, reporting.corrected(leg, event, before))
            state.alert("execution_changed", leg, f"CumQty(14) is {text(of(leg).cum_qty)}")
            self._alert_overfill(leg)
        elif isinstance(event, VenueCanceled | VenueExpired | VenueRefused):
            self._end(leg, event, now)
        else:
            state.record(event)

    def _fill(self, leg: Leg, event: VenueFill) -> None:
        # A replaced leg has ended, and what it executed may be listed later.
        dead = leg.beneath in CLOSED and (leg.beneath is not OrdStatus.REPLACED or leg.final)
        self._state.record(event)
        self._state.report(leg, reporting.trade(leg, event))
        if dead:
            self._state.alert("fill_after_the_end", leg, f"execution {event.venue_exec_id}")
        if leg.beneath in CLOSED or leg.replaces is not None:
            self._alert_overfill(leg)

    def _alert_overfill(self, leg: Leg) -> None:
        """Alert an operator to executions beyond the order; the client's reports show them as the
        venue reported them."""
        order = of(leg)
        whole, total = order.current.request.order_qty, order.cum_qty
        if whole is not None and total > whole:
            said = f"CumQty(14) {text(total)} is above OrderQty(38) {text(whole)}"
            self._state.alert("overfilled", order.current, said)

    def _end(self, leg: Leg, event: OrderEvent, now: Now) -> None:
        """Record the end of *leg* and report it; the report answers a pending cancel too."""
        state, event = self._state, _meant(leg, event)
        began = leg.replaces is None or leg.accepted
        state.record(event)
        if leg.beneath is OrdStatus.REPLACED:
            self._replaced_is_final(leg, now)
        elif began and not leg.replacing:
            self._report_end(leg, now)

    def _report_end(self, leg: Leg, now: Now) -> None:
        state, pending = self._state, leg.cancel is not None
        exec_type = rules.END_EXEC_TYPES[leg.beneath]
        if leg.restated is not None and not pending:
            state.report(leg, reporting.restated(leg, now.ms))
        else:
            state.report_change(leg, exec_type, now)
        if pending and exec_type is not ExecType.CANCELED:
            state.report(leg, reporting.cancel_reject(
                leg, CxlRejReason.TOO_LATE, f"the order is {leg.status.name}", now.ms
            ))
        state.proofs.settle(leg.order_id)

    def _replaced_is_final(self, leg: Leg, now: Now) -> None:
        """Note that every execution of a replaced leg is known: the end of the current one may have
        waited for that."""
        state = self._state
        state.proofs.settle(leg.order_id)
        rules.settle(state, leg, now)
        current = of(leg).current
        watched = state.proofs.get(current.order_id) is not None
        if watched and current.open and not current.replacing:
            state.ask_now(current, now)

    # ------------------------------------------------------- the venue counts more than it lists

    def _on_short(self, leg: Leg, update: OrderUpdate, counted: Decimal, now: Now) -> None:
        state, capabilities = self._state, self._state.venue(leg).capabilities
        silent = counted <= leg.cum_qty and update.status is not VenueStatus.FILLED
        if silent and not capabilities.query:
            self._finish(leg, update, now)
            return
        proof = state.proofs.get(leg.order_id) or state.proofs.watch(
            leg.order_id, now.mono_ms, now.mono_ms
        )
        lack, first = proof.lack, type(proof.lack) is not Unlisted
        if type(lack) is not Unlisted:
            lack = Unlisted(counted, now.mono_ms)
        elif update.asked and proof.asked_fills:
            lack = replace(lack, told=counted, answers=lack.answers + 1)
        elif counted != lack.told:
            lack = replace(lack, told=counted)
        proof = state.proofs.put(leg.order_id, proof.lacking(lack))
        if update.asked and now.mono_ms - lack.since >= AGREED_MS and agrees(leg, update):
            # What it had counted before was corrected before it listed it: nothing is missing.
            last = None if unsure(leg) else end(leg, update, leg.cum_qty, now.ms)
            if last is not None:
                self.apply(leg, last, now)
            agreed = state.proofs.get(leg.order_id)
            if agreed is not None:
                state.proofs.put(leg.order_id, agreed.lacking(None))
            state.alert("executed_quantity_shrank", leg, f"it had counted {text(lack.told)}")
        elif lack.answers >= SHORT_ANSWERS_MAX and not capabilities.lists_executions:
            self._take_total(leg, update, proof, now)
        elif proof.asking:
            state.proofs.put(leg.order_id, proof.ask_again())
        elif first:
            state.ask(leg, proof, now)

    def _listed(self, leg: Leg, update: OrderUpdate) -> None:
        """Note that the venue lists all that it counts."""
        proof = self._state.proofs.get(leg.order_id)
        if proof is not None and type(proof.lack) is Unlisted:
            proof = proof.lacking(None)
            if not update.asked:
                # An end may have waited for it; news does not tell, an answer does.
                proof = proof.ask_again()
            self._state.proofs.put(leg.order_id, proof)

    def _take_total(self, leg: Leg, update: OrderUpdate, proof: PendingProof, now: Now) -> None:
        """The venue lists no executions: its count is all that it tells."""
        known = leg.cum_qty
        if update.cum_qty is not None and update.cum_qty > known:
            execution = bridge(leg, update, now.ms)
            if execution is None:
                self._state.alert(
                    "order_in_doubt", leg,
                    f"the average of {text(update.cum_qty)} implies no price that it can have",
                )
                lack = Unlisted(update.cum_qty, now.mono_ms, alerted=True)
                self._state.proofs.put(leg.order_id, proof.lacking(lack))
                return
            self._fill(leg, execution)
        self._finish(leg, update, now)
        if update.status is not VenueStatus.FILLED or not leg.open:
            self._state.proofs.put(leg.order_id, proof.lacking(None))
        self._state.alert("executions_not_listed", leg, f"CumQty(14) {known} -> {leg.cum_qty}")

    def _finish(self, leg: Leg, update: OrderUpdate, now: Now) -> None:
        """Take *update* as the last that the venue will ever report."""
        for event in compare(leg, update, now.ms, final=True)[0]:
            self.apply(leg, event, now)

    # --------------------------------------------------------------- the venue contradicts itself

    def _on_shrunk(self, leg: Leg, update: OrderUpdate, now: Now) -> None:
        """The venue may count less than was told. A late word does so, too; an answer, twice, does
        not."""
        state = self._state
        proof = state.proofs.get(leg.order_id)
        known = proof is not None and type(proof.lack) is Shrunk
        if not _counts_less(update, leg):
            if proof is not None and known and update.cum_qty is not None:
                state.proofs.put(leg.order_id, proof.lacking(None))
        elif proof is not None and known:
            if update.asked:
                state.proofs.put(leg.order_id, proof.lacking(None))
                state.alert("executed_quantity_shrank", leg, _less(update, leg))
        elif leg.open and state.venue(leg).capabilities.query:
            state.ask_soon(leg, now)
            proof = state.proofs.get(leg.order_id)
            assert proof is not None, "it is to be asked about"
            if proof.lack is None:
                state.proofs.put(leg.order_id, proof.lacking(SHRUNK))

    def _on_working_after_end(
        self, leg: Leg, update: OrderUpdate, now: Now, *, by_outcome: bool
    ) -> None:
        """The venue shows *leg*, which has ended here, as working. A command's outcome and news may
        be late: the venue is asked."""
        state = self._state
        proof = state.proofs.get(leg.order_id)
        if by_outcome or leg.works_after_end:
            return
        if proof is None or type(proof.lack) is not Contradicted:
            if state.venue(leg).capabilities.query:
                proof = state.watch(leg, now).lacking(Contradicted(now.mono_ms))
                state.proofs.put(leg.order_id, proof)
        elif update.asked and proof.asked_since(proof.lack.since):
            state.proofs.put(leg.order_id, proof.lacking(None))
            state.record(WorkingAfterEnd(order_id=leg.order_id, at=now.ms))
            state.alert("closed_order_works", leg, f"it is {leg.beneath.name} here")

    # ---------------------------------------------------------------- the venue has no such order

    def _on_absent(self, leg: Leg, proof: PendingProof, now: Now) -> None:
        """The venue knows no such order. Proof only if a submit can no longer arrive."""
        state = self._state
        if type(proof.lack) is Contradicted:
            if not leg.open:
                state.proofs.settle(leg.order_id)  # what has ended here is there no more
                return
            proof = proof.lacking(None)
        if leg.accepted or leg.taken or proof.seen_at is not None:
            self._on_gone(leg, proof, now)
            return
        if not proof.asked_after_submit(state.venue(leg).capabilities.absence_proof_ms):
            return
        end = self._never_arrived(leg, now)
        if end is None:
            state.record(SubmittedAgain(order_id=leg.order_id, at=now.ms))
            state.submit(leg, now)
            return
        self.apply(leg, end, now)
        rules.settle(state, leg, now)

    def _never_arrived(self, leg: Leg, now: Now) -> OrderEvent | None:
        """Return the end of *leg*, which never reached the venue; None if it is submitted again."""
        order_id, at = leg.order_id, now.ms
        if leg.native:
            return VenueRefused(
                order_id=order_id, at=at, reason=OrdRejReason.OTHER,
                text="the venue has not replaced the order",
            )
        if leg.cancel is not None or leg.own_cancel is not None:
            return VenueCanceled(order_id=order_id, at=at, text="never reached the venue")
        held = self._state.held.get(leg.venue)
        if held is not None:
            return VenueRefused(
                order_id=order_id, at=at, reason=OrdRejReason.BROKER_OPTION,
                text="the order never reached the venue, which takes no new orders: "
                     f"{held.text}",
            )
        if at - leg.placed_at <= self._state.venue(leg).late_submit_ms:
            return None
        return VenueRefused(
            order_id=order_id, at=at, reason=OrdRejReason.TOO_LATE_TO_ENTER,
            text="the order never reached the venue and is too old to be submitted now",
        )

    def _on_gone(self, leg: Leg, proof: PendingProof, now: Now) -> None:
        """The venue had the order and does not show it: nothing, until it is so for long."""
        state = self._state
        if proof.asked_before_seen():
            return
        lack = proof.lack
        if type(lack) is Absent:
            lack = replace(lack, answers=lack.answers + 1)
        elif lack is None or type(lack) is Shrunk:
            state.alert("order_gone_at_venue", leg, "the venue knows no such order")
            lack = Absent(now.mono_ms)
        if not leg.open:
            if type(lack) is Unlisted:
                state.alert("order_gone_at_venue", leg, "the venue knows no such order")
            state.proofs.settle(leg.order_id)
            return
        state.proofs.put(leg.order_id, proof.lacking(lack))
        self._refused_and_gone(leg, now)
        if type(lack) is Absent and leg.accepted and proof.asked_fills:
            needed = state.venue(leg).capabilities.absence_proof_minutes * MINUTE_MS
            if lack.answers >= GONE_ANSWERS_MIN and now.mono_ms - lack.since >= needed:
                self.apply(leg, _gone_for_good(leg, now), now)
                rules.settle(state, leg, now)

    def _refused_and_gone(self, leg: Leg, now: Now) -> None:
        """The venue refused the cancel and knows no such order: nothing is left to repeat."""
        own = leg.own_cancel
        if leg.status is OrdStatus.PENDING_CANCEL and leg.accepted:
            if leg.cancel is not None and leg.cancel.refusal is not None:
                rules.reject_cancel(self._state, leg, *leg.cancel.refusal, now)
        elif own is not None and own.refusal is not None and not leg.replacing:
            rules.give_up_cancel(self._state, leg, own.refusal, now)

    # ------------------------------------------------------------------------- about no order

    def on_query_failed(self, message: QueryFailed, now: Now) -> None:
        proof = self._state.proofs.get(message.order_id)
        if proof is not None:
            self._state.proofs.put(message.order_id, proof.answered())

    def on_news_unreadable(self, message: NewsUnreadable, now: Now) -> None:
        leg = self._state.orders.get(message.order_id)
        if leg is None:
            self._state.alert_id("update_of_unknown_order", message.order_id, message.text)
        elif not leg.waits:
            self._state.alert("venue_news_unreadable", leg, message.text)
            self._state.ask_now(leg, now)

    def on_stream_restored(self, message: StreamRestored, now: Now) -> None:
        if not self._state.venues[message.venue].capabilities.query:
            return  # nobody can be asked; what is in doubt is waited for anyhow
        for leg in self._state.orders.open_at(message.venue, message.account):
            self._state.ask_now(leg, now)

    def on_instruments(self, message: InstrumentsLoaded, now: Now) -> None:
        self._state.router.load(message.venue, message.instruments)

    def on_notice(self, message: VenueNotice, now: Now) -> None:
        state = self._state
        state.alert_id("venue_notice", OrderID(""), f"{message.venue}: {message.text}")
        news = News(
            headline=f"{message.venue}: {message.kind}", lines=(message.text,), orig_time=now.ms
        )
        for session in state.router.concerned(message.venue, message.accounts):
            state.tell(session, news)

    def on_held(self, message: VenueHeld, now: Now) -> None:
        state = self._state
        if message.venue not in state.held:
            state.hold(OrdersHeld(venue=message.venue, at=now.ms, text=message.text))
            state.alert_id("venue_held", OrderID(""), f"{message.venue}: {message.text}")

    def on_unknown_order(self, message: UnknownOrderSeen, now: Now) -> None:
        self._state.alert_id("order_not_ours_at_venue", OrderID(""), message.text)


def _counts_less(update: OrderUpdate, leg: Leg) -> bool:
    """Return True if the venue counts less than is told of *leg*."""
    return update.cum_qty is not None and update.cum_qty < leg.cum_qty


def _less(update: OrderUpdate, leg: Leg) -> str:
    return (
        f"the venue counts {text(update.cum_qty or ZERO)}, and executions of "
        f"{text(leg.cum_qty)} are told"
    )


def _gone_for_good(leg: Leg, now: Now) -> OrderEvent:
    if leg.reopened:
        return EndConfirmed(order_id=leg.order_id, at=now.ms)
    return VenueCanceled(
        order_id=leg.order_id, at=now.ms, text="the venue knows no such order any more",
        restated=ExecRestatementReason.MARKET_OPTION,
    )


def _meant(leg: Leg, event: OrderEvent) -> OrderEvent:
    """Return *event*, or that *leg* has expired: a venue without Day calls that a cancel."""
    own = leg.own_cancel
    if type(event) is not VenueCanceled or event.restated is not None:
        return event
    if own is None or own.cause is not CancelFor.EXPIRY:
        return event
    why = f"{own.text}: {event.text}" if event.text else own.text
    return VenueExpired(order_id=leg.order_id, at=event.at, text=why)
