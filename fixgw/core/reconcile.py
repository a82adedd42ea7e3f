"""A venue's report about an order, compared with the known state: the events that are missing.

Updates may come twice, late and out of order, so an update is read as "at least this much has
happened"; anything already known gives no event. Three separate questions: the quantity the venue
has counted (`counted`), the executions that are new or changed (`new_fills`, `changes`), and the
end of the order (`end`). It never believes a count without its executions, and never takes one list
for proof: `core.venue_events` waits for that.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from fixgw.core.orders.client_order import of
from fixgw.core.orders.leg import Leg
from fixgw.model.enums import CLOSED, OrdStatus, Side
from fixgw.model.events import (
    EndConfirmed,
    FillBusted,
    FillCorrected,
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
"""Prefix of the ID of an execution to which the venue gives none."""

UNDECIDED = frozenset({VenueStatus.PENDING, VenueStatus.UNCLEAR})
"""The venue has the order, and proves nothing more."""

ENDS = frozenset({
    VenueStatus.FILLED, VenueStatus.CANCELED, VenueStatus.EXPIRED, VenueStatus.REJECTED,
})
"""No part of the order works any more."""


def compare(
    leg: Leg,
    update: OrderUpdate,
    now: int,
    told: Decimal = ZERO,
    step: Decimal | None = None,
    *,
    final: bool = False,
) -> tuple[list[OrderEvent], Decimal | None]:
    """Return the events that *update* proves and *leg* lacks; and the venue's count, if executions
    are missing even so (0: it did not say how much).

    *told* is the count that the venue told before. Where executions are missing, the end of the
    order waits for them: a report of the end carries CumQty(14), which must be right. *final* ends
    the wait. *step* is the venue's step of quantities: less is no difference, as a venue may sum
    its quantities as doubles.
    """
    status = update.status
    executed = update.cum_qty or update.fill or update.fills or told
    if status is VenueStatus.WORKING and not executed:
        # The most usual word, told quickly: it works, and nothing of it is executed.
        return [_accepted(leg, update, now)] if not leg.accepted else _named(leg, update, now), None
    if status is VenueStatus.ABSENT:
        return [], None
    listed = update.fills is not None
    fills = update.fills if update.fills is not None else (update.fill,) if update.fill else ()
    events: list[OrderEvent] = []
    known, busted = leg.cum_qty, ZERO
    if fills and (listed or fills[0].busted):
        events = _in_order(leg, changes(leg, fills, now, listed=listed))
        known = _after(leg, events)
        busted = sum((fill.last_qty for fill in fills if fill.busted), ZERO) if listed else ZERO
    counted = _counted(leg, update, fills, told, busted)
    if status in UNDECIDED and not counted and not events:
        return [], None
    if not leg.accepted and (status is not VenueStatus.REJECTED or counted):
        events.insert(0, _accepted(leg, update, now))
    elif update.native_id:
        events += _named(leg, update, now)
    closes = False
    for fill, known in new_fills(leg, known, fills, step, listed=listed):
        # Without an OrderQty(38) only the venue's word tells that nothing more will come.
        closes = (
            status is VenueStatus.FILLED
            and leg.quantity is None
            and not _is_less(known, counted, step)
        )
        events.append(_fill_event(leg, fill, now, closes=closes))
    ends = status in ENDS
    short = _is_less(known, counted, step) or ends and (
        (
            status is VenueStatus.FILLED and not counted
            and not _all_taken_back(leg, known, busted)
        )
        or (update.cum_qty is None and not listed and _must_count(leg, update))
    )
    if ends and (not short or final) and not closes and not unsure(leg):
        last = end(leg, update, known, now, less=busted > ZERO)
        if last is not None:
            events.append(last)
    return events, counted if short else None


def _all_taken_back(leg: Leg, known: Decimal, busted: Decimal) -> bool:
    """True if *leg* had executions, and the venue has taken all of them back."""
    return not known and (bool(leg.fills) or busted > ZERO)


def _is_less(known: Decimal, counted: Decimal, step: Decimal | None) -> bool:
    """True if *known* is less than *counted* by at least a *step*."""
    return known < counted and not (step and subtract(counted, known) < step)


def _accepted(leg: Leg, update: OrderUpdate, now: int) -> VenueAccepted:
    return VenueAccepted(order_id=leg.order_id, at=now, native_id=update.native_id)


def _named(leg: Leg, update: OrderUpdate, now: int) -> list[OrderEvent]:
    if not update.native_id or update.native_id == leg.native_id:
        return []
    return [VenueNamed(order_id=leg.order_id, at=now, native_id=update.native_id)]


# ------------------------------------------------------------------------------ how much is counted


def _counted(
    leg: Leg, update: OrderUpdate, fills: Sequence[Fill], told: Decimal, busted: Decimal
) -> Decimal:
    """Return the most that the venue has counted, in *update* or, by *told*, before. Of that it has
    taken *busted* back, and executes it no more."""
    counted = max(subtract(told, busted), ZERO) if busted else told
    if update.cum_qty is not None and update.cum_qty > counted:
        counted = update.cum_qty
    for fill in fills:
        if fill.cum_qty > counted:
            counted = fill.cum_qty
    if update.status is VenueStatus.FILLED and leg.quantity is not None and not unsure(leg):
        whole = subtract(leg.quantity, busted) if busted else leg.quantity
        if whole > counted:
            counted = whole
    return counted


def _must_count(leg: Leg, update: OrderUpdate) -> bool:
    """True if *update* would end *leg* without a word of what was executed until then."""
    if update.status is VenueStatus.REJECTED:
        # It was never worked, by all that is known; but another leg may leave at its end.
        after = leg.follower
        return after is not None and not after.native
    return update.fill is None and (
        leg.beneath not in CLOSED or leg.beneath is OrdStatus.REPLACED and not leg.final
    )


def unsure(leg: Leg) -> bool:
    """True if the quantity *leg* was given is unknown: the rest of those that it replaced in one
    step, and they may have executed more than they reported. Its end waits for that."""
    return leg.native and leg.beneath is not OrdStatus.REPLACED and of(leg).unsure > 0


# ----------------------------------------------------------------------- which executions are new


def changes(
    leg: Leg, fills: Sequence[Fill], now: int, *, listed: bool
) -> Iterator[FillCorrected | FillBusted]:
    """Yield the corrections and busts of executions that are known.

    Only a list of the order's executions corrects: news may tell one with another precision than
    the list. The venue's word that it took one back counts wherever it comes from. Of one that is
    told twice the first word counts, as each change has a report of its own.
    """
    if not leg.fills:
        return
    seen: set[str] = set()
    for fill in fills:
        known = leg.fills.get(fill.venue_exec_id)
        if known is None or fill.venue_exec_id in seen:
            continue
        seen.add(fill.venue_exec_id)
        if fill.busted:
            if not known.busted:
                yield FillBusted(
                    order_id=leg.order_id, at=now, venue_exec_id=fill.venue_exec_id,
                    count=known.changes + 1, text=fill.text,
                )
        elif fill.last_qty > ZERO and listed and (
            known.busted or (fill.last_qty, fill.last_px) != (known.last_qty, known.last_px)
        ):
            yield FillCorrected(
                order_id=leg.order_id, at=now, venue_exec_id=fill.venue_exec_id,
                count=known.changes + 1, last_qty=fill.last_qty, last_px=fill.last_px,
                trade_at=fill.at or now, commission=fill.commission,
                commission_currency=fill.commission_currency, liquidity=fill.liquidity,
                last_mkt=fill.last_mkt, text=fill.text, settlement=fill.settlement,
            )


def _in_order(leg: Leg, changed: Iterator[FillCorrected | FillBusted]) -> list[OrderEvent]:
    """Return *changed* in an order in which no sum between the first and the last of them fills an
    order that is not filled, or opens one that stays filled."""
    events = list(changed)
    if len(events) > 1:
        events.sort(
            key=lambda event: _difference(leg, event), reverse=leg.beneath is OrdStatus.FILLED
        )
    return list[OrderEvent](events)


def _difference(leg: Leg, event: FillCorrected | FillBusted) -> Decimal:
    """Return what *event* adds to the executed quantity of *leg*."""
    before = leg.fills[event.venue_exec_id]
    had = ZERO if before.busted else before.last_qty
    return subtract(event.last_qty if type(event) is FillCorrected else ZERO, had)


def _after(leg: Leg, changed: Sequence[OrderEvent]) -> Decimal:
    """Return what is executed of *leg* after the corrections and busts *changed*."""
    known = leg.cum_qty
    for event in changed:
        if isinstance(event, FillBusted | FillCorrected):
            known = add(known, _difference(leg, event))
    return known if known is leg.cum_qty else trim(known)


def new_fills(
    leg: Leg, known: Decimal, fills: Sequence[Fill], step: Decimal | None = None, *, listed: bool
) -> Iterator[tuple[Fill, Decimal]]:
    """Yield those of *fills*, oldest first, that are not known, each with the total up to it;
    *known* is executed already, and *listed* says that these are all executions of the order."""
    standing = [fill for fill in fills if not fill.busted] if listed else fills
    if listed and _all_named(leg, standing) and _without_gap(standing, step):
        return _new_by_name(leg, known, standing)
    return _new_by_total(leg, known, standing, step)


def _all_named(leg: Leg, fills: Sequence[Fill]) -> bool:
    return all(fill.venue_exec_id for fill in fills) and not any(
        name.startswith(UNNAMED) for name in leg.fills
    )


def _without_gap(fills: Sequence[Fill], step: Decimal | None) -> bool:
    total = ZERO
    for fill in fills:
        total = add(total, fill.last_qty)
        if _differ(total, fill.cum_qty, step):
            return False
    return True


def _differ(one: Decimal, other: Decimal, step: Decimal | None) -> bool:
    return one != other and not (step and subtract(one, other).copy_abs() < step)


def _new_by_name(
    leg: Leg, known: Decimal, fills: Sequence[Fill]
) -> Iterator[tuple[Fill, Decimal]]:
    """A venue may list one that we do not know before one that we do."""
    names = leg.fills.keys()
    seen: set[str] = set()
    for fill in fills:
        name = fill.venue_exec_id
        if name not in names and name not in seen and fill.last_qty > ZERO:
            seen.add(name)
            known = trim(add(known, fill.last_qty))
            yield fill, known


def _new_by_total(
    leg: Leg, known: Decimal, fills: Sequence[Fill], step: Decimal | None
) -> Iterator[tuple[Fill, Decimal]]:
    """Yield the executions that follow without a gap on the known ones.

    An execution that adds nothing to the total is known, under whatever ID: one source may give IDs
    and another none.
    """
    names = leg.fills.keys()
    seen: set[str] = set()
    for fill in fills:
        name = fill.venue_exec_id
        if not _is_less(known, fill.cum_qty, step) or name in names or name in seen:
            continue
        if fill.busted:
            return
        total = add(known, fill.last_qty)
        if fill.last_qty <= ZERO or _differ(total, fill.cum_qty, step):
            return
        known = total
        yield fill, known
        if name:
            seen.add(name)


def exec_name(leg: Leg, fill: Fill) -> str:
    """Return the venue's ID of *fill*, or else ours."""
    return fill.venue_exec_id or unnamed(leg, fill.cum_qty)


