"""What leaves for asmlink, against the document's own samples."""

import json
from decimal import Decimal as D

import pytest

from fixgw.model.enums import OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.venues.asmlink import build
from fixgw.venues.asmlink.config import Instrument
from tests.venues.asmlink.payload import payload
from tests.venues.asmlink.venue import order

AT = 1_723_714_264_882


def sent(call: build.Call) -> object:
    """The body of *call*, its numbers as they are written."""
    return json.loads(call.body, parse_float=str, parse_int=str)


def test_a_market_order_is_the_documents_sample():
    mine = order(venue_order_id="ORD-20240815-00421")
    call = build.route(mine, "TIER_1", AT, extended=False)

    sample = json.loads(payload("http_post_order_route"), parse_float=str, parse_int=str)
    assert ("POST", "/order/route", sample) == (call.method, call.path, sent(call))
    assert list(sample) == list(sent(call))


def test_a_registration_is_the_documents_sample():
    sample = json.loads(payload("http_post_webhook_register"))
    call = build.register(
        sample["url"], sample["events"], sample["secret"], sample["account_id"]
    )

    assert ("POST", "/webhook/register", sample) == (call.method, call.path, sent(call))


def test_a_limit_order_has_its_price_and_its_time_in_force():
    call = build.route(order("1000", "1.084230"), "TIER_2", AT, extended=True)

    assert {
        "order_type": "LIMIT", "limit_price": "1.084230", "time_in_force": "GTC",
        "routing_tier": "TIER_2", "quantity": "1000",
    }.items() <= sent(call).items()


@pytest.mark.parametrize("quantity", ["0.00000001", "12345678901234567890.123456789", "1E+7"])
def test_a_number_is_written_with_its_digits(quantity):
    call = build.route(order(quantity), "TIER_1", AT, extended=False)

    assert format(D(quantity), "f") == sent(call)["quantity"]


@pytest.mark.parametrize(
    "what, changes",
    [
        ("OrdType(40)=2", {"price": "1.08"}),
        ("TimeInForce(59)=3", {"time_in_force": TimeInForce.IMMEDIATE_OR_CANCEL}),
        ("Side(54)=5", {"side": Side.SELL_SHORT}),
        ("post only", {"post_only": True}),
        ("an order without OrderQty(38)", {"quantity": None}),
    ],
)
def test_what_the_document_does_not_have_is_refused(what, changes):
    with pytest.raises(OrderRefused) as refused:
        build.route(order(**changes), "TIER_1", AT, extended=False)

    assert f"asmlink does not take {what}" == refused.value.text


def test_no_setting_makes_a_stop_order():
    with pytest.raises(OrderRefused):
        build.route(order(ord_type=OrdType.STOP), "TIER_1", AT, extended=True)


EURUSD = Instrument(symbol="EURUSD", base="EUR", quote="USD", block_qty=D(50_000_000))


@pytest.mark.parametrize(
    "quantity, exchange, tier",
    [
        ("1000", "ASMLINK", "TIER_2"),
        ("49999999", "ASMLINK", "TIER_2"),
        ("50000000", "ASMLINK", "TIER_3"),
        ("50000000", "TIER_1", "TIER_1"),
        ("1000", "TIER_3", "TIER_3"),
    ],
)
def test_the_tier_is_named_or_goes_by_size(quantity, exchange, tier):
    assert tier == build.tier(order(quantity, exchange=exchange), EURUSD, "TIER_2")


def test_cancel_and_status_go_where_the_settings_say():
    mine = order(venue_order_id="A/1")
    cancel = build.cancel(mine, "/order/cancel")
    status = build.status(mine, "/order/{order_id}?account_id={account_id}")

    assert {"order_id": "A/1", "account_id": "CORP-ENT-0042"} == sent(cancel)
    assert ("GET", "/order/A%2F1?account_id=CORP-ENT-0042", b"") == (
        status.method, status.path, status.body,
    )


def test_a_timestamp_has_milliseconds_and_a_z():
    assert "2024-08-15T09:31:04.882Z" == build.timestamp(AT)
    assert "1970-01-01T00:00:00.007Z" == build.timestamp(7)
