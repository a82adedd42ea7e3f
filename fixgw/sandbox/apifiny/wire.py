"""The venue's data on the wire: payload types by the manual's field names, and the envelope.

Numbers leave as JSON numbers written from Decimal in plain notation; they never pass through a
float and never carry an exponent. That is why number fields are Raw: the text is made here.
"""

from decimal import Decimal

import msgspec
from msgspec import Raw, Struct

from fixgw.sandbox.apifiny.codes import Refusal
from fixgw.sandbox.exact import plain

encode = msgspec.json.Encoder().encode


def number(value: Decimal) -> Raw:
    """Return a JSON number with all digits of *value* and no exponent."""
    return Raw(plain(value).encode())


def optional_number(value: Decimal | None) -> Raw | None:
    """Return a JSON number or null."""
    return None if value is None else number(value)


class OrderView(Struct, rename="camel", frozen=True, kw_only=True):
    """The order object of every order call ("Create New Order", "Response")."""

    account_id: str
    venue: str
    order_id: str
    symbol: str
    order_type: str
    order_side: str
    limit_price: Raw | None
    quantity: Raw | None
    filled_average_price: Raw
    filled_cumulative_quantity: Raw
    time_in_force: int
    open_quantity: Raw | None
    order_status: str
    created_at: int
    updated_at: int
    cancelled_updated_at: int | None
    filled_updated_at: int | None
    # Came in 2022; null where unused.
    total: Raw | None
    stop_type: str | None = None
    trigger_price: Raw | None = None
    trigger_time: int | None = None


class FillView(OrderView, frozen=True, kw_only=True):
    """One row of listFilledOrder: the order right after a fill, and the fill."""

    last_commission: Raw | None
    last_commission_currency: str | None
    last_filled_quantity: Raw | None
    last_filled_price: Raw | None
    is_taker: bool | None


class OrderUpdateView(FillView, frozen=True, kw_only=True):
    """The payload of the order stream.

    ASSUMPTION: an update that is no fill carries the fields of the last fill as null.
    """

    last_filled_created_at: int | None


class OrderMessage(Struct, rename="camel", frozen=True):
    """The manual's "Order Update Payload"."""

    log_timestamp: int
    payload: OrderUpdateView


class AssetRow(Struct, rename="camel", frozen=True, kw_only=True):
    """One currency of "Account Update Payload"."""

    account_id: str
    amount: Raw
    available: Raw
    currency: str
    frozen: Raw
    venue: str


class AssetMessage(Struct, rename="camel", frozen=True):
    """The manual's "Account Update Payload", to be put in an envelope."""

    log_timestamp: int
    payload: list[AssetRow]


class BalanceRow(Struct, rename="camel", frozen=True, kw_only=True):
    """One currency of listBalance."""

    account_id: str
    venue: str
    currency: str
    coin: str
    amount: Raw
    available: Raw
    frozen: Raw
    updated_at: int


class SubAccount(Struct, rename="camel", frozen=True, kw_only=True):
    """The account at one venue."""

    account_id: str
    venue: str
    account_status: str
    created_at: int
    updated_at: int


class AccountInfo(Struct, rename="camel", frozen=True, kw_only=True):
    """queryAccountInfo."""

    account_id: str
    account_status: str
    created_at: int
    updated_at: int
    sub_account_info: list[SubAccount]


class CommissionRate(Struct, rename="camel", frozen=True, kw_only=True):
    """getCommissionRate."""

    account_id: str
    trading_volume: Raw
    take_fee: Raw
    make_fee: Raw
    special_rate: Raw


class VenueInfo(Struct, frozen=True, kw_only=True):
    """One row of listVenueInfo.

    The manual's sample prints the keys as "exchange " and "status " with a blank behind them;
    its table and the vendor's clients say `exchange` and `status`, and so do we.
    """

    exchange: str
    status: str


class SymbolInfo(Struct, rename="camel", frozen=True, kw_only=True):
    """One row of listSymbolInfo."""

    symbol: str
    base_asset: str
    base_asset_precision: int
    quote_asset: str
    quote_precision: int
    min_price: Raw
    max_price: Raw
    min_quantity: Raw
    max_quantity: Raw
    tick_size: Raw
    step_size: Raw
    min_notional: Raw
    max_notional: Raw
    status: str


class CurrencyInfo(Struct, rename="camel", frozen=True, kw_only=True):
    """One row of listCurrency."""

    currency: str
    currency_precision: int
    status: str
    withdraw_max_amount: Raw
    withdraw_min_amount: Raw
    withdraw_min_fee: Raw
    next_status: str | None = None
    next_status_at: int | None = None
    coin: str


class ErrorBody(Struct, frozen=True):
    """The `error` of an envelope."""

    code: int
    message: str


class Envelope(Struct, frozen=True):
    """The manual's "Standard response"."""

    result: object
    error: ErrorBody | None


def success(result: object) -> bytes:
    """Return the envelope of a call that worked."""
    return encode(Envelope(result, None))


def failure(refusal: Refusal) -> bytes:
    """Return the envelope of a call that did not."""
    return encode(Envelope(None, ErrorBody(refusal.number, refusal.message)))
