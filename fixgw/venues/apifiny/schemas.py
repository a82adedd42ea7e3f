"""Apifiny's payloads as types. Only the keys we read are named; others are ignored.

Numbers are Decimal, decoded from their digits. The manual contradicts itself and its clients on
some forms (an object or an array of one, a bare array or an envelope, a number or a string of
digits), so both are accepted everywhere. Rows are read one by one: a fault in one does not affect
another.
"""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Raw, Struct

from fixgw.venues.kit.payloads import (
    NULL, Damaged, RowReader, Unreadable, payload_reader, reader_or,
)

NOTHING = Raw(b"null")


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

    result: Raw = NOTHING
    error: Raw = NOTHING
    payload: Raw = NOTHING
    log_timestamp: Raw = NOTHING
    ping: Raw = NOTHING


class OrderEnvelope(Struct, frozen=True):
    """The standard response around orders, its rows unread."""

    result: Raw = NOTHING
    error: Raw = NOTHING


class Rows(Struct, frozen=True):
    """Orders of an answer or a frame: those that can be read, and those that cannot."""

    rows: Sequence[OrderRow] = ()
    damaged: Sequence[Damaged] = ()


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
    """listVenueInfo. Its keys carry stray blanks in the manual: `"exchange "`; a row may hold
    anything else beside what we look for."""

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
read_symbols = payload_reader(SymbolEnvelope)
read_venues = payload_reader(VenuesEnvelope)
read_venue = payload_reader(dict[str, Raw])
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

_read_list = payload_reader(list[Raw])
_read_error = reader_or(ErrorBody, ErrorBody())


def read_rows(raw: Raw | bytes) -> Rows:
    """The orders in *raw*: a list of them, or one, or none where it is something else."""
    written = bytes(raw).lstrip()
    if written.startswith(b"["):
        try:
            return Rows(*ORDER.read_all(_read_list(raw)))
        except Unreadable as error:
            return Rows(damaged=(Damaged(str(error)),))
    if not written.startswith(b"{"):
        return Rows()
    row = ORDER.read(raw)
    return Rows(damaged=(row,)) if isinstance(row, Damaged) else Rows(rows=(row,))


def read_error(raw: Raw) -> ErrorBody | None:
    """`error`; one that is none as documented is an error of which nothing is known."""
    return None if bytes(raw) == NULL else _read_error(raw)
