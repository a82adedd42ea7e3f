"""The consequences of the state of an order's legs: rules, run until none of them applies.

A handler decides the meaning of its own input and ends in `settle`. A rule looks at the state
alone, not at what has led to it, so the sequence of the venue's inputs does not matter. No rule
calls another; `settle` runs them in the order of RULES, each at most ROUNDS_MAX times.
"""

from collections.abc import Callable

from fixgw.core import reporting
from fixgw.core.orders.client_order import ClientOrder, of
from fixgw.core.orders.leg import Leg
from fixgw.core.proof import FIRST_ASK_MS, Contradicted, PendingProof, Unlisted
from fixgw.core.state import EngineState
from fixgw.model.enums import (
    CLOSED,
    ENDED_UNFILLED,
    CancelFor,
    Command,
    CxlRejReason,
    ExecType,
    OrdRejReason,
    OrdStatus,
)
from fixgw.model.events import (
    CancelGivenUp,
    CancelRejected,
    OrderReplaced,
    ReplacedInFull,
    ReplacementSubmitted,
    ReplaceRejected,
    VenueRefused,
)
from fixgw.model.now import Now
from fixgw.model.number import subtract, text, trim
from fixgw.model.venue import OrderUpdate

ROUNDS_MAX = 8
"""A replace and a cancel need three; more is a bug."""

CANCEL_AGAIN_MS = (1_000, 2_000, 4_000, 8_000, 15_000, 30_000)
"""Times from a refused cancel of the gateway's own to the next one; the last repeats until
REFUSALS_MAX."""

REFUSALS_MAX = 20
"""Number of times the venue may refuse to cancel an order that works on; then an operator is
alerted."""

CANCELED_TO_REPLACE = "canceled to be replaced"
"""Text(58) of the Canceled report when the old order is canceled but its replacement is never
submitted."""

END_EXEC_TYPES = {
    OrdStatus.CANCELED: ExecType.CANCELED,
    OrdStatus.EXPIRED: ExecType.EXPIRED,
    OrdStatus.REJECTED: ExecType.REJECTED,
}


def settle(
    state: EngineState, leg: Leg, now: Now, reason: CxlRejReason = CxlRejReason.OTHER
) -> None:
    """Apply the consequences for the order of *leg*, which has changed. *reason* answers its
    replace, if that has failed."""
    order: ClientOrder = leg.belongs_to
    current = order.current
    if current.replacing or current.cancel is not None:
        for _ in range(ROUNDS_MAX):
            if not any([rule(state, order.current, reason, now) for rule in RULES]):
                break
        else:
            raise AssertionError(f"order {order.root_id} does not come to rest")
    settle_proof(state, leg)
    if order.current is not leg:
        settle_proof(state, order.current)


def settle_proof(state: EngineState, leg: Leg) -> None:
    """Stop waiting if nothing is lacking."""
    proof = state.proofs.get(leg.order_id)
    if proof is None or type(proof.lack) is Unlisted:
        return
    if proof.lack is None and not (proof.again or leg.unsettled):
        state.proofs.settle(leg.order_id)
    elif type(proof.lack) is Contradicted and leg.beneath in ENDED_UNFILLED:
        return
    elif not leg.open or (leg.replacing and leg.beneath in CLOSED):
        state.proofs.settle(leg.order_id)


# -------------------------------------------------------------------------------- the rules


def _replacement_failed(state: EngineState, leg: Leg, reason: CxlRejReason, now: Now) -> bool:
    """The replacement was refused, or never arrived: the order stays, if it can."""
    after = leg.replacement
    if not leg.replacing or after is None or after.beneath not in ENDED_UNFILLED:
        return False
    reject_replace(state, leg, after, reason, after.text, now)
    return True


def _filled_first(state: EngineState, leg: Leg, reason: CxlRejReason, now: Now) -> bool:
    """The order is filled, and its replacement has not left."""
    after = leg.follower
    if after is None or leg.beneath is not OrdStatus.FILLED:
        return False
    drop(state, after, CxlRejReason.TOO_LATE, "the order is FILLED", now)
    return True


def _ended_first(state: EngineState, leg: Leg, reason: CxlRejReason, now: Now) -> bool:
    """The order has ended, which nobody was told, and its replacement has not left."""
    after = leg.follower
    if after is None or leg.beneath not in ENDED_UNFILLED:
        return False
    # An end that was concluded proves nothing of what was executed.
    proven = leg.beneath is OrdStatus.CANCELED and leg.restated is None
    if after.native or not proven:
        drop(state, after, CxlRejReason.TOO_LATE, f"the order is {leg.beneath.name}", now)
        return True
    assert after.quantity is not None, "only an order with OrderQty(38) is replaced"
    if not after.quantity:
        _replace_in_full(state, leg, after, now)
        return True
    why = _kept_back(state, after, now)
    if why is not None:
        drop(state, after, CxlRejReason.TOO_LATE, why, now)
        return True
    state.record(ReplacementSubmitted(
        order_id=after.order_id, at=now.ms, order_qty=after.quantity
    ))
    state.submit(after, now)
    return True


