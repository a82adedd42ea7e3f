"""A venue's word about an order, compared with what is known: the events that are missing.

Updates may come twice, late and out of order. What is executed only ever
grows, and ends stay ends, so an update is read as "at least this much has
happened"; what is already known of it gives no event.
"""

from decimal import Decimal

from fixgw.core.order import Order
from fixgw.model.enums import CLOSED, OrdStatus
from fixgw.model.events import (
    OrderEvent,
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueRefused,
)
from fixgw.model.number import QUOTIENT, ZERO, add, average, multiply, subtract, text, trim
from fixgw.model.venue import Fill, OrderUpdate, VenueStatus

_NOTHING = frozenset({VenueStatus.PENDING, VenueStatus.ABSENT})


def missing_events(order: Order, update: OrderUpdate, now: int) -> tuple[list[OrderEvent], bool]:
    """The events *update* proves and *order* lacks; and whether executions must be asked for.

    Where executions are missing the end of the order waits for them: a report
    of the end carries CumQty(14), which must be right.
    """
    if update.status in _NOTHING:
        return [], False
    events: list[OrderEvent] = []
    if not order.accepted and update.status is not VenueStatus.REJECTED:
        events.append(VenueAccepted(order_id=order.order_id, at=now))
    fills = _new_fills(order, update)
    short = fills is None
    for fill in fills or ():
        events.append(_fill_event(order, fill, update, now))
    cum_qty = fills[-1].cum_qty if fills else order.cum_qty
    if update.cum_qty is not None and update.cum_qty > cum_qty:
        short = True
    if not short:
        end = _end(order, update, cum_qty, now)
        if end is not None:
            events.append(end)
    return events, short


def _new_fills(order: Order, update: OrderUpdate) -> list[Fill] | None:
    """The executions *update* names that are not known, oldest first; None: they leave a gap."""
    named = update.fills if update.fills is not None else (update.fill,) if update.fill else ()
    fills = [fill for fill in named if _is_new(order, fill)]
    cum_qty = order.cum_qty
    for fill in fills:
        if fill.last_qty <= ZERO or add(cum_qty, fill.last_qty) != fill.cum_qty:
            return None
        cum_qty = fill.cum_qty
    return fills


def _is_new(order: Order, fill: Fill) -> bool:
    if fill.venue_exec_id:
        return fill.venue_exec_id not in order.fill_ids
    return fill.cum_qty > order.cum_qty


def exec_name(fill: Fill) -> str:
    """The venue's name for *fill*, or the total it brought the order to."""
    return fill.venue_exec_id or text(trim(fill.cum_qty))


def _fill_event(order: Order, fill: Fill, update: OrderUpdate, now: int) -> VenueFill:
    # Without an OrderQty(38) only the venue's word tells that nothing more will come.
    closes = (
        order.request.order_qty is None
        and update.status is VenueStatus.FILLED
        and fill.cum_qty == update.cum_qty
    )
    return VenueFill(
        order_id=order.order_id,
        at=now,
        venue_exec_id=exec_name(fill),
        last_qty=fill.last_qty,
        last_px=fill.last_px,
        trade_at=fill.at or now,
        commission=fill.commission,
        commission_currency=fill.commission_currency,
        liquidity=fill.liquidity,
        closes=closes,
    )


def _end(
    order: Order, update: OrderUpdate, cum_qty: Decimal, now: int
) -> OrderEvent | None:
    """The event that ends *order*, if *update* says that it ended and it has not yet."""
    if order.beneath in CLOSED:
        return None
    quantity = order.request.order_qty
    match update.status:
        case VenueStatus.CANCELED:
            if quantity is not None and cum_qty >= quantity:
                return None  # it was executed in full before the cancel came
            return VenueCanceled(order_id=order.order_id, at=now, text=update.text)
        case VenueStatus.EXPIRED:
            return VenueExpired(order_id=order.order_id, at=now, text=update.text)
        case VenueStatus.REJECTED:
            if order.beneath is OrdStatus.PARTIALLY_FILLED or cum_qty:
                return VenueCanceled(order_id=order.order_id, at=now, text=update.text)
            return VenueRefused(
                order_id=order.order_id, at=now, reason=update.reason, text=update.text
            )
        case VenueStatus.FILLED if quantity is None and cum_qty:
            # The last execution came without the venue's word that it was the last.
            return VenueCanceled(
                order_id=order.order_id, at=now, text="the venue has no more to execute"
            )
    return None


def bridge(order: Order, update: OrderUpdate, now: int) -> VenueFill:
    """One execution for all that the venue counts and will not list, at the price that its
    average implies. The last resort of FILL_ASKS_MAX questions; alerted by the caller.
    """
    assert update.cum_qty is not None and update.cum_qty > order.cum_qty
    last_qty = subtract(update.cum_qty, order.cum_qty)
    total = multiply(update.cum_qty, update.avg_px or ZERO)
    spent = QUOTIENT.subtract(total, order.notional)
    fill = Fill(
        cum_qty=update.cum_qty,
        last_qty=last_qty,
        last_px=average(spent, last_qty),
        at=update.at or now,
    )
    return _fill_event(order, fill, update, now)
