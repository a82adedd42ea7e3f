"""A venue's word about an order, compared with what is known: the events that are missing.

Updates may come twice, late and out of order. What is executed only ever
grows, and ends stay ends, so an update is read as "at least this much has
happened"; what is already known of it gives no event.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from fixgw.core.order import Order
from fixgw.model.enums import CLOSED, OrdStatus
from fixgw.model.events import (
    OrderEvent,
    VenueAccepted,
    VenueCanceled,
    VenueExpired,
    VenueFill,
    VenueNamed,
    VenueRefused,
)
from fixgw.model.number import QUOTIENT, ZERO, add, average, multiply, subtract, text, trim
from fixgw.model.venue import Fill, OrderUpdate, VenueStatus


UNNAMED = "@"
"""What the name of an execution begins with that the venue has no name for."""


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
            return _named(order, update, now), None
        return [_accepted(order, update, now)], None
    if status is VenueStatus.ABSENT:
        return [], None
    named = update.fills if update.fills is not None else (update.fill,) if update.fill else ()
    told = _told(order, update, named, told)
    if status in UNDECIDED and not told:
        return [], None
    events: list[OrderEvent] = []
    if not order.accepted and (status is not VenueStatus.REJECTED or told):
        events.append(_accepted(order, update, now))
    elif update.native_id:
        events += _named(order, update, now)
    cum_qty, closes = order.cum_qty, False
    whole = update.fills is not None
    for fill, cum_qty in _new_fills(order, named, whole=whole):
        # Without an OrderQty(38) only the venue's word tells that nothing more will come.
        closes = (
            status is VenueStatus.FILLED
            and order.quantity is None
            and cum_qty == told
        )
        events.append(_fill_event(order, fill, now, closes=closes))
    short = (
        cum_qty < told
        or (status is VenueStatus.FILLED and not told)
        or (update.cum_qty is None and not whole and _must_count(order, update))
    )
    if (not short or final) and not closes and not unsure(order):
        end = _end(order, update, cum_qty, now)
        if end is not None:
            events.append(end)
    return events, told if short else None


UNDECIDED = frozenset({VenueStatus.PENDING, VenueStatus.UNCLEAR})
"""What a venue says of an order that it has, and that proves nothing more."""

ENDS = frozenset({
    VenueStatus.FILLED, VenueStatus.CANCELED, VenueStatus.EXPIRED, VenueStatus.REJECTED,
})
"""What a venue says of an order of which nothing works any more."""


def _must_count(order: Order, update: OrderUpdate) -> bool:
    """Whether *update* would end *order* without a word of what was executed until then."""
    if update.status is VenueStatus.REJECTED:
        # It was never worked, by all that is known; but another order may leave at its end.
        after = order.replacement
        return order.replacing and after is not None and after.waits and not after.native
    return update.status in ENDS and update.fill is None and (
        order.beneath not in CLOSED or order.beneath is OrdStatus.REPLACED and not order.final
    )


def unsure(order: Order) -> bool:
    """Whether nobody knows what *order* was given to do: it is what those that it replaced in one
    step had left, and they may have executed more than they told of. Its end waits for that."""
    if not order.native or order.chain is None or order.beneath is OrdStatus.REPLACED:
        return False
    return order.chain.unsure > 0


def _accepted(order: Order, update: OrderUpdate, now: int) -> VenueAccepted:
    return VenueAccepted(order_id=order.order_id, at=now, native_id=update.native_id)


def _named(order: Order, update: OrderUpdate, now: int) -> list[OrderEvent]:
    if not update.native_id or update.native_id == order.native_id:
        return []
    return [VenueNamed(order_id=order.order_id, at=now, native_id=update.native_id)]


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
    quantity = order.quantity
    if update.status is VenueStatus.FILLED and quantity is not None and quantity > told:
        if not unsure(order):
            told = quantity
    return told


def _new_fills(
    order: Order, named: Sequence[Fill], *, whole: bool
) -> Iterator[tuple[Fill, Decimal]]:
    """Those of *named*, oldest first, that are not known, each with the total up to it; *whole*
    says that these are all executions of the order."""
    if whole and _all_named(order, named) and _without_gap(named):
        return _new_by_name(order, named)
    return _new_by_total(order, named)


def _all_named(order: Order, named: Sequence[Fill]) -> bool:
    return all(fill.venue_exec_id for fill in named) and not any(
        name.startswith(UNNAMED) for name in order.fill_ids
    )


def _without_gap(named: Sequence[Fill]) -> bool:
    total = ZERO
    for fill in named:
        total = add(total, fill.last_qty)
        if total != fill.cum_qty:
            return False
    return True


def _new_by_name(order: Order, named: Sequence[Fill]) -> Iterator[tuple[Fill, Decimal]]:
    """A venue may list one that we do not know before one that we do."""
    cum_qty, names = order.cum_qty, set(order.fill_ids)
    for fill in named:
        if fill.venue_exec_id not in names and fill.last_qty > ZERO:
            names.add(fill.venue_exec_id)
            cum_qty = trim(add(cum_qty, fill.last_qty))
            yield fill, cum_qty


def _new_by_total(order: Order, named: Sequence[Fill]) -> Iterator[tuple[Fill, Decimal]]:
    """Those that follow without a gap on what is known.

    An execution that adds nothing to the total is known, under whatever name:
    one source may give names and another none.
    """
    cum_qty = order.cum_qty
    names = order.fill_ids
    for fill in named:
        if fill.cum_qty <= cum_qty or fill.venue_exec_id in names:
            continue
        if fill.last_qty <= ZERO or add(cum_qty, fill.last_qty) != fill.cum_qty:
            return
        cum_qty = fill.cum_qty
        yield fill, cum_qty
        names = names | {fill.venue_exec_id} if fill.venue_exec_id else names


def exec_name(fill: Fill) -> str:
    """The venue's name for *fill*, or `@` and the total it brought the order to."""
    return fill.venue_exec_id or f"{UNNAMED}{text(trim(fill.cum_qty))}"


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
        last_mkt=fill.last_mkt,
        text=fill.text,
        settlement=fill.settlement,
    )


def _end(order: Order, update: OrderUpdate, cum_qty: Decimal, now: int) -> OrderEvent | None:
    """The event that ends *order*, if *update* says that it ended and it has not yet."""
    quantity = order.quantity
    if order.beneath is OrdStatus.REPLACED:
        return _end_of_replaced(order, update, now)
    if order.beneath in CLOSED:
        return None  # an end is an end
    # What was to replace an order that was filled meanwhile has nothing left to do: it never began.
    never_was = update.status is VenueStatus.REJECTED and not order.accepted and not cum_qty
    if quantity is not None and cum_qty >= quantity and not never_was:
        return None  # what is executed in full is not cancelled
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


def _end_of_replaced(order: Order, update: OrderUpdate, now: int) -> OrderEvent | None:
    """However the venue calls it: all that the replaced order executed is known now."""
    if order.final or update.status not in ENDS:
        return None
    return VenueCanceled(order_id=order.order_id, at=now, text=update.text)


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
    closes = update.status is VenueStatus.FILLED and order.quantity is None
    return _fill_event(order, fill, now, closes=closes)


def _implied_px(order: Order, update: OrderUpdate, last_qty: Decimal) -> Decimal:
    """The price of what is missing; where no average tells, the order's own, else that so far."""
    if update.avg_px is not None and update.cum_qty is not None:
        total = multiply(update.cum_qty, update.avg_px)
        implied = average(QUOTIENT.subtract(total, order.notional), last_qty)
        if implied > ZERO:
            return implied
    return order.request.price or order.avg_px
