"""Finery's payloads as types. Only the fields we read are named; others are ignored.

Rows of feeds and lists are arrays: they are read by position, and fields that newer versions of the
API have appended are ignored.
"""

from collections.abc import Sequence

from msgspec import Raw, Struct

from fixgw.venues.kit.payloads import (
    NULL, Damaged, RowReader, Unreadable, is_null, payload_reader, read_list,
)


class Head(Struct, array_like=True, frozen=True, kw_only=True, gc=False):
    """The first fields of an order and of a deal."""

    instrument: str = ""
    order_type: Raw = NULL
    side: int | None = None
    cancel_reason: int | str | None = None
    order_id: int = 0
    client_order_id: int | None
    """None, and 0, of an order that somebody else made."""
    price: Raw = NULL
    initial_size: int
    """Units; of the quote currency if the order is by volume."""
    size_left: int
    """In a deal: what is left after it."""
    created_at: Raw = NULL


class OrderRow(Head, array_like=True, frozen=True, kw_only=True, gc=False):
    """An order of feed O or of `positions`."""

    by_volume: int = 0


class DealRow(Head, array_like=True, frozen=True, kw_only=True, gc=False):
    """A deal of feed O or of `dealHistory`: the order, and one execution of it."""

    deal_moment: int = 0
    deal_id: int
    deal_aggressor_side: int | None = None
    deal_price: int
    deal_size: int
    deal_volume: int | None = None
    deal_delta: Raw = NULL
    counterparty_id: int = 0
    by_volume: int = 0


class Who(Struct, array_like=True, frozen=True, kw_only=True):
    """The order that an otherwise unreadable row belongs to."""

    instrument: Raw = NULL
    order_type: Raw = NULL
    side: Raw = NULL
    cancel_reason: Raw = NULL
    order_id: int = 0
    client_order_id: int | None = None


class Lost(Struct, frozen=True):
    """A row that cannot be used, and whose it seems to be."""

    text: str
    client_order_id: int | None = None
    order_id: int = 0
    anyones: bool = False
    """The name that it bears cannot be read, so it may be that of any order; without one, it is
    somebody else's."""


class ReplyDeal(Struct, rename="camel", frozen=True, gc=False):
    """A deal inside the reply to `add` or `mod`."""

    id: int
    price: int
    size: int
    counterparty_id: int = 0


class AddReply(Struct, rename="camel", frozen=True):
    """The reply to `add`."""

    id: int = 0
    remaining_size: int | None = None
    remaining_volume: int | None = None
    client_order_id: int | None = None
    cancel_reason: int | str | None = None
    deals: Raw = NULL


class DelReply(Struct, rename="camel", frozen=True, gc=False):
    """The reply to `del`."""

    remaining_size: int | None = None


class ModReply(Struct, rename="camel", frozen=True):
    """The reply to `mod`: the order *orig_id* is gone, the order *id* is in its place."""

    id: int
    initial_size: int
    remaining_size: int
    orig_id: int
    orig_remaining_size: int
    cancel_reason: int | str | None = None
    deals: Raw = NULL


class ErrorBody(Struct, frozen=True, gc=False):
    """An error: a code, and the parameter at fault where one is named."""

    error: int | None = None
    param: str | None = None


class ModError(Struct, rename="camel", frozen=True, gc=False):
    """The error of a `mod` that has removed the old order and could not place the new one.

    Without `orig_id` it is the error of any call, and nothing was removed.
    """

    error: int | None = None
    param: str | None = None
    orig_id: int | None = None
    orig_remaining_size: int | None = None


class ModErrorBody(ModError, rename="camel", frozen=True):
    """A ModError over REST: inside a `reply` or, as the table on the vendor's page may be read, by
    itself.
    """

    reply: Raw = NULL


class Frame(ModError, rename="camel", frozen=True):
    """An object on the socket: the reply to a request, or one of no use."""

    req_id: int | None = None
    reply: Raw = Raw()