def _replace_in_full(state: EngineState, leg: Leg, after: Leg, now: Now) -> None:
    executed = of(leg).cum_qty
    state.record(OrderReplaced(order_id=leg.order_id, at=now.ms))
    state.record(ReplacedInFull(order_id=after.order_id, at=now.ms, order_qty=executed))
    state.report(after, reporting.replaced(
        after, now.ms, f"OrderQty(38) is amended to CumQty(14) {text(executed)}"
    ))
    state.proofs.settle(leg.order_id)


def _may_leave(state: EngineState, leg: Leg, reason: CxlRejReason, now: Now) -> bool:
    """The venue has the order and its remaining quantity is certain: it may replace it."""
    after = leg.follower
    if after is None or not after.native or leg.beneath in CLOSED:
        return False
    if not leg.accepted or of(leg).unsure:
        return False
    why = _kept_back(state, after, now)
    if why is not None:
        drop(state, after, CxlRejReason.TOO_LATE, why, now)
    elif after.quantity:
        _send_replace(state, leg, after, now)
    elif state.venue(leg).capabilities.cancel:
        state.cancel_unasked(leg, CANCELED_TO_REPLACE, CancelFor.REPLACE, now)
    else:
        drop(state, after, CxlRejReason.TOO_LATE, "as much is executed already", now)
    return True


def _send_replace(state: EngineState, leg: Leg, after: Leg, now: Now) -> None:
    whole = after.request.order_qty
    assert whole is not None, "only an order with OrderQty(38) is replaced"
    order = of(leg)
    state.record(ReplacementSubmitted(
        order_id=after.order_id, at=now.ms, order_qty=trim(subtract(whole, order.cum_qty))
    ))
    state.replace(leg, after, trim(subtract(whole, order.earlier_qty)), now)


def _kept_back(state: EngineState, after: Leg, now: Now) -> str | None:
    """Return the reason why *after* may no longer be sent, though its turn has come; None if it
    may."""
    held = state.held.get(after.venue)
    if held is not None:
        return f"venue {after.venue} takes no new orders: {held.text}"
    # Decision 0003: an order that is too old to be submitted again is too old to be submitted.
    if now.ms - after.placed_at > max(state.venue(after).late_submit_ms, FIRST_ASK_MS):
        return "the replacement is too old to be submitted now"
    return None


def _cancel_too_late(state: EngineState, leg: Leg, reason: CxlRejReason, now: Now) -> bool:
    """The order that the client is cancelling is filled."""
    if leg.status is not OrdStatus.PENDING_CANCEL or leg.beneath is not OrdStatus.FILLED:
        return False
    reject_cancel(state, leg, CxlRejReason.TOO_LATE, "the order is FILLED", now)
    return True


Rule = Callable[[EngineState, Leg, CxlRejReason, Now], bool]

RULES: tuple[Rule, ...] = (
    _replacement_failed, _filled_first, _ended_first, _may_leave, _cancel_too_late,
)
"""Each examines the leg that stands, and returns True if it has applied."""


# ------------------------------------------------------- verbs that handlers and rules share


def take_place(state: EngineState, after: Leg, now: Now) -> bool:
    """The venue has *after*: it is the order from now on. Returns False if it replaces nothing."""
    leg = after.replaces
    if leg is None or not leg.replacing:
        return False
    state.record(OrderReplaced(order_id=leg.order_id, at=now.ms))
    state.report(after, reporting.replaced(after, now.ms))
    if leg.final:
        state.proofs.settle(leg.order_id)
    else:
        # What it executed until then counts, and may not have been told.
        state.ask_now(leg, now)
    return True


def drop(state: EngineState, after: Leg, reason: CxlRejReason, why: str, now: Now) -> None:
    """*after* has not left and never will: the client's replace is rejected."""
    leg = after.replaces
    assert leg is not None, "it was to take a place"
    state.record(VenueRefused(
        order_id=after.order_id, at=now.ms, reason=OrdRejReason.OTHER, text=why
    ))
    reject_replace(state, leg, after, reason, why, now)


def reject_replace(
    state: EngineState, leg: Leg, after: Leg, reason: CxlRejReason, why: str, now: Now
) -> None:
    """Tell the client that *after* does not replace *leg*, whose end has waited for that."""
    state.proofs.settle(after.order_id)
    state.record(ReplaceRejected(order_id=leg.order_id, at=now.ms, reason=reason, text=why))
    if leg.status is OrdStatus.CANCELED and leg.restated is not None:
        state.report(leg, reporting.restated(leg, now.ms))
    elif leg.status in END_EXEC_TYPES:
        state.report_change(leg, END_EXEC_TYPES[leg.status], now)
    state.report(leg, reporting.replace_reject(leg, after, reason, why, now.ms))
    if leg.open:
        state.ask_now(leg, now)
    else:
        state.proofs.settle(leg.order_id)


