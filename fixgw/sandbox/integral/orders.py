"""One order as the venue keeps it: what was asked for, its status, its trades; and its checks.

Statuses move only along TRANSITIONS. RECEIVED, NEW, FILLED, EXPIRED and REJECTED are the
vendor's; ASSUMPTION: PARTIALLY_FILLED and CANCELLED.
"""

from decimal import Decimal
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct

from fixgw.sandbox.exact import exact, is_plain
from fixgw.sandbox.integral.config import InstrumentSettings, UserSettings
from fixgw.sandbox.integral.wire import (
    OrderView,
    Refusal,
    TradeView,
    invalid,
    number,
    optional_number,
    stamp,
)
from fixgw.sandbox.matching import Side, Submission, TimeInForce

EXPIRY_SECONDS_MAX = 86_399


class Status(Enum):
    """`status` of an order."""

    RECEIVED = "RECEIVED"
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"


_WORKS = frozenset(
    {Status.PARTIALLY_FILLED, Status.FILLED, Status.CANCELLED, Status.EXPIRED}
)
TRANSITIONS = {
    Status.RECEIVED: frozenset({Status.NEW, Status.REJECTED}),
    Status.NEW: _WORKS,
    Status.PARTIALLY_FILLED: _WORKS,
    Status.FILLED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.EXPIRED: frozenset(),
    Status.REJECTED: frozenset(),
}
FINAL = frozenset(status for status, following in TRANSITIONS.items() if not following)

SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}

# The vendor's table of order types, as far as this sandbox trades them.
KINDS = {
    "Limit": frozenset({"IOC", "GTC", "GTT", "FOK"}),
    "Market": frozenset({"IOC"}),
    "AtBest": frozenset({"FOK"}),
}
TYPES = frozenset(
    {"Limit", "AtBest", "Market", "Stop", "StopLimit", "Pegged", "Algo", "PQ"}
)


class PlaceRequest(Struct, rename="camel", frozen=True, kw_only=True):
    """The body of "Place order"; what is absent is refused with the vendor's code for it."""

    co_id: Annotated[str, Meta(max_length=64)] = ""
    type: str = ""
    side: str = ""
    symbol: str = ""
    currency: str = ""
    size: Decimal | None = None
    price: Decimal | None = None
    time_in_force: str = ""
    expiry_time: int | None = None
    value_date: str = ""
    org: str = ""
    account: str = ""


class Fill(Struct, frozen=True, kw_only=True):
    """One trade, seen from one order."""

    trade_id: str
    price: Decimal
    quantity: Decimal
    maker: bool
    at: int


class Order(Struct, kw_only=True):
    """The venue's record of an order. Mutable; only exchange.py changes it."""

    order_id: str
    user: UserSettings
    request: PlaceRequest
    side: Side
    size: Decimal
    placed_at: int
    status: Status = Status.RECEIVED
    reason: str = ""
    cancelling: bool = False
    filled: Decimal = Decimal(0)
    fills: list[Fill] = []

    @property
    def is_final(self) -> bool:
        """Nothing more will happen to it."""
        return self.status in FINAL

    def move(self, status: Status) -> None:
        """Change the status, along the table."""
        assert status in TRANSITIONS[self.status], f"{self.status} -> {status}"
        self.status = status

    @exact
    def add(self, fill: Fill) -> None:
        """Book one fill."""
        self.fills.append(fill)
        self.filled += fill.quantity

    def submission(self) -> Submission:
        """The order as the matching engine takes it."""
        rests = self.request.time_in_force in ("GTC", "GTT")
        return Submission(
            order_id=self.order_id,
            instrument=self.request.symbol,
            side=self.side,
            time_in_force=TimeInForce.GTC if rests else TimeInForce.IOC,
            price=self.request.price,
            quantity=self.size,
        )

    def view(self, *, partially_filled: bool, action: str = "", status: str = "") -> OrderView:
        """As the order calls show it now; *action* and *status* are of a reply to a command."""
        shown = self.status
        if shown is Status.PARTIALLY_FILLED and not partially_filled:
            shown = Status.NEW
        asked = self.request
        return OrderView(
            co_id=asked.co_id,
            type=asked.type,
            time_in_force=asked.time_in_force,
            side=asked.side,
            currency=asked.currency,
            symbol=asked.symbol,
            size=number(self.size),
            org=asked.org or self.user.org,
            price=optional_number(asked.price),
            account=asked.account or UNSET,
            expiry_time=asked.expiry_time if asked.expiry_time is not None else UNSET,
            order_id=self.order_id,
            user_full_name=f"{self.user.user}@{self.user.org}",
            action=action or UNSET,
            status=status or shown.value,
            reason=self.reason or UNSET,
        )

    @exact
    def trades(self, until: int) -> list[TradeView]:
        """Its trades that were done by *until*, oldest first."""
        return [self._trade(fill) for fill in self.fills if fill.at <= until]

    def _trade(self, fill: Fill) -> TradeView:
        asked, when = self.request, stamp(fill.at)
        return TradeView(
            order_id=self.order_id,
            trade_id=fill.trade_id,
            trade_date=when[:10],
            value_date=when[:10],
            maker=fill.maker,
            side=asked.side,
            symbol=asked.symbol,
            currency=asked.currency,
            customer_account=asked.account or self.user.account,
            customer_org=asked.org or self.user.org,
            user=f"{self.user.user}@{self.user.org}",
            co_id=asked.co_id,
            execution_time=when,
            dealt_amount=number(fill.quantity),
            settled_amount=number(fill.quantity * fill.price),
            rate=number(fill.price),
            spot_rate=number(fill.price),
        )


