"""The venue itself: orders, trades, and their changes over time.

Sans-IO: commands and the time come in. It trusts its caller about the customer's identity, which
auth.py has checked. Nothing is pushed: changes show in the answers to queries.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from heapq import heappop, heappush
from itertools import count
from typing import Literal

from msgspec import Struct, structs

from fixgw.sandbox.exact import exact, is_plain
from fixgw.sandbox.integral.checks import STOPS, check
from fixgw.sandbox.integral.config import Settings, UserSettings
from fixgw.sandbox.integral.orders import CANCELLED, SLICE, Fill, Order, PlaceRequest, Status
from fixgw.sandbox.integral.quotes import Quotes
from fixgw.sandbox.integral.stops import Stops
from fixgw.sandbox.integral.wire import (
    OrderView,
    RateView,
    Refusal,
    TradeView,
    invalid,
    optional_number,
)
from fixgw.sandbox.matching import (
    Accepted,
    CancelReason,
    Canceled,
    Engine,
    Event,
    Side,
    Submission,
    Trade,
)

FIRST_ORDER = 4_820_276_016
FIRST_TRADE = 9_369_258_100


Action = Literal["submit", "cancel", "expire", "slice"]


class Task(Struct, frozen=True, order=True):
    """Work the venue has put off: what it does with an order once *due*."""

    due: int
    number: int
    action: Action
    order_id: str


class Exchange:
    """All orders of all users."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.place_calls: Counter[str] = Counter()
        self.trades_behind_ms = settings.behaviour.trade_delay_ms
        """The delay of a trade in the list after its order's status."""
        self.hides_orders = False
        """No query finds an order, whatever becomes of it meanwhile."""
        self._instruments = {one.symbol: one for one in settings.instruments}
        self._order_numbers = count(FIRST_ORDER)
        self._trade_numbers = count(FIRST_TRADE)
        self._engine = Engine(self._trade_numbers.__next__)
        for one in settings.instruments:
            self._engine.add_instrument(one.symbol, one.step)
        self._orders: dict[str, Order] = {}
        self._by_co_id: dict[tuple[str, str], Order] = {}
        self._stops = Stops()
        self._quotes = Quotes(settings.behaviour.quote_ttl_ms)
        self._tasks: list[Task] = []
        self._numbers = count(1)

    # -- commands --------------------------------------------------------------------------

    def place(self, user: UserSettings, request: PlaceRequest, now: int) -> OrderView:
        """Take an order for processing: 202, RECEIVED; what becomes of it shows later.

        ASSUMPTION: a coId is unique among the orders of one user, for ever. ASSUMPTION: an order
        that is to take the place of one that is not active is turned away.
        """
        side, quantity = check(request, self._instruments, user)
        if (user.user, request.co_id) in self._by_co_id:
            raise invalid(
                "DuplicateOrder", "Order already exists for the given client order ID."
            )
        if request.type == "PQ":
            self._quotes.check(request, side, now)
        if request.original_co_id:
            original = self._by_co_id.get((user.user, request.original_co_id))
            if original is None or original.is_final:
                raise Refusal(400, f"No active order {request.original_co_id} to replace")
        order = Order(
            order_id=str(next(self._order_numbers)),
            user=user,
            request=request,
            side=side,
            quantity=quantity,
            placed_at=now,
        )
        self._orders[order.order_id] = self._by_co_id[user.user, request.co_id] = order
        self._put_off("submit", order, now + self.settings.behaviour.submit_delay_ms)
        return self._view(order, action="place")

    def cancel(self, user: UserSettings, order_id: str, now: int) -> OrderView:
        """Begin to cancel an active order. ASSUMPTION: 404 for one that is not."""
        order = self._orders.get(order_id)
        if order is None or order.user is not user or order.is_final:
            raise Refusal(404, f"No active order {order_id}")
        self._begin_cancel(order, now)
        return self._view(order, action="cancel", status="RECEIVED")

    def cancel_all(self, user: UserSettings, now: int) -> list[OrderView]:
        """Begin to cancel all active orders."""
        active = self._active(user)
        for order in active:
            self._begin_cancel(order, now)
        return [self._view(order, action="cancel", status="RECEIVED") for order in active]

    # -- queries ---------------------------------------------------------------------------

    def order(self, user: UserSettings, order_id: str) -> OrderView:
        """Return one order by the venue's id."""
        if self.hides_orders:
            raise Refusal(404, f"No order {order_id}")
        return self._view(self._known(user, order_id))

    def order_by_co_id(self, user: UserSettings, co_id: str) -> OrderView:
        """Return one order by the client's id."""
        order = self._by_co_id.get((user.user, co_id))
        if order is None or self.hides_orders:
            raise Refusal(404, f"No order with client order ID {co_id}")
        return self._view(order)

    def active(self, user: UserSettings) -> list[OrderView]:
        """Return all active orders, oldest first. ASSUMPTION: an empty list if there is none."""
        return [] if self.hides_orders else [self._view(order) for order in self._active(user)]

    def trades(self, user: UserSettings, order_id: str, now: int) -> list[TradeView]:
        """Return all trades on an order, oldest first."""
        until = now - self.trades_behind_ms
        return self._known(user, order_id).trades(until)

    def trade(self, user: UserSettings, trade_id: str, now: int) -> TradeView:
        """Return one trade."""
        for order in self._orders.values():
            if order.user is user:
                for view in order.trades(now - self.trades_behind_ms):
                    if view.trade_id == trade_id:
                        return view
        raise Refusal(404, f"No trade {trade_id}")

    def rate(self, symbol: str, now: int) -> RateView:
        """Return the best bid and offer, with a name by which they can be ordered at."""
        if symbol not in self._instruments:
            raise invalid("InvalidCurrencyPair", f"Symbol {symbol!r} not valid")
        bid, offer = self._best(symbol)
        return RateView(
            symbol=symbol,
            bid=optional_number(bid),
            offer=optional_number(offer),
            bid_limit=optional_number(self._top(symbol, Side.BUY)),
            offer_limit=optional_number(self._top(symbol, Side.SELL)),
            time=now,
            rate_id=self._quotes.give(symbol, bid, offer, now).rate_id,
        )

    def orders(self) -> Iterator[Order]:
        """Yield every order there ever was, oldest first."""
        return iter(self._orders.values())

    # -- what the back office does ---------------------------------------------------------

    def amend(
        self, trade_id: str, quantity: Decimal | None = None, price: Decimal | None = None
    ) -> None:
        """Change a trade, as "Amend trade" does: "by amount, rate, customer, or all three".
        ASSUMPTION: it keeps its tradeId and its status, and its order stays as it is."""
        order, number = self._trade(trade_id)
        fill = order.fills[number]
        amended = structs.replace(
            fill,
            quantity=fill.quantity if quantity is None else quantity,
            price=fill.price if price is None else price,
        )
        if not all(is_plain(each) and each > 0 for each in (amended.quantity, amended.price)):
            raise Refusal(400, "an amount and a rate are above 0")
        order.fills[number] = amended

    def cancel_trade(self, trade_id: str) -> None:
        """Take a trade back, as "Cancel trades" does. ASSUMPTION: it stays in the list with
        another status, and its order stays as it is."""
        order, number = self._trade(trade_id)
        order.fills[number] = structs.replace(order.fills[number], status=CANCELLED)

    def _trade(self, trade_id: str) -> tuple[Order, int]:
        for order in self._orders.values():
            for number, fill in enumerate(order.fills):
                if fill.trade_id == trade_id:
                    return order, number
        raise Refusal(404, f"No trade {trade_id}")

    # -- time ------------------------------------------------------------------------------

    @property
    def next_due(self) -> int | None:
        """Time of the next work for `advance`."""
        return self._tasks[0].due if self._tasks else None

    def advance(self, now: int) -> None:
        """Do all work that is due."""
        while self._tasks and self._tasks[0].due <= now:
            task = heappop(self._tasks)
            self._do(task, self._orders[task.order_id], now)
            self._trigger(now)

    def _do(self, task: Task, order: Order, now: int) -> None:
        original = self._original(order)
        if task.action == "submit":
            if original is not None and original.status is Status.RECEIVED:
                self._put_off("submit", order, now + 1)
            else:
                self._submit(order, original, now)
        elif order.status is Status.RECEIVED:
            # It came before the order was in the market: it waits its turn.
            self._put_off(task.action, order, now + 1)
        elif order.is_final:
            return
        elif task.action == "slice":
            self._send_slice(order, now)
        else:
            self._take_off(order, Status.EXPIRED if task.action == "expire" else None, now)

    def _submit(self, order: Order, original: Order | None, now: int) -> None:
        """Bring an order to the market. What must trade whole and cannot never gets there."""
        request = order.request
        if original is not None and not self._take_place(order, original, now):
            order.reason = "RequestValidationError.InvalidOrderQty"
            order.move(Status.REJECTED)
            return
        if request.time_in_force == "FOK" and self._on_offer(order) < order.quantity:
            order.move(Status.NEW)
            order.move(Status.EXPIRED)
            return
        if request.time_in_force == "GTT":
            assert request.expiry_time is not None, "it was checked"
            self._put_off("expire", order, order.placed_at + request.expiry_time * 1000)
        if request.type in STOPS:
            order.move(Status.NEW)
            self._stops.add(order)
        elif request.type == "Algo":
            order.move(Status.NEW)
            self._put_off("slice", order, now)
        else:
            self._send(order.submission(), now)

    @exact
    def _take_place(self, order: Order, original: Order, now: int) -> bool:
        """Let *order* do what *original* has left, in one step; whether it could.

        ASSUMPTION: `size` counts what the original order has traded.
        """
        left = order.quantity - original.filled
        if original.is_final or left <= 0:
            return False
        self._take_off(original, None, now)
        order.quantity = left
        return True

    def _take_off(self, order: Order, status: Status | None, now: int) -> None:
        """End an order that works, wherever it is."""
        if self._stops.take(order.order_id) or order.request.type == "Algo":
            order.move(status or Status.CANCELLED)
        else:
            self._end(order, self._engine.cancel(order.order_id, now), status)

    @exact
    def _send_slice(self, order: Order, now: int) -> None:
        """The next part of an algorithm, with what the parts before it did not get."""
        behaviour, step = self.settings.behaviour, self._instruments[order.request.symbol].step
        last = order.slices + 1 >= behaviour.algo_slices
        part = order.quantity * (order.slices + 1) // (behaviour.algo_slices * step) * step
        wanted = (order.quantity if last else part) - order.filled
        if wanted > 0:
            self._send(order.slice(wanted), now)
        else:
            order.slices += 1
        if last and not order.is_final:
            order.move(Status.EXPIRED)
        elif not last:
            self._put_off("slice", order, now + behaviour.algo_slice_ms)

    def _send(self, submission: Submission, now: int) -> None:
        for event in self._engine.submit(submission, now):
            self._apply(event)

    def _trigger(self, now: int) -> None:
        """Send the stops that the market has reached, until it reaches no more."""
        for symbol in self._stops.symbols():
            while due := self._stops.take_due(symbol, *self._best(symbol)):
                for order in due:
                    self._send(order.submission(), now)

    def _on_offer(self, order: Order) -> Decimal:
        """Return the quantity that the other side would trade at the order's price."""
        limit, total = order.request.price, Decimal(0)
        for price, quantity in self._engine.depth(order.request.symbol, order.side.opposite):
            if limit is None or (price <= limit if order.side is Side.BUY else price >= limit):
                total += quantity
        return total

    def _apply(self, event: Event) -> None:
        match event:
            case Accepted():
                order = self._owner(event.order_id)
                if order.status is Status.RECEIVED:
                    order.move(Status.NEW)
            case Trade():
                self._fill(self._owner(event.maker_id), event, maker=True)
                self._fill(self._owner(event.taker_id), event, maker=False)
            case Canceled() if SLICE not in event.order_id:
                self._end(self._orders[event.order_id], event, None)

    def _owner(self, name: str) -> Order:
        """Return the order that the engine knows by *name*: that of a slice has a number behind
        it."""
        return self._orders[name.partition(SLICE)[0]]

    def _fill(self, order: Order, trade: Trade, *, maker: bool) -> None:
        """Each side has a trade of its own, as each has its own tradeId at the vendor.

        An order in the term currency trades at its own price, or it would not
        come to its size: a limit of this sandbox.
        """
        asked, side = order.request, "M" if maker else "T"
        price = asked.price if asked.in_term and asked.price is not None else trade.price
        order.add(
            Fill(
                trade_id=f"FXI{trade.trade_id}{side}",
                price=price,
                quantity=trade.quantity,
                maker=maker,
                at=trade.at,
            )
        )
        whole = order.filled == order.quantity
        order.move(Status.FILLED if whole else Status.PARTIALLY_FILLED)

    @staticmethod
    def _end(order: Order, ended: Canceled, status: Status | None) -> None:
        """ASSUMPTION: what an IOC order could not trade is EXPIRED, filled in part or not."""
        by_owner = ended.reason is CancelReason.BY_OWNER
        order.move(status or (Status.CANCELLED if by_owner else Status.EXPIRED))

    # -- pieces ----------------------------------------------------------------------------

    def _known(self, user: UserSettings, order_id: str) -> Order:
        order = self._orders.get(order_id)
        if order is None or order.user is not user:
            raise Refusal(404, f"No order {order_id}")
        return order

    def _active(self, user: UserSettings) -> list[Order]:
        return [
            order
            for order in self._orders.values()
            if order.user is user and not order.is_final
        ]

    def _begin_cancel(self, order: Order, now: int) -> None:
        if not order.cancelling:
            order.cancelling = True
            self._put_off("cancel", order, now + self.settings.behaviour.cancel_delay_ms)

    def _original(self, order: Order) -> Order | None:
        name = order.request.original_co_id
        return self._by_co_id[order.user.user, name] if name else None

    def _best(self, symbol: str) -> tuple[Decimal | None, Decimal | None]:
        """Return the best bid and the best offer."""
        bids, offers = (self._engine.depth(symbol, side) for side in (Side.BUY, Side.SELL))
        return bids[0][0] if bids else None, offers[0][0] if offers else None

    def _top(self, symbol: str, side: Side) -> Decimal | None:
        """Return the quantity at the best price."""
        levels = self._engine.depth(symbol, side)
        return levels[0][1] if levels else None

    def _put_off(self, action: Action, order: Order, due: int) -> None:
        heappush(self._tasks, Task(due, next(self._numbers), action, order.order_id))

    def _view(self, order: Order, *, action: str = "", status: str = "") -> OrderView:
        shows = self.settings.behaviour.partially_filled_status
        return order.view(partially_filled=shows, action=action, status=status)
