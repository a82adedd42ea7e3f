"""Finery's payloads translated: a payload in, an Outcome or an OrderUpdate out.

Pure. For anything a venue sent it raises only Unreadable, which the callers in this folder catch:
an unreadable payload makes an outcome unknown or a query failed.
"""

from decimal import Decimal

from msgspec import Raw, Struct

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import Command, Liquidity
from fixgw.model.ids import ORDER_ID_DIGITS, OrderID
from fixgw.model.number import ZERO, add, subtract
from fixgw.model.settlement import UNSAID, Settlement
from fixgw.model.venue import (
    Acked,
    Fill,
    OrderUpdate,
    Outcome,
    Unknown,
    VenueStatus,
)
from fixgw.venues.kit import border
from fixgw.venues.finery import codes
from fixgw.venues.finery.schemas import (
    ADD,
    DEL,
    ERROR,
    AddReply,
    DealRow,
    ErrorBody,
    OrderRow,
    ReplyDeal,
    deals_of,
)
from fixgw.venues.finery.units import from_units
from fixgw.venues.kit import names
from fixgw.venues.outcome import Answer, Result, unanswered, without_code
from fixgw.venues.kit.payloads import Damaged, Unreadable

OK = 200

CANCEL_REASON = {
    1: "cancelled by client",
    2: "the rest was cancelled: the order does not rest",
    3: "cancelled by self-trade prevention",
    4: "cancelled on disconnect",
}
"""Vendor, "Data types"; 0 is in place or filled."""

SIDES = frozenset({0, 1})
"""Vendor, "Data types": bid and ask."""

REMOVED = "removed to be replaced"
"""Text(58), if nothing took its place."""

FIRST_ID, BEHIND_IDS = 10 ** (ORDER_ID_DIGITS - 1), 10**ORDER_ID_DIGITS


class Answered(Struct, frozen=True):
    """The content of a REST answer: a body to be read further, or an error, or neither."""

    body: bytes | None = None
    error: ErrorBody | None = None
    text: str = ""
    """The reason why there is neither."""


# ------------------------------------------------------------------ answers


def read(answer: Answer) -> Answered:
    """Read the two forms an answer may have: 200 with a result, 400 with an error code.

    A 5xx proves nothing whatever its body holds. `{"error":0}` is a result.
    """
    if answer.status != OK and not 400 <= answer.status < 500:
        return Answered(text=f"HTTP {answer.status}")
    if answer.body.lstrip()[:1] == b"{":
        error = ERROR.read(answer.body)
        if isinstance(error, Damaged):
            return Answered(text=f"HTTP {answer.status}, cannot be read: {error.text}")
        if error.error:
            return Answered(error=error)
    if answer.status != OK:
        return Answered(text=f"HTTP {answer.status} without an error code")
    return Answered(body=answer.body)


def command_outcome(
    result: Result,
    order: VenueOrder,
    command: Command,
    *,
    trust_4xx: bool,
    size: Decimal | None = None,
) -> Outcome:
    """Return the outcome of an `add` or a `del` sent over REST; *size* as in `reply`."""
    if not isinstance(result, Answer):
        return unanswered(result)
    answered = read(result)
    if answered.error is not None:
        return codes.refusal(answered.error, command)
    if answered.body is not None:
        return reply(answered.body, order, command, size)
    return without_code(result, answered.text, trust_4xx=trust_4xx)


def reply(
    body: bytes, order: VenueOrder, command: Command, size: Decimal | None = None
) -> Outcome:
    """Return the outcome that *body*, the result of an `add` or a `del` of *order*, reports.

    *size* is the size the venue gave it if it replaced another order, when it may be less than
    OrderQty(38).
    """
    try:
        if command is not Command.SUBMIT:
            return Acked(_del_reply(body, order, size))
        update = _add_reply(ADD.whole(body), order)
    except Unreadable as error:
        return Unknown(f"the reply cannot be read: {error}")
    if update.status is VenueStatus.UNCLEAR and not update.cum_qty:
        return Unknown(f"{update.state} is not known")
    return Acked(update)


