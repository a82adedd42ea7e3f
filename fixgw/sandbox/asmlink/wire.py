"""asmlink's payloads as the server writes and reads them. Numbers are JSON numbers, exact.

The document's samples write fill_quantity without a fraction and fill_price as it is.
"""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from fixgw.sandbox.exact import plain

encode = msgspec.json.Encoder().encode


class RouteBody(Struct, frozen=True, kw_only=True):
    """POST /v2/order/route. What may be left out is an ASSUMPTION."""

    order_id: str
    symbol: str
    side: str
    quantity: Decimal
    order_type: str
    routing_tier: str
    account_id: str
    timestamp_utc: str
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: str | None = None


class NamesBody(Struct, frozen=True, kw_only=True):
    """ASSUMPTION: what a cancel says."""

    order_id: str
    account_id: str


class RegisterBody(Struct, frozen=True, kw_only=True):
    """POST /v2/webhook/register."""

    url: str
    events: tuple[str, ...]
    secret: str
    account_id: str

    def __repr__(self) -> str:
        return f"RegisterBody(url={self.url!r}, account_id={self.account_id!r}, secret=***)"


class RouteView(Struct, frozen=True, kw_only=True):
    """The answer to a route; ASSUMPTION: and to a cancel and a status."""

    order_id: str
    status: str
    fill_price: Raw
    fill_quantity: Raw
    liquidity_provider: str | None
    routing_tier: str
    execution_latency_ms: Raw
    slippage_pips: Raw
    timestamp_fill_utc: str
    account_id: str
    reject_reason: str | UnsetType = UNSET


class EventView(Struct, frozen=True, kw_only=True):
    """An event; the last three only in a webhook."""

    event_id: str
    event_type: str
    timestamp_utc: str
    account_id: str
    order_id: str | UnsetType = UNSET
    symbol: str | UnsetType = UNSET
    side: str | UnsetType = UNSET
    execution_status: str | UnsetType = UNSET
    fill_price: Raw | UnsetType = UNSET
    fill_quantity: Raw | UnsetType = UNSET
    latency_ms: Raw | UnsetType = UNSET
    routing_tier: str | UnsetType = UNSET
    liquidity_provider: str | UnsetType = UNSET
    reject_reason: str | UnsetType = UNSET
    message: str | UnsetType = UNSET
    delivery_attempt: int | UnsetType = UNSET
    signature_header: str | UnsetType = UNSET
    idempotent: bool | UnsetType = UNSET


class ErrorRow(Struct, frozen=True, kw_only=True):
    """An error in a request."""

    code: str
    message: str


class ErrorView(Struct, frozen=True, kw_only=True):
    """ASSUMPTION: how a refusal looks."""

    error: ErrorRow


def number(value: Decimal) -> Raw:
    """Return a JSON number without an exponent."""
    return Raw(plain(value).encode())


def timestamp(ms: int) -> str:
    """Unix milliseconds as `2024-08-15T09:31:04.913Z`."""
    moment = datetime.fromtimestamp(ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def failure(code: str, message: str) -> bytes:
    """Return the body of a refusal."""
    return encode(ErrorView(error=ErrorRow(code=code, message=message)))
