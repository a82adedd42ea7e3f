import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.model.enums import OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.venues.apifiny import build
from tests.venues.apifiny.venue import order

ID = "1584603011942221"
IOC = TimeInForce.IMMEDIATE_OR_CANCEL
MARKET = OrdType.MARKET


def posted(call: build.Call) -> object:
    """What a server reads in the body of *call*."""
    return json.loads(msgspec.json.encode(call.params))


def info(**fields) -> object:
    """The orderInfo of an order with these fields."""
    return json.loads(build.order_info(order(**fields)))


def test_a_limit_order_as_in_the_manual():
    call = build.new_order(order(quantity="1.12", order_id=ID))

    assert (call.method, call.path) == ("POST", "/order/newOrder")
    assert posted(call) == {
        "accountId": "STA-00000001",
        "venue": "VENUE1",
        "orderId": "000000011584603011942221",
        "orderInfo": {
            "symbol": "BTCUSDT",
            "orderType": "LIMIT",
            "timeInForce": 1,
            "orderSide": "BUY",
            "limitPrice": "100",
            "quantity": "1.12",
        },
    }


def test_a_frame_says_what_the_call_says():
    one = order(quantity="1.12", side=Side.SELL, time_in_force=IOC)

    assert json.loads(build.new_order_frame(one)) == {
        "action": "newOrder",
        "data": posted(build.new_order(one)),
    }
    assert json.loads(build.cancel_order_frame(one)) == {
        "action": "cancelOrder",
        "data": posted(build.cancel_order(one)),
    }


def test_a_market_buy_names_what_it_spends():
    said = info(ord_type=MARKET, quantity=None, price=None, cash_order_qty=Decimal("250.50"),
                time_in_force=IOC)

    assert said == {"symbol": "BTCUSDT", "orderType": "MARKET", "timeInForce": 3,
                    "orderSide": "BUY", "total": "250.50"}


def test_a_market_sell_names_what_it_sells():
    said = info(ord_type=MARKET, side=Side.SELL, quantity="0.3", price=None, time_in_force=IOC)

    assert said == {"symbol": "BTCUSDT", "orderType": "MARKET", "timeInForce": 3,
                    "orderSide": "SELL", "quantity": "0.3"}


def test_a_market_order_without_a_time_in_force_leaves_as_one_that_never_rests():
    said = info(ord_type=MARKET, side=Side.SELL, price=None, time_in_force=TimeInForce.DAY)

    assert 3 == said["timeInForce"]


def test_post_only_is_a_time_in_force_of_the_venue():
    assert info(post_only=True)["timeInForce"] == 7


@pytest.mark.parametrize(
    "fields, why",
    [
        ({"time_in_force": TimeInForce.DAY}, r"TimeInForce\(59\)=0"),
        ({"time_in_force": IOC, "post_only": True}, "post only"),
        ({"side": Side.SELL_SHORT}, r"Side\(54\)=5"),
        ({"ord_type": OrdType.STOP}, r"OrdType\(40\)=3"),
        ({"price": None}, r"Price\(44\)"),
        ({"ord_type": MARKET, "price": None}, r"CashOrderQty\(152\)"),
        ({"ord_type": MARKET, "side": Side.SELL, "quantity": None}, r"OrderQty\(38\)"),
        ({"symbol": 'X","side":"SELL'}, "cannot be sent"),
        ({"symbol": "BTC\u2028USDT"}, "cannot be sent"),
    ],
)
def test_what_cannot_be_said_is_refused(fields, why):
    with pytest.raises(OrderRefused, match=why):
        build.new_order_frame(order(**fields))


def test_a_market_order_is_refused_where_the_exchange_takes_none():
    market = order(ord_type=MARKET, side=Side.SELL, price=None)

    build.check(market, market_orders=True)
    with pytest.raises(OrderRefused, match="MARKET orders at VENUE1"):
        build.check(market, market_orders=False)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, places=12))
def test_a_number_leaves_digit_by_digit(number):
    said = info(price=str(number))["limitPrice"]

    assert Decimal(said).as_tuple() == number.as_tuple()
    assert "E" not in said


def test_queries():
    one = order(order_id=ID)
    two = order(order_id="1584603011942222")

    assert build.query_order(one) == build.Call(
        "GET",
        "/order/queryOrderInfo",
        {"accountId": "STA-00000001", "venue": "VENUE1", "orderId": one.venue_order_id},
    )
    assert build.query_orders([one, two]).params == {
        "accountId": "STA-00000001",
        "orderIdList": "000000011584603011942221,000000011584603011942222",
    }
    # An hour before the order: without startTime only the last day is listed.
    assert build.list_fills(one).params["startTime"] == 1_584_603_011_942 - 3_600_000
    assert build.list_open("STA-00000001", "VENUE1").params == {
        "accountId": "STA-00000001",
        "venue": "VENUE1",
    }
