"""The matching engine: price first, then time; nothing created and nothing lost."""

from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.sandbox.matching import (
    Accepted,
    Canceled,
    CancelReason,
    DuplicateOrder,
    Engine,
    Event,
    NotResting,
    Refused,
    Side,
    Submission,
    TimeInForce,
    Trade,
    UnknownInstrument,
)

BTC = "BTCUSDT"
GTC, IOC, POST_ONLY = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.POST_ONLY


def engine() -> Engine:
    made = Engine(count(1).__next__)
    made.add_instrument(BTC, Decimal("0.01"))
    made.add_instrument("ETHUSDT", Decimal("0.01"))
    return made


def limit(
    order_id: str,
    side: str,
    quantity: str,
    price: str,
    tif: TimeInForce = GTC,
    instrument: str = BTC,
) -> Submission:
    return Submission(
        order_id=order_id,
        instrument=instrument,
        side=Side(side),
        time_in_force=tif,
        price=Decimal(price),
        quantity=Decimal(quantity),
    )


def market_sell(order_id: str, quantity: str) -> Submission:
    return Submission(
        order_id=order_id,
        instrument=BTC,
        side=Side.SELL,
        time_in_force=IOC,
        quantity=Decimal(quantity),
    )


def market_buy(order_id: str, total: str) -> Submission:
    return Submission(
        order_id=order_id,
        instrument=BTC,
        side=Side.BUY,
        time_in_force=IOC,
        total=Decimal(total),
    )


def told(events: list[Event]) -> list[str]:
    """Events as short lines."""
    lines = []
    for event in events:
        match event:
            case Accepted():
                lines.append(f"{event.order_id} accepted")
            case Refused():
                lines.append(f"{event.order_id} refused")
            case Trade():
                lines.append(
                    f"{event.taker_id} takes {event.quantity} @ {event.price} of {event.maker_id}"
                )
            case Canceled():
                lines.append(f"{event.order_id} canceled, {event.open} open")
    return lines


def play(made: Engine, *submissions: Submission) -> list[str]:
    lines = []
    for at, submission in enumerate(submissions):
        lines += told(made.submit(submission, at))
    return lines


def test_the_better_price_trades_first() -> None:
    lines = play(
        engine(),
        limit("dear", "SELL", "1", "102"),
        limit("cheap", "SELL", "1", "101"),
        limit("buyer", "BUY", "2", "102"),
    )

    assert lines[2:] == [
        "buyer accepted",
        "buyer takes 1 @ 101 of cheap",
        "buyer takes 1 @ 102 of dear",
    ]


def test_at_one_price_the_older_order_trades_first() -> None:
    lines = play(
        engine(),
        limit("first", "BUY", "1", "100"),
        limit("second", "BUY", "1", "100"),
        limit("seller", "SELL", "1.5", "99"),
    )

    assert lines[2:] == [
        "seller accepted",
        "seller takes 1 @ 100 of first",
        "seller takes 0.5 @ 100 of second",
    ]


def test_a_partly_filled_order_keeps_its_place() -> None:
    lines = play(
        engine(),
        limit("first", "BUY", "2", "100"),
        limit("second", "BUY", "1", "100"),
        limit("one", "SELL", "1", "100"),
        limit("two", "SELL", "1", "100"),
    )

    assert lines[-1] == "two takes 1 @ 100 of first"


def test_what_does_not_trade_rests() -> None:
    made = engine()
    play(made, limit("seller", "SELL", "1", "100"), limit("buyer", "BUY", "3", "100"))

    assert [(Decimal(100), Decimal(2))] == made.depth(BTC, Side.BUY)
    assert [] == made.depth(BTC, Side.SELL)


def test_the_remainder_of_an_ioc_order_is_canceled() -> None:
    made = engine()
    lines = play(
        made, limit("seller", "SELL", "1", "100"), limit("buyer", "BUY", "3", "100", IOC)
    )

    assert lines[1:] == [
        "buyer accepted",
        "buyer takes 1 @ 100 of seller",
        "buyer canceled, 2 open",
    ]
    assert [] == made.depth(BTC, Side.BUY)


