"""asmlink's payloads translated: a payload in, a Tell or an Outcome out.

Pure. For anything a venue sent it raises only Unreadable, which its callers here turn into an
unknown outcome. A number keeps the digits it is written with.
"""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from msgspec import Raw, Struct

from fixgw.model.enums import Command
from fixgw.model.number import ZERO, text
from fixgw.model.venue import Outcome, Unknown, VenueStatus
from fixgw.venues.kit import border
from fixgw.venues.asmlink import codes
from fixgw.venues.asmlink.schemas import (
    EVENT,
    REPLY,
    Event,
    RouteReply,
    ToldFill,
    read_error,
    shown,
    without_delivery,
)
from fixgw.venues.outcome import Answer
from fixgw.venues.kit.payloads import Damaged, Unreadable

OK = 200
DETAIL_CHARS = 200
EVENT_ID_CHARS = 80
"""Of an event's own name: it has to fit an ExecID(17) with more behind it."""

STATUS = {
    "FILLED": VenueStatus.FILLED,
    "PARTIALLY_FILLED": VenueStatus.WORKING,
    "PARTIAL_FILL": VenueStatus.WORKING,
    "PARTIAL": VenueStatus.WORKING,
    "ACCEPTED": VenueStatus.WORKING,
    "REJECTED": VenueStatus.REJECTED,
    "CANCELLED": VenueStatus.CANCELED,
    "CANCELED": VenueStatus.CANCELED,
}
"""Of a reply and of an event. Only FILLED is documented; the others are an ASSUMPTION."""

EXECUTED = frozenset({"FILLED", "PARTIALLY_FILLED", "PARTIAL_FILL", "PARTIAL"})
"""An event with one of these tells of an execution; ASSUMPTION: no other event does."""

PARTIAL = EXECUTED - {"FILLED"}

BY_EVENT_TYPE = {
    "order.filled": VenueStatus.WORKING,
    "order.rejected": VenueStatus.REJECTED,
    "order.cancelled": VenueStatus.CANCELED,
}
"""The status by an event without an execution_status. `order.filled`: "Full or partial fill"."""

Source = Literal["reply", "stream", "webhook"]


class Tell(Struct, frozen=True, kw_only=True):
    """One report from the venue about one order, from any source."""

    source: Source
    event_id: str
    """The name by which a repetition from the same source is known."""
    status: VenueStatus
    at: int
    """The venue's time of it, Unix milliseconds."""
    quantity: Decimal = ZERO
    """The quantity executed: by this event; or, in a reply, by the order up to *at*."""
    price: Decimal = ZERO
    text: str = ""
    details: str = ""
    """Of an execution, for the client: by which tier, how fast, how far from the price."""
    provider: str = ""
    """Of an execution: who filled it."""
    attempt: int = 0
    """The number of earlier routings of the order."""
    state: str = ""
    """The venue's own name for a status of no table; nothing is concluded from it."""
    partial: bool = False
    """Of an execution: the venue says that something is left of the order behind it."""
    timed: bool = True
    """*at* is the venue's time; False if that cannot be right, and *at* is ours."""


def event(body: bytes) -> Event | Damaged:
    """A message of the stream, or of a webhook; Damaged where it cannot be used, with the order_id
    it names."""
    return EVENT.read(body)


def event_id(told: Event, body: bytes) -> str:
    """Return its own id; if that is missing or unusable, a hash of its content, which is the same
    for every repeat.
    """
    if border.is_name(told.event_id) and len(told.event_id) <= EVENT_ID_CHARS:
        return told.event_id
    return f"sha256:{hashlib.sha256(without_delivery(body)).hexdigest()}"


def event_tell(
    told: Event, body: bytes, source: Source, now_ms: int, attempt: int = 0
) -> Tell:
    """Return the report in an order's event; *now_ms* is its time if it names none."""
    name = (told.execution_status or "").upper()
    status, state = _status(name, told.event_type)
    executed = name in EXECUTED or (name not in STATUS and told.event_type == "order.filled")
    quantity, price = ZERO, ZERO
    if executed:
        quantity, price = _execution(told.fill_quantity, told.fill_price)
        if not quantity:
            raise Unreadable(f"{told.event_type!r} without a fill_quantity")
    elif told.fill_quantity and (state or told.event_type == "order.filled"):
        # One of the two is wrong, and it may be the one that says that nothing is executed.
        raise Unreadable(f"{told.event_type!r} with execution_status {name!r} and a quantity")
    at = time_ms(told.timestamp_utc, now_ms)
    return Tell(
        source=source,
        event_id=event_id(told, body),
        status=status,
        at=now_ms if at is None else at,
        timed=at is not None,
        quantity=quantity,
        price=price,
        partial=name in PARTIAL,
        text=_reason(told.reject_reason, shown(told.reason_code), told.message),
        details=_details(told, told.latency_ms),
        provider=shown(told.liquidity_provider),
        attempt=attempt,
        state=state,
    )


