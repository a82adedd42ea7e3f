"""One order as the venue keeps it: terms, status, fills; and how it is shown.

Statuses move only along TRANSITIONS. PART_FILLED is final by the manual ("final status,
partially filled order"): a working order with fills stays SUBMITTED.
"""

from decimal import Decimal
from enum import Enum

import msgspec
from msgspec import Struct

from fixgw.sandbox.apifiny.wire import FillView, OrderUpdateView, OrderView, number
from fixgw.sandbox.apifiny.wire import optional_number
from fixgw.sandbox.exact import average, exact
from fixgw.sandbox.matching import Side, Submission, TimeInForce


class Status(Enum):
    """The manual's "Order Status"."""

    PENDING_SUBMIT = "PENDING_SUBMIT"
    SUBMITTED = "SUBMITTED"
    PART_FILLED = "PART_FILLED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


TRANSITIONS = {
    Status.PENDING_SUBMIT: frozenset({Status.SUBMITTED, Status.REJECTED}),
    # A fill that leaves something open keeps the order where it is.
    Status.SUBMITTED: frozenset(
        {Status.SUBMITTED, Status.PART_FILLED, Status.FILLED, Status.CANCELLED}
    ),
    Status.PART_FILLED: frozenset(),
    Status.FILLED: frozenset(),
    Status.CANCELLED: frozenset(),
    Status.REJECTED: frozenset(),
}
FINAL = frozenset(status for status, following in TRANSITIONS.items() if not following)

# "Time In Force"
TIME_IN_FORCE = {1: TimeInForce.GTC, 3: TimeInForce.IOC, 7: TimeInForce.POST_ONLY}


class Terms(Struct, frozen=True, kw_only=True):
    """The client's order, checked."""

    symbol: str
    order_type: str
    side: Side
    time_in_force: int
    price: Decimal | None = None
    quantity: Decimal | None = None
    total: Decimal | None = None


class Fill(Struct, frozen=True, kw_only=True):
    """One trade, seen from one order."""

    trade_id: int
    price: Decimal
    quantity: Decimal
    commission: Decimal
    commission_currency: str
    is_taker: bool
    at: int


class Order(Struct, kw_only=True):
    """The venue's record of an order. Mutable; only exchange.py changes it."""

    order_id: str
    account_id: str
    sub_account: str
    venue: str
    terms: Terms
    price_places: int
    created_at: int
    updated_at: int
    status: Status = Status.PENDING_SUBMIT
    cancelling: bool = False
    cancelled_at: int | None = None
    # The rest, in the measure of the request: quantity, or total of a market buy.
    open: Decimal
    filled: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    frozen: Decimal = Decimal(0)
    fills: list[Fill] = []

    @property
    def is_final(self) -> bool:
        """Nothing more will happen to it."""
        return self.status in FINAL

    def move(self, status: Status, at: int) -> None:
        """Change the status, along the table."""
        assert status in TRANSITIONS[self.status], f"{self.status} -> {status}"
        self.status = status
        self.updated_at = at

    @exact
    def add(self, fill: Fill, still_open: Decimal) -> None:
        """Book one fill."""
        self.fills.append(fill)
        self.filled += fill.quantity
        self.spent += fill.quantity * fill.price
        self.open = still_open

    def submission(self, instrument: str) -> Submission:
        """Return the order as the matching engine takes it."""
        terms = self.terms
        market = terms.price is None
        return Submission(
            order_id=self.order_id,
            instrument=instrument,
            side=terms.side,
            time_in_force=TimeInForce.IOC if market else TIME_IN_FORCE[terms.time_in_force],
            price=terms.price,
            quantity=terms.quantity,
            total=terms.total,
        )

    def view(self) -> OrderView:
        """Return the order as the order calls show it now."""
        terms = self.terms
        return OrderView(
            account_id=self.sub_account,
            venue=self.venue,
            order_id=self.order_id,
            symbol=terms.symbol,
            order_type=terms.order_type,
            order_side=terms.side.value,
            limit_price=optional_number(terms.price),
            # ASSUMPTION: null for a market buy, which names a total and no quantity.
            quantity=optional_number(terms.quantity),
            filled_average_price=number(self._average_price()),
            filled_cumulative_quantity=number(self.filled),
            time_in_force=terms.time_in_force,
            open_quantity=None if terms.quantity is None else number(self.open),
            order_status=self.status.value,
            created_at=self.created_at,
            updated_at=self.updated_at,
            cancelled_updated_at=self.cancelled_at,
            filled_updated_at=self.fills[-1].at if self.fills else None,
            total=optional_number(terms.total),
        )

    def update(self, fill: Fill | None) -> OrderUpdateView:
        """Return the order as the stream reports it; *fill* is the news, if there is one."""
        return OrderUpdateView(
            **msgspec.structs.asdict(self.view()),
            last_commission=optional_number(fill.commission if fill else None),
            last_commission_currency=fill.commission_currency if fill else None,
            last_filled_quantity=optional_number(fill.quantity if fill else None),
            last_filled_price=optional_number(fill.price if fill else None),
            last_filled_created_at=fill.at if fill else None,
            is_taker=fill.is_taker if fill else None,
        )

    def _average_price(self) -> Decimal:
        """ASSUMPTION: rounded to the quotePrecision of the symbol."""
        if not self.filled:
            return Decimal(0)
        return average(self.spent, self.filled, self.price_places)


def fill_row(update: OrderUpdateView) -> FillView:
    """Return the listFilledOrder row of a fill: the manual's sample has no lastFilledCreatedAt."""
    fields = msgspec.structs.asdict(update)
    del fields["last_filled_created_at"]
    return FillView(**fields)
