"""What an operator has found out about an order in doubt: who, why, and what follows.

A verdict is for what no venue will tell any more. It is on record before anything follows from
it, and what follows is what the venue's own word would have done: the same events, and a report
to the client. What the venue says later still counts.
"""

from decimal import Decimal

from fixgw.core.book import Book
from fixgw.core.order import Order
from fixgw.core.venue_side import VenueSide
from fixgw.model.enums import CLOSED, ExecRestatementReason, OrdRejReason, OrdStatus, Verdict
from fixgw.model.errors import VerdictRefused
from fixgw.model.events import (
    OrderEvent,
    VenueAccepted,
    VenueCanceled,
    VenueFill,
    VenueRefused,
    VerdictRecorded,
)
from fixgw.model.ids import OrderID
from fixgw.model.now import Now
from fixgw.model.number import ZERO, add, text, trim


class Verdicts:
    """Records verdicts and does what follows."""

    def __init__(self, book: Book, venue_side: VenueSide) -> None:
        self._book = book
        self._venue_side = venue_side

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
        """Raises VerdictRefused where it does not fit what is known of the order."""
        order = self._meant(order_id)
        order_id, said = order.order_id, f"{who}: {why}"
        events = self._events(order, verdict, said, now, last_qty, last_px)
        self._book.record(VerdictRecorded(
            order_id=order_id, at=now.ms, verdict=verdict, who=who, why=why
        ))
        if not order.accepted and verdict is not Verdict.REJECTED:
            self._venue_side.conclude(
                order, VenueAccepted(order_id=order_id, at=now.ms), now
            )
        for event in events:
            self._venue_side.conclude(order, event, now)
        if verdict is Verdict.WORKING:
            self._venue_side.works_on(order, said, now)
        self._venue_side.concluded(order, now)

    def _meant(self, order_id: OrderID) -> Order:
        """The order that is to be decided about: one that was replaced goes by the OrderID(37)
        of the first, and whatever is in doubt of them may be meant."""
        order = self._book.orders.get(order_id)
        if order is None:
            raise VerdictRefused(f"there is no order {order_id}")
        if not order.open:
            order = order.current
        if order.replacing and order.beneath in CLOSED and order.replacement is not None:
            order = order.replacement  # it waits for that one's proof and none of its own
        if not order.open:
            raise VerdictRefused(
                f"order {order_id} is {order.status.name}: there is nothing to decide"
            )
        if order.waits:
            raise VerdictRefused(
                f"order {order_id} waits for the end of {order.replaces.order_id}"
                if order.replaces else f"order {order_id} has not left"
            )
        return order

    def _events(
        self,
        order: Order,
        verdict: Verdict,
        said: str,
        now: Now,
        last_qty: Decimal | None,
        last_px: Decimal | None,
    ) -> list[OrderEvent]:
        if verdict is Verdict.WORKING:
            if order.beneath is OrdStatus.REPLACED:
                raise VerdictRefused(
                    f"order {order.order_id} was replaced: record what it had executed until "
                    "then, if that is missing, and say `canceled`"
                )
            return []
        if verdict is Verdict.CANCELED:
            return [VenueCanceled(
                order_id=order.order_id, at=now.ms, text=said,
                restated=ExecRestatementReason.BROKER_OPTION,
            )]
        if verdict is Verdict.REJECTED:
            if order.accepted:
                raise VerdictRefused(
                    f"the venue had order {order.order_id} ({order.status.name}), so it cannot "
                    "be rejected: say `canceled`"
                )
            return [VenueRefused(
                order_id=order.order_id, at=now.ms, reason=OrdRejReason.OTHER, text=said
            )]
        return [self._execution(order, said, now, last_qty, last_px)]

    def _execution(
        self,
        order: Order,
        said: str,
        now: Now,
        last_qty: Decimal | None,
        last_px: Decimal | None,
    ) -> VenueFill:
        if last_qty is None or last_px is None or last_qty <= ZERO or last_px <= ZERO:
            raise VerdictRefused("an execution needs a quantity and a price, both above 0")
        total = add(order.cum_qty, last_qty)
        if order.quantity is not None and total > order.quantity:
            raise VerdictRefused(
                f"{text(last_qty)} is more than order {order.order_id} has left: "
                f"{text(order.cum_qty)} of {text(order.quantity)} is executed"
            )
        return VenueFill(
            order_id=order.order_id, at=now.ms, venue_exec_id=f"@{text(trim(total))}",
            last_qty=last_qty, last_px=last_px, trade_at=now.ms, text=said,
        )
