"""Orders on the venue's record: what is filled, told and left over adds up."""

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.sandbox.asmlink.config import parse
from fixgw.sandbox.asmlink.exchange import Exchange, Refusal
from fixgw.sandbox.asmlink.wire import NamesBody, RouteBody
from tests.sandbox.asmlink_bench import SETTINGS, market, offer

CONFIG = parse(SETTINGS, "test")
TRADER_KEY, MAKER_KEY = CONFIG.keys


def route(exchange, fields, at=1):
    """Route an order; the answer."""
    key = MAKER_KEY if fields["side"] == "SELL" else TRADER_KEY
    numbers = {
        name: D(str(fields[name]))
        for name in ("quantity", "limit_price", "stop_price") if name in fields
    }
    return exchange.route(RouteBody(**{**fields, **numbers}), key, at)


def limit(name, quantity, price, tif):
    return market(name, quantity, order_type="LIMIT", limit_price=price, time_in_force=tif)


def told(exchange):
    """What was told since the last time: order, type and status."""
    return [
        (one.order_id, one.event_type, one.execution_status) for one in exchange.take_events()
    ]


def test_the_answer_sums_up_what_the_events_tell_one_by_one():
    exchange = Exchange(CONFIG)
    route(exchange, offer("M1", 1000, "1.08"))
    route(exchange, offer("M2", 3000, "1.0804"))
    reply = route(exchange, market("A", 4000))

    assert ("FILLED", b"4000", b"1.0803") == (
        reply.status, bytes(reply.fill_quantity), bytes(reply.fill_price),
    )
    assert [
        ("M1", "order.filled", "FILLED"), ("A", "order.filled", "PARTIALLY_FILLED"),
        ("M2", "order.filled", "FILLED"), ("A", "order.filled", "FILLED"),
    ] == told(exchange)


@pytest.mark.parametrize("tif, status, after", [
    ("GTC", "PARTIALLY_FILLED", []),
    ("DAY", "PARTIALLY_FILLED", []),
    ("IOC", "PARTIALLY_FILLED", [("A", "order.cancelled", "CANCELLED")]),
    ("FOK", "REJECTED", [("A", "order.rejected", "REJECTED")]),
])
def test_what_a_time_in_force_does_with_what_is_left(tif, status, after):
    exchange = Exchange(CONFIG)
    route(exchange, offer("M", 1000, "1.08"))
    told(exchange)
    reply = route(exchange, limit("A", 3000, "1.08", tif))

    assert status == reply.status
    assert after == [one for one in told(exchange) if one[1] != "order.filled"]


def test_fill_or_kill_fills_where_there_is_enough_within_the_limit():
    exchange = Exchange(CONFIG)
    route(exchange, offer("M1", 1000, "1.08"))
    route(exchange, offer("M2", 1000, "1.09"))

    assert "REJECTED" == route(exchange, limit("A", 2000, "1.08", "FOK")).status
    assert "FILLED" == route(exchange, limit("B", 2000, "1.09", "FOK")).status


def test_what_has_ended_cannot_be_cancelled():
    exchange = Exchange(CONFIG)
    route(exchange, market("A", 1000))

    with pytest.raises(Refusal):
        exchange.cancel(NamesBody(order_id="A", account_id="CORP-ENT-0042"), TRADER_KEY, 2)


def test_a_tier_whose_providers_reject_fills_nothing_and_the_others_do():
    exchange = Exchange(CONFIG)
    route(exchange, offer("M", 2000, "1.08"))
    exchange.rejecting = {"TIER_1": "LP_REJECT"}
    rejected = route(exchange, market("A", 1000))
    filled = route(exchange, market("A-1", 1000, routing_tier="TIER_2"))

    assert ("REJECTED", "LP_REJECT", b"0") == (
        rejected.status, rejected.reject_reason, bytes(rejected.fill_quantity),
    )
    assert ("FILLED", "LP-TIER2-02") == (filled.status, filled.liquidity_provider)
    assert ("A", "order.rejected", "REJECTED") in told(exchange)


def stop(name, quantity, price, **more):
    return market(name, quantity, order_type="STOP", stop_price=price, **more)


def test_a_stop_order_waits_for_its_price_and_is_a_market_order_then():
    exchange = Exchange(CONFIG)
    assert "ACCEPTED" == route(exchange, stop("S", 2000, "1.09")).status
    route(exchange, offer("M1", 1000, "1.08"))
    route(exchange, offer("M2", 1000, "1.09"))
    route(exchange, offer("M3", 1000, "1.10"))
    route(exchange, market("A", 1000))
    assert "ACCEPTED" == exchange.find("S", TRADER_KEY).status
    told(exchange)
    route(exchange, market("B", 1000))

    assert [("S", "order.filled", "PARTIALLY_FILLED"), ("S", "order.cancelled", "CANCELLED")] == [
        one for one in told(exchange) if one[0] == "S"
    ]
    assert 1000 == exchange.find("S", TRADER_KEY).filled


def test_a_stop_order_that_waits_is_cancelled():
    exchange = Exchange(CONFIG)
    route(exchange, stop("S", 1000, "1.09"))
    gone = exchange.cancel(NamesBody(order_id="S", account_id="CORP-ENT-0042"), TRADER_KEY, 2)
    route(exchange, offer("M", 2000, "1.09"))
    route(exchange, market("A", 1000))

    assert "CANCELLED" == gone.status == exchange.find("S", TRADER_KEY).status


@pytest.mark.parametrize("prices", [{}, {"stop_price": "1.08", "limit_price": "1.08"}])
def test_a_stop_order_has_its_own_price_and_no_other(prices):
    with pytest.raises(Refusal):
        route(Exchange(CONFIG), market("S", 1000, order_type="STOP", **prices))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.sampled_from(["1.08", "1.09"]),
                          st.sampled_from(["GTC", "IOC", "FOK"])), max_size=20))
def test_what_is_told_adds_up_to_what_is_booked(orders):
    exchange = Exchange(CONFIG)
    for number, (buys, lots, price, tif) in enumerate(orders):
        fields = limit(str(number), lots * 1000, price, tif) if buys else offer(
            str(number), lots * 1000, price
        )
        route(exchange, fields)
    sums = {}
    for event in exchange.take_events():
        if event.event_type == "order.filled":
            quantity = D(bytes(event.fill_quantity).decode())
            sums[event.order_id] = sums.get(event.order_id, 0) + quantity
    booked = {one.body.order_id: one.filled for one in exchange.orders() if one.filled}

    assert booked == sums
    sides = {side: sum(one.filled for one in exchange.orders() if one.body.side == side)
             for side in ("BUY", "SELL")}
    assert sides["BUY"] == sides["SELL"]
