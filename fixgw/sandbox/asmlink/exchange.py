"""Orders routed, matched and reported: the venue's own record. It has no socket and no clock.

Behind it is a matching engine; the orders of another account stand for the liquidity providers.
Each trade is an event for both sides, and the answer to a route sums up what traded at once.
"""

from collections import Counter
from decimal import Decimal

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fixgw.sandbox.asmlink.config import KeySettings, Settings
from fixgw.sandbox.asmlink.wire import EventView, NamesBody, RouteBody, RouteView, number, timestamp
from fixgw.sandbox.exact import average, exact, is_plain
from fixgw.sandbox.matching import (
    Canceled,
    Engine,
    Event,
    Side,
    Submission,
    TimeInForce,
    Trade,
)

PRICE_PLACES = 12
TIERS = ("TIER_1", "TIER_2", "TIER_3")
# The document's sample; a sandbox has nothing to measure.
LATENCY_MS = Decimal("0.31")
# ASSUMPTION: all but MARKET.
TIMES_IN_FORCE = {
    None: TimeInForce.GTC,
    "DAY": TimeInForce.GTC,
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.IOC,
}
FINAL = frozenset({"FILLED", "CANCELLED", "REJECTED"})


class Refusal(Exception):
    """A call that changes nothing; ASSUMPTION: all but 429 are undocumented."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Fill(Struct, frozen=True, kw_only=True):
    """One trade, seen from one order."""

    trade_id: int
    price: Decimal
    quantity: Decimal
    provider: str
    at: int


class Order(Struct, kw_only=True):
    """The venue's record of an order. Mutable; only this file changes it."""

    body: RouteBody
    created_at: int
    updated_at: int
    status: str = "ACCEPTED"
    filled: Decimal = Decimal(0)
    spent: Decimal = Decimal(0)
    fills: list[Fill] = []
    reject_reason: str = ""

    @exact
    def add(self, fill: Fill) -> None:
        """Book one fill."""
        self.fills.append(fill)
        self.filled += fill.quantity
        self.spent += fill.quantity * fill.price
        self.updated_at = fill.at
        self.status = "FILLED" if self.filled == self.body.quantity else "PARTIALLY_FILLED"

    def view(self) -> RouteView:
        """Return the order as a reply shows it: all executions, at their average price."""
        filled = self.filled
        price = average(self.spent, filled, PRICE_PLACES) if filled else Decimal(0)
        return RouteView(
            order_id=self.body.order_id,
            status=self.status,
            fill_price=number(price),
            fill_quantity=number(filled),
            liquidity_provider=self.fills[-1].provider if self.fills else None,
            routing_tier=self.body.routing_tier,
            execution_latency_ms=number(LATENCY_MS),
            slippage_pips=number(Decimal(0)),
            timestamp_fill_utc=timestamp(self.updated_at),
            account_id=self.body.account_id,
            reject_reason=self.reject_reason or UNSET,
        )


