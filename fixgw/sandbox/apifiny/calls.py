"""The REST calls as a table: path, method, parameters, permissions, and answering function.

Answers are made from the exchange and returned as payload types. Nothing here checks
signatures, counts requests or touches a socket; api.py does the first two before it comes here.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import Enum, auto
from typing import Any

from msgspec import Struct

from fixgw.sandbox.apifiny.codes import bad_request
from fixgw.sandbox.apifiny.config import AccountSettings, InstrumentSettings
from fixgw.sandbox.apifiny.exchange import Exchange, sub_account
from fixgw.sandbox.apifiny.orders import FINAL, fill_row
from fixgw.sandbox.apifiny.params import (
    CancelAll,
    NewOrder,
    OrderIds,
    OrderRef,
    Params,
    SymbolRef,
    Window,
)
from fixgw.sandbox.apifiny.wire import (
    AccountInfo,
    BalanceRow,
    CommissionRate,
    CurrencyInfo,
    FillView,
    OrderView,
    SubAccount,
    SymbolInfo,
    VenueInfo,
    number,
)
from fixgw.sandbox.exact import exact

# "the total number of order ID cannot exceed 500"
MAX_ORDER_IDS = 500
# "Default 500; max 1000"
MAX_ROWS = 1_000
DAY_MS = 86_400_000
# "Data time range": three months, taken as 90 days.
RANGE_MS = 90 * DAY_MS
# tradingVolume is "cumulative trading volume within 30 days".
VOLUME_MS = 30 * DAY_MS


class Access(Enum):
    """The rights that a call needs."""

    PUBLIC = auto()
    READ = auto()
    TRADE = auto()


class VenueRule(Enum):
    """The rule for `venue` among a call's parameters."""

    REQUIRED = auto()
    OPTIONAL = auto()


class Scope(Struct, frozen=True):
    """On whose behalf, where (None: every venue) and when a call is answered."""

    account: AccountSettings
    venue: str | None
    now: int

    @property
    def account_id(self) -> str:
        """The customer's account."""
        return self.account.account_id

    @property
    def one_venue(self) -> str:
        """The venue of a call that requires one."""
        assert self.venue is not None, "a call with VenueRule.REQUIRED came without a venue"
        return self.venue


Handler = Callable[[Exchange, Scope, Any], object]
PublicHandler = Callable[[Exchange, str | None, int], object]


class Call(Struct, frozen=True, kw_only=True):
    """One row of the table. *bare* lists may leave without the envelope."""

    path: str
    method: str = "GET"
    access: Access = Access.READ
    params: type[Params] = Params
    venue: VenueRule = VenueRule.REQUIRED
    answer: Handler
    bare: bool = False

    @property
    def name(self) -> str:
        """The last part of the path, by which faults and the record know the call."""
        return self.path.rpartition("/")[2]


class PublicCall(Struct, frozen=True, kw_only=True):
    """A call that needs no signature and takes no parameters."""

    path: str
    answer: PublicHandler

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


# -- orders --------------------------------------------------------------------------------


def _new_order(exchange: Exchange, scope: Scope, params: NewOrder) -> list[OrderView]:
    return [exchange.place(scope.account_id, scope.one_venue, params, scope.now).view()]


def _cancel_order(exchange: Exchange, scope: Scope, params: OrderRef) -> list[OrderView]:
    """Return the order as it stands. ASSUMPTION: still SUBMITTED, the cancel being under way."""
    order = exchange.cancel(scope.account_id, scope.one_venue, params.order_id, scope.now)
    return [order.view()]


def _cancel_all(exchange: Exchange, scope: Scope, params: CancelAll) -> list[str]:
    return exchange.cancel_all(scope.account_id, scope.one_venue, params.symbol, scope.now)


def _query_order(exchange: Exchange, scope: Scope, params: OrderRef) -> list[OrderView]:
    return [exchange.order(scope.account_id, scope.venue, params.order_id).view()]


def _list_multiple(exchange: Exchange, scope: Scope, params: OrderIds) -> list[OrderView]:
    """ASSUMPTION: an id that is no order of this account is left out."""
    wanted = dict.fromkeys(part for part in params.order_id_list.split(",") if part)
    if len(wanted) > MAX_ORDER_IDS:
        raise bad_request(f"orderIdList has more than {MAX_ORDER_IDS} ids")
    found = (exchange.find(scope.account_id, scope.venue, order_id) for order_id in wanted)
    return [order.view() for order in found if order is not None]