def test_a_post_only_order_that_would_take_is_refused() -> None:
    lines = play(
        engine(),
        limit("seller", "SELL", "1", "100"),
        limit("taker", "BUY", "1", "100", POST_ONLY),
        limit("maker", "BUY", "1", "99", POST_ONLY),
    )

    assert lines[1:] == ["taker refused", "maker accepted"]


def test_a_market_buy_spends_its_total_in_whole_steps() -> None:
    made = engine()
    play(made, limit("a", "SELL", "1", "100"), limit("b", "SELL", "1", "103"))

    events = made.submit(market_buy("buyer", "150"), 3)

    # 50 left after the first; 0.48 at 103 is 49.44, and the rest buys no step of 0.01.
    assert told(events) == [
        "buyer accepted",
        "buyer takes 1 @ 100 of a",
        "buyer takes 0.48 @ 103 of b",
    ]
    last = events[-1]
    assert isinstance(last, Trade)
    assert last.taker_filled and last.taker_open == Decimal("0.56")


def test_a_market_buy_that_empties_the_book_is_canceled() -> None:
    lines = play(engine(), limit("a", "SELL", "1", "100"), market_buy("buyer", "150"))

    assert lines[-1] == "buyer canceled, 50 open"


def test_a_market_buy_too_small_for_one_step_is_canceled() -> None:
    lines = play(engine(), limit("a", "SELL", "1", "100"), market_buy("buyer", "0.5"))

    assert lines[1:] == ["buyer accepted", "buyer canceled, 0.5 open"]


def test_a_market_sell_takes_every_bid_it_needs() -> None:
    lines = play(
        engine(),
        limit("low", "BUY", "1", "1"),
        limit("high", "BUY", "1", "100"),
        market_sell("seller", "1.5"),
    )

    assert lines[3:] == ["seller takes 1 @ 100 of high", "seller takes 0.5 @ 1 of low"]


def test_a_market_order_without_anyone_to_trade_with_is_canceled() -> None:
    assert play(engine(), market_sell("seller", "1")) == [
        "seller accepted",
        "seller canceled, 1 open",
    ]


def test_cancel_takes_the_order_out() -> None:
    made = engine()
    play(made, limit("a", "BUY", "1", "100"), limit("b", "BUY", "1", "100"))

    assert made.cancel("a", 7) == Canceled(
        order_id="a", open=Decimal(1), reason=CancelReason.BY_OWNER, at=7
    )
    assert play(made, limit("seller", "SELL", "1", "100"))[-1] == "seller takes 1 @ 100 of b"
    with pytest.raises(NotResting):
        made.cancel("a", 8)


def test_instruments_do_not_trade_with_each_other() -> None:
    lines = play(
        engine(),
        limit("a", "SELL", "1", "100"),
        limit("b", "BUY", "1", "100", instrument="ETHUSDT"),
    )

    assert lines == ["a accepted", "b accepted"]


def test_an_id_that_rests_cannot_be_used_again() -> None:
    made = engine()
    play(made, limit("a", "BUY", "1", "100"))

    with pytest.raises(DuplicateOrder):
        made.submit(limit("a", "BUY", "1", "100"), 2)
    with pytest.raises(UnknownInstrument):
        made.submit(limit("b", "BUY", "1", "100", instrument="XRPUSDT"), 2)


@pytest.mark.parametrize(
    "terms",
    [
        {"side": Side.BUY},
        {"side": Side.BUY, "quantity": Decimal(1), "total": Decimal(1)},
        {"side": Side.SELL, "total": Decimal(1)},
        {"side": Side.BUY, "quantity": Decimal(0)},
        {"side": Side.BUY, "quantity": Decimal(1), "time_in_force": GTC},
        {"side": Side.BUY, "quantity": Decimal(1), "price": Decimal(0)},
    ],
)
def test_a_submission_that_makes_no_sense_cannot_be_made(terms: dict[str, object]) -> None:
    fields = {"order_id": "a", "instrument": BTC, "time_in_force": IOC} | terms

    with pytest.raises(ValueError):
        Submission(**fields)  # type: ignore[arg-type]


