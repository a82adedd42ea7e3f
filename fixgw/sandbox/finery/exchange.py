"""The venue itself: orders, deals, positions and limits. Sans-IO; amounts are units of 1e-8.

Commands and the time come in, news waits in `take_news()`. It trusts its caller about the
customer's identity. Every execution goes through the shared matching engine; a deal has one number,
which both of its sides see. ASSUMPTION: a taker's order that finds nothing is an error, and never
was an order.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import count

from msgspec import Struct

from fixgw.sandbox.exact import exact
from fixgw.sandbox.finery.codes import Code, NotReplaced, Refusal
from fixgw.sandbox.finery.config import AccountSettings, InstrumentSettings, Settings
from fixgw.sandbox.finery.orders import (
    FOK_KINDS,
    KINDS,
    MAKER_KINDS,
    MARKET_KINDS,
    SIDES,
    Deal,
    Kind,
    Order,
    Reason,
)
from fixgw.sandbox.finery.params import Add, Mod
from fixgw.sandbox.matching import Engine, Side, Submission, TimeInForce, Trade

UNIT = 100_000_000
"""Units of one whole."""


class News(Struct, frozen=True):
    """One message of feed O, for one customer."""

    client_id: int
    instrument: str
    action: str
    row: list[object]


class Terms(Struct, frozen=True, kw_only=True):
    """An `add` that makes sense."""

    instrument: InstrumentSettings
    kind: Kind
    side: Side
    price: int
    wanted: int
    by_volume: bool


class Exchange:
    """All that the venue knows."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.add_calls: Counter[int] = Counter()
        """By clientOrderId: the number of `add` calls, whatever their outcome."""
        self._engine = Engine(count(1).__next__)
        self._instruments = {one.name: one for one in settings.instruments}
        self._currencies = {one.name: one for one in settings.currencies}
        self._accounts = {one.client_id: one for one in settings.accounts}
        self._order_ids = count(1001)
        self._orders: dict[int, Order] = {}
        self._open: defaultdict[int, dict[int, Order]] = defaultdict(dict)
        self._deals: defaultdict[int, list[tuple[Order, Deal]]] = defaultdict(list)
        self._positions: defaultdict[int, Counter[tuple[str, int]]] = defaultdict(Counter)
        self._news: list[News] = []
        for instrument in settings.instruments:
            step = self._currencies[instrument.asset].balance_step
            self._engine.add_instrument(instrument.name, Decimal(step))

    # -- commands --------------------------------------------------------------------------

    def add(self, client_id: int, request: Add, now: int, socket: int = 0) -> Order:
        """Book an order and let it trade; what becomes of it stands in the order."""
        terms = self._terms(self._accounts[client_id], request)
        name = request.client_order_id
        if name and self._find(client_id, name) is not None:
            # ASSUMPTION: in use by an open order; the name of one that has ended is free.
            raise Refusal(Code.CLIENT_ORDER_ID_IN_USE)
        return self._book(client_id, name, terms, now, socket)

    def delete(
        self, client_id: int, order_id: int | None, name: int | None, now: int
    ) -> Order:
        """Take an open order out."""
        if (order_id is None) == (name is None):
            raise Refusal(Code.INVALID_PARAMETER, "orderId")
        mine = self._open[client_id]
        order = mine.get(order_id) if order_id is not None else self._find(client_id, name or 0)
        if order is None:
            raise Refusal(Code.NOT_FOUND)
        self._take_out(order, Reason.BY_CLIENT, now)
        return order

    def delete_all(self, client_id: int, instrument: str | None, now: int) -> int:
        """Take out all open orders, or those of one instrument; how many."""
        if instrument is not None:
            self.instrument(instrument)
        orders = [o for o in self.open_orders(client_id) if instrument in (None, o.instrument)]
        for order in orders:
            self._take_out(order, Reason.BY_CLIENT, now)
        return len(orders)

    def modify(self, client_id: int, request: Mod, now: int) -> tuple[Order, Order]:
        """Put another order in the place of an open one: both, the old one first.

        ASSUMPTION: what is wrong with the request is found before the old order is removed, and
        what the market or a limit has against the new one after that. The new order is of the old
        one's type, and goes with the same socket.
        """
        old = self._open[client_id].get(request.order_id)
        if old is None:
            raise Refusal(Code.NOT_FOUND)
        size = request.size - (old.initial - old.left)
        if size <= 0:
            raise Refusal(Code.NO_SIZE_LEFT)
        name = old.client_order_id if request.client_order_id is None else request.client_order_id
        kind = "postOnly" if old.kind is Kind.POST_ONLY else "limit"
        side = "bid" if old.side is Side.BUY else "ask"
        terms = self._terms(
            self._accounts[client_id],
            Add(instrument=old.instrument, side=side, type=kind, price=request.price, size=size),
        )
        self._take_out(old, Reason.NONE, now)
        try:
            if name != old.client_order_id and self._find(client_id, name) is not None:
                raise Refusal(Code.CLIENT_ORDER_ID_IN_USE)
            return old, self._book(client_id, name, terms, now, old.socket)
        except Refusal as refusal:
            raise NotReplaced(refusal.code, old.order_id, old.left) from None

    def disconnected(self, socket: int, now: int) -> None:
        """Cancel what was to go with a socket (`cod`)."""
        for order in [o for o in self._orders.values() if o.is_open and o.socket == socket]:
            self._take_out(order, Reason.ON_DISCONNECT, now)

    def take_news(self) -> list[News]:
        """Return the news since the last call, in order."""
        news, self._news = self._news, []
        return news

    # -- queries ---------------------------------------------------------------------------

    def instrument(self, name: str) -> InstrumentSettings:
        """Return the settings of an instrument."""
        try:
            return self._instruments[name]
        except KeyError:
            raise Refusal(Code.INSTRUMENT_NOT_FOUND, "instrument") from None

    def orders(self) -> Iterator[Order]:
        """Yield every order there ever was, oldest first."""
        return iter(self._orders.values())

    def open_orders(self, client_id: int) -> list[Order]:
        """Return the resting orders of a customer, oldest first."""
        return list(self._open[client_id].values())

    def deals(self, client_id: int) -> list[tuple[Order, Deal]]:
        """Return the executions of a customer, oldest first."""
        return self._deals[client_id]

    def positions(self, client_id: int) -> list[tuple[str, int, int]]:
        """(currency, value, counterparty) of all that a customer has traded."""
        rows = self._positions[client_id].items()
        return [(currency, value, other) for (currency, other), value in rows]

    def limits(self, client_id: int) -> dict[str, int]:
        """Net limits by currency."""
        return self._accounts[client_id].net_limits

    def net(self, client_id: int, currency: str) -> int:
        """Return the position in *currency* over all counterparties."""
        rows = self._positions[client_id].items()
        return sum(value for (name, _), value in rows if name == currency)

    def depth(self, instrument: str, side: Side) -> list[list[int]]:
        """[price, size] levels, best first."""
        levels = self._engine.depth(self.instrument(instrument).name, side)
        return [[int(price), int(size)] for price, size in levels]

    # -- checks ----------------------------------------------------------------------------

    def _terms(self, account: AccountSettings, request: Add) -> Terms:
        instrument = self.instrument(request.instrument)
        side, kind = SIDES.get(request.side.lower()), KINDS.get(request.type.lower())
        if side is None or kind is None:
            raise Refusal(Code.FIELD_INVALID, "side" if side is None else "type")
        is_maker = kind in MAKER_KINDS
        if account.role != "both" and (account.role == "maker") != is_maker:
            raise Refusal(Code.TYPE_NOT_ALLOWED)
        if (request.size is None) == (request.volume is None):
            raise Refusal(Code.SIZE_OR_VOLUME)
        if request.volume is not None and is_maker:
            raise Refusal(Code.VOLUME_OF_MAKER)
        self._check_steps(instrument, request)
        if (request.price is None) != (kind in MARKET_KINDS):
            raise Refusal(Code.INVALID_PRICE, "price")
        wanted = request.volume if request.size is None else request.size
        assert wanted is not None
        return Terms(
            instrument=instrument,
            kind=kind,
            side=side,
            price=request.price or 0,
            wanted=wanted,
            by_volume=request.volume is not None,
        )

    def _check_steps(self, instrument: InstrumentSettings, request: Add) -> None:
        base = self._currencies[instrument.asset].balance_step
        quote = self._currencies[instrument.balance].balance_step
        for value, step, code in (
            (request.size, base, Code.INVALID_SIZE),
            (request.volume, quote, Code.INVALID_VOLUME),
            (request.price, quote, Code.INVALID_PRICE),
        ):
            if value is not None and (value <= 0 or value % step):
                raise Refusal(code)

    def _check_limits(self, client_id: int, terms: Terms, size: int) -> None:
        """ASSUMPTION: a net limit bounds what an account may owe; resting orders do not count."""
        if terms.side is Side.SELL:
            currency, amount = terms.instrument.asset, size
        elif terms.by_volume:
            currency, amount = terms.instrument.balance, terms.wanted
        else:
            price = terms.price or self._worst(terms)
            currency, amount = terms.instrument.balance, price * size // UNIT
        limit = self._accounts[client_id].net_limits.get(currency)
        if limit is not None and self.net(client_id, currency) - amount < -limit:
            raise Refusal(Code.LIMITS)

    def _worst(self, terms: Terms) -> int:
        levels = self._levels(terms)
        return levels[-1][0] if levels else 0

    def _levels(self, terms: Terms) -> list[list[int]]:
        """Return the levels that the order could take, best first."""
        levels = self.depth(terms.instrument.name, terms.side.opposite)
        if not terms.price:
            return levels
        buys = terms.side is Side.BUY
        return [
            level
            for level in levels
            if (level[0] <= terms.price if buys else level[0] >= terms.price)
        ]

    def _takes(self, terms: Terms) -> tuple[int, int]:
        """Return the quantity that the order would take now, and the whole quantity that it
        wants."""
        levels = self._levels(terms)
        if not terms.by_volume:
            there = sum(size for _, size in levels)
            return min(there, terms.wanted), terms.wanted
        step = self._currencies[terms.instrument.asset].balance_step
        left, taken = terms.wanted, 0
        for price, size in levels:
            fits = left * UNIT // price // step * step
            if fits <= size:
                # The rest does not buy one more step.
                return taken + fits, taken + fits
            left, taken = left - price * size // UNIT, taken + size
        return taken, taken + step

    def _would_meet_own(self, client_id: int, terms: Terms) -> bool:
        prices = {level[0] for level in self._levels(terms)}
        return any(
            order.instrument == terms.instrument.name
            and order.side is terms.side.opposite
            and order.price in prices
            for order in self._open[client_id].values()
        )

    # -- bookings --------------------------------------------------------------------------

    def _book(
        self, client_id: int, name: int, terms: Terms, now: int, socket: int
    ) -> Order:
        takes, wants = self._takes(terms)
        if terms.kind is Kind.POST_ONLY and takes:
            raise Refusal(Code.POST_ONLY)
        if terms.kind in FOK_KINDS and takes < wants:
            raise Refusal(Code.FOK_NO_LIQUIDITY)
        if terms.kind not in MAKER_KINDS and not takes:
            raise Refusal(Code.IOC_NO_MATCH)
        if self._would_meet_own(client_id, terms):
            raise Refusal(Code.SELF_MATCH)
        rests = terms.kind in MAKER_KINDS
        self._check_limits(client_id, terms, terms.wanted if rests else takes)
        order = Order(
            order_id=next(self._order_ids),
            client_id=client_id,
            client_order_id=name,
            instrument=terms.instrument.name,
            kind=terms.kind,
            side=terms.side,
            price=terms.price,
            initial=terms.wanted,
            left=terms.wanted,
            by_volume=terms.by_volume,
            created_at=now,
            socket=socket,
        )
        self._orders[order.order_id] = order
        if rests:
            self._open[client_id][order.order_id] = order
            self._tell(order, "+")
        submission = Submission(
            order_id=str(order.order_id),
            instrument=order.instrument,
            side=order.side,
            time_in_force=TimeInForce.GTC if rests else TimeInForce.IOC,
            price=Decimal(order.price) if order.price else None,
            quantity=Decimal(terms.wanted if rests else takes),
        )
        for event in self._engine.submit(submission, now):
            if isinstance(event, Trade):
                self._trade(event)
        if not rests:
            self._end_taker(order)
        return order

    def _end_taker(self, order: Order) -> None:
        """ASSUMPTION: an order by volume whose rest buys no step more is filled."""
        if order.by_volume and order.deals:
            step = self._currencies[self.instrument(order.instrument).asset].balance_step
            if order.left * UNIT // order.deals[-1].price < step:
                order.left = 0
        order.is_open = False
        if order.left:
            order.reason = Reason.NOT_RESTING
            self._tell(order, "-")

    @exact
    def _trade(self, trade: Trade) -> None:
        maker, taker = self._orders[int(trade.maker_id)], self._orders[int(trade.taker_id)]
        price, size = int(trade.price), int(trade.quantity)
        volume = self._volume(maker.instrument, price, size)
        for order, other in ((maker, taker), (taker, maker)):
            order.left = max(order.left - (volume if order.by_volume else size), 0)
            deal = Deal(
                deal_id=trade.trade_id,
                moment=trade.at,
                aggressor=taker.side,
                price=price,
                size=size,
                volume=volume,
                left=order.left,
                counterparty=other.client_id,
                owner_of_taker=taker.client_id,
                owner_of_maker=maker.client_id,
            )
            order.deals.append(deal)
            self._deals[order.client_id].append((order, deal))
            self._settle(order, deal)
            self._news.append(
                News(order.client_id, order.instrument, "D", order.deal_row(deal))
            )
            if order.order_id in self._open[order.client_id] and not order.left:
                order.is_open = False
                del self._open[order.client_id][order.order_id]
                self._tell(order, "-")

    def _volume(self, instrument: str, price: int, size: int) -> int:
        """price x size, to the nearest step of the quote currency, as in the vendor's sample."""
        step = self._currencies[self.instrument(instrument).balance].balance_step
        exactly = price * size
        return (exactly + UNIT * step // 2) // (UNIT * step) * step

    def _settle(self, order: Order, deal: Deal) -> None:
        instrument = self.instrument(order.instrument)
        sign = 1 if order.side is Side.BUY else -1
        positions = self._positions[order.client_id]
        positions[instrument.asset, deal.counterparty] += sign * deal.size
        positions[instrument.balance, deal.counterparty] -= sign * deal.volume

    def _take_out(self, order: Order, reason: Reason, now: int) -> None:
        self._engine.cancel(str(order.order_id), now)
        order.is_open, order.reason = False, reason
        del self._open[order.client_id][order.order_id]
        self._tell(order, "-")

    def _find(self, client_id: int, name: int) -> Order | None:
        mine = self._open[client_id].values()
        return next((order for order in mine if order.client_order_id == name), None)

    def _tell(self, order: Order, action: str) -> None:
        self._news.append(News(order.client_id, order.instrument, action, order.row()))