def _list_open(exchange: Exchange, scope: Scope, params: Params) -> list[OrderView]:
    return [order.view() for order in exchange.open_orders(scope.account_id, scope.venue)]


def _list_completed(exchange: Exchange, scope: Scope, params: Window) -> list[OrderView]:
    """ASSUMPTION: the times are those of the last update, and the oldest come first.

    `orderStatus` takes PART_FILLED, FILLED and CANCELLED by the manual; REJECTED does as well.
    """
    final = {status.value for status in FINAL}
    if params.order_status is not None and params.order_status not in final:
        raise bad_request(f"orderStatus {params.order_status!r} is not a final status")
    found = [
        order
        for order in exchange.completed_orders(scope.account_id, scope.venue)
        if params.order_status in (None, order.status.value)
        and (params.start_time is None or order.updated_at >= params.start_time)
        and (params.end_time is None or order.updated_at <= params.end_time)
    ]
    return [order.view() for order in found[: _rows(params)]]


def _list_filled(exchange: Exchange, scope: Scope, params: Window) -> list[FillView]:
    """Return one row per fill. ASSUMPTION: the oldest come first."""
    start, end = _time_range(params, scope.now)
    rows = [
        fill_row(update.payload)
        for update in exchange.fills(scope.account_id, scope.one_venue)
        if start <= update.at <= end
        and params.symbol in (None, update.payload.symbol)
        and params.order_id in (None, update.payload.order_id)
    ]
    return rows[: _rows(params)]


def _rows(params: Window) -> int:
    if not 1 <= params.limit <= MAX_ROWS:
        raise bad_request(f"limit is outside 1 .. {MAX_ROWS}")
    return params.limit


def _time_range(params: Window, now: int) -> tuple[int, int]:
    """Return the range by "Data time range": the last day, or three months from the one end that is
    given."""
    start, end = params.start_time, params.end_time
    if start is None and end is None:
        return now - DAY_MS, now
    if start is None:
        assert end is not None
        return end - RANGE_MS, end
    return start, start + RANGE_MS if end is None else end


# -- account -------------------------------------------------------------------------------


def _account_info(exchange: Exchange, scope: Scope, params: Params) -> list[AccountInfo]:
    account, since = scope.account, exchange.started_at
    subs = [
        SubAccount(
            account_id=sub_account(account.account_id, venue.name),
            venue=venue.name,
            account_status=account.status,
            created_at=since,
            updated_at=since,
        )
        for venue in exchange.settings.venues
        if scope.venue in (None, venue.name)
    ]
    return [
        AccountInfo(
            account_id=account.account_id,
            account_status=account.status,
            created_at=since,
            updated_at=since,
            sub_account_info=subs,
        )
    ]


def _list_balance(exchange: Exchange, scope: Scope, params: Params) -> list[BalanceRow]:
    owner = sub_account(scope.account_id, scope.one_venue)
    coins = {one.currency: one.coin for one in exchange.settings.currencies}
    return [
        BalanceRow(
            account_id=owner,
            venue=scope.one_venue,
            currency=currency,
            coin=coins[currency] or currency,
            amount=number(balance.amount),
            available=number(balance.available),
            frozen=number(balance.frozen),
            updated_at=scope.now,
        )
        for currency, balance in exchange.ledger.balances(owner)
    ]


@exact
def _commission_rate(
    exchange: Exchange, scope: Scope, params: SymbolRef
) -> list[CommissionRate]:
    """ASSUMPTION: the volume is that of the venue, in the quote currency of the symbol."""
    exchange.instrument(scope.one_venue, params.symbol)
    orders = exchange.open_orders(scope.account_id, scope.one_venue)
    orders += exchange.completed_orders(scope.account_id, scope.one_venue)
    amounts = (
        fill.price * fill.quantity
        for order in orders
        if order.terms.symbol == params.symbol
        for fill in order.fills
        if fill.at >= scope.now - VOLUME_MS
    )
    volume = sum(amounts, Decimal(0))
    fees = exchange.settings.fees
    return [
        CommissionRate(
            account_id=sub_account(scope.account_id, scope.one_venue),
            trading_volume=number(volume),
            take_fee=number(fees.take_fee),
            make_fee=number(fees.make_fee),
            special_rate=number(fees.special_rate),
        )
    ]


# -- public --------------------------------------------------------------------------------