def _add_reply(said: AddReply, order: VenueOrder) -> OrderUpdate:
    if said.client_order_id not in (None, 0, int(order.venue_order_id)):
        raise Unreadable(f"clientOrderId {said.client_order_id} is another order's")
    by_size = order.order_qty is not None
    left = said.remaining_size if by_size else said.remaining_volume
    if left is None:
        left = said.remaining_volume if by_size else said.remaining_size
    if left is None or left < 0:
        raise Unreadable("neither remainingSize nor remainingVolume")
    done = executed(order.order_qty, left) if order.order_qty is not None else None
    fills, cum_qty = taken(said.deals, done)
    ended, state = status(left, said.cancel_reason)
    return OrderUpdate(
        order_id=order.order_id,
        status=ended,
        cum_qty=cum_qty,
        fills=fills,
        text=why_cancelled(said.cancel_reason),
        native_id=native_id(said.id),
        state=state,
    )


def taken(raw: Raw, done: Decimal | None) -> tuple[tuple[Fill, ...], Decimal]:
    """Return the deals of a reply, in which the incoming order took liquidity, and the total
    executed, which is at least *done*.

    An unreadable deal hides no other: the core queries the quantity that the sum lacks. Raise
    Unreadable where no sum shows that something is missing.
    """
    deals, why = deals_of(raw)
    cum_qty, fills = ZERO, []
    for deal in deals:
        try:
            fill = _taken(deal, cum_qty)
        except Unreadable as error:
            why = str(error)
            continue
        cum_qty = fill.cum_qty
        fills.append(fill)
    if why and (done is None or done <= cum_qty):
        raise Unreadable(f"deals: {why}")
    return tuple(fills), max(cum_qty, done or ZERO)


def _taken(deal: ReplyDeal, before: Decimal) -> Fill:
    last_qty = above_zero(deal.size, "size")
    return Fill(
        cum_qty=add(before, last_qty),
        last_qty=last_qty,
        last_px=above_zero(deal.price, "price"),
        at=0,
        venue_exec_id=_deal_name(deal.id),
        liquidity=Liquidity.REMOVED,
        settlement=_with(deal.counterparty_id),
    )


def _deal_name(deal_id: int) -> str:
    """Return the venue's number of a deal as its name; without one it would be reported twice."""
    if deal_id <= 0 or not border.is_name(str(deal_id)):
        raise Unreadable(f"deal {str(deal_id)[:border.WORD_CHARS_MAX]}")
    return str(deal_id)


def our_order(client_order_id: int | None) -> OrderID | None:
    """OrderID(37) that *client_order_id* is, as the venue takes whole numbers; None if it is not of
    our making."""
    if client_order_id is None or not FIRST_ID <= client_order_id < BEHIND_IDS:
        return None
    return names.order_id(str(client_order_id))


def native_id(order_id: int) -> str:
    """Return the venue's own number of an order; "" where it sent none."""
    return str(order_id) if order_id > 0 else ""


def _with(counterparty_id: int) -> Settlement:
    """Return the settlement with this counterparty."""
    return Settlement(counterparty=str(counterparty_id)) if counterparty_id else UNSAID


def _del_reply(body: bytes, order: VenueOrder, size: Decimal | None) -> OrderUpdate:
    """A deleted order is gone, with as much executed as it lacks now."""
    left = DEL.whole(body).remaining_size
    if left is None or left < 0:
        raise Unreadable("no remainingSize")
    given = order.order_qty if size is None else size
    return OrderUpdate(
        order_id=order.order_id,
        status=VenueStatus.CANCELED if left else VenueStatus.FILLED,
        cum_qty=executed(given, left) if given is not None else None,
    )


def executed(given: Decimal, left: int) -> Decimal:
    """Return the executed quantity of an order of size *given* with *left* units remaining.

    Raises Unreadable if the remainder exceeds the size.
    """
    done = subtract(given, from_units(left))
    if done < ZERO:
        raise Unreadable(f"more is left, {left}, than was ordered")
    return done


