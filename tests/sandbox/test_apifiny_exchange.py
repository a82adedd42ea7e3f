"""The exchange by itself: time set by hand, and money that adds up whatever is ordered."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fixgw.sandbox.apifiny.codes import Refusal
from fixgw.sandbox.apifiny.exchange import AssetUpdate, Exchange, OrderUpdate
from fixgw.sandbox.apifiny.orders import Order, Status
from fixgw.sandbox.apifiny.params import NewOrder, OrderInfo
from fixgw.sandbox.matching import Side
from tests.sandbox.apifiny_bench import MAKER, POOR, TRADER
from tests.sandbox.apifiny_bench import settings as demo_settings

NOW = 1_614_254_993_065
DEMO = demo_settings(order_id_tolerance_ms=0)
CURRENCIES = ("BTC", "USDT")


def limit(side: str, quantity: str, price: str, tif: int = 1) -> NewOrder:
    return NewOrder(
        order_info=OrderInfo(
            symbol="BTCUSDT",
            order_type="LIMIT",
            order_side=side,
            time_in_force=tif,
            limit_price=Decimal(price),
            quantity=Decimal(quantity),
        )
    )


def test_an_order_is_submitted_when_its_delay_is_over() -> None:
    exchange = Exchange(DEMO, NOW)
    order = exchange.place(TRADER, "VENUE1", limit("BUY", "1", "100"), NOW)

    seen = []
    for now in (NOW, NOW + 4, NOW + 5):
        exchange.advance(now)
        seen.append((order.status, exchange.next_due))

    assert [
        (Status.PENDING_SUBMIT, NOW + 5),
        (Status.PENDING_SUBMIT, NOW + 5),
        (Status.SUBMITTED, None),
    ] == seen


def test_orders_reach_the_market_in_the_order_they_came() -> None:
    exchange = Exchange(DEMO, NOW)
    first = exchange.place(TRADER, "VENUE1", limit("BUY", "1", "100"), NOW)
    second = exchange.place(TRADER, "VENUE1", limit("BUY", "1", "100"), NOW)
    exchange.place(MAKER, "VENUE1", limit("SELL", "1", "100"), NOW)
    exchange.advance(NOW + 5)

    assert (Status.FILLED, Status.SUBMITTED) == (first.status, second.status)


def test_venues_do_not_trade_with_each_other() -> None:
    exchange = Exchange(DEMO, NOW)
    order = exchange.place(TRADER, "VENUE1", limit("BUY", "1", "100"), NOW)
    exchange.place(MAKER, "VENUE2", limit("SELL", "1", "100"), NOW)
    exchange.advance(NOW + 5)

    assert Status.SUBMITTED is order.status


def test_a_cancel_that_a_fill_outran_changes_nothing() -> None:
    exchange = Exchange(DEMO, NOW)
    order = exchange.place(TRADER, "VENUE1", limit("BUY", "1", "100"), NOW)
    exchange.place(MAKER, "VENUE1", limit("SELL", "1", "100"), NOW + 1)
    exchange.advance(NOW + 5)
    exchange.cancel(TRADER, "VENUE1", order.order_id, NOW + 5)
    exchange.advance(NOW + 20)

    assert (Status.FILLED, None) == (order.status, order.cancelled_at)


def test_a_buyer_gets_back_what_a_better_price_saves() -> None:
    exchange = Exchange(DEMO, NOW)
    exchange.place(MAKER, "VENUE1", limit("SELL", "1", "90"), NOW)
    before = exchange.ledger.balance("STA-VENUE1_00000001", "USDT")
    exchange.place(TRADER, "VENUE1", limit("BUY", "1", "100"), NOW)
    exchange.advance(NOW + 5)
    after = exchange.ledger.balance("STA-VENUE1_00000001", "USDT")

    # 90 and the take fee of 0.001.
    assert Decimal("90.09") == before.available - after.available
    assert Decimal(0) == after.frozen


def test_a_suspended_venue_takes_no_orders() -> None:
    venues = tuple(msgspec.structs.replace(venue, status="disabled") for venue in DEMO.venues)
    exchange = Exchange(msgspec.structs.replace(DEMO, venues=venues), NOW)

    with pytest.raises(Refusal, match="327741"):
        exchange.place(TRADER, "VENUE1", limit("BUY", "1", "100"), NOW)


def test_a_disabled_symbol_takes_no_orders() -> None:
    instruments = tuple(
        msgspec.structs.replace(instrument, status="disabled")
        for instrument in DEMO.instruments
    )
    exchange = Exchange(msgspec.structs.replace(DEMO, instruments=instruments), NOW)

    with pytest.raises(Refusal, match="2097178"):
        exchange.place(TRADER, "VENUE1", limit("BUY", "1", "100"), NOW)


def test_every_command_tells_the_balances_it_changed() -> None:
    exchange = Exchange(DEMO, NOW)
    exchange.place(TRADER, "VENUE1", limit("BUY", "1", "100"), NOW)
    (frozen,) = exchange.take_updates()
    exchange.advance(NOW + 5)
    (submitted,) = exchange.take_updates()

    assert isinstance(frozen, AssetUpdate) and isinstance(submitted, OrderUpdate)
    assert b"100.1" == bytes(frozen.payload[0].frozen)
    assert [] == exchange.take_updates()


# -- properties ----------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(
        st.sampled_from([TRADER, MAKER, POOR]),
        st.sampled_from(["BUY", "SELL"]),
        st.one_of(st.none(), st.integers(9_990, 10_010)),
        st.integers(1, 300_000),
        st.sampled_from([1, 3, 7]),
        st.integers(0, 8),
        st.integers(0, 12),
    ),
    max_size=30,
)


def order_of(side: str, price: int | None, size: int, tif: int) -> NewOrder:
    quantity = Decimal(size).scaleb(-5)
    if price is not None:
        return limit(side, str(quantity), str(Decimal(price).scaleb(-2)), tif)
    return NewOrder(
        order_info=OrderInfo(
            symbol="BTCUSDT",
            order_type="MARKET",
            order_side=side,
            quantity=quantity if side == "SELL" else None,
            total=Decimal(size).scaleb(-3) if side == "BUY" else None,
        )
    )


@settings(deadline=None)
@given(STEPS)
def test_money_adds_up_whatever_is_ordered(
    steps: list[tuple[str, str, int | None, int, int, int, int]],
) -> None:
    exchange = Exchange(DEMO, NOW)
    deposited = {currency: exchange.ledger.total(currency) for currency in CURRENCIES}
    now = NOW
    for account, side, price, size, tif, wait, victim in steps:
        try:
            exchange.place(account, "VENUE1", order_of(side, price, size, tif), now)
        except Refusal:
            pass
        now += wait
        exchange.advance(now)
        mine = exchange.open_orders(account, "VENUE1")
        if victim < len(mine):
            try:
                exchange.cancel(account, "VENUE1", mine[victim].order_id, now)
            except Refusal:
                pass
        for currency, total in deposited.items():
            assert total == exchange.ledger.total(currency)
        check_holds(exchange)
    check_orders(list(exchange.orders()))


def check_holds(exchange: Exchange) -> None:
    """What is frozen is what the open orders hold, to the last digit."""
    held: dict[tuple[str, str], Decimal] = {}
    for order in exchange.orders():
        currency = "USDT" if order.terms.side is Side.BUY else "BTC"
        owner = (order.sub_account, currency)
        held[owner] = held.get(owner, Decimal(0)) + order.frozen
        if order.is_final:
            assert not order.frozen
    for (owner_id, currency), amount in held.items():
        assert amount == exchange.ledger.balance(owner_id, currency).frozen


def check_orders(orders: list[Order]) -> None:
    """Bought is sold; what is filled and what is open is what was asked."""
    filled = {side: Decimal(0) for side in Side}
    for order in orders:
        filled[order.terms.side] += order.filled
        assert order.filled == sum((fill.quantity for fill in order.fills), Decimal(0))
        if order.terms.quantity is not None:
            assert order.terms.quantity == order.filled + order.open
        if order.status is Status.FILLED and order.terms.quantity is not None:
            assert not order.open
        if order.status is Status.PART_FILLED:
            assert order.filled and order.open
        if order.status in (Status.CANCELLED, Status.REJECTED):
            assert not order.filled
    assert filled[Side.BUY] == filled[Side.SELL]
