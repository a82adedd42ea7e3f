from pathlib import Path

import pytest

from fixgw.model.ids import OrderID
from fixgw.runtime.errors import SettingsErrors
from fixgw.runtime.toml import Document, Table
from fixgw.venues.apifiny.config import (
    ApifinyConfig,
    Exchange,
    account_digits,
    endpoints,
)
from fixgw.venues.apifiny.execution import Apifiny
from fixgw.venues.kit import names
from tests.venues.apifiny.venue import VENUE, config

TABLE = """
authentication = "hmac"
rate_margin_seconds = 0.1

[accounts.STA-00000001]
key_id = "key"
secret = { env = "APIFINY_TEST_SECRET" }

[exchanges.BINANCE]

[exchanges.GATEIO]
rest_url = "http://127.0.0.1:1/ac/v2/GATEIO/"
"""


def decode(text: str, monkeypatch) -> ApifinyConfig:
    monkeypatch.setenv("APIFINY_TEST_SECRET", "s3cret")
    document = Document(Path("gateway.toml"), text)
    return Table(document, (), document.root).decode(ApifinyConfig)


def test_a_table_of_gateway_toml(monkeypatch):
    config = decode(TABLE, monkeypatch)

    assert config.accounts["STA-00000001"].secret.reveal() == "s3cret"
    assert (config.authentication, config.rate_margin_seconds) == ("hmac", 0.1)
    assert "s3cret" not in repr(config)


@pytest.mark.parametrize(
    "changed, why",
    [
        (("STA-00000001]", "trading]"), "account 'trading'"),
        (("exchanges.BINANCE", "exchanges.Binance"), "exchange 'Binance'"),
        (('"hmac"', '"basic"'), "expected one of jwt, hmac"),
        (("authentication", "authentification"), "unknown key"),
        (('"hmac"', '"hmac"\nquery_batch = 501'), "query_batch must be 1 to 500"),
        (('"hmac"', '"hmac"\nsignature_ttl_seconds = 1'), "2 or more"),
        (('"hmac"', '"hmac"\nabsence_proof_seconds = 9.9'), "must be 10 or more"),
    ],
)
def test_what_cannot_be_meant_is_refused(monkeypatch, changed, why):
    with pytest.raises(SettingsErrors, match=why):
        decode(TABLE.replace(*changed), monkeypatch)


def test_a_submit_over_a_socket_may_arrive_later_than_a_signed_one(monkeypatch):
    rest = decode(TABLE, monkeypatch)
    socket = decode('order_entry = "websocket"\n' + TABLE, monkeypatch)
    given = decode("absence_proof_seconds = 30\n" + TABLE, monkeypatch)

    assert [each.absence_proof for each in (rest, socket, given)] == [10.0, 60.0, 30.0]


def test_the_addresses_of_a_co_located_exchange_are_the_manuals():
    assert endpoints("BINANCE", Exchange()) == Exchange(
        rest_url="https://apibn.apifiny.com/ac/v2",
        stream_url="wss://apibn.apifiny.com/ac/ws/v2/order",
        orders_url="wss://apibn.apifiny.com/ws/stream",
        market_orders=True,
    )


def test_the_addresses_of_another_exchange_name_it():
    assert endpoints("GATEIO", Exchange()) == Exchange(
        rest_url="https://api.apifiny.com/ac/v2/GATEIO",
        stream_url="wss://api.apifiny.com/ac/ws/v2/GATEIO/order",
        orders_url="wss://api.apifiny.com/ws/stream",
        market_orders=False,
    )


def test_what_is_given_comes_before_what_is_known():
    given = Exchange(rest_url="http://a/", stream_url="ws://b", orders_url="ws://c",
                     market_orders=False)

    assert endpoints("BINANCE", given) == Exchange(
        rest_url="http://a", stream_url="ws://b", orders_url="ws://c", market_orders=False
    )


@pytest.mark.parametrize("account", ["STA-00000001", "STA-VENUE1_00000001", "ST-00000001"])
def test_an_account_of_any_form_gives_its_number(account):
    assert account_digits(account) == "00000001"


def test_an_order_is_named_as_in_the_sample_of_the_manual():
    ours = OrderID("1584603011942221")
    name = "000000011584603011942221"
    adapter = Apifiny(VENUE, config("http://127.0.0.1:1"))
    assert adapter.venue_order_id(ours, "STA-00000001") == name
    # A random number between, or a prefix: somebody else's software.
    for other in ("0000000101584603011942221", "SDK_000000011584603011942221"):
        assert names.order_id(other, "00000001") is None
    assert names.order_id(name, "00000001") == ours