# -- properties ----------------------------------------------------------------------------

PRICES = st.integers(95, 105).map(Decimal)
QUANTITIES = st.integers(1, 500).map(lambda cents: Decimal(cents) / 100)
ORDERS = st.lists(
    st.tuples(
        st.sampled_from(Side),
        QUANTITIES,
        st.one_of(st.none(), PRICES),
        st.sampled_from(TimeInForce),
        st.integers(0, 12),
    ),
    max_size=40,
)


class Resting:
    """An order of the slow model the engine is held against."""

    def __init__(self, order_id: str, side: Side, price: Decimal, quantity: Decimal) -> None:
        self.order_id, self.side, self.price, self.open = order_id, side, price, quantity


def best_of(book: list[Resting], side: Side) -> Resting:
    """The order that price-time priority names: the first of the best price."""
    mine = [order for order in book if order.side is side]
    sign = 1 if side is Side.BUY else -1
    return max(mine, key=lambda order: sign * order.price)


def submission(
    order_id: str, side: Side, quantity: Decimal, price: Decimal | None, tif: TimeInForce
) -> Submission:
    if price is None and side is Side.BUY:
        return market_buy(order_id, str(quantity * 100))
    if price is None:
        return market_sell(order_id, str(quantity))
    return limit(order_id, side.value, str(quantity), str(price), tif)


@given(ORDERS)
def test_every_trade_is_with_the_order_that_priority_names(
    orders: list[tuple[Side, Decimal, Decimal | None, TimeInForce, int]],
) -> None:
    made = engine()
    book: list[Resting] = []
    for number, (side, quantity, price, tif, victim) in enumerate(orders):
        order = submission(str(number), side, quantity, price, tif)
        events = made.submit(order, number)
        left = order.quantity if order.total is None else order.total
        assert left is not None
        for event in events:
            if isinstance(event, Trade):
                maker = best_of(book, side.opposite)
                assert event.maker_id == maker.order_id
                assert event.price == maker.price
                assert 0 < event.quantity <= maker.open
                maker.open -= event.quantity
                assert event.maker_open == maker.open
                left -= event.quantity * (event.price if order.total else 1)
                assert event.taker_open == left >= 0
                if not maker.open:
                    book.remove(maker)
        if price is not None and isinstance(events[0], Accepted):
            crossing = [
                one.order_id
                for one in book
                if one.side is side.opposite
                and (one.price <= price if side is Side.BUY else one.price >= price)
            ]
            assert not left or not crossing, "an order rests across another"
        rests = left and not isinstance(events[-1], Canceled | Refused)
        if rests and order.total is None:
            assert price is not None
            book.append(Resting(str(number), side, price, left))
        if victim < len(book):
            gone = book.pop(victim)
            assert made.cancel(gone.order_id, number).open == gone.open
    for side in Side:
        total = sum((one.open for one in book if one.side is side), Decimal(0))
        assert total == sum((size for _, size in made.depth(BTC, side)), Decimal(0))


@given(ORDERS)
def test_no_quantity_is_created_or_lost(
    orders: list[tuple[Side, Decimal, Decimal | None, TimeInForce, int]],
) -> None:
    made = engine()
    entered = {Side.BUY: Decimal(0), Side.SELL: Decimal(0)}
    traded = Decimal(0)
    gone = {Side.BUY: Decimal(0), Side.SELL: Decimal(0)}
    for number, (side, quantity, price, tif, _) in enumerate(orders):
        order = submission(str(number), side, quantity, price or Decimal(100), tif)
        entered[side] += quantity
        for event in made.submit(order, number):
            match event:
                case Trade():
                    traded += event.quantity
                case Canceled():
                    gone[side] += event.open
                case Refused():
                    gone[side] += quantity
    for side in Side:
        resting = sum((size for _, size in made.depth(BTC, side)), Decimal(0))
        assert entered[side] == traded + gone[side] + resting
