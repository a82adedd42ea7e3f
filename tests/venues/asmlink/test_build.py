"""What leaves for asmlink, against the document's own samples."""

import json
from decimal import Decimal as D

import msgspec
import pytest

from fixgw.model.enums import OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.model.terms import Terms
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


def test_a_stop_order_has_its_stop_price():
    mine = order("1000", ord_type=OrdType.STOP, terms=Terms(stop_px=D("1.090")))
    call = build.route(mine, "TIER_1", AT, extended=True)

    assert {
        "order_type": "STOP", "stop_price": "1.090", "time_in_force": "DAY",
    }.items() <= sent(call).items()
    assert "limit_price" not in sent(call)


@pytest.mark.parametrize("changes, extended", [
    ({"ord_type": OrdType.STOP, "terms": Terms(stop_px=D(1))}, False),
    ({"ord_type": OrdType.STOP}, True),
    ({"ord_type": OrdType.STOP_LIMIT, "price": "1.08", "terms": Terms(stop_px=D(1))}, True),
], ids=["off", "no StopPx(99)", "stop limit"])
def test_no_other_stop_order_is_made(changes, extended):
    with pytest.raises(OrderRefused):
        build.route(order(**changes), "TIER_1", AT, extended=extended)


EURUSD = Instrument(symbol="EURUSD", base="EUR", quote="USD", block_qty=D(50_000_000))


@pytest.mark.parametrize(
    "quantity, exchange, tier",
    [
        ("1000", "ASMLINK", "TIER_2"),
        ("49999999", "ASMLINK", "TIER_2"),
        ("50000000", "ASMLINK", "TIER_3"),
        ("50000000", "TIER_1", "TIER_1"),
        ("50000000", "TIER_3", "TIER_3"),
    ],
)
def test_the_tier_is_named_or_goes_by_size(quantity, exchange, tier):
    assert tier == build.tier(order(quantity, exchange=exchange), EURUSD, "TIER_2")


@pytest.mark.parametrize("sent, exchange, tier", [
    ("TIER_1", "ASMLINK", "TIER_1"),
    ("TIER_2", "ASMLINK", "TIER_2"),
    ("TIER_2", "TIER_2", "TIER_2"),
    ("ASMLINK", "ASMLINK", "TIER_1"),
    ("asmlink", "TIER_2", "TIER_2"),
])
def test_ex_destination_names_the_tier(sent, exchange, tier):
    mine = order("1000", exchange=exchange, terms=Terms(ex_destination=sent))

    assert tier == build.tier(mine, EURUSD, "TIER_1")


@pytest.mark.parametrize("sent, exchange, why", [
    ("TIER_4", "ASMLINK", "'TIER_4'; allowed: TIER_1, TIER_2, TIER_3"),
    ("tier_1", "ASMLINK", "'tier_1'; allowed: TIER_1, TIER_2, TIER_3"),
    ("TIER_1", "TIER_2", "'TIER_1' with SecurityExchange(207) 'TIER_2'"),
])
def test_what_is_no_tier_is_refused(sent, exchange, why):
    with pytest.raises(OrderRefused) as refused:
        build.tier(
            order("1000", exchange=exchange, terms=Terms(ex_destination=sent)), EURUSD, "TIER_1"
        )

    assert f"asmlink does not take RoutingTier(20100) or ExDestination(100) {why}" == (
        refused.value.text
    )


def test_tier_3_is_for_blocks_where_the_settings_say_what_one_is():
    mine = order("1000", terms=Terms(ex_destination="TIER_3"))
    with pytest.raises(OrderRefused) as refused:
        build.tier(mine, EURUSD, "TIER_1")

    assert "asmlink does not take TIER_3 for less than 50000000 of EURUSD" == refused.value.text
    assert "TIER_3" == build.tier(mine, msgspec.structs.replace(EURUSD, block_qty=None), "TIER_1")


def test_where_an_order_falls_back_to_is_above_all_else():
    mine = order("1000", route="TIER_2", attempt=1, terms=Terms(ex_destination="TIER_1"))

    assert "TIER_2" == build.tier(mine, EURUSD, "TIER_1")


def test_an_order_that_is_routed_anew_has_another_name():
    mine = order(venue_order_id="A/1", attempt=1)

    assert "A/1-1" == sent(build.route(mine, "TIER_2", AT, extended=False))["order_id"]
    assert "A/1-1" == sent(build.cancel(mine, "/c"))["order_id"]
    assert "/o/A%2F1-1" == build.status(mine, "/o/{order_id}").path


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
