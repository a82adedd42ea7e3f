"""A venue's word about an order, compared with what is known: the events that are missing.

Updates may come twice, late and out of order. What is executed only ever
grows, and ends stay ends, so an update is read as "at least this much has
happened"; what is already known of it gives no event.
"""

from collections.abc import Sequence
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


def missing_events(
    order: Order,
    update: OrderUpdate,
    now: int,
    told: Decimal = ZERO,
    *,
    final: bool = False,
) -> tuple[list[OrderEvent], Decimal | None]:
    """The events *update* proves and *order* lacks; and the quantity that the venue says it
    executed, if executions are missing even so (0: it did not say how much), else None.

    *told* is the quantity that it told of before. Where executions are missing the
    end of the order waits for them: a report of the end carries CumQty(14), which
    must be right. *final* says that waiting is over.
    """
    status = update.status
    executed = update.cum_qty or update.fill or update.fills or told
    if status is VenueStatus.WORKING and not executed:
        # The most usual word, told quickly: it works, and nothing of it is executed.
        if order.accepted:
            return [], None
        return [VenueAccepted(order_id=order.order_id, at=now)], None
    if status is VenueStatus.ABSENT:
        return [], None
    named = update.fills if update.fills is not None else (update.fill,) if update.fill else ()
    told = _told(order, update, named, told)
    if status is VenueStatus.PENDING and not told:
        return [], None
    events: list[OrderEvent] = []
    if not order.accepted and (status is not VenueStatus.REJECTED or told):
        events.append(VenueAccepted(order_id=order.order_id, at=now))
    cum_qty, closes = order.cum_qty, False
    for fill in _new_fills(order, named):
        cum_qty = fill.cum_qty
        # Without an OrderQty(38) only the venue's word tells that nothing more will come.
        closes = (
            status is VenueStatus.FILLED
            and order.request.order_qty is None
            and cum_qty == told
        )
        events.append(_fill_event(order, fill, now, closes=closes))
    short = cum_qty < told or (status is VenueStatus.FILLED and not told)
    if (not short or final) and not closes:
        end = _end(order, update, cum_qty, now)
        if end is not None:
            events.append(end)
    return events, told if short else None


def _told(
    order: Order, update: OrderUpdate, named: Sequence[Fill], before: Decimal
) -> Decimal:
    """The most that the venue has said it executed, in *update* or *before*."""
    told = before
    if update.cum_qty is not None and update.cum_qty > told:
        told = update.cum_qty
    for fill in named:
        if fill.cum_qty > told:
            told = fill.cum_qty
    quantity = order.request.order_qty
    if update.status is VenueStatus.FILLED and quantity is not None and quantity > told:
        told = quantity
    return told


def _new_fills(order: Order, named: Sequence[Fill]) -> list[Fill]:
    """Those of *named*, oldest first, that follow without a gap on what is known.

    An execution that adds nothing to the total is known, under whatever name:
    one source may give names and another none.
    """
    cum_qty = order.cum_qty
    fills: list[Fill] = []
    names = order.fill_ids
    for fill in named:
        if fill.cum_qty <= cum_qty or fill.venue_exec_id in names:
            continue
        if fill.last_qty <= ZERO or add(cum_qty, fill.last_qty) != fill.cum_qty:
            break
        cum_qty = fill.cum_qty
        fills.append(fill)
        names = names | {fill.venue_exec_id} if fill.venue_exec_id else names
    return fills


def exec_name(fill: Fill) -> str:
    """The venue's name for *fill*, or `@` and the total it brought the order to."""
    return fill.venue_exec_id or f"@{text(trim(fill.cum_qty))}"


def _fill_event(order: Order, fill: Fill, now: int, *, closes: bool) -> VenueFill:
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


def _end(order: Order, update: OrderUpdate, cum_qty: Decimal, now: int) -> OrderEvent | None:
    """The event that ends *order*, if *update* says that it ended and it has not yet."""
    quantity = order.request.order_qty
    if order.beneath in CLOSED or (quantity is not None and cum_qty >= quantity):
        return None  # an end is an end, and what is executed in full is not cancelled
    match update.status:
        case VenueStatus.CANCELED:
            return VenueCanceled(order_id=order.order_id, at=now, text=update.text)
        case VenueStatus.EXPIRED:
            return VenueExpired(order_id=order.order_id, at=now, text=update.text)
        case VenueStatus.REJECTED:
            if order.beneath is OrdStatus.PARTIALLY_FILLED or cum_qty:
                return VenueCanceled(order_id=order.order_id, at=now, text=update.text)
            return VenueRefused(
                order_id=order.order_id, at=now, reason=update.reason, text=update.text
            )
        case VenueStatus.FILLED:
            # It is filled with less than OrderQty(38); or there is none, and the last
            # execution came without the venue's word that it was the last.
            return VenueCanceled(
                order_id=order.order_id, at=now, text="the venue has no more to execute"
            )
    return None


def bridge(order: Order, update: OrderUpdate, now: int) -> VenueFill:
    """One execution for all that the venue counts and will not list, at the price that its
    average implies. The last resort of SHORT_ANSWERS_MAX questions; alerted by the caller.
    """
    assert update.cum_qty is not None and update.cum_qty > order.cum_qty
    last_qty = subtract(update.cum_qty, order.cum_qty)
    fill = Fill(
        cum_qty=update.cum_qty,
        last_qty=last_qty,
        last_px=_implied_px(order, update, last_qty),
        at=update.at or now,
    )
    closes = update.status is VenueStatus.FILLED and order.request.order_qty is None
    return _fill_event(order, fill, now, closes=closes)


def _implied_px(order: Order, update: OrderUpdate, last_qty: Decimal) -> Decimal:
    """The price of what is missing; where no average tells, the order's own, else that so far."""
    if update.avg_px is not None and update.cum_qty is not None:
        total = multiply(update.cum_qty, update.avg_px)
        implied = average(QUOTIENT.subtract(total, order.notional), last_qty)
        if implied > ZERO:
            return implied
    return order.request.price or order.avg_px
