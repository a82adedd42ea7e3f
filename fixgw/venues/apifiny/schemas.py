"""Apifiny's payloads as types. Only the keys we read are named; others are ignored.

Numbers are Decimal, decoded from their digits. The manual contradicts itself and its clients on
some forms (an object or an array of one, a bare array or an envelope, a number or a string of
digits), so both are accepted everywhere. Rows are read one by one: a fault in one does not affect
another.
"""

from decimal import Decimal

from msgspec import Raw, Struct

from fixgw.venues.kit import payloads
from fixgw.venues.kit.payloads import (
    NULL, Damaged, RowReader, Unreadable, is_null, payload_reader, read_list, reader_or,
)


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


class RawFrame(Struct, rename="camel", frozen=True):
    """A frame whose parts are read one by one, as they do not all fit."""

    result: Raw = NULL
    error: Raw = NULL
    payload: Raw = NULL
    log_timestamp: Raw = NULL
    ping: Raw = NULL


class OrderEnvelope(Struct, frozen=True):
    """The standard response around orders, its rows unread."""

    result: Raw = NULL
    error: Raw = NULL


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


class ListEnvelope(Struct, frozen=True):
    """listSymbolInfo, or listVenueInfo; its rows unread: one that is wrong must not hide
    the others. The keys of listVenueInfo carry stray blanks in the manual: `"exchange "`; a row may
    hold anything else beside what we look for.
    """

    result: list[Raw] | None = None
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


read_frame = payload_reader(Frame)
read_raw_frame = payload_reader(RawFrame)
read_envelope = payload_reader(OrderEnvelope)
read_symbols = read_venues = payload_reader(ListEnvelope)
read_time = payload_reader(TimeEnvelope)
read_commission = payload_reader(CommissionEnvelope)

ORDER = RowReader(
    OrderRow,
    decides=(
        "order_id", "filled_cumulative_quantity", "last_filled_quantity", "last_filled_price",
    ),
    name="order_id",
)
SYMBOL = RowReader(SymbolRow, decides=SymbolRow.__struct_fields__, name="symbol")

Rows = payloads.Rows[OrderRow]
_read_error = reader_or(ErrorBody, ErrorBody())


def read_rows(raw: Raw | bytes) -> Rows:
    """The orders in *raw*: a list of them, or one, or none where it is something else."""
    written = bytes(raw).lstrip()
    if written.startswith(b"["):
        try:
            return ORDER.read_all(read_list(raw))
        except Unreadable as error:
            return Rows(damaged=(Damaged(str(error)),))
    if not written.startswith(b"{"):
        return Rows()
    row = ORDER.read(raw)
    return Rows(damaged=(row,)) if isinstance(row, Damaged) else Rows(rows=(row,))


def read_error(raw: Raw) -> ErrorBody | None:
    """`error`; one that is none as documented is an error of which nothing is known."""
    return None if is_null(raw) else _read_error(raw)
