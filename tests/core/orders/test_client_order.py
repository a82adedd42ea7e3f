"""One order as the fold of its events."""

from collections.abc import Iterable
from decimal import Decimal

import pytest

from fixgw.core.orders.client_order import begin, of
from fixgw.core.orders.leg import Leg
from fixgw.model.enums import Command, CxlRejReason, OrdRejReason, OrdStatus
from fixgw.model.errors import IllegalTransition
from fixgw.model.events import (
    CancelRefusedByVenue,
    CancelRejected,
    CancelRequested,
    OrderEvent,
    OrderNotPlaced,
    OutcomeUnknown,
    SubmittedAgain,
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueRefused,
)
from fixgw.model.ids import ClOrdID, OrderID
from tests.support.orders import START_MS, placed, request, state

ORDER_ID = OrderID("1700000000000000")

ACCEPTED = VenueAccepted(order_id=ORDER_ID, at=START_MS)
CANCELED = VenueCanceled(order_id=ORDER_ID, at=START_MS, text="why")
EXPIRED = VenueExpired(order_id=ORDER_ID, at=START_MS)
REFUSED = VenueRefused(
    order_id=ORDER_ID, at=START_MS, reason=OrdRejReason.EXCEEDS_LIMIT, text="too much"
)
CANCEL = CancelRequested(order_id=ORDER_ID, at=START_MS, cl_ord_id=ClOrdID("Y"))
NOT_CANCELED = CancelRejected(
    order_id=ORDER_ID, at=START_MS, reason=CxlRejReason.TOO_LATE, text="too late"
)


def fill(name: str, qty: int, px: str = "100", *, closes: bool = False) -> VenueFill:
    return VenueFill(
        order_id=ORDER_ID,
        at=START_MS,
        venue_exec_id=name,
        last_qty=Decimal(qty),
        last_px=Decimal(px),
        trade_at=START_MS,
        closes=closes,
    )


def unknown(command: Command) -> OutcomeUnknown:
    return OutcomeUnknown(order_id=ORDER_ID, at=START_MS, command=command, text="timeout")


def order_after(events: Iterable[OrderEvent], message: str = "35=D|11=X|38=10") -> Leg:
    order = begin(placed(message, ORDER_ID))
    for event in events:
        of(order).apply(order, event)
    return order


STORIES = {
    "placed": ((), "A", 0, 10),
    "accepted": ((ACCEPTED,), "0", 0, 10),
    "part filled": ((ACCEPTED, fill("a", 4)), "1", 4, 6),
    "filled": ((ACCEPTED, fill("a", 4), fill("b", 6)), "2", 10, 0),
    "overfilled": ((ACCEPTED, fill("a", 10), fill("b", 2)), "2", 12, 0),
    "canceled": ((ACCEPTED, fill("a", 4), CANCELED), "4", 4, 0),
    "expired": ((ACCEPTED, EXPIRED), "C", 0, 0),
    "refused": ((REFUSED,), "8", 0, 0),
    "taken in, then refused": ((ACCEPTED, REFUSED), "8", 0, 0),
    "cancel pending": ((ACCEPTED, fill("a", 4), CANCEL), "6", 4, 6),
    "cancel pending, not accepted": ((CANCEL,), "6", 0, 10),
    "cancel pending, accepted": ((CANCEL, ACCEPTED), "6", 0, 10),
    "cancel pending, part filled": ((ACCEPTED, CANCEL, fill("a", 4)), "6", 4, 6),
    "cancel pending, filled": ((ACCEPTED, CANCEL, fill("a", 10)), "6", 10, 0),
    "cancel rejected": ((ACCEPTED, CANCEL, NOT_CANCELED), "0", 0, 10),
    "cancel rejected, part filled": ((ACCEPTED, CANCEL, fill("a", 4), NOT_CANCELED), "1", 4, 6),
    "cancel rejected, filled": ((ACCEPTED, CANCEL, fill("a", 10), NOT_CANCELED), "2", 10, 0),
    "canceled on request": ((ACCEPTED, CANCEL, CANCELED), "4", 0, 0),
    "part filled after the end": ((ACCEPTED, CANCELED, fill("a", 4)), "4", 4, 0),
    "filled after the end": ((ACCEPTED, CANCELED, fill("a", 10)), "2", 10, 0),
    "filled after the cancel was done": ((ACCEPTED, CANCEL, CANCELED, fill("a", 10)), "2", 10, 0),
    "part filled after a reject": ((REFUSED, fill("a", 4)), "1", 4, 6),
    "part filled after a reject, cancel": ((CANCEL, REFUSED, fill("a", 4)), "1", 4, 6),
}


