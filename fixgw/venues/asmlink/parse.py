"""What asmlink says, as what it means: a payload in, a Tell or an Outcome out.

Pure, and it never raises for what a venue sent but Unreadable, which its
callers here turn into an unknown outcome. A number is taken as it is written.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

import msgspec
from msgspec import Raw, Struct

from fixgw.model.enums import Command
from fixgw.model.number import ZERO, text
from fixgw.model.venue import Outcome, Unknown, VenueStatus
from fixgw.venues.asmlink import codes
from fixgw.venues.asmlink.schemas import Event, RouteReply, decode_error, decode_event
from fixgw.venues.asmlink.schemas import decode_reply, shown
from fixgw.venues.outcome import Answer

OK = 200
MAX_DIGITS = 40
"""Of a number; no venue counts in more."""
DETAIL_CHARS = 200

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

BY_EVENT_TYPE = {
    "order.filled": VenueStatus.WORKING,
    "order.rejected": VenueStatus.REJECTED,
    "order.cancelled": VenueStatus.CANCELED,
}
"""What an event without an execution_status says. `order.filled`: "Full or partial fill"."""

Source = Literal["reply", "stream", "webhook"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Unreadable(Exception):
    """What the venue sent is not what its document describes; the text says in what."""


class Tell(Struct, frozen=True, kw_only=True):
    """One thing the venue told of one order, in whichever way."""

    source: Source
    event_id: str
    """What makes a repetition in the same way known."""
    status: VenueStatus
    at: int
    """The venue's time of it, Unix milliseconds."""
    quantity: Decimal = ZERO
    """What was executed: by this event; or, of a reply, of the order up to *at*."""
    price: Decimal = ZERO
    text: str = ""
    details: str = ""
    """Of an execution, for the client: by which tier, how fast, how far from the price."""
    provider: str = ""
    """Of an execution: who filled it."""
    attempt: int = 0
    """How often the order had been routed before this one was."""


def event(body: bytes) -> Event:
    """A message of the stream, or of a webhook."""
    try:
        return decode_event(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from None


def event_id(told: Event, body: bytes) -> str:
    """Its own name, or one made of all it says."""
    return told.event_id or f"sha256:{hashlib.sha256(body).hexdigest()}"


def event_tell(
    told: Event, body: bytes, source: Source, now_ms: int, attempt: int = 0
) -> Tell:
    """What an event of an order tells; *now_ms* is its time if it names none."""
    name = (told.execution_status or "").upper()
    status = STATUS.get(name) if name else BY_EVENT_TYPE.get(told.event_type)
    if status is None:
        raise Unreadable(f"{told.event_type!r} with execution_status {name!r}")
    executed = name in EXECUTED or (not name and told.event_type == "order.filled")
    quantity, price = ZERO, ZERO
    if executed:
        quantity, price = _execution(told.fill_quantity, told.fill_price)
        if not quantity:
            raise Unreadable(f"{told.event_type!r} without a fill_quantity")
    return Tell(
        source=source,
        event_id=event_id(told, body),
        status=status,
        at=time_ms(told.timestamp_utc, now_ms),
        quantity=quantity,
        price=price,
        text=_reason(told.reject_reason, told.reason_code, told.message),
        details=_details(told, told.latency_ms),
        provider=shown(told.liquidity_provider),
        attempt=attempt,
    )


def reply_tell(reply: RouteReply, now_ms: int, attempt: int = 0) -> Tell:
    """What a reply about an order tells; *now_ms* is its time if it names none."""
    name = reply.status.upper()
    status = STATUS.get(name)
    if status is None:
        raise Unreadable(f"status {reply.status!r}")
    quantity, price = _execution(reply.fill_quantity, reply.fill_price)
    if name in EXECUTED and not quantity:
        raise Unreadable(f"status {name} without a fill_quantity")
    at = time_ms(reply.timestamp_fill_utc, now_ms)
    return Tell(
        source="reply",
        event_id=f"{name} {text(quantity)} {reply.timestamp_fill_utc or ''}".rstrip(),
        status=status,
        at=at,
        quantity=quantity,
        price=price,
        text=_reason(reply.reject_reason, reply.reason_code, None),
        details=_details(reply, reply.execution_latency_ms),
        provider=shown(reply.liquidity_provider),
        attempt=attempt,
    )


def answer(
    result: Answer, order_id: str, command: Command, now_ms: int, *, trust: bool, attempt: int = 0
) -> Tell | Outcome:
    """What became of a command for *order_id* (the venue's) that was answered with *result*."""
    if result.status != OK:
        return codes.refusal(result.status, command, detail(result.body), trust=trust)
    try:
        reply = decode_reply(result.body)
        if reply.order_id != order_id:
            raise Unreadable("it is not about our order")
        return reply_tell(reply, now_ms, attempt)
    except (Unreadable, msgspec.DecodeError, UnicodeDecodeError) as error:
        return Unknown(f"HTTP 200, cannot be read: {error}")


def detail(body: bytes) -> str:
    """What an error says of itself, for Text(58)."""
    try:
        error = decode_error(body).error
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    if error is None:
        return ""
    return " ".join(part for part in (error.code, error.message) if part)[:DETAIL_CHARS]


def time_ms(written: str | None, now_ms: int) -> int:
    """`2024-08-15T09:31:04.913Z` as Unix milliseconds; *now_ms* where it is none."""
    try:
        moment = datetime.fromisoformat(written or "")
    except ValueError:
        return now_ms
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // MILLISECOND


def _execution(quantity: Decimal | None, price: Decimal | None) -> tuple[Decimal, Decimal]:
    if quantity is None or not quantity:
        return ZERO, ZERO
    if not _is_plain(quantity) or quantity < ZERO:
        raise Unreadable(f"fill_quantity {quantity}")
    if price is None or not _is_plain(price):
        raise Unreadable(f"fill_quantity {quantity} with fill_price {price}")
    return quantity, price


def _is_plain(number: Decimal) -> bool:
    """Whether sums and products of *number* stay exact (`model.number.EXACT`)."""
    return (
        number.is_finite()
        and abs(number.adjusted()) <= MAX_DIGITS
        and len(number.as_tuple().digits) <= MAX_DIGITS
    )


def _reason(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)[:DETAIL_CHARS]


def _details(told: Event | RouteReply, latency: Raw) -> str:
    """Such as `TIER_1, latency 0.31 ms, slippage 0.0 pips`, of what it says."""
    latency_ms, slippage = shown(latency), shown(told.slippage_pips)
    parts = (
        shown(told.routing_tier),
        f"latency {latency_ms} ms" if latency_ms else "",
        f"slippage {slippage} pips" if slippage else "",
    )
    return ", ".join(part for part in parts if part)