def read_request(body: bytes) -> PlaceRequest:
    """The body of "Place order"."""
    try:
        return msgspec.json.decode(body, type=PlaceRequest, strict=True)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"Request cannot be read: {error}") from None


def check(
    request: PlaceRequest, instruments: dict[str, InstrumentSettings], user: UserSettings
) -> tuple[Side, Decimal]:
    """Raise the vendor's reason code for what is wrong with *request*; its side and its size."""
    for value, code in (
        (request.co_id, "CoIdNotSpecified"),
        (request.type, "TypeNotSpecified"),
        (request.side, "SideNotSpecified"),
        (request.symbol, "SymbolNotSpecified"),
        (request.currency, "CurrencyNotSpecified"),
        (request.time_in_force or request.type == "Stop", "TIFNotSpecified"),
    ):
        if not value:
            raise invalid(code, f"{code} for {request.co_id!r}")
    if request.size is None:
        raise invalid("SizeNotSpecified", "Order size not specified.")
    if request.time_in_force not in KINDS.get(request.type, frozenset()):
        # Known to the vendor, and not traded here: stops, quotes, algos.
        text = f"{request.type} {request.time_in_force} is not supported"
        raise invalid("OrderTypeNotSupported", text)
    instrument = instruments.get(request.symbol)
    if instrument is None:
        raise invalid("InvalidCurrencyPair", f"Symbol {request.symbol!r} not valid")
    if not instrument.trading:
        raise invalid("tradingDisabled", "Trading is disabled.")
    base, _, term = request.symbol.partition("/")
    if request.currency not in (base, term):
        raise invalid("InvalidDealtCcy", f"{request.currency} is not of {request.symbol}")
    if request.currency == term:
        # Orders in the term currency are the vendor's, and not traded here.
        raise invalid("OrderTypeNotSupported", "only the base currency is dealt here")
    side = SIDES.get(request.side)
    if side is None:
        raise invalid("SideNotSpecified", f"side {request.side!r}")
    _check_numbers(request, instrument)
    if request.org and request.org not in (user.org, *user.customers):
        raise invalid("LegalEntitySetIncorrectly", "Account field incorrect.")
    return side, request.size


def _check_numbers(request: PlaceRequest, instrument: InstrumentSettings) -> None:
    size, price = request.size, request.price
    assert size is not None, "it was checked before"
    if not is_plain(size) or size <= 0 or size % instrument.step or size > instrument.max_size:
        raise invalid("InvalidOrderQty", f"size {size} is not valid")
    if request.type != "AtBest" and (price is None or not is_plain(price) or price <= 0):
        raise invalid("InvalidPrice", f"price {price} is not valid")
    if request.time_in_force == "GTT":
        seconds = request.expiry_time
        if seconds is None or not 0 < seconds <= EXPIRY_SECONDS_MAX:
            raise invalid("TIFNotSpecified", f"expiryTime {seconds} is not valid")
    if request.type == "AtBest" and not request.value_date:
        raise Refusal(400, "valueDate is missing")
