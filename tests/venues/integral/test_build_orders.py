"""What leaves is what the vendor's samples look like, and what cannot be said does not leave."""

import json
from decimal import Decimal as D

import pytest

from fixgw.model.enums import OrdRejReason, OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.model.terms import FIELDS, Terms
from fixgw.runtime.secrets import Secret
from fixgw.venues.integral import build
from fixgw.venues.integral.build import Call
from fixgw.venues.integral.config import Account, Customer, Pair
from fixgw.venues.integral.build import Rules
from tests.venues.integral.payload import payload
from tests.venues.integral.venue import config, order

IOC, GTC, FOK, GTD, DAY = (
    TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.GOOD_TILL_CANCEL, TimeInForce.FILL_OR_KILL,
    TimeInForce.GOOD_TILL_DATE, TimeInForce.DAY,
)
LIMIT, MARKET, STOP, STOP_LIMIT, QUOTED = (
    OrdType.LIMIT, OrdType.MARKET, OrdType.STOP, OrdType.STOP_LIMIT, OrdType.PREVIOUSLY_QUOTED,
)
NOW = 1_700_000_000_123
CUSTOMER = Customer(org="CustomerOrg", account="CustomerOrgle1")


def body(call: Call) -> dict[str, object]:
    return json.loads(call.body, parse_float=D)


def sample(name: str) -> dict[str, object]:
    return json.loads(payload(name), parse_float=D)


def test_the_limit_order_of_the_tutorial():
    mine = order(
        venue_order_id="8932452311944", quantity="1000000", price="1.0971678", time_in_force=IOC
    )
    call = build.place_order(mine, Rules(), NOW)

    assert ("POST", "/v2/orders", "8932452311944") == (call.method, call.path, call.about)
    assert sample("place_limit_request") == body(call)


def test_the_at_best_order_of_the_tutorial():
    mine = order(
        venue_order_id="1685730661", symbol="USD/INR", ord_type=MARKET, time_in_force=FOK,
        price=None, terms=Terms(settl_date="20230615"),
    )
    rules = Rules(price_types={"USD/INR": "NDF"}, customer=Customer(org="CustomerOrg"))

    assert sample("place_at_best_request") == body(build.place_order(mine, rules, NOW))


PRICE = {"price": D("1.1")}
ROWS = [
    ({}, {}, {"type": "Limit", "timeInForce": "GTC", **PRICE}),
    (
        {"time_in_force": GTD, "terms": Terms(expire_time=NOW + 86_399_999)}, {},
        {"type": "Limit", "timeInForce": "GTT", "expiryTime": 86_399, **PRICE},
    ),
    (
        {"time_in_force": GTD, "terms": Terms(expire_time=NOW + 1_999)}, {},
        {"type": "Limit", "timeInForce": "GTT", "expiryTime": 1, **PRICE},
    ),
    (
        {"time_in_force": FOK}, {"limit_fok": True},
        {"type": "Limit", "timeInForce": "FOK", **PRICE},
    ),
    (
        {"ord_type": MARKET, "time_in_force": IOC}, {},
        {"type": "Market", "timeInForce": "IOC", **PRICE},
    ),
    (
        {"ord_type": MARKET, "time_in_force": DAY}, {},
        {"type": "Market", "timeInForce": "IOC", **PRICE},
    ),
    (
        {"ord_type": MARKET, "time_in_force": FOK, "price": None,
         "terms": Terms(settl_date="20231201")}, {},
        {"type": "AtBest", "timeInForce": "FOK", "valueDate": "2023-12-01"},
    ),
    (
        {"ord_type": MARKET, "price": None, "terms": Terms(target_strategy="1000")}, {},
        {"type": "Algo", "timeInForce": "GTC", "targetStrategy": "TWAP"},
    ),
    (
        {"terms": Terms(target_strategy="1000")}, {"algo_price": True},
        {"type": "Algo", "timeInForce": "GTC", "targetStrategy": "TWAP", **PRICE},
    ),
    *(
        (
            {"ord_type": STOP, "terms": Terms(stop_px=D("1.20"), exec_inst=sent)}, {},
            {"type": "Stop", "stopPrice": D("1.20"), "execFlags": [flag], **PRICE},
        )
        for sent, flag in (("9", "BidTrigger"), ("0", "OfferTrigger"), ("M", "MidTrigger"))
    ),
    (
        {"ord_type": STOP, "terms": Terms(stop_px=D("1.2"))}, {"stop_trigger": "MidTrigger"},
        {"type": "Stop", "stopPrice": D("1.2"), "execFlags": ["MidTrigger"], **PRICE},
    ),
    (
        {"ord_type": STOP_LIMIT, "terms": Terms(stop_px=D("1.2"), exec_inst="9")},
        {"stop_limit": True},
        {"type": "StopLimit", "stopPrice": D("1.2"), "execFlags": ["BidTrigger"], **PRICE},
    ),
    (
        {"ord_type": QUOTED, "time_in_force": FOK,
         "terms": Terms(quote_id="2022-11-10-EURUSD-SPOT-435ef73249")}, {},
        {"type": "PQ", "timeInForce": "FOK", "rateId": "2022-11-10-EURUSD-SPOT-435ef73249",
         **PRICE},
    ),
    (
        {"terms": Terms(currency="USD")}, {},
        {"type": "Limit", "timeInForce": "GTC", "currency": "USD", **PRICE},
    ),
    # The settings' own customer, whatever a hub writes into 115 …
    (
        {"terms": Terms(on_behalf_of="HUB")}, {"customer": CUSTOMER},
        {"type": "Limit", "timeInForce": "GTC", "org": "CustomerOrg",
         "account": "CustomerOrgle1", **PRICE},
    ),
    # … unless they say what it means.
    (
        {"terms": Terms(on_behalf_of="ACME")},
        {"customer": CUSTOMER, "on_behalf_of": {"ACME": Customer(org="AcmeOrg")}},
        {"type": "Limit", "timeInForce": "GTC", "org": "AcmeOrg", **PRICE},
    ),
    (
        {}, {"on_behalf_of": {"ACME": Customer(org="AcmeOrg")}},
        {"type": "Limit", "timeInForce": "GTC", **PRICE},
    ),
]


