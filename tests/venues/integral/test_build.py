"""What leaves is what the vendor's samples look like, and what cannot be said does not leave."""

import json
from decimal import Decimal as D

import pytest
from msgspec import Raw

from fixgw.model.enums import OrdRejReason, OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.venues.integral import build
from fixgw.venues.integral.build import Call, Terms
from tests.venues.integral.payload import payload
from tests.venues.integral.venue import order

IOC, GTC, FOK = (
    TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.GOOD_TILL_CANCEL, TimeInForce.FILL_OR_KILL,
)


def body(call: Call) -> dict[str, object]:
    return json.loads(call.body, parse_float=D)


def sample(name: str) -> dict[str, object]:
    return json.loads(payload(name), parse_float=D)


def test_the_limit_order_of_the_tutorial():
    mine = order(
        venue_order_id="8932452311944", quantity="1000000", price="1.0971678", time_in_force=IOC
    )
    call = build.place_order(mine)

    assert ("POST", "/v2/orders") == (call.method, call.path)
    assert sample("place_limit_request") == body(call)


def test_the_at_best_order_of_the_tutorial():
    mine = order(
        venue_order_id="1685730661", symbol="USD/INR", ord_type=OrdType.MARKET,
        time_in_force=FOK, price=None,
    )
    terms = Terms(value_date="2023-06-15", price_type="NDF", org="CustomerOrg")

    assert sample("place_at_best_request") == body(build.place_order(mine, terms))


def test_the_login_of_the_tutorial():
    call = build.login("apiUserId", "This is a long password!", "apiOrganizationId")

    assert ("POST", "/v2/sso/login") == (call.method, call.path)
    assert sample("login_request") == body(call)


@pytest.mark.parametrize(
    "fields, terms, said",
    [
        ({}, Terms(), {"type": "Limit", "timeInForce": "GTC", "price": D("1.1")}),
        (
            {"time_in_force": TimeInForce.GOOD_TILL_DATE},
            Terms(expiry_seconds=86_399),
            {"type": "Limit", "timeInForce": "GTT", "expiryTime": 86_399, "price": D("1.1")},
        ),
        (
            {"time_in_force": FOK},
            Terms(limit_fok=True),
            {"type": "Limit", "timeInForce": "FOK", "price": D("1.1")},
        ),
        (
            {"ord_type": OrdType.MARKET, "time_in_force": IOC},
            Terms(),
            {"type": "Market", "timeInForce": "IOC", "price": D("1.1")},
        ),
        (
            {"ord_type": OrdType.MARKET, "time_in_force": TimeInForce.DAY},
            Terms(),
            {"type": "Market", "timeInForce": "IOC", "price": D("1.1")},
        ),
        (
            {"ord_type": OrdType.STOP_LIMIT},
            Terms(stop_price=Raw(b"1.2"), trigger="BidTrigger"),
            {
                "type": "Stop", "price": D("1.1"), "stopPrice": D("1.2"),
                "execFlags": ["BidTrigger"],
            },
        ),
        (
            {"ord_type": OrdType.PREVIOUSLY_QUOTED, "time_in_force": FOK},
            Terms(rate_id="2022-11-10-EURUSD-SPOT-435ef73249"),
            {
                "type": "PQ", "timeInForce": "FOK", "price": D("1.1"),
                "rateId": "2022-11-10-EURUSD-SPOT-435ef73249",
            },
        ),
        (
            {},
            Terms(target_strategy="TWAP"),
            {"type": "Algo", "timeInForce": "GTC", "targetStrategy": "TWAP", "price": D("1.1")},
        ),
        (
            {},
            Terms(org="CustomerOrg", account="CustomerOrgle1", currency="USD", min_qty=Raw(b"5"),
                  original_co_id="17"),
            {
                "type": "Limit", "timeInForce": "GTC", "price": D("1.1"), "currency": "USD",
                "org": "CustomerOrg", "account": "CustomerOrgle1", "minQty": 5,
                "originalCoId": "17",
            },
        ),
    ],
)
def test_each_row_of_the_vendors_table_of_order_types(fields, terms, said):
    mine = order(side=Side.SELL, **fields)
    always = {
        "coId": mine.venue_order_id, "side": "Sell", "symbol": "EUR/USD", "currency": "EUR",
        "size": 1_000_000,
    }

    assert {**always, **said} == body(build.place_order(mine, terms))


def test_numbers_keep_their_digits():
    tiny = order(quantity="0.00000001", price="1234567890.123456789012345678901234567890")
    text = build.place_order(tiny).body

    assert b'"size":0.00000001}' in text
    assert b'"price":1234567890.123456789012345678901234567890,' in text


@pytest.mark.parametrize(
    "fields, terms, text",
    [
        ({"side": Side.SELL_SHORT}, Terms(), "Side(54)=5"),
        ({"time_in_force": TimeInForce.DAY}, Terms(), "TimeInForce(59)=0"),
        ({"time_in_force": FOK}, Terms(), "TimeInForce(59)=4"),
        ({"time_in_force": TimeInForce.GOOD_TILL_DATE}, Terms(), "ends in None s"),
        (
            {"time_in_force": TimeInForce.GOOD_TILL_DATE},
            Terms(expiry_seconds=86_400),
            "ends in 86400 s; 1 to 86399 are",
        ),
        ({"ord_type": OrdType.MARKET, "time_in_force": IOC, "price": None}, Terms(), "Price(44)"),
        ({"ord_type": OrdType.STOP}, Terms(), "send 4"),
        ({"ord_type": OrdType.STOP_LIMIT}, Terms(), "StopPx(99)"),
        ({"ord_type": OrdType.PREVIOUSLY_QUOTED}, Terms(), "OrdType(40)=D"),
        ({"ord_type": OrdType.PEGGED}, Terms(), "OrdType(40)=P"),
        ({"post_only": True}, Terms(), "post only"),
        ({}, Terms(currency="GBP"), "Currency(15)=GBP"),
        ({"order_qty": None}, Terms(), "OrderQty(38)"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_field(fields, terms, text):
    with pytest.raises(OrderRefused) as refused:
        build.place_order(order(**fields), terms)

    assert refused.value.reason is OrdRejReason.UNSUPPORTED_CHARACTERISTIC
    assert text in refused.value.text


@pytest.mark.parametrize(
    "call, method, path",
    [
        (build.cancel_order("4820276016"), "DELETE", "/v2/orders/4820276016"),
        (build.cancel_order("a/b?c"), "DELETE", "/v2/orders/a%2Fb%3Fc"),
        (build.cancel_all(), "DELETE", "/v2/orders"),
        (build.query_order("4820276016"), "GET", "/v2/orders/4820276016"),
        (build.query_co_id("17", "coId"), "GET", "/v2/orders?coId=17"),
        (build.active_orders(), "GET", "/v2/orders"),
        (build.trades("4820276016", "orderId"), "GET", "/v2/trades?orderId=4820276016"),
        (build.trade("FXI9369258100"), "GET", "/v2/trades/FXI9369258100"),
        (build.positions(), "GET", "/v2/positions"),
        (build.positions("2023-06-15"), "GET", "/v2/positions/2023-06-15"),
        (build.RENEW, "GET", "/v2/sso/token/renew"),
    ],
)
def test_the_other_calls(call, method, path):
    assert (method, path, b"") == (call.method, call.path, call.body)
