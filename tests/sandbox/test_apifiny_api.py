"""The API without a wire: what accounts and keys may do, and input made to hurt."""

import hashlib
import hmac
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixgw.sandbox.apifiny.api import Api
from fixgw.sandbox.apifiny.calls import CALLS
from fixgw.sandbox.apifiny.config import Settings
from fixgw.sandbox.apifiny.exchange import Exchange
from fixgw.sandbox.faults import Faults
from tests.sandbox.apifiny_bench import TRADER, code, loads, settings

NOW = 1_614_254_993_065
ORDER = {
    "accountId": TRADER,
    "venue": "VENUE1",
    "timestamp": NOW,
    "orderInfo": {
        "symbol": "BTCUSDT",
        "orderType": "LIMIT",
        "timeInForce": 1,
        "orderSide": "BUY",
        "limitPrice": "100",
        "quantity": "1",
    },
}


def api(account_status: str = "OPENED", can_trade: bool = True) -> Api:
    demo = settings()
    accounts = tuple(
        msgspec.structs.replace(account, status=account_status) for account in demo.accounts
    )
    keys = tuple(msgspec.structs.replace(key, can_trade=can_trade) for key in demo.keys)
    exchange = Exchange(msgspec.structs.replace(demo, accounts=accounts, keys=keys), NOW)
    return Api(exchange, Faults(frozenset(), frozenset()))


def headers(used: Settings, signed: bytes) -> dict[str, str]:
    key = used.keys[0]
    signature = hmac.new(key.secret.encode(), signed, hashlib.sha256).hexdigest()
    return {"apiKey": key.key_id, "signature": signature}


def call(made: Api, path: str, sent: bytes, signed: bytes | None = None) -> Any:
    signed = sent if signed is None else signed
    reply = made.answer(
        CALLS[path], "VENUE1", headers(made.exchange.settings, signed), sent, NOW
    )
    return loads(reply.body)


@pytest.mark.parametrize(
    ("status", "can_trade", "placed", "asked"),
    [
        ("OPENED", True, None, None),
        ("OPENED", False, 2097163, None),
        ("RESTRICTED", True, 131162, None),
        ("SUSPENDED", True, 131162, 131162),
    ],
)
def test_the_account_and_the_key_say_what_is_allowed(
    status: str, can_trade: bool, placed: int | None, asked: int | None
) -> None:
    made = api(status, can_trade)
    query = f"accountId={TRADER}&venue=VENUE1&timestamp={NOW}".encode()

    assert placed == code(call(made, "order/newOrder", json.dumps(ORDER).encode()))
    assert asked == code(call(made, "order/listOpenOrder", query))


def test_a_get_is_signed_over_its_query_without_the_escapes() -> None:
    text = f"accountId={TRADER}&orderIdList=a,b&timestamp={NOW}"
    sent = text.replace(",", "%2C").encode()

    assert None is code(call(api(), "order/listMultipleOrderInfo", sent, text.encode()))
    assert 2097162 == code(call(api(), "order/listMultipleOrderInfo", sent))


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\xff\xfe",
        b'{"orderId":"\xff"}',
        b'{"timestamp":1e999}',
        b"[" * 100_000,
        b'{"timestamp":%d,"x":' % NOW + b"[" * 100_000,
        json.dumps(ORDER | {"venue": "\ud800"}).encode(),
        json.dumps(ORDER | {"orderId": "\u0661" * 20}).encode(),
        b'{"timestamp":' + b"9" * 10_000 + b"}",
    ],
)
def test_a_body_made_to_hurt_is_refused_like_any_other(sent: bytes) -> None:
    made = api()
    made.note_new_order(sent)

    assert code(call(made, "order/newOrder", sent)) is not None


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)


@given(st.sampled_from(sorted(ORDER["orderInfo"])), VALUES)  # type: ignore[call-overload]
def test_any_value_of_any_field_is_booked_or_refused(field: str, value: object) -> None:
    made = api()
    info = dict(ORDER["orderInfo"]) | {field: value}  # type: ignore[call-overload]
    reply = call(made, "order/newOrder", json.dumps(ORDER | {"orderInfo": info}).encode())

    assert (reply["error"] is None) == bool(list(made.exchange.orders()))
