"""Finery's payloads as types. Only what we read is named; other keys are ignored.

Rows of feeds and lists are arrays: they are read by position, and fields that
newer versions of the API have put behind ours are ignored.
"""

import msgspec
from msgspec import Raw, Struct


class Head(Struct, array_like=True, frozen=True, gc=False):
    """What an order and a deal begin with."""

    instrument: str
    order_type: int
    side: int
    cancel_reason: int
    order_id: int
    client_order_id: int
    price: int
    initial_size: int
    """Units; of the quote currency if the order is by volume."""
    size_left: int
    """In a deal: what is left after it."""
    created_at: int


class OrderRow(Head, array_like=True, frozen=True, gc=False):
    """An order of feed O or of `positions`."""

    by_volume: int = 0


class DealRow(Head, array_like=True, frozen=True, gc=False):
    """A deal of feed O or of `dealHistory`: the order, and one execution of it."""

    deal_moment: int
    deal_id: int
    deal_aggressor_side: int
    deal_price: int
    deal_size: int
    deal_volume: int = 0
    deal_delta: int = 0
    counterparty_id: int = 0
    by_volume: int = 0


class ReplyDeal(Struct, rename="camel", frozen=True, gc=False):
    """A deal inside the reply to `add` or `mod`."""

    id: int
    price: int
    size: int
    counterparty_id: int = 0


class AddReply(Struct, rename="camel", frozen=True, gc=False):
    """The reply to `add`."""

    id: int
    remaining_size: int | None = None
    remaining_volume: int | None = None
    client_order_id: int | None = None
    cancel_reason: int = 0
    deals: list[ReplyDeal] = []


class DelReply(Struct, rename="camel", frozen=True, gc=False):
    """The reply to `del`."""

    id: int
    remaining_size: int | None = None


class DelAllReply(Struct, frozen=True, gc=False):
    """The reply to `delAll`."""

    removed: int


class ModReply(Struct, rename="camel", frozen=True, gc=False):
    """The reply to `mod`: the order *orig_id* is gone, the order *id* is in its place."""

    id: int
    initial_size: int
    remaining_size: int
    orig_id: int
    orig_remaining_size: int
    cancel_reason: int = 0
    deals: list[ReplyDeal] = []


class ErrorBody(Struct, frozen=True, gc=False):
    """What is wrong: a code, and the parameter it means where one is named."""

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


class ModErrorBody(ModError, rename="camel", frozen=True, gc=False):
    """The same over REST, where it stands inside a `reply`, or, as the table of the vendor's page
    may be read, by itself."""

    reply: ModError | None = None


class Frame(Struct, rename="camel", frozen=True, gc=False):
    """An object on the socket: the reply to a request, or one of no use."""

    event: str = ""
    req_id: int | None = None
    reply: Raw = Raw()
    error: int | None = None
    param: str | None = None
    orig_id: int | None = None
    orig_remaining_size: int | None = None
    """These two: as in `ModError`."""


class Feed(Struct, array_like=True, frozen=True, gc=False):
    """An array on the socket: `[feed, feedId, action, payload]`."""

    feed: str
    feed_id: int | str
    action: str
    payload: Raw


class CurrencyRow(Struct, array_like=True, frozen=True):
    """A currency of `instruments`."""

    name: str
    id: int
    balance_step: int


class InstrumentRow(Struct, array_like=True, frozen=True):
    """An instrument of `instruments`."""

    name: str
    id: int
    asset: str
    balance: str


class Instruments(Struct, array_like=True, frozen=True):
    """The answer to `instruments`, its rows unread: one that is wrong must not hide the others."""

    currencies: list[Raw]
    instruments: list[Raw]


class Positions(Struct, array_like=True, frozen=True):
    """The answer to `positions`; what we read of it are the open orders."""

    next_id: int
    positions: Raw
    orders: list[OrderRow]


# Not strict: a number may come as a string of digits.
decode_add = msgspec.json.Decoder(AddReply, strict=False).decode
decode_del = msgspec.json.Decoder(DelReply, strict=False).decode
decode_del_all = msgspec.json.Decoder(DelAllReply, strict=False).decode
decode_mod = msgspec.json.Decoder(ModReply, strict=False).decode
decode_mod_error = msgspec.json.Decoder(ModError, strict=False).decode
decode_mod_error_body = msgspec.json.Decoder(ModErrorBody, strict=False).decode
decode_error = msgspec.json.Decoder(ErrorBody, strict=False).decode
decode_frame = msgspec.json.Decoder(Frame, strict=False).decode
decode_feed = msgspec.json.Decoder(Feed, strict=False).decode
decode_order = msgspec.json.Decoder(OrderRow, strict=False).decode
decode_orders = msgspec.json.Decoder(list[OrderRow], strict=False).decode
decode_deal = msgspec.json.Decoder(DealRow, strict=False).decode
decode_deals = msgspec.json.Decoder(list[DealRow], strict=False).decode
decode_positions = msgspec.json.Decoder(Positions, strict=False).decode
decode_instruments = msgspec.json.Decoder(Instruments, strict=False).decode
decode_instrument = msgspec.json.Decoder(InstrumentRow, strict=False).decode
decode_currency = msgspec.json.Decoder(CurrencyRow, strict=False).decode
decode_code = msgspec.json.Decoder(int | list[int], strict=False).decode

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What the decoders raise for what a venue should not have sent."""
