"""asmlink's payloads as types. Only the keys we read are named; others are ignored.

Numbers are Decimal, decoded from their digits. A value that only an operator reads is kept as it is
written: an unexpected form must not make an order unknown.
"""

from decimal import Decimal

import msgspec
from msgspec import Raw, Struct

from fixgw.venues.kit.payloads import NULL, RowReader, Unreadable, payload_reader, read_object


SHOWN_CHARS = 40
"""Of a value that only people read."""

DELIVERY = "delivery_attempt"
"""The field of a webhook that is another one each time it comes."""


class ToldFill(Struct, frozen=True, kw_only=True):
    """What a reply and an event tell in the same words."""

    fill_price: Decimal | None = None
    fill_quantity: Decimal | None = None
    liquidity_provider: Raw = NULL
    routing_tier: Raw = NULL
    slippage_pips: Raw = NULL
    reject_reason: str | None = None
    """ASSUMPTION, as `reason_code`: how a reject is explained is not documented."""
    reason_code: Raw = NULL


class RouteReply(ToldFill, frozen=True, kw_only=True):
    """The answer of /order/route: order and execution in one."""

    order_id: str = ""
    status: str = ""
    timestamp_fill_utc: Raw = NULL
    execution_latency_ms: Raw = NULL


class Event(ToldFill, frozen=True, kw_only=True):
    """The payload of a webhook; ASSUMPTION: the stream's messages are the same."""

    event_id: str = ""
    event_type: str = ""
    timestamp_utc: Raw = NULL
    account_id: str | None = None
    order_id: str | None = None
    symbol: str | None = None
    execution_status: str | None = None
    latency_ms: Raw = NULL
    message: str | None = None


class ErrorBody(Struct, frozen=True, kw_only=True):
    """`error` of a refusal, an ASSUMPTION: it is shown, and proves nothing."""

    code: str = ""
    message: str = ""


class ErrorEnvelope(Struct, frozen=True, kw_only=True):
    """ASSUMPTION, as `ErrorBody`."""

    error: ErrorBody | None = None


REPLY = RowReader(
    RouteReply, decides=("order_id", "fill_price", "fill_quantity"), name="order_id"
)
EVENT = RowReader(Event, decides=("order_id", "fill_price", "fill_quantity"), name="order_id")
NOTICE = RowReader(Event, decides=("event_type",))
"""Of an event that is about no order: all else only decorates it."""
read_error = payload_reader(ErrorEnvelope)
_encode = msgspec.json.encode


def shown(raw: Raw) -> str:
    """A value that only people read, as it was written, fit for a field of FIX; "" for none."""
    written = bytes(raw).decode(errors="replace").strip('"')
    if written == "null":
        return ""
    return "".join(one if one.isascii() and one.isprintable() else "?" for one in written)[
        :SHOWN_CHARS
    ]


def without_delivery(body: bytes) -> bytes:
    """*body* as it is however often it comes; itself where it cannot be read."""
    try:
        fields = read_object(body)
    except Unreadable:
        return body
    fields.pop(DELIVERY, None)
    return _encode(fields)
