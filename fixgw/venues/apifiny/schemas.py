"""Apifiny's payloads as types. Only what we read is named; other keys are ignored.

Numbers are Decimal, decoded from their digits. The manual contradicts itself
and its clients on some forms (an object or an array of one, a bare array or
an envelope, a number or a string of digits), so both are taken everywhere.
"""

from decimal import Decimal

import msgspec
from msgspec import Raw, Struct


class OrderRow(Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """The order object: replies, lists, fills and updates all carry this one."""

    order_id: str = ""
    order_status: str = ""
    venue: str = ""
    symbol: str = ""
    filled_cumulative_quantity: Decimal | None = None
    filled_average_price: Decimal | None = None
    created_at: int | None = None
    updated_at: int | None = None
    filled_updated_at: int | None = None
    last_filled_quantity: Decimal | None = None
    last_filled_price: Decimal | None = None
    last_filled_created_at: int | None = None
    last_commission: Decimal | None = None
    last_commission_currency: str | None = None
    is_taker: bool | None = None


class ErrorBody(Struct, frozen=True, gc=False):
    """`error` of the envelope. The manual writes codes in hex, its clients read decimals."""

    code: int | str | None = None
    message: str | None = None


class Frame(Struct, rename="camel", frozen=True, gc=False):
    """A text frame of a private socket: a reply, an update, a heartbeat, or one of no use.

    An update of balances is `result` with an object that is no order.
    """

    result: list[OrderRow] | OrderRow | str | bool | None = None
    error: ErrorBody | None = None
    payload: list[OrderRow] | OrderRow | None = None
    log_timestamp: int | None = None
    ping: int | None = None


class OrderEnvelope(Struct, frozen=True):
    """The standard response around orders."""

    result: list[OrderRow] | OrderRow | None = None
    error: ErrorBody | None = None


class SymbolRow(Struct, rename="camel", frozen=True, kw_only=True):
    """A row of listSymbolInfo."""

    symbol: str
    base_asset: str
    quote_asset: str
    status: str
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    tick_size: Decimal | None = None
    step_size: Decimal | None = None
    min_notional: Decimal | None = None
    max_notional: Decimal | None = None


class SymbolEnvelope(Struct, frozen=True):
    """listSymbolInfo, its rows unread: one that is wrong must not hide the others."""

    result: list[Raw] | None = None
    error: ErrorBody | None = None


class VenuesEnvelope(Struct, frozen=True):
    """listVenueInfo. Its keys carry stray blanks in the manual: `"exchange "`."""

    result: list[dict[str, str | None]] | None = None
    error: ErrorBody | None = None


class TimeEnvelope(Struct, frozen=True):
    """currentTimeMillis."""

    result: int | None = None
    error: ErrorBody | None = None


class CommissionRow(Struct, rename="camel", frozen=True, kw_only=True):
    """A row of getCommissionRate."""

    take_fee: Decimal
    make_fee: Decimal
    special_rate: Decimal | None = None


class CommissionEnvelope(Struct, frozen=True):
    """getCommissionRate."""

    result: list[CommissionRow] | CommissionRow | None = None
    error: ErrorBody | None = None


# Not strict: a number may come as a string of digits.
decode_frame = msgspec.json.Decoder(Frame, strict=False).decode
decode_orders = msgspec.json.Decoder(OrderEnvelope, strict=False).decode
decode_bare_orders = msgspec.json.Decoder(list[OrderRow], strict=False).decode
decode_symbols = msgspec.json.Decoder(SymbolEnvelope, strict=False).decode
decode_symbol = msgspec.json.Decoder(SymbolRow, strict=False).decode
decode_venues = msgspec.json.Decoder(VenuesEnvelope, strict=False).decode
decode_time = msgspec.json.Decoder(TimeEnvelope, strict=False).decode
decode_commission = msgspec.json.Decoder(CommissionEnvelope, strict=False).decode