def reply_tell(reply: RouteReply, now_ms: int, attempt: int = 0) -> Tell:
    """Return the report in a reply about an order; *now_ms* is its time if it names none."""
    name = reply.status.upper()
    status, state = _status(name, "")
    quantity, price = _execution(reply.fill_quantity, reply.fill_price)
    if state and not quantity:
        raise Unreadable(f"status {name!r} is not known")
    if name in EXECUTED and not quantity:
        raise Unreadable(f"status {name} without a fill_quantity")
    at = time_ms(reply.timestamp_fill_utc, now_ms)
    return Tell(
        source="reply",
        event_id=border.text_of(
            f"{name} {text(quantity)} {shown(reply.timestamp_fill_utc)}".rstrip(),
            border.NAME_CHARS_MAX,
        ),
        status=status,
        at=now_ms if at is None else at,
        timed=at is not None,
        quantity=quantity,
        price=price,
        text=_reason(reply.reject_reason, shown(reply.reason_code), None),
        details=_details(reply, reply.execution_latency_ms),
        provider=shown(reply.liquidity_provider),
        attempt=attempt,
        state=state,
    )


def _status(name: str, event_type: str) -> tuple[VenueStatus, str]:
    """Return the status for *name*, or without one for *event_type*; and the name, if it is
    unknown.
    """
    status = STATUS.get(name) if name else BY_EVENT_TYPE.get(event_type)
    if status is not None:
        return status, ""
    return VenueStatus.UNCLEAR, border.text_of(name or event_type, border.WORD_CHARS_MAX) or "?"


def answer(
    result: Answer, order_id: str, command: Command, now_ms: int, *, trust: bool, attempt: int = 0
) -> Tell | Outcome:
    """Return the report or outcome in *result*, for a command on *order_id* (the venue's)."""
    if result.status != OK:
        return codes.refusal(result.status, command, detail(result.body), trust=trust)
    try:
        reply = REPLY.whole(result.body)
        if reply.order_id != order_id:
            raise Unreadable("it is not about our order")
        return reply_tell(reply, now_ms, attempt)
    except Unreadable as error:
        return Unknown(f"HTTP 200, cannot be read: {error}")


def detail(body: bytes) -> str:
    """Return the text of an error, for Text(58)."""
    try:
        error = read_error(body).error
    except Unreadable:
        return ""
    if error is None:
        return ""
    return " ".join(part for part in (error.code, error.message) if part)[:DETAIL_CHARS]


def time_ms(raw: Raw, now_ms: int) -> int | None:
    """`2024-08-15T09:31:04.913Z`, or Unix milliseconds, as those; None where it is no time that
    can be."""
    written = shown(raw)
    try:
        if written.isascii() and written.isdecimal():
            told = int(written)
        else:
            moment = datetime.fromisoformat(written)
            told = border.instant_ms(moment.replace(tzinfo=moment.tzinfo or UTC))
    except ValueError:
        return None
    return border.time_ms(told, now_ms)


def _execution(quantity: Decimal | None, price: Decimal | None) -> tuple[Decimal, Decimal]:
    if quantity is None or quantity.is_zero():
        return ZERO, ZERO
    last_qty, last_px = border.quantity(quantity), border.price(price)
    if last_qty is None:
        raise Unreadable(f"fill_quantity {str(quantity)[:DETAIL_CHARS]}")
    if last_px is None:
        raise Unreadable(f"fill_quantity {last_qty} with fill_price {str(price)[:DETAIL_CHARS]}")
    return last_qty, last_px


def _reason(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)[:DETAIL_CHARS]


def _details(told: ToldFill, latency: Raw) -> str:
    """Return its details, such as `TIER_1, latency 0.31 ms, slippage 0.0 pips`."""
    latency_ms, slippage = shown(latency), shown(told.slippage_pips)
    parts = (
        shown(told.routing_tier),
        f"latency {latency_ms} ms" if latency_ms else "",
        f"slippage {slippage} pips" if slippage else "",
    )
    return ", ".join(part for part in parts if part)
