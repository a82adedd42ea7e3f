"""Accept or refuse a NewOrderSingle before anything leaves.

A refusal names the field, what was sent, and what is allowed. Nothing is
ever rounded or replaced to make an order fit.
"""

from decimal import Decimal
from typing import NoReturn

from msgspec.structs import replace

from fixgw.core.routing import ClientTerms, not_allowed
from fixgw.model.capabilities import Capabilities
from fixgw.model.enums import OrdRejReason, OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.model.instrument import Instrument
from fixgw.model.number import ZERO, is_multiple, multiply, text
from fixgw.model.requests import NewOrderSingle
from fixgw.model.terms import FIELDS, PLAIN, Terms

_SIDES = frozenset({Side.BUY, Side.SELL})
_RESTS = frozenset({TimeInForce.GOOD_TILL_CANCEL, TimeInForce.DAY})
_STOPS = frozenset({OrdType.STOP, OrdType.STOP_LIMIT})
_LIMIT, _MARKET = OrdType.LIMIT, OrdType.MARKET
_GTC = TimeInForce.GOOD_TILL_CANCEL


def account_of(request: NewOrderSingle, terms: ClientTerms) -> str:
    """Return the account the order is for: Account(1), or the session's only one."""
    allowed = terms.accounts
    if not request.account:
        if len(allowed) == 1:
            return allowed[0]
        _refuse(
            OrdRejReason.UNKNOWN_ACCOUNT,
            f"Account(1) is needed: this session trades for {', '.join(allowed) or 'none'}",
        )
    if request.account not in allowed:
        raise not_allowed(request.account, terms)
    return request.account


def check_order(
    request: NewOrderSingle,
    instrument: Instrument,
    capabilities: Capabilities,
    now_ms: int,
    post_only_tif: str = "",
) -> None:
    """Raise OrderRefused unless the venue could take *request* as it is; *now_ms* is Unix time.

    *post_only_tif*: the client's own TimeInForce(59) for post only, which the texts name; or "".
    """
    ord_type = request.ord_type
    if request.side not in _SIDES:
        _unsupported("Side(54)", request.side, sorted(_SIDES))
    if ord_type not in capabilities.ord_types:
        _unsupported("OrdType(40)", ord_type, sorted(capabilities.ord_types))
    times = _times_in_force(ord_type, capabilities)
    if request.time_in_force not in times and not _never_rests(request):
        own = {post_only_tif} if post_only_tif and capabilities.post_only else set()
        _unsupported("TimeInForce(59)", request.time_in_force, sorted({*times, *own}))
    if request.post_only and not (
        capabilities.post_only and request.time_in_force in _RESTS and request.price is not None
    ):
        _refuse(
            OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
            f"{post_only_name(post_only_tif)} {_goes_with(post_only_tif)}"
            if capabilities.post_only
            else f"{post_only_name(post_only_tif)} is not taken by the venue",
        )
    if request.terms is not PLAIN:
        _check_terms(request, instrument, capabilities, now_ms)
    if request.cash_order_qty is not None or (
        ord_type is _MARKET and capabilities.cash_order_qty
    ):
        _check_cash_or_quantity(request, instrument, capabilities)
    else:
        _check_quantity(request, instrument)
    if ord_type is _LIMIT:
        _check_price(request, instrument)
    else:
        _check_other_prices(request, instrument, capabilities)


def as_day_order(
    request: NewOrderSingle, capabilities: Capabilities, terms: ClientTerms, now_ms: int
) -> tuple[NewOrderSingle, int]:
    """Return the request for the venue, and the time when the gateway has to cancel it; 0: never.

    A Day order for a venue that has no Day is, where the session wants it so, one good till
    canceled, until the end of the session.
    """
    if request.time_in_force is not TimeInForce.DAY or terms.day_ends is None:
        return request, 0
    times = _times_in_force(request.ord_type, capabilities)
    if TimeInForce.DAY in times or _GTC not in times or _never_rests(request):
        return request, 0
    if not capabilities.cancel:
        return request, 0
    ends = terms.day_ends(now_ms)
    if ends is None:
        _refuse(OrdRejReason.EXCHANGE_CLOSED, "TimeInForce(59) 0 (Day): the session has ended")
    return replace(request, time_in_force=_GTC), ends


def _times_in_force(ord_type: OrdType, capabilities: Capabilities) -> frozenset[TimeInForce]:
    times = capabilities.times_in_force
    if capabilities.times_in_force_of:
        return capabilities.times_in_force_of.get(ord_type, times)
    return times


def post_only_name(own_tif: str) -> str:
    """Return the client's way to ask for post only: its dialect's TimeInForce(59), if that has
    one."""
    return f"TimeInForce(59) {own_tif} (post only)" if own_tif else "ExecInst(18) 6 (post only)"


def _goes_with(own_tif: str) -> str:
    return f"goes with OrdType(40) 2{'' if own_tif else ' and TimeInForce(59) 1'}"


def _never_rests(request: NewOrderSingle) -> bool:
    """Return True for a market order for the day: it is over at once, whatever a venue thinks of
    days."""
    return request.ord_type is OrdType.MARKET and request.time_in_force is TimeInForce.DAY


