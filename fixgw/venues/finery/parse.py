"""What Finery says, as what it means: a payload in, an Outcome or an OrderUpdate out.

Pure, and it never raises for what a venue sent but Unreadable, which is caught
beside it: what cannot be read makes an outcome unknown and a query failed.
Deals are counted by the venue's own number for them, wherever they are told.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import Command, Liquidity
from fixgw.model.ids import OrderID
from fixgw.model.number import ZERO, add, subtract
from fixgw.model.settlement import UNSAID, Settlement
from fixgw.model.venue import (
    Acked,
    Fill,
    OrderUpdate,
    Outcome,
    Refused,
    Unknown,
    VenueStatus,
)
from fixgw.venues.finery import codes
from fixgw.venues.finery.schemas import (
    UNREADABLE,
    AddReply,
    DealRow,
    ErrorBody,
    OrderRow,
    ReplyDeal,
    decode_add,
    decode_deals,
    decode_del,
    decode_error,
    decode_positions,
)
from fixgw.venues.finery.units import from_units
from fixgw.venues.outcome import Answer, Result, unanswered

OK = 200

CANCEL_REASON = {
    1: "cancelled by client",
    2: "the rest was cancelled: the order does not rest",
    3: "cancelled by self-trade prevention",
    4: "cancelled on disconnect",
}
"""Vendor, "Data types"; 0 is in place or filled."""

REMOVED = "removed to be replaced"
"""Text(58), if nothing took its place."""


class Unreadable(Exception):
    """What the venue sent is not what its documents describe; the text says in what."""


class Answered(Struct, frozen=True):
    """What a REST answer holds: a body to be read further, or an error, or neither."""

    body: bytes | None = None
    error: ErrorBody | None = None
    text: str = ""
    """Why neither."""


# ------------------------------------------------------------------ answers


def read(answer: Answer) -> Answered:
    """The two forms that an answer may have: 200 with a result, 400 with an error code.

    A 5xx says nothing whatever its body holds. `{"error":0}` is a result.
    """
    if answer.status != OK and not 400 <= answer.status < 500:
        return Answered(text=f"HTTP {answer.status}")
    error = None
    if answer.body.lstrip()[:1] == b"{":
        try:
            error = decode_error(answer.body)
        except UNREADABLE:
            return Answered(text=f"HTTP {answer.status}, cannot be read")
    if error is not None and error.error:
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
    """What became of an `add` or a `del` sent over REST; *size* as in `reply`."""
    if not isinstance(result, Answer):
        return unanswered(result)
    answered = read(result)
    if answered.error is not None:
        return codes.refusal(answered.error, command)
    if answered.body is not None:
        return reply(answered.body, order, command, size)
    if trust_4xx and 400 <= result.status < 500:
        return Refused(f"HTTP {result.status}", answered.text)
    return Unknown(answered.text)


def reply(
    body: bytes, order: VenueOrder, command: Command, size: Decimal | None = None
) -> Outcome:
    """What *body*, the result of an `add` or a `del` of *order*, says of it.

    *size* is what the venue gave it to do, where that may be less than OrderQty(38): it took
    another order's place.
    """
    try:
        update = (
            _add_reply(decode_add(body), order)
            if command is Command.SUBMIT
            else _del_reply(body, order, size)
        )
    except (*UNREADABLE, Unreadable) as error:
        return Unknown(f"the reply cannot be read: {error}")
    return Acked(update)


def _add_reply(said: AddReply, order: VenueOrder) -> OrderUpdate:
    if said.client_order_id not in (None, 0, int(order.venue_order_id)):
        raise Unreadable(f"clientOrderId {said.client_order_id} is another order's")
    fills = taken(said.deals)
    cum_qty = fills[-1].cum_qty if fills else ZERO
    by_size = order.order_qty is not None
    left = said.remaining_size if by_size else said.remaining_volume
    if left is None:
        left = said.remaining_volume if by_size else said.remaining_size
    if left is None or left < 0:
        raise Unreadable("neither remainingSize nor remainingVolume")
    if order.order_qty is not None:
        cum_qty = max(cum_qty, executed(order.order_qty, left))
    return OrderUpdate(
        order_id=order.order_id,
        status=status(left, said.cancel_reason),
        cum_qty=cum_qty,
        fills=fills,
        text=CANCEL_REASON.get(said.cancel_reason, ""),
        native_id=str(said.id),
    )


def taken(deals: Sequence[ReplyDeal]) -> tuple[Fill, ...]:
    """The deals of a reply: made when the order came, so it took."""
    cum_qty, fills = ZERO, []
    for deal in deals:
        last_qty = _above_zero(deal.size, "size")
        cum_qty = add(cum_qty, last_qty)
        fills.append(
            Fill(
                cum_qty=cum_qty,
                last_qty=last_qty,
                last_px=_above_zero(deal.price, "price"),
                at=0,
                venue_exec_id=str(deal.id),
                liquidity=Liquidity.REMOVED,
                settlement=_with(deal.counterparty_id),
            )
        )
    return tuple(fills)


def _with(counterparty_id: int) -> Settlement:
    """Whom it has to be settled with."""
    return Settlement(counterparty=str(counterparty_id)) if counterparty_id else UNSAID


def _del_reply(body: bytes, order: VenueOrder, size: Decimal | None) -> OrderUpdate:
    """A deleted order is gone, with as much executed as it lacks now."""
    left = decode_del(body).remaining_size
    if left is None or left < 0:
        raise Unreadable("no remainingSize")
    given = order.order_qty if size is None else size
    return OrderUpdate(
        order_id=order.order_id,
        status=VenueStatus.CANCELED if left else VenueStatus.FILLED,
        cum_qty=executed(given, left) if given is not None else None,
    )


def executed(given: Decimal, left: int) -> Decimal:
    """What is executed of an order that was *given* so much to do, with *left* units of it left.

    Raises Unreadable where more is left.
    """
    done = subtract(given, from_units(left))
    if done < ZERO:
        raise Unreadable(f"more is left, {left}, than was ordered")
    return done


def status(left: int, cancel_reason: int) -> VenueStatus:
    """Where an order stands of which *left* is left."""
    if not left:
        return VenueStatus.FILLED
    return VenueStatus.CANCELED if cancel_reason else VenueStatus.WORKING


# --------------------------------------------------------------------- feed


def resting(row: OrderRow, order_id: OrderID) -> OrderUpdate:
    """*row* of an order that is open now."""
    return OrderUpdate(
        order_id=order_id,
        status=VenueStatus.WORKING,
        cum_qty=_row_executed(row),
        native_id=str(row.order_id),
    )


def removed(row: OrderRow, order_id: OrderID, *, replaced: bool) -> OrderUpdate | None:
    """*row* of an order that left the market; None if it does not say why.

    An order that `mod` replaced leaves with a rest and no reason: *replaced* says that one was
    sent.
    """
    if row.size_left and not row.cancel_reason:
        if not replaced:
            return None
        end, text = VenueStatus.CANCELED, REMOVED
    else:
        end = status(row.size_left, row.cancel_reason)
        text = CANCEL_REASON.get(row.cancel_reason, "")
    return OrderUpdate(
        order_id=order_id,
        status=end,
        cum_qty=_row_executed(row),
        text=text,
        native_id=str(row.order_id),
    )


def deal(row: DealRow, order_id: OrderID) -> OrderUpdate | None:
    """*row* as news of one execution; None of an order by volume, whose sum it does not tell."""
    if row.by_volume:
        return None
    cum_qty = _row_executed(row)
    assert cum_qty is not None, "an order by size"
    # The end is told by another message, or by the reply; what is filled is filled at once.
    return OrderUpdate(
        order_id=order_id,
        status=VenueStatus.WORKING if row.size_left else VenueStatus.FILLED,
        cum_qty=cum_qty,
        fill=_fill(row, cum_qty),
        at=row.deal_moment,
        native_id=str(row.order_id),
    )


def _row_executed(row: OrderRow | DealRow) -> Decimal | None:
    if row.by_volume:
        return None
    if not 0 <= row.size_left <= row.initial_size:
        raise Unreadable(f"{row.size_left} left of {row.initial_size}")
    return from_units(row.initial_size - row.size_left)


def _fill(row: DealRow, cum_qty: Decimal) -> Fill:
    return Fill(
        cum_qty=cum_qty,
        last_qty=_above_zero(row.deal_size, "dealSize"),
        last_px=_above_zero(row.deal_price, "dealPrice"),
        at=row.deal_moment,
        venue_exec_id=str(row.deal_id),
        liquidity=Liquidity.REMOVED if row.deal_aggressor_side == row.side else Liquidity.ADDED,
        settlement=_with(row.counterparty_id),
    )


def _above_zero(units: int, name: str) -> Decimal:
    if units <= 0:
        raise Unreadable(f"{name} {units}")
    return from_units(units)


# ---------------------------------------------------------------- questions


def open_orders(result: Result) -> Sequence[OrderRow] | str:
    """The orders of `positions`, or why there are none to be read."""
    body = _body(result)
    if isinstance(body, str):
        return f"positions: {body}"
    try:
        return decode_positions(body).orders
    except UNREADABLE as error:
        return f"positions cannot be read: {error}"


def deals(result: Result) -> Sequence[DealRow] | str:
    """One page of `dealHistory`, or why there is none."""
    body = _body(result)
    if isinstance(body, str):
        return f"dealHistory: {body}"
    try:
        return decode_deals(body)
    except UNREADABLE as error:
        return f"dealHistory cannot be read: {error}"


def _body(result: Result) -> bytes | str:
    if not isinstance(result, Answer):
        return result.text
    answered = read(result)
    if answered.error is not None:
        return codes.describe(answered.error)
    return answered.text if answered.body is None else answered.body


def answer_open(
    row: OrderRow, order: VenueOrder, its_deals: Sequence[DealRow] | None
) -> OrderUpdate:
    """The answer about an order that `positions` lists; *its_deals* where they were read.

    They were asked one after the other, so the deals may tell of a later moment and count
    more. If they count less they are incomplete; that is for the core to see.
    """
    update = msgspec.structs.replace(resting(row, order.order_id), asked=True)
    if its_deals is None:
        return update
    fills = executions(its_deals)
    total = fills[-1].cum_qty if fills else ZERO
    cum_qty = max(total, update.cum_qty or ZERO)
    return msgspec.structs.replace(update, cum_qty=cum_qty, fills=fills)


def answer_closed(
    order: VenueOrder, its_deals: Sequence[DealRow], *, was_there: bool, text: str
) -> OrderUpdate:
    """The answer about an order that `positions` does not list, by all its deals.

    What traded was there, and so was what the venue has shown before (*was_there*): it is
    over. Of the rest nothing is known to the venue.
    """
    fills = executions(its_deals)
    if not fills and not was_there:
        return OrderUpdate(
            order_id=order.order_id, status=VenueStatus.ABSENT, text=text, asked=True
        )
    total = fills[-1].cum_qty if fills else ZERO
    # What took another order's place was given less than OrderQty(38) if more of that was
    # executed than is known: a deal says itself whether it was the last.
    done = any(not row.size_left for row in its_deals) or (
        order.order_qty is not None and total >= order.order_qty
    )
    return OrderUpdate(
        order_id=order.order_id,
        status=VenueStatus.FILLED if done else VenueStatus.CANCELED,
        cum_qty=total,
        fills=fills,
        text="" if done else text,
        asked=True,
        native_id=str(its_deals[-1].order_id) if its_deals else "",
    )


def executions(rows: Sequence[DealRow]) -> tuple[Fill, ...]:
    """The deals of one order, each once, oldest first, with the sum up to each."""
    by_id = {row.deal_id: row for row in rows}
    cum_qty, fills = ZERO, []
    # ASSUMPTION: later deals have higher numbers, as paging by the smallest one implies.
    for deal_id in sorted(by_id):
        row = by_id[deal_id]
        cum_qty = add(cum_qty, _above_zero(row.deal_size, "dealSize"))
        fills.append(_fill(row, cum_qty))
    return tuple(fills)
