"""Accept or refuse a NewOrderSingle before anything leaves.

A refusal names the field, what was sent, and what is allowed. Nothing is
ever rounded or replaced to make an order fit.
"""

from decimal import Decimal
from typing import NoReturn

from fixgw.core.routing import ClientTerms
from fixgw.model.capabilities import Capabilities
from fixgw.model.enums import OrdRejReason, OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.model.instrument import Instrument
from fixgw.model.number import ZERO, is_multiple, multiply, text
from fixgw.model.requests import NewOrderSingle

_SIDES = frozenset({Side.BUY, Side.SELL})
_RESTS = frozenset({TimeInForce.GOOD_TILL_CANCEL, TimeInForce.DAY})


def account_of(request: NewOrderSingle, terms: ClientTerms) -> str:
    """The account the order is for: Account(1), or the session's only one."""
    allowed = terms.accounts
    if not request.account:
        if len(allowed) == 1:
            return allowed[0]
        _refuse(
            OrdRejReason.UNKNOWN_ACCOUNT,
            f"Account(1) is needed: this session trades for {', '.join(allowed) or 'none'}",
        )
    if request.account not in allowed:
        _refuse(
            OrdRejReason.UNKNOWN_ACCOUNT,
            f"Account(1) {request.account!r} is not allowed for this session; "
            f"allowed: {', '.join(allowed) or 'none'}",
        )
    return request.account


def check_order(
    request: NewOrderSingle, instrument: Instrument, capabilities: Capabilities
) -> None:
    """Raise OrderRefused unless the venue could take *request* as it is."""
    if request.side not in _SIDES:
        _unsupported("Side(54)", request.side, sorted(_SIDES))
    if request.ord_type not in capabilities.ord_types:
        _unsupported("OrdType(40)", request.ord_type, sorted(capabilities.ord_types))
    if request.time_in_force not in capabilities.times_in_force and not _never_rests(request):
        _unsupported("TimeInForce(59)", request.time_in_force, sorted(capabilities.times_in_force))
    if request.post_only and not (
        capabilities.post_only and request.time_in_force in _RESTS and request.price is not None
    ):
        _refuse(
            OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
            "ExecInst(18) 6 (post only) goes with OrdType(40) 2 and TimeInForce(59) 1"
            if capabilities.post_only
            else "ExecInst(18) 6 (post only) is not taken by the venue",
        )
    if request.ord_type is OrdType.MARKET and request.side is Side.BUY:
        if capabilities.cash_order_qty:
            _check_cash(request, instrument)
            return
    _check_quantity(request, instrument)
    if request.ord_type is OrdType.LIMIT:
        _check_price(request, instrument)


def _never_rests(request: NewOrderSingle) -> bool:
    """A market order for the day is over at once, whatever a venue thinks of days."""
    return request.ord_type is OrdType.MARKET and request.time_in_force is TimeInForce.DAY


def _check_quantity(request: NewOrderSingle, instrument: Instrument) -> None:
    quantity = request.order_qty
    if request.cash_order_qty is not None:
        _refuse(
            OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
            "CashOrderQty(152) is taken for a market buy only; send OrderQty(38)",
        )
    if quantity is None or quantity <= ZERO:
        sent = "is missing" if quantity is None else f"{text(quantity)} is not above 0"
        _refuse(OrdRejReason.INCORRECT_QUANTITY, f"OrderQty(38) {sent}")
    _in_range("OrderQty(38)", quantity, instrument.min_qty, instrument.max_qty, instrument)
    if instrument.step is not None and not is_multiple(quantity, instrument.step):
        _off_grid(OrdRejReason.INCORRECT_QUANTITY, "OrderQty(38)", quantity, "step",
                  instrument.step, instrument)


def _check_price(request: NewOrderSingle, instrument: Instrument) -> None:
    price, quantity = request.price, request.order_qty
    assert price is not None and quantity is not None, "decode and _check_quantity saw to it"
    if price <= ZERO:
        _refuse(OrdRejReason.OTHER, f"Price(44) {text(price)} is not above 0")
    _in_range("Price(44)", price, instrument.min_px, instrument.max_px, instrument)
    if instrument.tick is not None and not is_multiple(price, instrument.tick):
        _off_grid(OrdRejReason.OTHER, "Price(44)", price, "tick", instrument.tick, instrument)
    if instrument.min_notional is not None or instrument.max_notional is not None:
        _in_range("Price(44) x OrderQty(38)", multiply(price, quantity),
                  instrument.min_notional, instrument.max_notional, instrument)


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
