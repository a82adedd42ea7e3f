"""A matching engine: orders in, trades out, best price first and then first come first served.

It knows no venue, no account, no money, no clock and no socket: time and trade ids are given to
it, and all it says it says as events. Whatever a vendor calls things stays with that vendor's
sandbox. It must never lose or invent a quantity; test_matching.py tries to make it.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import Enum

from msgspec import Struct

from fixgw.sandbox.exact import exact


class Side(Enum):
    """The side of the book that an order is on."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> "Side":
        """The side an order trades with."""
        return Side.SELL if self is Side.BUY else Side.BUY


class TimeInForce(Enum):
    """The treatment of a quantity that does not trade at once."""

    GTC = "GTC"
    IOC = "IOC"
    POST_ONLY = "POST_ONLY"


class CancelReason(Enum):
    """The reason why an order ended with a remaining quantity."""

    BY_OWNER = "BY_OWNER"
    REMAINDER = "REMAINDER"


class Submission(Struct, frozen=True, kw_only=True):
    """One order as it comes in. Without a price it is a market order.

    It wants a *quantity*, or, for a market buy, to spend a *total* of the quote asset.
    """

    order_id: str
    instrument: str
    side: Side
    time_in_force: TimeInForce
    price: Decimal | None = None
    quantity: Decimal | None = None
    total: Decimal | None = None

    def __post_init__(self) -> None:
        wanted = [size for size in (self.quantity, self.total) if size is not None]
        if len(wanted) != 1 or wanted[0] <= 0:
            raise ValueError("an order needs either a positive quantity or a positive total")
        if self.total is not None and (self.side is Side.SELL or self.price is not None):
            raise ValueError("only a market buy may name a total")
        if self.price is None and self.time_in_force is not TimeInForce.IOC:
            raise ValueError("a market order cannot rest: its time in force is IOC")
        if self.price is not None and self.price <= 0:
            raise ValueError("a price must be positive")


class Accepted(Struct, frozen=True, kw_only=True):
    """The order is in the market; trades and the rest follow."""

    order_id: str
    at: int


class Refused(Struct, frozen=True, kw_only=True):
    """A post-only order that would have taken; it never was in the market."""

    order_id: str
    at: int


class Trade(Struct, frozen=True, kw_only=True):
    """Two orders met. *open* is what an order still wants, in its own measure."""

    trade_id: int
    instrument: str
    price: Decimal
    quantity: Decimal
    maker_id: str
    maker_open: Decimal
    taker_id: str
    taker_open: Decimal
    # A market buy is filled once its rest buys no more step, so open may be above zero.
    taker_filled: bool
    at: int


class Canceled(Struct, frozen=True, kw_only=True):
    """The order has left the market with *open* undone."""

    order_id: str
    open: Decimal
    reason: CancelReason
    at: int


Event = Accepted | Refused | Trade | Canceled


class UnknownInstrument(KeyError):
    """No such instrument was added."""


class DuplicateOrder(ValueError):
    """The id is that of a resting order."""


class NotResting(KeyError):
    """No resting order has this id."""


class _Resting(Struct):
    """An order in the book. Mutable, and seen by nobody outside."""

    submission: Submission
    price: Decimal
    open: Decimal


class _ByQuantity:
    """The remaining demand of an incoming order, in the base asset."""

    def __init__(self, quantity: Decimal) -> None:
        self.open = quantity

    def at(self, price: Decimal) -> Decimal:
        """Return the quantity it would take at *price*."""
        return self.open

    def take(self, price: Decimal, quantity: Decimal) -> None:
        """Count one trade."""
        self.open -= quantity


class _ByTotal:
    """The remaining demand of an incoming market buy, in the quote asset."""

    def __init__(self, total: Decimal, step: Decimal) -> None:
        self.open = total
        self._step = step

    def at(self, price: Decimal) -> Decimal:
        """Return the number of whole steps that the rest buys at *price*."""
        return self.open // (price * self._step) * self._step

    def take(self, price: Decimal, quantity: Decimal) -> None:
        """Count one trade."""
        self.open -= price * quantity


class _Ladder:
    """One side of a book: orders by price, and at one price by arrival."""

    def __init__(self, side: Side) -> None:
        self._side = side
        # Best price last, so that the top of the book is cheap to reach and to drop.
        self._prices: list[Decimal] = []
        self._levels: dict[Decimal, dict[str, _Resting]] = {}

    def _rank(self, price: Decimal) -> Decimal:
        return price if self._side is Side.BUY else price.copy_negate()

    def best(self) -> Decimal | None:
        """Return the price at the top."""
        return self._prices[-1] if self._prices else None

    def first(self) -> _Resting | None:
        """Return the order at the top: the oldest at the best price."""
        if not self._prices:
            return None
        return next(iter(self._levels[self._prices[-1]].values()))

    def add(self, resting: _Resting) -> None:
        """Queue an order behind all others at its price."""
        level = self._levels.get(resting.price)
        if level is None:
            level = self._levels[resting.price] = {}
            insort(self._prices, resting.price, key=self._rank)
        level[resting.submission.order_id] = resting

    def remove(self, resting: _Resting) -> None:
        """Take an order out; an empty price goes with it."""
        level = self._levels[resting.price]
        del level[resting.submission.order_id]
        if not level:
            del self._levels[resting.price]
            rank = self._rank(resting.price)
            del self._prices[bisect_left(self._prices, rank, key=self._rank)]

    def depth(self) -> list[tuple[Decimal, Decimal]]:
        """(price, open quantity) of each level, best first."""
        return [
            (price, sum((one.open for one in self._levels[price].values()), Decimal(0)))
            for price in reversed(self._prices)
        ]


