"""Finery's replies to `mod`, which replaces an open order with a new one. Sans-IO.

The vendor, "mod": a result describes both orders. An error is of two kinds: with `origId` and
`origRemainingSize` "old order was removed but new order cannot be placed"; "in case old order
cannot be removed standard error reply will be returned". A reply that is unreadable, or does not
add up, proves nothing about either order.
"""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.effects import ReplaceOrder
from fixgw.model.enums import Command
from fixgw.model.number import subtract
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    OrderUpdate,
    Outcome,
    Unknown,
    VenueStatus,
)
from fixgw.venues.adapter import Deliver
from fixgw.venues.finery import codes, parse
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.parse import REMOVED
from fixgw.venues.finery.schemas import (
    MOD,
    MOD_ERROR,
    MOD_ERROR_BODY,
    ErrorBody,
    ModError,
    ModReply,
)
from fixgw.venues.finery.units import from_units
from fixgw.venues.outcome import Answer, Result, unanswered, without_code
from fixgw.venues.kit.payloads import Unreadable, is_null


class Told(Struct, frozen=True):
    """The outcome of the request; and the update of the old order, where that ended although it
    failed.
    """

    outcome: Outcome
    old: OrderUpdate | None = None
    size: Decimal | None = None
    """The size that the venue gave the new order."""


def settle(told: Told, command: ReplaceOrder, memory: Memory, deliver: Deliver) -> None:
    """Deliver the outcome, and keep the size that later messages are read by."""
    new = command.replacement.order_id
    if told.size is not None:
        memory.has_size(new, told.size)
    if told.old is not None:
        deliver(told.old)
    deliver(CommandOutcome(new, Command.REPLACE, told.outcome))


def rest_answer(result: Result, command: ReplaceOrder, *, trust_4xx: bool) -> Told:
    """Return the outcome of a `mod` sent over REST."""
    if not isinstance(result, Answer):
        return Told(unanswered(result))
    try:
        failed = _rest_error(result)
    except Unreadable as error:
        return Told(Unknown(f"HTTP {result.status}, cannot be read: {error}"))
    if failed is not None:
        return failure(failed, command)
    answered = parse.read(result)
    if answered.body is not None:
        return reply(answered.body, command)
    return Told(without_code(result, answered.text, trust_4xx=trust_4xx))


def reply(body: bytes, command: ReplaceOrder) -> Told:
    """Return the outcome in a result, or in the error a socket sends in its place."""
    try:
        failed = MOD_ERROR.whole(body)
        if failed.error:
            return failure(failed, command)
        said = MOD.whole(body)
        return Told(_done(said, command), size=from_units(said.initial_size))
    except Unreadable as error:
        return Told(Unknown(f"the reply cannot be read: {error}"))


def _rest_error(answer: Answer) -> ModError | None:
    """Return the error in an answer that may hold one, of either kind.

    Raises Unreadable where it is unclear whether there is one, or what it reports of the old order.
    """
    if answer.status != parse.OK and not 400 <= answer.status < 500:
        return None
    if answer.body.lstrip()[:1] != b"{":
        return None
    body = MOD_ERROR_BODY.whole(answer.body)
    inner = body.reply
    failed = body if is_null(inner) else MOD_ERROR.whole(inner)
    return failed if failed.error else None


def failure(failed: ModError, command: ReplaceOrder) -> Told:
    """Return the outcome that an error, of either kind, proves."""
    error = ErrorBody(failed.error, failed.param)
    if failed.orig_id is None and failed.orig_remaining_size is None:
        return Told(codes.refusal(error, Command.REPLACE))
    try:
        return Told(codes.not_placed(error), _removed(failed, command))
    except Unreadable as odd:
        return Told(Unknown(f"{codes.describe(error)}; {odd}"))


def _removed(failed: ModError, command: ReplaceOrder) -> OrderUpdate:
    """The end of the old order, which nothing has replaced."""
    order, left = command.order, failed.orig_remaining_size
    _is_the_old_one(failed.orig_id, command)
    if left is None or left <= 0 or order.order_qty is None:
        raise Unreadable(f"origRemainingSize {left}")
    return OrderUpdate(
        order_id=order.order_id,
        status=VenueStatus.CANCELED,
        cum_qty=parse.executed(order.order_qty, left),
        text=REMOVED,
    )


def _done(said: ModReply, command: ReplaceOrder) -> Acked:
    order, new = command.order, command.replacement
    _is_the_old_one(said.orig_id, command)
    if said.initial_size <= 0 or not 0 <= said.remaining_size <= said.initial_size:
        raise Unreadable("more is left of the new order than it was given")
    assert order.order_qty is not None and new.order_qty is not None, "`build` saw to it"
    if said.orig_remaining_size <= 0:
        raise Unreadable("origRemainingSize is not above 0")
    executed_before = parse.executed(order.order_qty, said.orig_remaining_size)
    if executed_before != subtract(new.order_qty, from_units(said.initial_size)):
        raise Unreadable("initialSize and origRemainingSize do not add up")
    old = OrderUpdate(
        order_id=order.order_id,
        status=VenueStatus.CANCELED,
        cum_qty=executed_before,
        text=REMOVED,
    )
    return Acked(_new(said, command), old)


def _new(said: ModReply, command: ReplaceOrder) -> OrderUpdate:
    size, left = from_units(said.initial_size), said.remaining_size
    fills, cum_qty = parse.taken(said.deals, parse.executed(size, left))
    ended, state = parse.status(left, said.cancel_reason)
    return OrderUpdate(
        order_id=command.replacement.order_id,
        # Filled it is by the sum, once it is known what was executed of the old one: before,
        # the core takes OrderQty(38) for more than the venue gave it.
        status=VenueStatus.WORKING if ended is VenueStatus.FILLED else ended,
        cum_qty=cum_qty,
        fills=fills,
        text=parse.why_cancelled(said.cancel_reason),
        native_id=parse.native_id(said.id),
        state=state,
    )


def _is_the_old_one(orig_id: int | None, command: ReplaceOrder) -> None:
    if orig_id is None or parse.native_id(orig_id) != command.order.native_id:
        raise Unreadable("origId is another order's")