class Feed(Struct, array_like=True, frozen=True):
    """An array on the socket: `[feed, feedId, action, payload]`."""

    feed: str
    feed_id: Raw
    action: str
    payload: Raw


class CurrencyRow(Struct, array_like=True, frozen=True):
    """A currency of `instruments`."""

    name: str
    id: Raw
    balance_step: int


class InstrumentRow(Struct, array_like=True, frozen=True):
    """An instrument of `instruments`."""

    name: str
    id: Raw
    asset: str
    balance: str


class Instruments(Struct, array_like=True, frozen=True):
    """The answer to `instruments`, its rows unread: one that is wrong must not hide the others."""

    currencies: list[Raw]
    instruments: list[Raw]


class Positions(Struct, array_like=True, frozen=True):
    """The answer to `positions`; what we read of it are the open orders."""

    next_id: Raw
    positions: Raw
    orders: list[Raw]


OF_AN_ERROR = ("error", "orig_id", "orig_remaining_size")

ORDER = RowReader(
    OrderRow,
    decides=("client_order_id", "initial_size", "size_left", "by_volume"),
    name="client_order_id",
)
DEAL = RowReader(
    DealRow,
    decides=(
        "client_order_id", "initial_size", "size_left", "by_volume",
        "deal_id", "deal_price", "deal_size",
    ),
    name="client_order_id",
)
_WHO = RowReader(Who, decides=("client_order_id",))
REPLY_DEAL = RowReader(ReplyDeal, decides=("id", "price", "size"))
ADD = RowReader(
    AddReply, decides=("remaining_size", "remaining_volume", "client_order_id", "cancel_reason")
)
DEL = RowReader(DelReply, decides=("remaining_size",))
MOD = RowReader(
    ModReply,
    decides=(
        "id", "initial_size", "remaining_size", "orig_id", "orig_remaining_size", "cancel_reason",
    ),
)
ERROR = RowReader(ErrorBody, decides=("error",))
MOD_ERROR = RowReader(ModError, decides=OF_AN_ERROR)
MOD_ERROR_BODY = RowReader(ModErrorBody, decides=OF_AN_ERROR)
FRAME = RowReader(Frame, decides=("req_id", *OF_AN_ERROR), name="req_id")
CURRENCY = RowReader(CurrencyRow, decides=("name", "balance_step"), name="name")
INSTRUMENT = RowReader(InstrumentRow, decides=("name", "asset", "balance"), name="name")

read_feed = payload_reader(Feed)
read_positions = payload_reader(Positions)
read_instruments = payload_reader(Instruments)
_read_code = payload_reader(int)


def read_code(raw: Raw) -> int:
    """An error code, which was once seen inside an array of one."""
    if bytes(raw).startswith(b"["):
        codes = read_list(raw)
        return _read_code(codes[0]) if codes else -1
    return _read_code(raw)


def lost(raw: Raw, row: Damaged) -> Lost:
    """Return the order that *raw*, an unreadable row, belongs to, as far as it can be read."""
    who = _WHO.read(raw)
    if isinstance(who, Damaged):
        return Lost(row.text, anyones=True)
    return Lost(row.text, who.client_order_id, who.order_id)


def rows_of(payload: Raw) -> Sequence[Raw]:
    """A payload's row, or its rows: the documents show one, and what holds lists can only be
    several. Raises Unreadable for what is neither."""
    if b"[" not in bytes(payload).lstrip()[1:]:
        return (payload,)
    parts = read_list(payload)
    lists = sum(1 for part in parts if bytes(part)[:1] == b"[")
    return parts if 2 * lists >= len(parts) else (payload,)


def deals_of(raw: Raw) -> tuple[Sequence[ReplyDeal], str]:
    """The deals of a reply that can be read; and why others cannot, or ""."""
    if is_null(raw):
        return [], ""
    try:
        deals, damaged = REPLY_DEAL.read_all(read_list(raw))
    except Unreadable as error:
        return [], str(error)
    return deals, damaged[0].text if damaged else ""