def unnamed(leg: Leg, total: Decimal) -> str:
    """Return the ID of a new execution of *leg* that has none: `@` and the *total* it brings the
    order to; with the number of times, if others were taken back and the total was reached
    before."""
    name = f"{UNNAMED}{text(trim(total))}"
    if name not in leg.fills:
        return name
    times = sum(known.partition("/")[0] == name for known in leg.fills)
    return f"{name}/{times + 1}"


def _fill_event(leg: Leg, fill: Fill, now: int, *, closes: bool) -> VenueFill:
    return VenueFill(
        order_id=leg.order_id,
        at=now,
        venue_exec_id=exec_name(leg, fill),
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


# ------------------------------------------------------------------------------- whether it ended


def agrees(leg: Leg, update: OrderUpdate) -> bool:
    """Return True if *update* ends *leg*, and counts and lists as much as is known. FILLED says how
    much there must be, and is not meant."""
    return (
        update.status in ENDS and update.status is not VenueStatus.FILLED
        and update.fills is not None and update.cum_qty == leg.cum_qty
    )


def end(
    leg: Leg, update: OrderUpdate, executed: Decimal, now: int, *, less: bool = False
) -> OrderEvent | None:
    """Return the event that ends *leg*, of which *executed* is executed, if it has not ended
    yet; the status of *update* is one of ENDS. *less*: the venue has taken executions back."""
    if leg.reopened:
        return EndConfirmed(order_id=leg.order_id, at=now)
    if leg.beneath is OrdStatus.REPLACED:
        # Whatever the venue calls it: all executions of the replaced leg are known now.
        return None if leg.final else _canceled(leg, now, update.text)
    if leg.beneath in CLOSED and not (leg.beneath is OrdStatus.REJECTED and executed):
        return None  # an end is an end, but for that of one that was refused and is executed
    # The replacement of an order that was filled meanwhile has nothing left to do: it never began.
    never_was = update.status is VenueStatus.REJECTED and not leg.accepted and not executed
    if leg.quantity is not None and executed >= leg.quantity and not never_was:
        return None  # what is executed in full is not cancelled
    match update.status:
        case VenueStatus.EXPIRED:
            return VenueExpired(order_id=leg.order_id, at=now, text=update.text)
        case VenueStatus.REJECTED if leg.beneath is not OrdStatus.PARTIALLY_FILLED and not executed:
            return VenueRefused(
                order_id=leg.order_id, at=now, reason=update.reason, text=update.text
            )
        case VenueStatus.FILLED:
            if leg.quantity is not None and not less:
                return None  # executions are missing, and it is never told as canceled for that
            # The last execution came without the venue's word that it was the last.
            return _canceled(leg, now, "the venue has no more to execute")
    return _canceled(leg, now, update.text)


def _canceled(leg: Leg, now: int, why: str) -> VenueCanceled:
    return VenueCanceled(order_id=leg.order_id, at=now, text=why)


# ------------------------------------------------------------- for a venue that lists no executions


def bridge(leg: Leg, update: OrderUpdate, now: int) -> VenueFill | None:
    """Return one execution for all that the venue counts and does not list, at the price that its
    average implies; None if that price lies outside what the order and its executions allow."""
    assert update.cum_qty is not None and update.cum_qty > leg.cum_qty
    last_qty = subtract(update.cum_qty, leg.cum_qty)
    last_px = _implied_px(leg, update, last_qty)
    if last_px is None:
        return None
    fill = Fill(
        cum_qty=update.cum_qty, last_qty=last_qty, last_px=last_px, at=update.at or now,
    )
    closes = update.status is VenueStatus.FILLED and leg.quantity is None
    return _fill_event(leg, fill, now, closes=closes)


def _implied_px(leg: Leg, update: OrderUpdate, last_qty: Decimal) -> Decimal | None:
    """Return the price of what is missing, by the venue's average, else the order's own price."""
    own = leg.request.price
    if update.avg_px is None or update.cum_qty is None:
        return own
    total = multiply(update.cum_qty, update.avg_px)
    implied = average(QUOTIENT.subtract(total, leg.notional), last_qty)
    return implied if implied > ZERO and _is_plausible(leg, implied) else None


def _is_plausible(leg: Leg, implied: Decimal) -> bool:
    """True if *implied* lies between the order's price and those told; with none told, if it is no
    worse than the order's."""
    own = leg.request.price
    told = [known.last_px for known in leg.fills.values() if not known.busted]
    if told:
        bounds = told if own is None else [*told, own]
        return min(bounds) <= implied <= max(bounds)
    if own is None:
        return True
    return implied <= own if leg.request.side is Side.BUY else implied >= own
