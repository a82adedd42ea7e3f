"""The checks of a "Place order" before it is booked: the vendor's reason code for each error."""

from decimal import Decimal

from fixgw.sandbox.exact import exact, is_plain
from fixgw.sandbox.integral.config import InstrumentSettings, UserSettings
from fixgw.sandbox.integral.orders import SIDES, PlaceRequest
from fixgw.sandbox.integral.wire import Refusal, invalid
from fixgw.sandbox.matching import Side

EXPIRY_SECONDS_MAX = 86_399

# The vendor's table of order types: type -> timeInForce; a stop's is not in the table.
# ASSUMPTION: StopLimit takes what Stop does.
KINDS = {
    "Limit": frozenset({"IOC", "GTC", "GTT", "FOK"}),
    "Market": frozenset({"IOC"}),
    "AtBest": frozenset({"FOK"}),
    "Stop": frozenset({"", "GTC"}),
    "StopLimit": frozenset({"", "GTC"}),
    "PQ": frozenset({"FOK"}),
    "Algo": frozenset({"GTC"}),
}
STOPS = frozenset({"Stop", "StopLimit"})
TRIGGERS = frozenset({"BidTrigger", "OfferTrigger", "MidTrigger"})
STRATEGIES = frozenset({"TWAP"})
# Of the types that the table has no price for.
PRICELESS = frozenset({"AtBest", "Algo"})


def check(
    request: PlaceRequest, instruments: dict[str, InstrumentSettings], user: UserSettings
) -> tuple[Side, Decimal]:
    """Raise the vendor's reason code for what is wrong with *request*; its side and how much of
    the base currency it is."""
    for value, code in (
        (request.co_id, "CoIdNotSpecified"),
        (request.type, "TypeNotSpecified"),
        (request.side, "SideNotSpecified"),
        (request.symbol, "SymbolNotSpecified"),
        (request.currency, "CurrencyNotSpecified"),
        (request.time_in_force or request.type in STOPS, "TIFNotSpecified"),
    ):
        if not value:
            raise invalid(code, f"{code} for {request.co_id!r}")
    if request.size is None:
        raise invalid("SizeNotSpecified", "Order size not specified.")
    if request.time_in_force not in KINDS.get(request.type, frozenset()):
        text = f"{request.type} {request.time_in_force} is not supported"
        raise invalid("OrderTypeNotSupported", text)
    instrument = instruments.get(request.symbol)
    if instrument is None:
        raise invalid("InvalidCurrencyPair", f"Symbol {request.symbol!r} not valid")
    if not instrument.trading:
        raise invalid("tradingDisabled", "Trading is disabled.")
    if request.currency not in request.symbol.split("/"):
        raise invalid("InvalidDealtCcy", f"{request.currency} is not of {request.symbol}")
    side = SIDES.get(request.side)
    if side is None:
        raise invalid("SideNotSpecified", f"side {request.side!r}")
    _check_more(request)
    if request.org and request.org not in (user.org, *user.customers):
        raise invalid("LegalEntitySetIncorrectly", "Account field incorrect.")
    return side, _base_quantity(request, instrument)


def _check_more(request: PlaceRequest) -> None:
    """Check the fields that only some types need."""
    price = request.price
    wanted = request.type not in PRICELESS or price is not None
    if wanted and (price is None or not is_plain(price) or price <= 0):
        raise invalid("InvalidPrice", f"price {price} is not valid")
    if request.time_in_force == "GTT":
        seconds = request.expiry_time
        if seconds is None or not 0 < seconds <= EXPIRY_SECONDS_MAX:
            raise invalid("TIFNotSpecified", f"expiryTime {seconds} is not valid")
    if request.type == "AtBest" and not request.value_date:
        raise Refusal(400, "valueDate is missing")
    if request.type in STOPS:
        stop = request.stop_price
        if stop is None or not is_plain(stop) or stop <= 0:
            raise invalid("InvalidPrice", f"stopPrice {stop} is not valid")
        if len(request.exec_flags) != 1 or request.exec_flags[0] not in TRIGGERS:
            raise Refusal(400, f"execFlags must name one of {', '.join(sorted(TRIGGERS))}")
    if request.type == "Algo" and request.target_strategy not in STRATEGIES:
        text = f"targetStrategy {request.target_strategy!r} is not supported"
        raise invalid("OrderTypeNotSupported", text)


@exact
def _base_quantity(request: PlaceRequest, instrument: InstrumentSettings) -> Decimal:
    """`size` in the base currency.

    The books count that, so of an order in the term currency it has to be
    whole steps at the order's price: a limit of this sandbox, not of the venue.
    """
    size = request.size
    assert size is not None, "it was checked before"
    if not is_plain(size) or size <= 0:
        raise invalid("InvalidOrderQty", f"size {size} is not valid")
    step = instrument.step
    if request.in_term:
        if request.price is None:
            raise invalid("OrderTypeNotSupported", "only the base currency is dealt at best here")
        step *= request.price
    if size % step:
        raise invalid("InvalidOrderQty", f"size {size} is not whole steps")
    quantity = size / request.price if request.in_term and request.price else size
    if quantity > instrument.max_size:
        raise invalid("InvalidOrderQty", f"size {size} is not valid")
    return quantity
