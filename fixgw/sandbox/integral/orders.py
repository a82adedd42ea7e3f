"""One order as the venue keeps it: what was asked for, its status, its trades.

Statuses move only along TRANSITIONS. RECEIVED, NEW, FILLED, EXPIRED and REJECTED are the
vendor's; ASSUMPTION: PARTIALLY_FILLED and CANCELLED.
"""

from decimal import Decimal
from enum import Enum
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct

from fixgw.sandbox.exact import exact
from fixgw.sandbox.integral.config import UserSettings
from fixgw.sandbox.integral.wire import (
    OrderView,
    Refusal,
    TradeView,
    number,
    optional_number,
    stamp,
)
from fixgw.sandbox.matching import Side, Submission, TimeInForce


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

# Between the order's id and the number of a slice of it.
SLICE = "#"

# `status` of a trade: the first is of the vendor's sample; ASSUMPTION: the second.
VERIFIED, CANCELLED = "Verified", "Cancelled"

SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}


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
    stop_price: Decimal | None = None
    exec_flags: tuple[str, ...] = ()
    target_strategy: str = ""
    rate_id: str = ""
    value_date: str = ""
    price_type: str = ""
    org: str = ""
    account: str = ""
    original_co_id: str = ""

    @property
    def in_term(self) -> bool:
        """Its size counts the term currency."""
        return self.currency == self.symbol.partition("/")[2]


class Fill(Struct, frozen=True, kw_only=True):
    """One trade, seen from one order."""

    trade_id: str
    price: Decimal
    quantity: Decimal
    maker: bool
    at: int
    status: str = VERIFIED


class Order(Struct, kw_only=True):
    """The venue's record of an order. Mutable; only exchange.py changes it."""

    order_id: str
    user: UserSettings
    request: PlaceRequest
    side: Side
    quantity: Decimal
    """Its size in the base currency; less than requested if it replaced an order that had
    traded."""
    placed_at: int
    slices: int = 0
    """The number of slices sent, for an algorithm."""
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
        """Return the order as the matching engine takes it. ASSUMPTION: a stop that was triggered
        does not rest, one with a limit does."""
        asked = self.request
        rests = asked.type == "StopLimit" or (
            asked.type == "Limit" and asked.time_in_force in ("GTC", "GTT")
        )
        return Submission(
            order_id=self.order_id,
            instrument=asked.symbol,
            side=self.side,
            time_in_force=TimeInForce.GTC if rests else TimeInForce.IOC,
            price=asked.price,
            quantity=self.quantity,
        )

    def slice(self, quantity: Decimal) -> Submission:
        """Return the next part of an algorithm, under a name of its own."""
        self.slices += 1
        return Submission(
            order_id=f"{self.order_id}{SLICE}{self.slices}",
            instrument=self.request.symbol,
            side=self.side,
            time_in_force=TimeInForce.IOC,
            price=self.request.price,
            quantity=quantity,
        )

    def view(self, *, partially_filled: bool, action: str = "", status: str = "") -> OrderView:
        """Return the order as the order calls show it now; *action* and *status* are of a reply to
        a command."""
        shown = self.status
        if shown is Status.PARTIALLY_FILLED and not partially_filled:
            shown = Status.NEW
        asked, size = self.request, self.request.size
        assert size is not None, "it was checked"
        return OrderView(
            co_id=asked.co_id,
            type=asked.type,
            time_in_force=asked.time_in_force or UNSET,
            side=asked.side,
            currency=asked.currency,
            symbol=asked.symbol,
            size=number(size),
            org=asked.org or self.user.org,
            price=optional_number(asked.price),
            account=asked.account or UNSET,
            expiry_time=asked.expiry_time if asked.expiry_time is not None else UNSET,
            stop_price=optional_number(asked.stop_price),
            exec_flags=asked.exec_flags or UNSET,
            target_strategy=asked.target_strategy or UNSET,
            rate_id=asked.rate_id or UNSET,
            value_date=asked.value_date or UNSET,
            price_type=asked.price_type or UNSET,
            original_co_id=asked.original_co_id or UNSET,
            order_id=self.order_id,
            user_full_name=f"{self.user.user}@{self.user.org}",
            action=action or UNSET,
            status=status or shown.value,
            reason=self.reason or UNSET,
        )

    @exact
    def trades(self, until: int) -> list[TradeView]:
        """Return its trades that were done by *until*, oldest first."""
        return [self._trade(fill) for fill in self.fills if fill.at <= until]

    def _trade(self, fill: Fill) -> TradeView:
        asked, when, price = self.request, stamp(fill.at), fill.price
        dealt, settled = fill.quantity, fill.quantity * price
        if asked.in_term:
            dealt, settled = settled, dealt
        return TradeView(
            order_id=self.order_id,
            trade_id=fill.trade_id,
            status=fill.status,
            trade_date=when[:10],
            value_date=asked.value_date or when[:10],
            maker=fill.maker,
            side=asked.side,
            symbol=asked.symbol,
            currency=asked.currency,
            customer_account=asked.account or self.user.account,
            customer_org=asked.org or self.user.org,
            user=f"{self.user.user}@{self.user.org}",
            co_id=asked.co_id,
            execution_time=when,
            dealt_amount=number(dealt),
            settled_amount=number(settled),
            rate=number(price),
            spot_rate=number(price),
        )


def read_request(body: bytes) -> PlaceRequest:
    """Return the body of "Place order"."""
    try:
        return msgspec.json.decode(body, type=PlaceRequest, strict=True)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, f"Request cannot be read: {error}") from None