def reject_cancel(
    state: EngineState, leg: Leg, reason: CxlRejReason, why: str, now: Now
) -> None:
    """Report to the client that its cancel is not done. If the client is gone, the gateway's
    follows."""
    reject = reporting.cancel_reject(leg, reason, why, now.ms)
    state.record(CancelRejected(order_id=leg.order_id, at=now.ms, reason=reason, text=why))
    state.report(leg, reject)
    departed = state.departed.get(leg.request.session)
    if departed is not None and leg.open:
        decide_cancel(state, leg, departed, CancelFor.DEPARTURE, now)


def decide_cancel(
    state: EngineState, leg: Leg, why: str, cause: CancelFor, now: Now
) -> None:
    """Cancel *leg* without a request of its client for it, unless that is under way."""
    after = leg.follower
    if after is not None:
        drop(state, after, CxlRejReason.OTHER, why, now)
    ended = leg.beneath in CLOSED and not leg.may_work_after_end
    if leg.waits or ended or leg.status is OrdStatus.PENDING_CANCEL:
        return
    capabilities = state.venue(leg).capabilities
    if not capabilities.cancel:
        state.alert("order_stays_open", leg, capabilities.cancel_text)
        return
    if leg.own_cancel is not None and leg.own_cancel.cause >= cause:
        return
    state.cancel_unasked(leg, why, cause, now)


def give_up_cancel(state: EngineState, leg: Leg, why: str, now: Now) -> None:
    """Stop repeating the gateway's own cancel."""
    state.record(CancelGivenUp(order_id=leg.order_id, at=now.ms, text=why))


def works_whatever_was_asked(state: EngineState, leg: Leg, said: str, now: Now) -> None:
    """An operator says that the venue works *leg*: a cancel whose outcome nobody knows is not
    done, nor the replace that waits for it."""
    if leg.cancel is not None and leg.in_doubt is Command.CANCEL:
        reject_cancel(state, leg, CxlRejReason.BROKER_OPTION, said, now)
    after = leg.follower
    if after is not None and not after.native:
        give_up_cancel(state, leg, said, now)
        drop(state, after, CxlRejReason.BROKER_OPTION, said, now)


# ------------------------------------------------- a cancel that waits, and the venue works on


def go_on_cancelling(state: EngineState, leg: Leg, update: OrderUpdate, now: Now) -> None:
    """The venue works *leg*, which is being cancelled: cancel, wait, or take its refusal."""
    if leg.beneath is OrdStatus.FILLED:
        return
    proof = state.proofs.get(leg.order_id)
    conclusive = update.asked and not (proof is not None and proof.again)
    after, own = leg.follower, leg.own_cancel
    if leg.status is OrdStatus.PENDING_CANCEL:
        assert leg.cancel is not None, "it is pending"
        if leg.cancel.refusal is None:
            _keep_cancelling(state, leg, update, proof, now)
        elif conclusive:
            reject_cancel(state, leg, *leg.cancel.refusal, now)
    elif own is None or (leg.replacing and after is None):
        return
    elif own.refusal is None or (proof is None and after is None):
        if after is None or not after.native:
            _keep_cancelling(state, leg, update, proof, now)
    elif conclusive and after is not None:
        give_up_cancel(state, leg, own.refusal, now)
        drop(state, after, CxlRejReason.BROKER_OPTION, own.refusal, now)
    elif conclusive and proof is not None:
        _after_refusal(state, leg, own.refusals, own.refusal, proof, now)


def _keep_cancelling(
    state: EngineState, leg: Leg, update: OrderUpdate, proof: PendingProof | None, now: Now
) -> None:
    # It waited for the venue to accept; or it was sent, the venue was asked, and
    # the order works on. To cancel twice does no harm.
    proof = proof or state.watch(leg, now)
    if proof.cancel_under_way(now.mono_ms):
        return
    if proof.cancel is None or (update.asked and proof.asked_after_cancel()):
        state.cancel(leg, now)


def _after_refusal(
    state: EngineState, leg: Leg, refusals: int, refusal: str, proof: PendingProof, now: Now
) -> None:
    """The venue has refused the gateway's own cancel, and says now that the order works."""
    sent = proof.cancel
    due = 0 if sent is None else sent.at + CANCEL_AGAIN_MS[
        min(refusals, len(CANCEL_AGAIN_MS)) - 1
    ]
    if refusals >= REFUSALS_MAX:
        state.alert("order_stays_open", leg, f"refused {refusals} times: {refusal}")
        give_up_cancel(state, leg, refusal, now)
    elif due <= now.mono_ms:
        if not proof.cancel_under_way(now.mono_ms):
            state.cancel(leg, now)
    else:
        state.proofs.put(leg.order_id, proof.later(due))