# ------------------------------------------------------------------------------- how much


def _check_cash_or_quantity(
    request: NewOrderSingle, instrument: Instrument, capabilities: Capabilities
) -> None:
    """Check the quantity where a venue, or the client, counts in the quote asset."""
    if request.ord_type in capabilities.cash_or_quantity:
        if request.cash_order_qty is None:
            _check_quantity(request, instrument)
            return
        if request.order_qty is not None:
            _refuse(
                OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
                "OrderQty(38) and CashOrderQty(152) exclude each other; send one",
            )
    elif not (
        request.ord_type is OrdType.MARKET
        and request.side is Side.BUY
        and capabilities.cash_order_qty
    ):
        if request.cash_order_qty is not None:
            _refuse(OrdRejReason.UNSUPPORTED_CHARACTERISTIC, _no_cash(capabilities))
        _check_quantity(request, instrument)
        return
    _check_cash(request, instrument)


def _no_cash(capabilities: Capabilities) -> str:
    types = capabilities.cash_or_quantity
    if types:
        where = f"taken for OrdType(40) {', '.join(sorted(types))} only"
    elif capabilities.cash_order_qty:
        where = "taken for a market buy only"
    else:
        where = "not taken by the venue"
    return f"CashOrderQty(152) is {where}; send OrderQty(38)"


def _check_quantity(request: NewOrderSingle, instrument: Instrument) -> None:
    quantity = request.order_qty
    if quantity is None or quantity <= ZERO:
        sent = "is missing" if quantity is None else f"{text(quantity)} is not above 0"
        _refuse(OrdRejReason.INCORRECT_QUANTITY, f"OrderQty(38) {sent}")
    if request.terms is not PLAIN and _deals_in_quote(request.terms, instrument):
        # Step, minimum and maximum count the base asset. The limits in the quote asset are those
        # of the notional, and this is it.
        _in_range("OrderQty(38)", quantity, instrument.min_notional, instrument.max_notional,
                  instrument)
        return
    _in_range("OrderQty(38)", quantity, instrument.min_qty, instrument.max_qty, instrument)
    if instrument.step is not None and not is_multiple(quantity, instrument.step):
        _off_grid(OrdRejReason.INCORRECT_QUANTITY, "OrderQty(38)", quantity, "step",
                  instrument.step, instrument)


def _check_cash(request: NewOrderSingle, instrument: Instrument) -> None:
    cash = request.cash_order_qty
    if cash is None or request.order_qty is not None:
        _refuse(
            OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
            "a market buy spends CashOrderQty(152), an amount of "
            f"{instrument.quote}, and takes no OrderQty(38)",
        )
    if cash <= ZERO:
        _refuse(
            OrdRejReason.INCORRECT_QUANTITY, f"CashOrderQty(152) {text(cash)} is not above 0"
        )
    _in_range("CashOrderQty(152)", cash, instrument.min_notional, instrument.max_notional,
              instrument)


# --------------------------------------------------------------------------- at which price


def _check_price(request: NewOrderSingle, instrument: Instrument) -> None:
    price, quantity = request.price, request.order_qty
    assert price is not None, "decode saw to it"
    if price <= ZERO:
        _refuse(OrdRejReason.OTHER, f"Price(44) {text(price)} is not above 0")
    _in_range("Price(44)", price, instrument.min_px, instrument.max_px, instrument)
    if instrument.tick is not None and not is_multiple(price, instrument.tick):
        _off_grid(OrdRejReason.OTHER, "Price(44)", price, "tick", instrument.tick, instrument)
    if instrument.min_notional is None and instrument.max_notional is None:
        return
    if quantity is None or request.terms is not PLAIN and _deals_in_quote(
        request.terms, instrument
    ):
        return  # an amount of the quote asset, compared with these limits as it is
    _in_range("Price(44) x OrderQty(38)", multiply(price, quantity),
              instrument.min_notional, instrument.max_notional, instrument)


def _check_other_prices(
    request: NewOrderSingle, instrument: Instrument, capabilities: Capabilities
) -> None:
    """Check the price of an order that is no plain limit order."""
    if request.ord_type is OrdType.MARKET:
        if not capabilities.market_needs_price:
            return
        if request.time_in_force in capabilities.market_without_price:
            if request.price is not None:
                _refuse(
                    OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
                    "Price(44) is not taken by the venue for a market order with "
                    f"TimeInForce(59) {request.time_in_force}",
                )
            return
        if request.price is None:
            _refuse(
                OrdRejReason.OTHER,
                "Price(44) is missing: a market order at this venue names the worst price "
                "that it may trade at",
            )
    for name in sorted(capabilities.needs.get(request.ord_type, ())):
        value = request.price if name == "price" else getattr(request.terms, name)
        if value is None or value == "":
            _refuse(
                OrdRejReason.OTHER,
                f"{FIELDS.get(name, 'Price(44)')} is missing: the venue needs it with "
                f"OrdType(40) {request.ord_type}",
            )
    if request.ord_type in _STOPS and request.terms.stop_px is None:
        _refuse(OrdRejReason.OTHER, "StopPx(99) is missing")
    if request.price is not None:
        _check_price(request, instrument)