def _list_venues(exchange: Exchange, venue: str | None, now: int) -> list[VenueInfo]:
    return [VenueInfo(exchange=one.name, status=one.status) for one in exchange.settings.venues]


def _list_symbols(exchange: Exchange, venue: str | None, now: int) -> list[SymbolInfo]:
    return [
        _symbol_info(instrument)
        for instrument in exchange.settings.instruments
        if venue is None or instrument.trades_at(venue)
    ]


def _symbol_info(instrument: InstrumentSettings) -> SymbolInfo:
    return SymbolInfo(
        symbol=instrument.symbol,
        base_asset=instrument.base_asset,
        base_asset_precision=instrument.base_asset_precision,
        quote_asset=instrument.quote_asset,
        quote_precision=instrument.quote_precision,
        min_price=number(instrument.min_price),
        max_price=number(instrument.max_price),
        min_quantity=number(instrument.min_quantity),
        max_quantity=number(instrument.max_quantity),
        tick_size=number(instrument.tick_size),
        step_size=number(instrument.step_size),
        min_notional=number(instrument.min_notional),
        max_notional=number(instrument.max_notional),
        status=instrument.status,
    )


def _list_currencies(exchange: Exchange, venue: str | None, now: int) -> list[CurrencyInfo]:
    return [
        CurrencyInfo(
            currency=one.currency,
            currency_precision=one.currency_precision,
            status=one.status,
            withdraw_max_amount=number(one.withdraw_max_amount),
            withdraw_min_amount=number(one.withdraw_min_amount),
            withdraw_min_fee=number(one.withdraw_min_fee),
            coin=one.coin or one.currency,
        )
        for one in exchange.settings.currencies
    ]


def _current_time(exchange: Exchange, venue: str | None, now: int) -> int:
    return now


# -- tables --------------------------------------------------------------------------------


def _by_path(calls: Iterable[Call]) -> dict[str, Call]:
    return {call.path: call for call in calls}


CALLS = _by_path(
    [
        Call(
            path="order/newOrder",
            method="POST",
            access=Access.TRADE,
            params=NewOrder,
            answer=_new_order,
        ),
        Call(
            path="order/cancelOrder",
            method="POST",
            access=Access.TRADE,
            params=OrderRef,
            answer=_cancel_order,
        ),
        Call(
            path="order/cancelAccountVenueAllOrder",
            method="POST",
            access=Access.TRADE,
            params=CancelAll,
            answer=_cancel_all,
        ),
        Call(path="order/queryOrderInfo", params=OrderRef, answer=_query_order),
        Call(
            path="order/listMultipleOrderInfo",
            params=OrderIds,
            venue=VenueRule.OPTIONAL,
            answer=_list_multiple,
            bare=True,
        ),
        Call(path="order/listOpenOrder", answer=_list_open),
        Call(
            path="order/listCompletedOrder",
            params=Window,
            venue=VenueRule.OPTIONAL,
            answer=_list_completed,
            bare=True,
        ),
        Call(path="order/listFilledOrder", params=Window, answer=_list_filled),
        # The manual's path, and the one of the vendor's clients.
        Call(path="order/getCommissionRate", params=SymbolRef, answer=_commission_rate),
        Call(path="asset/getCommissionRate", params=SymbolRef, answer=_commission_rate),
        # The vendor's C++ sample marks venue as optional.
        Call(
            path="account/queryAccountInfo", venue=VenueRule.OPTIONAL, answer=_account_info
        ),
        Call(path="asset/listBalance", answer=_list_balance),
    ]
)

PUBLIC_CALLS = {
    call.path: call
    for call in (
        PublicCall(path="utils/listVenueInfo", answer=_list_venues),
        PublicCall(path="utils/listSymbolInfo", answer=_list_symbols),
        PublicCall(path="utils/listCurrency", answer=_list_currencies),
        PublicCall(path="utils/currentTimeMillis", answer=_current_time),
    )
}

LISTS = frozenset(
    {"queryOrderInfo", "listMultipleOrderInfo", "listOpenOrder", "listFilledOrder"}
)
"""The calls that show orders or fills, by name."""

# The actions of the 2022 socket, and the calls they stand for.
ACTIONS = {
    "newOrder": CALLS["order/newOrder"],
    "cancelOrder": CALLS["order/cancelOrder"],
    "cancelAllOrder": CALLS["order/cancelAccountVenueAllOrder"],
}
