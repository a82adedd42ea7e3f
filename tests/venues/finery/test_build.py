"""What we say: whole contents, and what cannot be said."""

from decimal import Decimal as D

import msgspec
import pytest

from fixgw.model.enums import OrdRejReason, OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.model.ids import OrderID
from fixgw.venues.finery import build
from tests.venues.finery.venue import order

NAME = OrderID("1795174355156000")
GTC, IOC, FOK, DAY = (
    TimeInForce.GOOD_TILL_CANCEL,
    TimeInForce.IMMEDIATE_OR_CANCEL,
    TimeInForce.FILL_OR_KILL,
    TimeInForce.DAY,
)


def test_a_limit_order_as_a_whole():
    mine = order(quantity="0.1", price="9999.00", order_id=NAME)

    assert build.add(mine) == build.Call(
        "add",
        b'{"instrument":"BTC-USD","clientOrderId":1795174355156000,"price":999900000000,'
        b'"size":10000000,"side":"bid","type":"limit","cod":false}',
    )


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"time_in_force": GTC}, "limit"),
        ({"time_in_force": GTC, "post_only": True}, "postOnly"),
        ({"time_in_force": IOC}, "limitIOC"),
        ({"time_in_force": FOK}, "limitFOK"),
        ({"ord_type": OrdType.MARKET, "price": None, "time_in_force": IOC}, "marketIOC"),
        ({"ord_type": OrdType.MARKET, "price": None, "time_in_force": DAY}, "marketIOC"),
        ({"ord_type": OrdType.MARKET, "price": None, "time_in_force": FOK}, "marketFOK"),
    ],
)
def test_each_type_that_the_venue_has(fields, kind):
    content = msgspec.json.decode(build.add(order(side=Side.SELL, **fields)).content)

    assert (content["type"], content["side"]) == (kind, "ask")
    assert ("price" in content) == kind.startswith(("limit", "post"))


def test_a_market_order_may_name_what_it_spends():
    mine = order(
        ord_type=OrdType.MARKET, price=None, quantity=None, cash_order_qty=D("1000.5"),
        time_in_force=IOC,
    )
    content = msgspec.json.decode(build.add(mine, cod=True).content)

    assert (content["volume"], content["cod"], "size" in content) == (100_050_000_000, True, False)


@pytest.mark.parametrize("tif", [IOC, FOK])
def test_a_limit_order_that_takes_may_name_it_as_well(tif):
    mine = order(price="10000", quantity=None, cash_order_qty=D("1000.5"), time_in_force=tif)
    content = msgspec.json.decode(build.add(mine).content)

    assert (content["volume"], content["price"], "size" in content) == (
        100_050_000_000, 1_000_000_000_000, False,
    )


@pytest.mark.parametrize(
    ("fields", "reason", "named"),
    [
        ({"quantity": "0.000000001"}, OrdRejReason.INCORRECT_QUANTITY, "OrderQty(38)"),
        ({"quantity": "1E+30"}, OrdRejReason.INCORRECT_QUANTITY, "OrderQty(38)"),
        ({"price": "0.123456789"}, OrdRejReason.OTHER, "Price(44)"),
        ({"price": None}, OrdRejReason.UNSUPPORTED_CHARACTERISTIC, "Price(44)"),
        ({"quantity": None}, OrdRejReason.UNSUPPORTED_CHARACTERISTIC, "OrderQty(38)"),
        ({"ord_type": OrdType.STOP}, OrdRejReason.UNSUPPORTED_CHARACTERISTIC, "OrdType(40)=3"),
        ({"time_in_force": DAY}, OrdRejReason.UNSUPPORTED_CHARACTERISTIC, "TimeInForce(59)=0"),
        (
            {"ord_type": OrdType.MARKET, "price": None},
            OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
            "TimeInForce(59)=1",
        ),
        (
            {"time_in_force": IOC, "post_only": True},
            OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
            "post only",
        ),
        (
            {"quantity": None, "cash_order_qty": D(5)},
            OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
            "CashOrderQty(152) of an order that rests",
        ),
        (
            {"cash_order_qty": D(5), "time_in_force": IOC},
            OrdRejReason.UNSUPPORTED_CHARACTERISTIC,
            "CashOrderQty(152)",
        ),
        ({"side": Side.CROSS}, OrdRejReason.UNSUPPORTED_CHARACTERISTIC, "Side(54)=8"),
        ({"symbol": 'BTC"'}, OrdRejReason.UNKNOWN_SYMBOL, "BTC"),
    ],
)
def test_what_cannot_be_said_is_refused_with_its_field(fields, reason, named):
    with pytest.raises(OrderRefused) as refused:
        build.add(order(**fields))

    assert refused.value.reason is reason
    assert named in refused.value.text


def test_an_order_is_deleted_by_our_name_for_it():
    assert build.delete(order(order_id=NAME)).content == b'{"clientOrderId":1795174355156000}'


def test_all_orders_are_deleted_or_those_of_one_instrument():
    assert build.delete_all() == build.Call("delAll", b"{}")
    assert build.delete_all("BTC-USD").content == b'{"instrument":"BTC-USD"}'


def test_a_replacement_names_the_venue_s_order_and_the_total_size():
    old, new = order(native_id="1235"), order(quantity="0.2", price="10000", order_id=NAME)

    assert build.modify(old, new) == build.Call(
        "mod",
        b'{"orderId":1235,"clientOrderId":1795174355156000,"price":1000000000000,"size":20000000}',
    )


@pytest.mark.parametrize(
    ("native_id", "fields", "named"),
    [
        ("1235", {"price": None}, "Price(44)"),
        ("1235", {"quantity": None, "cash_order_qty": D(5)}, "OrderQty(38)"),
        ("1235", {"ord_type": OrdType.MARKET, "price": None}, "Price(44)"),
        ("1235", {"quantity": "0.000000001"}, "OrderQty(38)"),
        ("", {}, "the venue's own number"),
        ("12x", {}, "the venue's own number"),
    ],
)
def test_a_replacement_that_cannot_be_said_is_refused(native_id, fields, named):
    with pytest.raises(OrderRefused) as refused:
        build.modify(order(native_id=native_id), order(**fields))

    assert named in refused.value.text


def test_deals_are_asked_for_page_by_page():
    assert build.deal_history(5).content == b'{"from":5,"limit":250}'
    assert build.deal_history(5, "BTC-USD", 23, 10).content == (
        b'{"instrument":"BTC-USD","from":5,"limit":10,"till":23}'
    )


def test_a_frame_wraps_a_call_in_a_request():
    assert msgspec.json.decode(build.frame(build.POSITIONS, 12)) == {
        "event": "request", "reqId": 12, "method": "positions", "content": {},
    }
    assert msgspec.json.decode(build.BIND_ORDERS) == {"event": "bind", "feed": "O"}