def status(left: int, cancel_reason: int | str | None) -> tuple[VenueStatus, str]:
    """Return the status of an order with *left* remaining; and the venue's word, if it is unknown.
    """
    if not left:
        return VenueStatus.FILLED, ""
    if not cancel_reason:
        return VenueStatus.WORKING, ""
    if cancel_reason in CANCEL_REASON:
        return VenueStatus.CANCELED, ""
    return VenueStatus.UNCLEAR, f"cancelReason {cancel_reason}"


def why_cancelled(cancel_reason: int | str | None) -> str:
    """The vendor's text for it; "" where there is none."""
    return CANCEL_REASON.get(cancel_reason, "") if isinstance(cancel_reason, int) else ""


# --------------------------------------------------------------------- feed


def resting(row: OrderRow, order_id: OrderID) -> OrderUpdate:
    """*row* of an order that is open now."""
    return OrderUpdate(
        order_id=order_id,
        status=VenueStatus.WORKING,
        cum_qty=row_executed(row),
        native_id=native_id(row.order_id),
    )


def removed(row: OrderRow, order_id: OrderID, *, replaced: bool) -> OrderUpdate | None:
    """Return the end of an order that left the market, from *row*; None if it gives no reason.

    An order that `mod` replaced leaves with a remainder and no reason: *replaced* is True if a
    `mod` was sent.
    """
    if row.size_left and not row.cancel_reason:
        if not replaced:
            return None
        end, state, text = VenueStatus.CANCELED, "", REMOVED
    else:
        end, state = status(row.size_left, row.cancel_reason)
        text = why_cancelled(row.cancel_reason)
    return OrderUpdate(
        order_id=order_id,
        status=end,
        cum_qty=row_executed(row),
        text=text,
        native_id=native_id(row.order_id),
        state=state,
    )


def deal(row: DealRow, order_id: OrderID) -> OrderUpdate | None:
    """Return *row* as news of one execution; None for an order by volume, whose total it lacks."""
    if row.by_volume:
        return None
    cum_qty = row_executed(row)
    assert cum_qty is not None, "an order by size"
    # The end is told by another message, or by the reply; what is filled is filled at once.
    return OrderUpdate(
        order_id=order_id,
        status=VenueStatus.WORKING if row.size_left else VenueStatus.FILLED,
        cum_qty=cum_qty,
        fill=fill(row, cum_qty),
        at=row.deal_moment,
        native_id=native_id(row.order_id),
    )


def row_executed(row: OrderRow | DealRow) -> Decimal | None:
    """Return the venue's executed quantity of an order by size; None for one by volume."""
    if row.by_volume:
        return None
    if not 0 <= row.size_left <= row.initial_size:
        raise Unreadable(f"{row.size_left} left of {row.initial_size}")
    return from_units(row.initial_size - row.size_left)


def fill(row: DealRow, cum_qty: Decimal) -> Fill:
    """Return the execution that *row* reports, with total *cum_qty*."""
    return Fill(
        cum_qty=cum_qty,
        last_qty=above_zero(row.deal_size, "dealSize"),
        last_px=above_zero(row.deal_price, "dealPrice"),
        at=row.deal_moment,
        venue_exec_id=_deal_name(row.deal_id),
        liquidity=_liquidity(row),
        settlement=_with(row.counterparty_id),
    )


def _liquidity(row: DealRow) -> Liquidity | None:
    """Return whether the order added or removed liquidity; None unless both sides are known."""
    sides = {row.side, row.deal_aggressor_side}
    if not sides <= SIDES:
        return None
    return Liquidity.REMOVED if len(sides) == 1 else Liquidity.ADDED


def above_zero(units: int, name: str) -> Decimal:
    """*units* of a quantity or a price; raises Unreadable where it can be neither."""
    if units <= 0:
        raise Unreadable(f"{name} is not above 0")
    return from_units(units)