# ----------------------------------------------------------------------- what only some say


def _check_terms(
    request: NewOrderSingle, instrument: Instrument, capabilities: Capabilities, now_ms: int
) -> None:
    terms, known = request.terms, capabilities.terms
    if capabilities.terms_of:
        known = capabilities.terms_of.get(request.ord_type, known)
    for name, field in FIELDS.items():
        value = getattr(terms, name)
        if value is None or value == "" or name in known:
            continue
        if not _changes_nothing(name, value, instrument):
            sent = f"{field} {value!r}" if isinstance(value, str) else field
            _refuse(
                OrdRejReason.UNSUPPORTED_CHARACTERISTIC, f"{sent} is not taken by the venue"
            )
    dealt = (instrument.base, instrument.quote)
    if terms.currency and terms.currency not in dealt:
        _unsupported("Currency(15)", repr(terms.currency), list(dealt))
    _check_quantities(terms, request.order_qty)
    if terms.stop_px is not None:
        _check_stop(terms.stop_px, request.ord_type, instrument)
    if terms.expire_time is not None:
        _check_expiry(
            terms.expire_time, request.time_in_force, now_ms, capabilities.expire_seconds_max
        )


def _changes_nothing(name: str, value: object, instrument: Instrument) -> bool:
    """Return True if the order means the same without it."""
    if name == "currency":
        return value == instrument.base
    if name == "ex_destination":
        return value in (instrument.exchange, instrument.venue)
    return name == "on_behalf_of"


def _deals_in_quote(terms: Terms, instrument: Instrument) -> bool:
    return terms.currency == instrument.quote != instrument.base


def _check_quantities(terms: Terms, order_qty: Decimal | None) -> None:
    for field, value in (("MinQty(110)", terms.min_qty), ("MaxFloor(111)", terms.max_floor)):
        if value is not None and value < ZERO:
            _refuse(OrdRejReason.INCORRECT_QUANTITY, f"{field} {text(value)} is below 0")
    if terms.min_qty is not None and order_qty is not None and terms.min_qty > order_qty:
        _refuse(
            OrdRejReason.INCORRECT_QUANTITY,
            f"MinQty(110) {text(terms.min_qty)} is above OrderQty(38) {text(order_qty)}",
        )


def _check_stop(stop_px: Decimal, ord_type: OrdType, instrument: Instrument) -> None:
    if ord_type not in _STOPS:
        _refuse(
            OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
            f"StopPx(99) goes with OrdType(40) {' and '.join(sorted(_STOPS))}",
        )
    if stop_px <= ZERO:
        _refuse(OrdRejReason.OTHER, f"StopPx(99) {text(stop_px)} is not above 0")
    if instrument.tick is not None and not is_multiple(stop_px, instrument.tick):
        _off_grid(OrdRejReason.OTHER, "StopPx(99)", stop_px, "tick", instrument.tick, instrument)


def _check_expiry(
    expire_time: int, time_in_force: TimeInForce, now_ms: int, seconds_max: int
) -> None:
    if time_in_force is not TimeInForce.GOOD_TILL_DATE:
        _refuse(
            OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
            "ExpireTime(126) and ExpireDate(432) go with TimeInForce(59) 6",
        )
    if expire_time <= now_ms:
        _refuse(
            OrdRejReason.OTHER, f"ExpireTime(126) was {now_ms - expire_time} ms ago"
        )
    if seconds_max and expire_time - now_ms >= (seconds_max + 1) * 1000:
        _refuse(
            OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
            f"ExpireTime(126) is {(expire_time - now_ms) // 1000} s away; the venue takes "
            f"{seconds_max} s at most",
        )


# ---------------------------------------------------------------------------- how it is said


def _in_range(
    field: str,
    value: Decimal,
    low: Decimal | None,
    high: Decimal | None,
    instrument: Instrument,
) -> None:
    if low is not None and value < low:
        limit = f"below the minimum {text(low)}"
    elif high is not None and value > high:
        limit = f"above the maximum {text(high)}"
    else:
        return
    _refuse(
        OrdRejReason.EXCEEDS_LIMIT,
        f"{field} {text(value)} is {limit} of {instrument.symbol} at {instrument.exchange}",
    )


def _off_grid(
    reason: OrdRejReason,
    field: str,
    value: Decimal,
    name: str,
    grid: Decimal,
    instrument: Instrument,
) -> NoReturn:
    _refuse(
        reason,
        f"{field} {text(value)} is not a multiple of the {name} {text(grid)} "
        f"of {instrument.symbol} at {instrument.exchange}",
    )


def _unsupported(field: str, sent: str, allowed: list[str]) -> NoReturn:
    _refuse(
        OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
        f"{field} {sent} is not taken by the venue; allowed: {', '.join(allowed)}",
    )


def _refuse(reason: OrdRejReason, why: str) -> NoReturn:
    raise OrderRefused(reason, why)