class _Market:
    """The two ladders of one instrument."""

    def __init__(self, step: Decimal) -> None:
        self.step = step
        self.ladders = {side: _Ladder(side) for side in Side}


class Engine:
    """All markets of a venue."""

    def __init__(self, next_trade_id: Callable[[], int]) -> None:
        self._next_trade_id = next_trade_id
        self._markets: dict[str, _Market] = {}
        self._resting: dict[str, _Resting] = {}

    def add_instrument(self, instrument: str, step: Decimal) -> None:
        """Open a market. *step* is the smallest quantity a market buy by total may trade."""
        self._markets[instrument] = _Market(step)

    @exact
    def submit(self, submission: Submission, at: int) -> list[Event]:
        """Match an order; let the rest stay or go, as its time in force says."""
        market = self._market(submission.instrument)
        if submission.order_id in self._resting:
            raise DuplicateOrder(submission.order_id)
        if submission.time_in_force is TimeInForce.POST_ONLY and self._would_take(
            market, submission
        ):
            return [Refused(order_id=submission.order_id, at=at)]
        wanted = self._wanted(market, submission)
        events: list[Event] = [Accepted(order_id=submission.order_id, at=at)]
        events.extend(self._match(market, submission, wanted, at))
        last = events[-1]
        if not (isinstance(last, Trade) and last.taker_filled):
            events.extend(self._leave(market, submission, wanted.open, at))
        return events

    def cancel(self, order_id: str, at: int) -> Canceled:
        """Take a resting order out."""
        try:
            resting = self._resting.pop(order_id)
        except KeyError:
            raise NotResting(order_id) from None
        submission = resting.submission
        self._markets[submission.instrument].ladders[submission.side].remove(resting)
        return Canceled(
            order_id=order_id, open=resting.open, reason=CancelReason.BY_OWNER, at=at
        )

    def depth(self, instrument: str, side: Side) -> list[tuple[Decimal, Decimal]]:
        """(price, quantity) levels of one side, best first."""
        return self._market(instrument).ladders[side].depth()

    def _market(self, instrument: str) -> _Market:
        try:
            return self._markets[instrument]
        except KeyError:
            raise UnknownInstrument(instrument) from None

    @staticmethod
    def _wanted(market: _Market, submission: Submission) -> _ByQuantity | _ByTotal:
        if submission.total is not None:
            return _ByTotal(submission.total, market.step)
        assert submission.quantity is not None
        return _ByQuantity(submission.quantity)

    @staticmethod
    def _accepts(submission: Submission, price: Decimal) -> bool:
        if submission.price is None:
            return True
        if submission.side is Side.BUY:
            return price <= submission.price
        return price >= submission.price

    def _would_take(self, market: _Market, submission: Submission) -> bool:
        best = market.ladders[submission.side.opposite].best()
        return best is not None and self._accepts(submission, best)

    def _match(
        self, market: _Market, taker: Submission, wanted: _ByQuantity | _ByTotal, at: int
    ) -> Iterator[Trade]:
        ladder = market.ladders[taker.side.opposite]
        while (maker := ladder.first()) is not None and self._accepts(taker, maker.price):
            quantity = min(wanted.at(maker.price), maker.open)
            if not quantity:
                return
            wanted.take(maker.price, quantity)
            maker.open -= quantity
            if not maker.open:
                ladder.remove(maker)
                del self._resting[maker.submission.order_id]
            yield Trade(
                trade_id=self._next_trade_id(),
                instrument=taker.instrument,
                price=maker.price,
                quantity=quantity,
                maker_id=maker.submission.order_id,
                maker_open=maker.open,
                taker_id=taker.order_id,
                taker_open=wanted.open,
                # Prices only get worse: what does not buy a step at the next one is done.
                taker_filled=not wanted.at(ladder.best() or maker.price),
                at=at,
            )

    def _leave(
        self, market: _Market, submission: Submission, left: Decimal, at: int
    ) -> Iterator[Event]:
        """Rest what is left, or cancel it."""
        if submission.time_in_force is TimeInForce.IOC:
            yield Canceled(
                order_id=submission.order_id, open=left, reason=CancelReason.REMAINDER, at=at
            )
            return
        assert submission.price is not None
        resting = _Resting(submission, submission.price, left)
        market.ladders[submission.side].add(resting)
        self._resting[submission.order_id] = resting
