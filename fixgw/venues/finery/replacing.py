"""What Finery says to `mod`, which puts a new order in the place of an open one. Sans-IO.

The vendor, "mod": a result tells of both orders. An error is of two kinds: with `origId` and
`origRemainingSize` "old order was removed but new order cannot be placed"; "in case old order
cannot be removed standard error reply will be returned". Whatever cannot be read, or does not
add up, proves nothing of either.
"""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.effects import ReplaceOrder
from fixgw.model.enums import Command
from fixgw.model.number import ZERO, subtract
from fixgw.model.venue import (
    Acked,
    CommandOutcome,
    OrderUpdate,
    Outcome,
    Refused,
    Unknown,
    VenueStatus,
)
from fixgw.venues.adapter import Deliver
from fixgw.venues.finery import codes, parse
from fixgw.venues.finery.memory import Memory
from fixgw.venues.finery.parse import REMOVED, Unreadable
from fixgw.venues.finery.schemas import (
    UNREADABLE,
    ErrorBody,
    ModError,
    ModReply,
    decode_mod,
    decode_mod_error,
    decode_mod_error_body,
)
from fixgw.venues.finery.units import from_units
from fixgw.venues.outcome import Answer, Result, unanswered


class Told(Struct, frozen=True):
    """What became of the request; and of the old order, where that ended although it failed."""

    outcome: Outcome
    old: OrderUpdate | None = None
    size: Decimal | None = None
    """What the venue gave the new order to do."""


def settle(
    told: Told, command: ReplaceOrder, memory: Memory, deliver: Deliver, now: float
) -> None:
    """Tell what was told, and keep what later answers are read by."""
    new = command.replacement.order_id
    if type(told.outcome) is Acked:
        memory.saw(new, now)
    if told.size is not None:
        memory.has_size(new, told.size)
    if told.old is not None:
        deliver(told.old)
    deliver(CommandOutcome(new, Command.REPLACE, told.outcome))


def rest_answer(result: Result, command: ReplaceOrder, *, trust_4xx: bool) -> Told:
    """What became of a `mod` sent over REST."""
    if not isinstance(result, Answer):
        return Told(unanswered(result))
    failed = _rest_error(result)
    if failed is not None:
        return failure(failed, command)
    answered = parse.read(result)
    if answered.body is not None:
        return reply(answered.body, command)
    if trust_4xx and 400 <= result.status < 500:
        return Told(Refused(f"HTTP {result.status}", answered.text))
    return Told(Unknown(answered.text))


def reply(body: bytes, command: ReplaceOrder) -> Told:
    """What a result says, or what stands on a socket in the place of one."""
    try:
        failed = decode_mod_error(body)
        if failed.error:
            return failure(failed, command)
        said = decode_mod(body)
        return Told(_done(said, command), size=from_units(said.initial_size))
    except (*UNREADABLE, Unreadable) as error:
        return Told(Unknown(f"the reply cannot be read: {error}"))


def _rest_error(answer: Answer) -> ModError | None:
    """The error in an answer that may hold one, of either kind."""
    if answer.status != parse.OK and not 400 <= answer.status < 500:
        return None
    try:
        body = decode_mod_error_body(answer.body)
    except UNREADABLE:
        return None
    failed = body.reply or body
    return failed if failed.error else None


def failure(failed: ModError, command: ReplaceOrder) -> Told:
    """What an error says, of either kind."""
    error = ErrorBody(failed.error, failed.param)
    if failed.orig_id is None:
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
        raise Unreadable(f"{said.remaining_size} left of {said.initial_size}")
    assert order.order_qty is not None and new.order_qty is not None, "`build` saw to it"
    if said.orig_remaining_size <= 0:
        raise Unreadable(f"origRemainingSize {said.orig_remaining_size}")
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
    fills = parse.taken(said.deals)
    size, left = from_units(said.initial_size), said.remaining_size
    told = fills[-1].cum_qty if fills else ZERO
    cum_qty = max(told, parse.executed(size, left))
    ended = left and said.cancel_reason
    return OrderUpdate(
        order_id=command.replacement.order_id,
        # Filled it is by the sum, once it is known what was executed of the old one: before,
        # the core takes OrderQty(38) for more than the venue gave it.
        status=VenueStatus.CANCELED if ended else VenueStatus.WORKING,
        cum_qty=cum_qty,
        fills=fills,
        text=parse.CANCEL_REASON.get(said.cancel_reason, ""),
        native_id=str(said.id),
    )


def _is_the_old_one(orig_id: int | None, command: ReplaceOrder) -> None:
    if str(orig_id) != command.order.native_id:
        raise Unreadable(f"origId {orig_id} is another order's")