@pytest.mark.parametrize("fields, rules, said", ROWS)
def test_each_row_of_the_vendors_table_of_order_types(fields, rules, said):
    mine = order(side=Side.SELL, **fields)
    always = {
        "coId": mine.venue_order_id, "side": "Sell", "symbol": "EUR/USD", "currency": "EUR",
        "size": 1_000_000,
    }

    assert {**always, **said} == body(build.place_order(mine, Rules(**rules), NOW))


def test_the_order_that_is_to_be_replaced_is_named():
    said = body(build.place_order(order(), Rules(), NOW, "8932452311944"))

    assert "8932452311944" == said["originalCoId"]


def test_numbers_keep_their_digits():
    tiny = order(
        ord_type=STOP, quantity="0.00000001", price="1234567890.123456789012345678901234567890",
        terms=Terms(stop_px=D("0.10"), exec_inst="M"),
    )
    text = build.place_order(tiny, Rules(), NOW).body

    assert b'"size":0.00000001}' in text
    assert b'"price":1234567890.123456789012345678901234567890,' in text
    assert b'"stopPrice":0.10,' in text


AT_BEST = {"ord_type": MARKET, "time_in_force": FOK, "price": None}


@pytest.mark.parametrize(
    "fields, rules, text",
    [
        ({"side": Side.SELL_SHORT}, {}, "Side(54)=5"),
        ({"time_in_force": DAY}, {}, "TimeInForce(59)=0"),
        ({"time_in_force": FOK}, {}, "TimeInForce(59)=4"),
        ({"time_in_force": GTD}, {}, "without ExpireTime(126)"),
        (
            {"time_in_force": GTD, "terms": Terms(expire_time=NOW + 999)}, {},
            "ends 0 s from now; 1 to 86399 s are",
        ),
        (
            {"time_in_force": GTD, "terms": Terms(expire_time=NOW + 86_400_000)}, {},
            "ends 86400 s from now",
        ),
        ({"terms": Terms(expire_time=NOW + 5_000)}, {}, "ExpireTime(126) with"),
        ({"ord_type": MARKET, "time_in_force": IOC, "price": None}, {}, "Price(44)"),
        ({**AT_BEST}, {}, "without SettlDate(64)"),
        ({**AT_BEST, "price": "1.1", "terms": Terms(settl_date="20231201")}, {}, "Price(44) with"),
        ({"ord_type": MARKET, "price": None}, {}, "without TargetStrategy(847)"),
        (
            {"ord_type": MARKET, "price": None, "terms": Terms(target_strategy="1")}, {},
            "TargetStrategy(847)=1; 1000 (TWAP) is",
        ),
        ({"terms": Terms(target_strategy="1000")}, {}, "Price(44) with TargetStrategy(847)"),
        (
            {"ord_type": MARKET, "price": None,
             "terms": Terms(target_strategy="1000", strategy_parameters="x")}, {},
            "TargetStrategyParameters(848)",
        ),
        ({"ord_type": STOP}, {}, "without StopPx(99)"),
        ({"ord_type": STOP, "terms": Terms(stop_px=D(1))}, {}, "ExecInst(18)=nothing"),
        (
            {"ord_type": STOP, "terms": Terms(stop_px=D(1), exec_inst="9 0")}, {},
            "ExecInst(18)=9 0; 9 (BidTrigger), 0 (OfferTrigger), M (MidTrigger) are",
        ),
        ({"ord_type": STOP, "time_in_force": DAY}, {}, "TimeInForce(59)=0"),
        (
            {"ord_type": STOP, "price": None, "terms": Terms(stop_px=D(1), exec_inst="9")}, {},
            "OrdType(40)=3 without Price(44)",
        ),
        (
            {"ord_type": STOP_LIMIT, "terms": Terms(stop_px=D(1), exec_inst="9")}, {},
            "OrdType(40)=4",
        ),
        ({"ord_type": QUOTED, "time_in_force": FOK}, {}, "without QuoteID(117)"),
        ({"ord_type": OrdType.PEGGED}, {}, "OrdType(40)=P"),
        ({"post_only": True}, {}, "post only"),
        ({"terms": Terms(currency="GBP")}, {}, "Currency(15)=GBP"),
        ({"order_qty": None}, {}, "OrderQty(38)"),
    ],
)
def test_what_cannot_be_said_is_refused_with_the_field(fields, rules, text):
    with pytest.raises(OrderRefused) as refused:
        build.place_order(order(**fields), Rules(**rules), NOW)

    assert refused.value.reason is OrdRejReason.UNSUPPORTED_CHARACTERISTIC
    assert text in refused.value.text