@pytest.mark.parametrize(("events", "status", "cum", "leaves"), STORIES.values(), ids=STORIES)
def test_status_and_quantities(
    events: tuple[OrderEvent, ...], status: str, cum: int, leaves: int
) -> None:
    order = order_after(events)

    assert (status, cum, leaves) == (order.status, order.cum_qty, of(order).figures()[1])


def test_an_order_with_cash_is_filled_when_the_venue_says_so() -> None:
    cash = "35=D|11=X|40=1|152=1000"

    part = order_after((ACCEPTED, fill("a", 4)), cash)
    whole = order_after((ACCEPTED, fill("a", 4), fill("b", 1, closes=True)), cash)
    more = order_after((ACCEPTED, fill("a", 4, closes=True), fill("b", 1)), cash)

    assert ("1", 600) == (part.status, of(part).figures()[1]), "of 1000, 4 at 100 are spent"
    assert ("2", 0) == (whole.status, of(whole).figures()[1])
    assert ("2", 5) == (more.status, more.cum_qty)


def test_avg_px_is_exact() -> None:
    order = order_after((ACCEPTED, fill("a", 1, "0.00000017"), fill("b", 3, "0.00000018")))

    assert "1.775E-7" == str(of(order).figures()[3])


def test_avg_px_of_nothing() -> None:
    assert 0 == of(order_after((ACCEPTED,))).figures()[3]


def test_a_forbidden_event_changes_nothing() -> None:
    order = order_after((ACCEPTED,))
    before = state(order)

    with pytest.raises(IllegalTransition):
        of(order).apply(order, SubmittedAgain(order_id=ORDER_ID, at=START_MS + 1))

    assert before == state(order)


def test_an_execution_is_never_counted_twice() -> None:
    order = order_after((ACCEPTED, fill("a", 4)))

    with pytest.raises(AssertionError, match="counted before"):
        of(order).apply(order, fill("a", 4))


def test_orders_without_executions_do_not_share_them() -> None:
    order_after((ACCEPTED, fill("a", 4)))

    assert not order_after((ACCEPTED,)).fills


def test_doubt_ends_with_proof() -> None:
    submit, cancel = unknown(Command.SUBMIT), unknown(Command.CANCEL)

    assert order_after((submit,)).in_doubt is Command.SUBMIT
    for proof in (ACCEPTED, REFUSED, SubmittedAgain(order_id=ORDER_ID, at=START_MS)):
        assert order_after((submit, proof)).in_doubt is None
    assert order_after((ACCEPTED, CANCEL, cancel)).in_doubt is Command.CANCEL
    for proof in (CANCELED, EXPIRED, NOT_CANCELED):
        assert order_after((ACCEPTED, CANCEL, cancel, proof)).in_doubt is None


def test_the_venues_refusal_of_a_cancel_waits_for_its_answer() -> None:
    refusal = CancelRefusedByVenue(
        order_id=ORDER_ID, at=START_MS, reason=CxlRejReason.OTHER, text="no"
    )
    order = order_after((ACCEPTED, CANCEL, refusal))

    assert OrdStatus.PENDING_CANCEL is order.status
    assert order.cancel is not None
    assert (CxlRejReason.OTHER, "no") == order.cancel.refusal


def test_what_waits_for_proof() -> None:
    unsettled = {name for name, story in STORIES.items() if order_after(story[0]).unsettled}

    assert unsettled == {"placed"} | {name for name in STORIES if "cancel pending" in name}


def test_an_order_that_was_not_placed() -> None:
    event = OrderNotPlaced(
        order_id=ORDER_ID,
        at=START_MS,
        request=request("35=D|11=X|38=10|1=SOME|207=WHERE"),
        reason=OrdRejReason.UNKNOWN_SYMBOL,
        text="why",
    )
    order = begin(event)

    assert ("8", 0, "SOME", "WHERE") == (
        order.status, of(order).figures()[1], order.account, order.exchange
    )
    assert (OrdRejReason.UNKNOWN_SYMBOL, "why") == (order.reject_reason, order.text)


def test_what_an_adapter_may_know() -> None:
    order = order_after((), "35=D|11=X|38=10|44=99.50|59=3|54=2")
    known = order.venue_order()

    assert ("BTCUSDT", "ACME", "ACCOUNT") == (known.symbol, known.exchange, known.account)
    assert ("2", "2", "3") == (known.side, known.ord_type, known.time_in_force)
    assert (Decimal(10), Decimal("99.50"), None) == (
        known.order_qty, known.price, known.cash_order_qty
    )
    assert ("ACCOUNT-1700000000000000", START_MS) == (known.venue_order_id, known.placed_at)