class Exchange:
    """All orders of the venue. `take_events` returns the pending events and their recipients."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._steps = {one.symbol: one.step for one in settings.instruments}
        self._trades = 0
        self._events = 0
        self._engine = Engine(self._next_trade)
        for symbol, step in self._steps.items():
            self._engine.add_instrument(symbol, step)
        self._orders: dict[str, Order] = {}
        self._news: list[EventView] = []
        self.route_calls: Counter[str] = Counter()
        self.rejecting: dict[str, str] = {}
        """Routing tier -> why its providers reject all that is routed there."""
        self._stops: dict[str, Order] = {}
        """STOP orders that wait for their price."""

    def orders(self) -> list[Order]:
        """Return every order, oldest first."""
        return list(self._orders.values())

    def take_events(self) -> list[EventView]:
        """Return the events since the last call."""
        news, self._news = self._news, []
        return news

    def route(self, body: RouteBody, key: KeySettings, now: int) -> RouteView:
        """Take an order in, match it, and say what became of it at once."""
        self._check(body, key)
        order = Order(body=body, created_at=now, updated_at=now, fills=[])
        self._orders[body.order_id] = order
        if body.routing_tier in self.rejecting:
            self._reject(order, self.rejecting[body.routing_tier], now)
            return order.view()
        if body.order_type == "STOP":
            self._stops[body.order_id] = order
            return order.view()
        side = Side(body.side)
        if body.time_in_force == "FOK" and not self._fills_whole(body, side):
            self._reject(order, "FILL_OR_KILL", now)
            return order.view()
        market = body.order_type == "MARKET"
        submission = Submission(
            order_id=body.order_id,
            instrument=body.symbol,
            side=side,
            time_in_force=TimeInForce.IOC if market else TIMES_IN_FORCE[body.time_in_force],
            price=body.limit_price,
            quantity=body.quantity,
        )
        events = self._engine.submit(submission, now)
        self._book_trades(events)
        view = self._answer(order, events, now)
        self._trigger(body.symbol, events, now)
        return view

    def _answer(self, order: Order, events: list[Event], now: int) -> RouteView:
        # The answer has the trades made at once; later trades of the rest are reported by events.
        view = order.view()
        rest = next((event for event in events if isinstance(event, Canceled)), None)
        if rest is not None and not order.filled:
            self._reject(order, "NO_LIQUIDITY", now)
            view = order.view()
        elif rest is not None:
            self._cancel(order, now)
        return view

    def _trigger(self, symbol: str, events: list[Event], now: int) -> None:
        """ASSUMPTION: a STOP order whose price was traded at, or beyond, is a MARKET order then."""
        for trade in events:
            if not isinstance(trade, Trade):
                continue
            for order in [each for each in self._stops.values() if each.body.symbol == symbol]:
                stop, side = order.body.stop_price, Side(order.body.side)
                assert stop is not None, "it was checked"
                if trade.price >= stop if side is Side.BUY else trade.price <= stop:
                    self._stopped(order, now)

    def _stopped(self, order: Order, now: int) -> None:
        del self._stops[order.body.order_id]
        submission = Submission(
            order_id=order.body.order_id, instrument=order.body.symbol,
            side=Side(order.body.side), time_in_force=TimeInForce.IOC,
            quantity=order.body.quantity,
        )
        events = self._engine.submit(submission, now)
        self._book_trades(events)
        if any(isinstance(event, Canceled) for event in events):
            self._cancel(order, now)
        self._trigger(order.body.symbol, events, now)

    def cancel(self, body: NamesBody, key: KeySettings, now: int) -> RouteView:
        """ASSUMPTION: there is such a call."""
        order = self.find(body.order_id, key)
        if order.status in FINAL:
            raise Refusal(422, "ORDER_CLOSED", f"the order is {order.status}")
        if self._stops.pop(body.order_id, None) is None:
            self._engine.cancel(body.order_id, now)
        self._cancel(order, now)
        return order.view()

    def find(self, order_id: str, key: KeySettings) -> Order:
        """Return an order of the key's entity."""
        order = self._orders.get(order_id)
        if order is None or order.body.account_id not in key.accounts:
            raise Refusal(404, "NOT_FOUND", "no such order")
        return order

    def alert(self, event_type: str, account: str, message: str, now: int) -> None:
        """An event of no order, as an operator wants it."""
        self._news.append(
            EventView(
                event_id=self._next_event(), event_type=event_type,
                timestamp_utc=timestamp(now), account_id=account, message=message,
            )
        )

    # ------------------------------------------------------------------ inside

    def _check(self, body: RouteBody, key: KeySettings) -> None:
        if body.account_id not in key.accounts:
            raise Refusal(403, "FORBIDDEN", "the account is not the key's")
        if body.order_id in self._orders:
            raise Refusal(409, "DUPLICATE_ORDER", "the order_id was used before")
        step = self._steps.get(body.symbol)
        if step is None:
            raise Refusal(400, "INVALID_REQUEST", f"unknown symbol {body.symbol}")
        if body.side not in ("BUY", "SELL") or body.routing_tier not in TIERS:
            raise Refusal(400, "INVALID_REQUEST", "side or routing_tier")
        if not is_plain(body.quantity) or body.quantity <= 0 or body.quantity % step:
            raise Refusal(400, "INVALID_REQUEST", "quantity")
        self._check_type(body)

    def _check_type(self, body: RouteBody) -> None:
        if body.order_type == "MARKET":
            if body.limit_price is not None or body.stop_price is not None:
                raise Refusal(400, "INVALID_REQUEST", "a MARKET order with a price")
            return
        prices = {"LIMIT": body.limit_price, "STOP": body.stop_price}
        if body.order_type not in prices or not self._settings.behaviour.undocumented_calls:
            raise Refusal(400, "INVALID_REQUEST", f"order_type {body.order_type}")
        price = prices.pop(body.order_type)
        if price is None or not is_plain(price) or price <= 0 or set(prices.values()) != {None}:
            raise Refusal(400, "INVALID_REQUEST", f"the price of a {body.order_type} order")
        if body.time_in_force not in TIMES_IN_FORCE:
            raise Refusal(400, "INVALID_REQUEST", f"time_in_force {body.time_in_force}")

    @exact
    def _fills_whole(self, body: RouteBody, side: Side) -> bool:
        depth = self._engine.depth(body.symbol, side.opposite)
        limit = body.limit_price
        there = sum(
            (
                quantity
                for price, quantity in depth
                if limit is None
                or (price <= limit if side is Side.BUY else price >= limit)
            ),
            Decimal(0),
        )
        return there >= body.quantity

    def _book_trades(self, events: list[Event]) -> None:
        for trade in events:
            if isinstance(trade, Trade):
                for order_id in (trade.maker_id, trade.taker_id):
                    self._fill(self._orders[order_id], trade)

    def _fill(self, order: Order, trade: Trade) -> None:
        tier = order.body.routing_tier.replace("_", "")
        fill = Fill(
            trade_id=trade.trade_id, price=trade.price, quantity=trade.quantity,
            provider=f"LP-{tier}-{trade.trade_id % 9 + 1:02d}", at=trade.at,
        )
        order.add(fill)
        sums = self._settings.behaviour.fill_quantity_counts == "order"
        self._tell(
            order, "order.filled", trade.at, fill_price=number(fill.price),
            fill_quantity=number(order.filled if sums else fill.quantity),
            latency_ms=number(LATENCY_MS), liquidity_provider=fill.provider,
        )

    def _reject(self, order: Order, reason: str, now: int) -> None:
        order.status, order.reject_reason, order.updated_at = "REJECTED", reason, now
        self._tell(order, "order.rejected", now, reject_reason=reason)

    def _cancel(self, order: Order, now: int) -> None:
        order.status, order.updated_at = "CANCELLED", now
        self._tell(order, "order.cancelled", now)

    def _tell(self, order: Order, event_type: str, at: int, **more: object) -> None:
        body = order.body
        event = EventView(
            event_id=self._next_event(),
            event_type=event_type,
            timestamp_utc=timestamp(at),
            account_id=body.account_id,
            order_id=body.order_id,
            symbol=body.symbol,
            side=body.side,
            execution_status=order.status,
            routing_tier=body.routing_tier,
        )
        self._news.append(replace(event, **more))

    def _next_trade(self) -> int:
        self._trades += 1
        return self._trades

    def _next_event(self) -> str:
        self._events += 1
        return f"evt_{self._events:012x}"