@pytest.mark.parametrize("name", sorted(FIELDS.keys() - {
    "currency", "on_behalf_of", "ex_destination",
}))
def test_nothing_that_a_plain_limit_order_has_no_place_for_is_left_out(name):
    value = {"expire_time": 1, "stop_px": D(1), "min_qty": D(1), "max_floor": D(1)}.get(name, "x")

    with pytest.raises(OrderRefused):
        build.place_order(order(terms=Terms(**{name: value})), Rules(), NOW)


def test_who_is_not_allowed_for_that_account_is_nobody():
    rules = Rules(customer=CUSTOMER, on_behalf_of={"ACME": Customer(org="AcmeOrg")})

    with pytest.raises(OrderRefused) as refused:
        build.place_order(order(terms=Terms(on_behalf_of="EMCA")), rules, NOW)

    assert refused.value.reason is OrdRejReason.UNKNOWN_ACCOUNT
    assert "OnBehalfOfCompID(115) 'EMCA' is not allowed for Account(1) Trader" == (
        refused.value.text
    )


def test_the_rules_are_those_of_the_settings():
    acme = Customer(org="AcmeOrg")
    account = Account(
        user="u", org="FI1", secret=Secret("s"), customer_org="CustomerOrg",
        customer_account="CustomerOrgle1", on_behalf_of={"ACME": acme},
    )
    settings = config(
        "http://h", {"A": account}, limit_fok=True, stop_limit=True, stop_trigger="BidTrigger",
        algo_price=True,
        instruments={"EUR/USD": Pair(), "USD/INR": Pair(price_type="NDF")},
    )

    assert build.rules(settings, "A") == Rules(
        limit_fok=True, stop_limit=True, stop_trigger="BidTrigger", algo_price=True,
        customer=CUSTOMER, on_behalf_of={"ACME": acme}, price_types={"USD/INR": "NDF"},
    )
