"""An operator's verdict on an order in doubt: the operator, the reason, and the consequences.

A verdict is for facts that no venue will report any more. It is recorded before anything follows
from it, and its consequences are those of the venue's own report: the same events, and a report to
the client. Later reports of the venue still count.
"""

from decimal import Decimal

from fixgw.core import rules
from fixgw.core.orders.client_order import standing
from fixgw.core.orders.leg import Leg
from fixgw.core.reconcile import unnamed
from fixgw.core.state import EngineState
from fixgw.core.venue_events import VenueEvents
from fixgw.model.enums import CLOSED, ExecRestatementReason, OrdRejReason, OrdStatus, Verdict
from fixgw.model.errors import VerdictRefused
from fixgw.model.events import (
    EndConfirmed,
    OrderEvent,
    VenueAccepted,
    VenueCanceled,
    VenueFill,
    VenueRefused,
    VerdictRecorded,
)
from fixgw.model.ids import OrderID
from fixgw.model.now import Now
from fixgw.model.number import ZERO, add, text


class Verdicts:
    """Records verdicts and applies their consequences."""

    def __init__(self, state: EngineState, venue_events: VenueEvents) -> None:
        self._state = state
        self._venue_events = venue_events

    def record(
        self,
        order_id: OrderID,
        verdict: Verdict,
        who: str,
        why: str,
        now: Now,
        last_qty: Decimal | None,
        last_px: Decimal | None,
    ) -> None:
        """Raise VerdictRefused where it does not fit the known state of the order."""
        state, leg = self._state, self._meant(order_id)
        said = f"{who}: {why}"
        events = self._events(leg, verdict, said, now, last_qty, last_px)
        state.record(VerdictRecorded(
            order_id=leg.order_id, at=now.ms, verdict=verdict, who=who, why=why
        ))
        if not leg.accepted and verdict is not Verdict.REJECTED:
            accepted = VenueAccepted(order_id=leg.order_id, at=now.ms)
            self._venue_events.apply(leg, accepted, now)
        for event in events:
            self._venue_events.apply(leg, event, now)
        if verdict is Verdict.WORKING:
            rules.works_whatever_was_asked(state, leg, said, now)
        rules.settle(state, leg, now)
        if not leg.open or not leg.unsettled:
            state.proofs.settle(leg.order_id)

    def _meant(self, order_id: OrderID) -> Leg:
        """Return the leg that a verdict on *order_id* decides about; raise VerdictRefused if there
        is nothing to decide. An order that was replaced goes by the OrderID(37) of its first leg,
        and whichever leg is in doubt may be meant."""
        leg = self._state.orders.get(order_id)
        if leg is None:
            raise VerdictRefused(f"there is no order {order_id}")
        leg = concerned(leg)
        if not leg.open:
            raise VerdictRefused(
                f"order {order_id} is {leg.status.name}: there is nothing to decide"
            )
        if leg.waits:
            raise VerdictRefused(
                f"order {order_id} waits for the end of {leg.replaces.order_id}"
                if leg.replaces else f"order {order_id} has not left"
            )
        return leg

    def _events(
        self,
        leg: Leg,
        verdict: Verdict,
        said: str,
        now: Now,
        last_qty: Decimal | None,
        last_px: Decimal | None,
    ) -> list[OrderEvent]:
        if verdict is Verdict.WORKING:
            if leg.beneath is OrdStatus.REPLACED:
                raise VerdictRefused(
                    f"order {leg.order_id} was replaced: record what it had executed until "
                    "then, if that is missing, and say `canceled`"
                )
            return []
        if leg.reopened and verdict is Verdict.CANCELED:
            return [EndConfirmed(order_id=leg.order_id, at=now.ms)]
        if verdict is Verdict.CANCELED:
            return [VenueCanceled(
                order_id=leg.order_id, at=now.ms, text=said,
                restated=ExecRestatementReason.BROKER_OPTION,
            )]
        if verdict is Verdict.REJECTED:
            if leg.accepted:
                raise VerdictRefused(
                    f"the venue had order {leg.order_id} ({leg.status.name}), so it cannot "
                    "be rejected: say `canceled`"
                )
            return [VenueRefused(
                order_id=leg.order_id, at=now.ms, reason=OrdRejReason.OTHER, text=said
            )]
        return [self._execution(leg, said, now, last_qty, last_px)]

    def _execution(
        self,
        leg: Leg,
        said: str,
        now: Now,
        last_qty: Decimal | None,
        last_px: Decimal | None,
    ) -> VenueFill:
        if last_qty is None or last_px is None or last_qty <= ZERO or last_px <= ZERO:
            raise VerdictRefused("an execution needs a quantity and a price, both above 0")
        total = add(leg.cum_qty, last_qty)
        if leg.quantity is not None and total > leg.quantity:
            raise VerdictRefused(
                f"{text(last_qty)} is more than order {leg.order_id} has left: "
                f"{text(leg.cum_qty)} of {text(leg.quantity)} is executed"
            )
        return VenueFill(
            order_id=leg.order_id, at=now.ms, venue_exec_id=unnamed(leg, total),
            last_qty=last_qty, last_px=last_px, trade_at=now.ms, text=said,
        )


def concerned(leg: Leg) -> Leg:
    """Return the leg that a verdict about *leg* decides on: one that was replaced goes by the
    OrderID(37) of the first, which is all that a client knows."""
    if not leg.open:
        leg = standing(leg)
    after = leg.replacement
    if leg.replacing and leg.beneath in CLOSED and after is not None:
        return after  # what has ended waits for that one's proof, and for none of its own
    return leg
