"""The venue itself: orders, balances and their changes over time.

Sans-IO: commands and the time come in, updates wait in `take_updates()`. It trusts its caller about
the customer's identity, which api.py has checked. Every booking of money goes through the ledger,
so whatever the engine matches, the totals stay equal to the deposits.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from heapq import heappop, heappush
from itertools import count
from typing import Literal

from msgspec import Struct

from fixgw.sandbox.apifiny.checks import check_order_id, check_terms
from fixgw.sandbox.apifiny.codes import Code, Refusal
from fixgw.sandbox.apifiny.config import InstrumentSettings, Settings, VenueSettings
from fixgw.sandbox.apifiny.orders import Fill, Order, Status, Terms
from fixgw.sandbox.apifiny.params import NewOrder
from fixgw.sandbox.apifiny.wire import AssetRow, OrderUpdateView, number
from fixgw.sandbox.exact import exact
from fixgw.sandbox.ledger import InsufficientFunds, Ledger
from fixgw.sandbox.matching import (
    Accepted,
    Canceled,
    Engine,
    Event,
    Refused,
    Side,
    Trade,
)

# The venue's own account: it receives the commissions.
HOUSE = "HOUSE"


class OrderUpdate(Struct, frozen=True):
    """An order changed."""

    account_id: str
    venue: str
    at: int
    payload: OrderUpdateView


class AssetUpdate(Struct, frozen=True):
    """Balances changed."""

    account_id: str
    venue: str
    at: int
    payload: list[AssetRow]


Update = OrderUpdate | AssetUpdate


class Task(Struct, frozen=True, order=True):
    """Work the venue has put off: what it does with an order once *due*."""

    due: int
    number: int
    action: Literal["submit", "cancel"]
    order_id: str


def sub_account(account_id: str, venue: str) -> str:
    """STA-00000001 at VENUE1 is STA-VENUE1_00000001 in the manual's replies.

    ASSUMPTION: on the streams as well, where its samples show an older ST-00000001.
    """
    kind, _, digits = account_id.rpartition("-")
    return f"{kind}-{venue}_{digits}"


class Exchange:
    """All venues behind the one API."""

    def __init__(self, settings: Settings, now: int) -> None:
        self.settings = settings
        self.started_at = now
        self.new_order_calls: Counter[str] = Counter()
        self.ledger = Ledger()
        self._engine = Engine(count(1).__next__)
        self._venues = {venue.name: venue for venue in settings.venues}
        self._instruments: dict[tuple[str, str], InstrumentSettings] = {}
        self._orders: dict[str, Order] = {}
        # By account: what is not final in order of arrival, what is in order of ending.
        self._open: defaultdict[str, dict[str, Order]] = defaultdict(dict)
        self._completed: defaultdict[str, list[Order]] = defaultdict(list)
        self._fills: defaultdict[str, list[OrderUpdate]] = defaultdict(list)
        self._tasks: list[Task] = []
        self._numbers = count(1)
        self._updates: list[Update] = []
        # (account, venue, currency) whose balance changed since the last asset update.
        self._touched: dict[tuple[str, str], dict[str, None]] = {}
        self._open_markets()
        self._deposit()

    # -- commands --------------------------------------------------------------------------

    def place(self, account_id: str, venue: str, request: NewOrder, now: int) -> Order:
        """Book a new order as PENDING_SUBMIT; its outcome shows later.

        ASSUMPTION: the stream reports changes of status, so not this first one.
        """
        behaviour = self.settings.behaviour
        settings = self._enabled_venue(venue)
        instrument = self.instrument(venue, request.order_info.symbol)
        if instrument.status != "enabled":
            # ASSUMPTION: the manual has no text for a disabled symbol but this one.
            raise Refusal(Code.NO_MATCHING_MARKET)
        order_id = request.order_id or self._generate_id(account_id, now)
        check_order_id(order_id, now, behaviour.order_id_tolerance_ms)
        if order_id in self._orders:
            # ASSUMPTION: an id is unique over all accounts and venues, for ever.
            raise Refusal(Code.ORDER_ID_REPEAT)
        terms = check_terms(request.order_info, instrument, settings)
        mine = self._open[account_id]
        if behaviour.max_open_orders and len(mine) >= behaviour.max_open_orders:
            raise Refusal(Code.TOO_MANY_OPEN_ORDERS)
        order = _new_order(account_id, venue, order_id, terms, instrument, now)
        self._freeze(order, instrument)
        self._orders[order_id] = mine[order_id] = order
        self._put_off("submit", order, now + behaviour.submit_delay_ms)
        self._flush_assets(now)
        return order

    def cancel(self, account_id: str, venue: str, order_id: str, now: int) -> Order:
        """Begin to cancel; "Cancel Reject" lists what cannot be."""
        order = self.order(account_id, venue, order_id)
        if order.is_final:
            raise Refusal(Code.CANNOT_CANCEL_STATUS)
        if order.status is Status.PENDING_SUBMIT:
            raise Refusal(Code.CANNOT_CANCEL_PENDING_SUBMIT)
        if order.cancelling:
            raise Refusal(Code.BEING_CANCELLED)
        self._begin_cancel(order, now)
        return order

    def cancel_all(
        self, account_id: str, venue: str, symbol: str | None, now: int
    ) -> list[str]:
        """Begin to cancel all that can be; the ids of those."""
        if symbol is not None:
            self.instrument(venue, symbol)
        orders = [
            order
            for order in self.open_orders(account_id, venue)
            if order.status is Status.SUBMITTED
            and not order.cancelling
            and symbol in (None, order.terms.symbol)
        ]
        for order in orders:
            self._begin_cancel(order, now)
        return [order.order_id for order in orders]

    # -- time ------------------------------------------------------------------------------

    @property
    def next_due(self) -> int | None:
        """Time of the next work for `advance`."""
        return self._tasks[0].due if self._tasks else None

    def advance(self, now: int) -> None:
        """Do all work that is due."""
        while self._tasks and self._tasks[0].due <= now:
            task = heappop(self._tasks)
            order = self._orders[task.order_id]
            if task.action == "submit":
                market = _market(order.venue, order.terms.symbol)
                for event in self._engine.submit(order.submission(market), now):
                    self._apply(event)
            elif not order.is_final:
                self._apply(self._engine.cancel(order.order_id, now))
            self._flush_assets(now)

    def take_updates(self) -> list[Update]:
        """Return the updates since the last call, in order."""
        updates, self._updates = self._updates, []
        return updates

    # -- queries ---------------------------------------------------------------------------

    def venue(self, name: str) -> VenueSettings:
        """Return the settings of a venue."""
        try:
            return self._venues[name]
        except KeyError:
            # ASSUMPTION: a venue nobody knows is a venue that does not match.
            raise Refusal(Code.VENUE_MISMATCH) from None

    def instrument(self, venue: str, symbol: str) -> InstrumentSettings:
        """Return the settings of a symbol at a venue."""
        try:
            return self._instruments[venue, symbol]
        except KeyError:
            raise Refusal(Code.UNKNOWN_SYMBOL) from None

    def find(self, account_id: str, venue: str | None, order_id: str) -> Order | None:
        """Return one order of this account, or None."""
        order = self._orders.get(order_id)
        if order and order.account_id == account_id and venue in (None, order.venue):
            return order
        return None

    def order(self, account_id: str, venue: str | None, order_id: str) -> Order:
        """Return one order of this account. ASSUMPTION: 327738 for all others, existing or not."""
        order = self.find(account_id, venue, order_id)
        if order is None:
            raise Refusal(Code.ORDER_NOT_EXIST)
        return order

    def orders(self) -> Iterator[Order]:
        """Yield every order there ever was, oldest first."""
        return iter(self._orders.values())

    def open_orders(self, account_id: str, venue: str | None) -> list[Order]:
        """Return the orders that are not final, oldest first."""
        mine = self._open[account_id].values()
        return [order for order in mine if venue in (None, order.venue)]

    def completed_orders(self, account_id: str, venue: str | None) -> list[Order]:
        """Return the orders that are final, first ended first."""
        mine = self._completed[account_id]
        return [order for order in mine if venue in (None, order.venue)]

    def fills(self, account_id: str, venue: str) -> list[OrderUpdate]:
        """Return the order updates that reported a fill, oldest first."""
        return [update for update in self._fills[account_id] if update.venue == venue]

    # -- bookings --------------------------------------------------------------------------

    def _apply(self, event: Event) -> None:
        match event:
            case Accepted():
                order = self._orders[event.order_id]
                order.move(Status.SUBMITTED, event.at)
                self._publish(order, None, event.at)
            case Refused():
                # ASSUMPTION: a post-only order that would take is REJECTED, not CANCELLED.
                order = self._orders[event.order_id]
                self._close(order, Status.REJECTED, event.at)
                self._publish(order, None, event.at)
            case Trade():
                self._trade(event)
            case Canceled():
                self._cancelled(self._orders[event.order_id], event.at)

    def _trade(self, trade: Trade) -> None:
        maker = self._orders[trade.maker_id]
        taker = self._orders[trade.taker_id]
        fees = self.settings.fees
        self._fill(maker, trade, trade.maker_open, not trade.maker_open, False, fees.make_fee)
        self._fill(taker, trade, trade.taker_open, trade.taker_filled, True, fees.take_fee)

    @exact
    def _fill(
        self,
        order: Order,
        trade: Trade,
        still_open: Decimal,
        filled: bool,
        is_taker: bool,
        rate: Decimal,
    ) -> None:
        """Book one side of a trade.

        Both samples of the manual charge a buyer in the quote currency, and so do we.
        ASSUMPTION: a buyer pays it on top, also of the total of a market buy.
        """
        instrument = self._instruments[order.venue, order.terms.symbol]
        base, quote = instrument.base_asset, instrument.quote_asset
        notional = trade.price * trade.quantity
        commission = notional * rate
        if order.terms.side is Side.BUY:
            self._spend(order, quote, notional + commission)
            self._receive(order, base, trade.quantity)
        else:
            self._spend(order, base, trade.quantity)
            self._receive(order, quote, notional - commission)
        self.ledger.receive(HOUSE, quote, commission)
        fill = Fill(
            trade_id=trade.trade_id,
            price=trade.price,
            quantity=trade.quantity,
            commission=commission,
            commission_currency=quote,
            is_taker=is_taker,
            at=trade.at,
        )
        order.add(fill, still_open)
        if filled:
            self._close(order, Status.FILLED, trade.at)
        else:
            order.move(Status.SUBMITTED, trade.at)
            self._release(order, instrument)
        self._fills[order.account_id].append(self._publish(order, fill, trade.at))

    def _cancelled(self, order: Order, at: int) -> None:
        """ASSUMPTION: whoever ended it, an order with fills ends as PART_FILLED."""
        order.cancelled_at = at
        self._close(order, Status.PART_FILLED if order.filled else Status.CANCELLED, at)
        self._publish(order, None, at)

    def _close(self, order: Order, status: Status, at: int) -> None:
        order.move(status, at)
        order.cancelling = False
        del self._open[order.account_id][order.order_id]
        self._completed[order.account_id].append(order)
        self._release(order, self._instruments[order.venue, order.terms.symbol])

    def _begin_cancel(self, order: Order, now: int) -> None:
        order.cancelling = True
        self._put_off("cancel", order, now + self.settings.behaviour.cancel_delay_ms)

    def _put_off(self, action: Literal["submit", "cancel"], order: Order, due: int) -> None:
        heappush(self._tasks, Task(due, next(self._numbers), action, order.order_id))

    # -- money -----------------------------------------------------------------------------

    @exact
    def _hold(self, order: Order, instrument: InstrumentSettings) -> tuple[str, Decimal]:
        """Return the currency and amount that an order in this state must set aside, worst fee
        included."""
        if order.terms.side is Side.SELL:
            return instrument.base_asset, Decimal(0) if order.is_final else order.open
        if order.is_final:
            return instrument.quote_asset, Decimal(0)
        fees = self.settings.fees
        price = Decimal(1) if order.terms.price is None else order.terms.price
        cost = order.open * price * (1 + max(fees.take_fee, fees.make_fee))
        return instrument.quote_asset, cost

    @exact
    def _freeze(self, order: Order, instrument: InstrumentSettings) -> None:
        currency, amount = self._hold(order, instrument)
        try:
            self.ledger.freeze(order.sub_account, currency, amount)
        except InsufficientFunds:
            raise Refusal(Code.NOT_ENOUGH_ASSET) from None
        order.frozen = amount
        self._touch(order, currency)

    @exact
    def _release(self, order: Order, instrument: InstrumentSettings) -> None:
        """Give back what the order no longer needs: a better price, a lower fee, the end."""
        currency, needed = self._hold(order, instrument)
        surplus = order.frozen - needed
        if surplus:
            self.ledger.release(order.sub_account, currency, surplus)
            order.frozen = needed
            self._touch(order, currency)

    @exact
    def _spend(self, order: Order, currency: str, amount: Decimal) -> None:
        self.ledger.spend(order.sub_account, currency, amount)
        order.frozen -= amount
        self._touch(order, currency)

    def _receive(self, order: Order, currency: str, amount: Decimal) -> None:
        self.ledger.receive(order.sub_account, currency, amount)
        self._touch(order, currency)

    # -- updates ---------------------------------------------------------------------------

    def _publish(self, order: Order, fill: Fill | None, at: int) -> OrderUpdate:
        update = OrderUpdate(order.account_id, order.venue, at, order.update(fill))
        self._updates.append(update)
        return update

    def _touch(self, order: Order, currency: str) -> None:
        self._touched.setdefault((order.account_id, order.venue), {})[currency] = None

    def _flush_assets(self, now: int) -> None:
        """One asset update for all that one command or task changed."""
        for (account_id, venue), currencies in self._touched.items():
            rows = [self._asset_row(account_id, venue, currency) for currency in currencies]
            self._updates.append(AssetUpdate(account_id, venue, now, rows))
        self._touched.clear()

    def _asset_row(self, account_id: str, venue: str, currency: str) -> AssetRow:
        account = sub_account(account_id, venue)
        balance = self.ledger.balance(account, currency)
        return AssetRow(
            account_id=account,
            amount=number(balance.amount),
            available=number(balance.available),
            currency=currency,
            frozen=number(balance.frozen),
            venue=venue,
        )

    # -- set up ----------------------------------------------------------------------------

    def _open_markets(self) -> None:
        for venue in self._venues:
            for instrument in self.settings.instruments:
                if instrument.trades_at(venue):
                    self._instruments[venue, instrument.symbol] = instrument
                    market = _market(venue, instrument.symbol)
                    self._engine.add_instrument(market, instrument.step_size)

    def _deposit(self) -> None:
        for account in self.settings.accounts:
            for venue, amounts in account.balances.items():
                for currency, amount in amounts.items():
                    owner = sub_account(account.account_id, venue)
                    self.ledger.receive(owner, currency, amount)

    def _enabled_venue(self, name: str) -> VenueSettings:
        venue = self.venue(name)
        if venue.status != "enabled":
            raise Refusal(Code.EXCHANGE_IN_MAINTENANCE)
        return venue

    def _generate_id(self, account_id: str, now: int) -> str:
        """Return an id by the manual's rule: account number, random number, timestamp, random
        number."""
        digits = account_id.rpartition("-")[2]
        for suffix in count(next(self._numbers)):
            order_id = f"{digits}{suffix // 1000}{now:013d}{suffix % 1000:03d}"
            if order_id not in self._orders:
                return order_id
        raise AssertionError("count() does not end")


def _market(venue: str, symbol: str) -> str:
    return f"{venue}:{symbol}"


def _new_order(
    account_id: str,
    venue: str,
    order_id: str,
    terms: Terms,
    instrument: InstrumentSettings,
    now: int,
) -> Order:
    wanted = terms.total if terms.quantity is None else terms.quantity
    assert wanted is not None
    return Order(
        order_id=order_id,
        account_id=account_id,
        sub_account=sub_account(account_id, venue),
        venue=venue,
        terms=terms,
        price_places=instrument.quote_precision,
        created_at=now,
        updated_at=now,
        open=wanted,
    )
