"""The venue itself: orders, trades, and what happens to them as time passes.

Sans-IO: commands and the time come in. It trusts its caller on who is asking; that was settled
in auth.py. Nothing is pushed to anybody: what happened shows when somebody asks.
"""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from heapq import heappop, heappush
from itertools import count
from typing import Literal

from msgspec import Struct

from fixgw.sandbox.integral.config import Settings, UserSettings
from fixgw.sandbox.integral.orders import (
    Fill,
    Order,
    PlaceRequest,
    Status,
    check,
)
from fixgw.sandbox.integral.wire import OrderView, Refusal, TradeView, invalid
from fixgw.sandbox.matching import Accepted, CancelReason, Canceled, Engine, Event, Side, Trade

FIRST_ORDER = 4_820_276_016
FIRST_TRADE = 9_369_258_100


class Task(Struct, frozen=True, order=True):
    """Work the venue has put off: what it does with an order once *due*."""

    due: int
    number: int
    action: Literal["submit", "cancel", "expire"]
    order_id: str


class Exchange:
    """All orders of all users."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.place_calls: Counter[str] = Counter()
        self._instruments = {one.symbol: one for one in settings.instruments}
        self._order_numbers = count(FIRST_ORDER)
        self._trade_numbers = count(FIRST_TRADE)
        self._engine = Engine(self._trade_numbers.__next__)
        for one in settings.instruments:
            self._engine.add_instrument(one.symbol, one.step)
        self._orders: dict[str, Order] = {}
        self._by_co_id: dict[tuple[str, str], Order] = {}
        self._tasks: list[Task] = []
        self._numbers = count(1)

    # -- commands --------------------------------------------------------------------------

    def place(self, user: UserSettings, request: PlaceRequest, now: int) -> OrderView:
        """Take an order for processing: 202, RECEIVED; what becomes of it shows later.

        ASSUMPTION: a coId is unique among the orders of one user, for ever.
        """
        side, size = check(request, self._instruments, user)
        if (user.user, request.co_id) in self._by_co_id:
            raise invalid(
                "DuplicateOrder", "Order already exists for the given client order ID."
            )
        order = Order(
            order_id=str(next(self._order_numbers)),
            user=user,
            request=request,
            side=side,
            size=size,
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
        """One order by the venue's id."""
        return self._view(self._known(user, order_id))

    def order_by_co_id(self, user: UserSettings, co_id: str) -> OrderView:
        """One order by the client's id."""
        order = self._by_co_id.get((user.user, co_id))
        if order is None:
            raise Refusal(404, f"No order with client order ID {co_id}")
        return self._view(order)

    def active(self, user: UserSettings) -> list[OrderView]:
        """All active orders, oldest first. ASSUMPTION: an empty list if there is none."""
        return [self._view(order) for order in self._active(user)]

    def trades(self, user: UserSettings, order_id: str, now: int) -> list[TradeView]:
        """All trades on an order, oldest first."""
        until = now - self.settings.behaviour.trade_delay_ms
        return self._known(user, order_id).trades(until)

    def trade(self, user: UserSettings, trade_id: str, now: int) -> TradeView:
        """One trade."""
        for order in self._orders.values():
            if order.user is user:
                for view in order.trades(now - self.settings.behaviour.trade_delay_ms):
                    if view.trade_id == trade_id:
                        return view
        raise Refusal(404, f"No trade {trade_id}")

    def orders(self) -> Iterator[Order]:
        """Every order there ever was, oldest first."""
        return iter(self._orders.values())

    # -- time ------------------------------------------------------------------------------

    @property
    def next_due(self) -> int | None:
        """When `advance` has something to do next."""
        return self._tasks[0].due if self._tasks else None

    def advance(self, now: int) -> None:
        """Do all work that is due."""
        while self._tasks and self._tasks[0].due <= now:
            task = heappop(self._tasks)
            order = self._orders[task.order_id]
            if task.action == "submit":
                self._submit(order, now)
            elif order.status is Status.RECEIVED:
                # It came before the order was in the market: it waits its turn.
                self._put_off(task.action, order, now + 1)
            elif not order.is_final:
                ended = self._engine.cancel(order.order_id, now)
                self._end(order, ended, Status.EXPIRED if task.action == "expire" else None)

    def _submit(self, order: Order, now: int) -> None:
        """Bring an order to the market. What must trade whole and cannot never gets there."""
        kind = order.request.time_in_force
        if kind == "FOK" and self._on_offer(order) < order.size:
            order.move(Status.NEW)
            order.move(Status.EXPIRED)
            return
        if kind == "GTT":
            assert order.request.expiry_time is not None, "it was checked"
            self._put_off("expire", order, order.placed_at + order.request.expiry_time * 1000)
        for event in self._engine.submit(order.submission(), now):
            self._apply(event)

    def _on_offer(self, order: Order) -> Decimal:
        """How much the other side would sell or buy at the order's price."""
        limit, total = order.request.price, Decimal(0)
        for price, quantity in self._engine.depth(order.request.symbol, order.side.opposite):
            if limit is None or (price <= limit if order.side is Side.BUY else price >= limit):
                total += quantity
        return total

    def _apply(self, event: Event) -> None:
        match event:
            case Accepted():
                self._orders[event.order_id].move(Status.NEW)
            case Trade():
                self._fill(self._orders[event.maker_id], event, not event.maker_open, maker=True)
                self._fill(self._orders[event.taker_id], event, event.taker_filled, maker=False)
            case Canceled():
                self._end(self._orders[event.order_id], event, None)

    def _fill(self, order: Order, trade: Trade, whole: bool, *, maker: bool) -> None:
        """Each side has a trade of its own, as each has its own tradeId at the vendor."""
        side = "M" if maker else "T"
        order.add(
            Fill(
                trade_id=f"FXI{trade.trade_id}{side}",
                price=trade.price,
                quantity=trade.quantity,
                maker=maker,
                at=trade.at,
            )
        )
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

    def _put_off(
        self, action: Literal["submit", "cancel", "expire"], order: Order, due: int
    ) -> None:
        heappush(self._tasks, Task(due, next(self._numbers), action, order.order_id))

    def _view(self, order: Order, *, action: str = "", status: str = "") -> OrderView:
        shows = self.settings.behaviour.partially_filled_status
        return order.view(partially_filled=shows, action=action, status=status)
