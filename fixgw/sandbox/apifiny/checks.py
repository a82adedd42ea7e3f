"""The checks of a new order before the venue books it; pure.

Each refusal is a code of the manual. The manual names no code for a price or quantity that does not
fit the symbol. ASSUMPTION: 65562, with the field named in the message.
"""

import re
from decimal import Decimal

from fixgw.sandbox.apifiny.codes import Code, Refusal, bad_request
from fixgw.sandbox.apifiny.config import InstrumentSettings, VenueSettings
from fixgw.sandbox.apifiny.orders import TIME_IN_FORCE, Terms
from fixgw.sandbox.apifiny.params import OrderInfo
from fixgw.sandbox.exact import exact, is_plain
from fixgw.sandbox.matching import Side

# "account number + random number + 13 digit timestamp + 3 digit random number. Up to 64
# digits"; the vendor's client puts "SDK_" in front.
# ASSUMPTION: the part before the last 16 is letters, digits, _ or -, and not empty.
ORDER_ID = re.compile(r"[A-Za-z0-9_-]{17,64}", re.ASCII)
TRAILER = re.compile(r"([0-9]{13})[0-9]{3}\Z", re.ASCII)
IOC = 3


def check_order_id(order_id: str, now: int, tolerance_ms: int) -> None:
    """Refuse an id that breaks the rule."""
    if not ORDER_ID.fullmatch(order_id):
        raise Refusal(Code.ORDER_ID_RULE)
    trailer = TRAILER.search(order_id)
    if not trailer:
        raise Refusal(Code.INCORRECT_TIMESTAMP_FORMAT)
    if tolerance_ms and abs(int(trailer[1]) - now) > tolerance_ms:
        raise Refusal(Code.TIMESTAMP_ERROR)


@exact
def check_terms(
    info: OrderInfo, instrument: InstrumentSettings, venue: VenueSettings
) -> Terms:
    """Return the terms of an order that fits its symbol."""
    side = _side(info.order_side)
    if info.order_type == "LIMIT":
        return _limit(info, side, instrument)
    if info.order_type == "MARKET":
        if not venue.market_orders:
            # "Only 6 exchanges support market order now". ASSUMPTION: the code.
            raise bad_request(f"orderType MARKET is not supported by {venue.name}")
        return _market(info, side, instrument)
    raise bad_request(f"orderType {info.order_type!r} is neither LIMIT nor MARKET")


def _limit(info: OrderInfo, side: Side, instrument: InstrumentSettings) -> Terms:
    price = _price(info.limit_price, instrument)
    quantity = _quantity(info.quantity, instrument)
    _check_notional("limitPrice * quantity", price * quantity, instrument)
    return Terms(
        symbol=info.symbol,
        order_type=info.order_type,
        side=side,
        time_in_force=_time_in_force(info.time_in_force),
        price=price,
        quantity=quantity,
    )


def _market(info: OrderInfo, side: Side, instrument: InstrumentSettings) -> Terms:
    """Return a market order; its limitPrice, if any, is ignored.

    ASSUMPTION: timeInForce may be absent, as in the vendor's samples, and is then IOC.
    """
    tif = IOC if info.time_in_force is None else _time_in_force(info.time_in_force)
    total = quantity = None
    if side is Side.BUY:
        total = _total(info.total, instrument)
    else:
        quantity = _quantity(info.quantity, instrument)
    return Terms(
        symbol=info.symbol,
        order_type=info.order_type,
        side=side,
        time_in_force=tif,
        quantity=quantity,
        total=total,
    )


def _side(text: str) -> Side:
    try:
        return Side(text)
    except ValueError:
        raise Refusal(Code.ORDER_SIDE_ERROR) from None


def _time_in_force(value: int | str | None) -> int:
    """A number or a numeric string; 2, GTD, is "temporarily not supported"."""
    for number in TIME_IN_FORCE:
        if value in (number, str(number)):
            return number
    raise bad_request(f"timeInForce {value!r} is none of 1, 3, 7")


def _present(field: str, value: Decimal | None) -> Decimal:
    if value is None:
        raise bad_request(f"{field} is missing")
    if not is_plain(value):
        raise bad_request(f"{field} is not a number of at most 40 digits")
    return value


def _check_range(field: str, value: Decimal, low: Decimal, high: Decimal) -> None:
    if not low <= value <= high:
        raise bad_request(f"{field} {value:f} is outside {low:f} .. {high:f}")


def _check_grid(field: str, value: Decimal, name: str, step: Decimal) -> None:
    if value % step:
        raise bad_request(f"{field} {value:f} is not a multiple of {name} {step:f}")


def _price(value: Decimal | None, instrument: InstrumentSettings) -> Decimal:
    price = _present("limitPrice", value)
    _check_range("limitPrice", price, instrument.min_price, instrument.max_price)
    _check_grid("limitPrice", price, "tickSize", instrument.tick_size)
    return price


def _quantity(value: Decimal | None, instrument: InstrumentSettings) -> Decimal:
    quantity = _present("quantity", value)
    _check_range("quantity", quantity, instrument.min_quantity, instrument.max_quantity)
    _check_grid("quantity", quantity, "stepSize", instrument.step_size)
    return quantity


def _total(value: Decimal | None, instrument: InstrumentSettings) -> Decimal:
    total = _present("total", value)
    _check_notional("total", total, instrument)
    step = Decimal(1).scaleb(-instrument.quote_precision)
    _check_grid("total", total, "quotePrecision", step)
    return total


def _check_notional(field: str, value: Decimal, instrument: InstrumentSettings) -> None:
    low, high = instrument.min_notional, instrument.max_notional
    if value < low:
        raise bad_request(f"{field} {value:f} is below minNotional {low:f}")
    if value > high:
        raise bad_request(f"{field} {value:f} is above maxNotional {high:f}")
