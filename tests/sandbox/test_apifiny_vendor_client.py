"""The vendor's own client, unchanged but for the host, against the sandbox.

`apifiny` 1.2.1 pins versions of requests and websocket-client too old for this Python; install
it with --no-deps beside current ones, as the Makefile does. Without it this file fails.
"""

import asyncio
import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from apifiny import ac_websocket, rest_api
from apifiny.lib import utils

from tests.sandbox.apifiny_bench import DEADLINE_SECONDS, POOR, TRADER, Bench, live, loads


@contextmanager
def hosted(url: str) -> Iterator[None]:
    """Point the client's REST calls at *url*; the paths stay the client's."""
    original = rest_api.rest_url

    def moved(*args: Any) -> str:
        return url + str(urlsplit(original(*args)).path)

    rest_api.rest_url = moved
    try:
        yield
    finally:
        rest_api.rest_url = original


def limit_order(venue: str, price: str) -> dict[str, Any]:
    """Arguments of new_order, as in the vendor's examples."""
    return {
        "accountId": TRADER,
        "venue": venue,
        "orderId": utils.generate_orderid(TRADER),
        "orderInfo": {
            "limitPrice": price,
            "orderSide": "BUY",
            "orderType": "LIMIT",
            "quantity": "0.1",
            "symbol": "BTCUSDT",
            "timeInForce": 1,
        },
    }


@pytest.mark.parametrize("venue", ["VENUE1", "BINANCE"])
def test_the_vendors_rest_client_works(venue: str) -> None:
    @live()
    async def scenario(bench: Bench) -> None:
        trader = bench.client(TRADER)
        client = rest_api.API(venue, trader.key_id, trader.secret, recv_window=5000)
        async with trader.stream("/ac/ws/v2/APIFINY/order") as updates:
            with hosted(bench.url):
                name = await asyncio.to_thread(place_and_query, client, venue)
                await updates.until("SUBMITTED")
                await asyncio.to_thread(cancel, client, venue, name)
                await updates.until("CANCELLED")
                await asyncio.to_thread(check_lists, client, venue, name)
        # The client never closes its requests.Session.
        client.session.close()

    scenario()


def ids(reply: Any) -> list[str]:
    assert reply["error"] is None, reply
    return [row["orderId"] for row in reply["result"]]


def place_and_query(client: Any, venue: str) -> str:
    assert client.list_venue()["result"][0]["exchange"] == "VENUE1"
    assert client.list_symbol()["result"] and client.list_currency()["result"]
    assert client.server_time()["error"] is None
    order = limit_order(venue, "100")
    name: str = order["orderId"]
    assert name.startswith("SDK_")
    assert [name] == ids(client.new_order(**order))
    assert [name] == ids(client.query_order(accountId=TRADER, venue=venue, orderId=name))
    return name


def cancel(client: Any, venue: str, name: str) -> None:
    assert [name] == ids(client.query_open_orders(accountId=TRADER, venue=venue))
    assert [name] == ids(client.cancel_order(accountId=TRADER, venue=venue, orderId=name))
    other = client.cancel_all_order(accountId=TRADER, venue=venue, symbol="ETHUSDT")
    assert other == {"result": [], "error": None}


def check_lists(client: Any, venue: str, name: str) -> None:
    account = {"accountId": TRADER, "venue": venue}
    many = client.query_multiple_orders(accountId=TRADER, orderIdList=f"{name},unknown")
    assert [name] == ids(many)
    assert [name] == ids(client.query_completed_orders(**account, limit=100))
    assert [] == ids(client.query_filled_orders(**account))
    assert client.query_account_info(accountId=TRADER)["result"][0]["accountId"] == TRADER
    assert client.query_asset(**account)["result"][0]["currency"] == "BTC"
    fee = client.query_trading_fee_rate(**account, symbol="BTCUSDT")
    assert 0.001 == fee["result"][0]["takeFee"]
    foreign = client.query_asset(accountId=POOR, venue=venue)
    assert 2097163 == foreign["error"]["code"]


class Messages:
    """What the vendor's WebSocket client was sent, read with a deadline."""

    def __init__(self) -> None:
        self._queue: queue.Queue[str] = queue.Queue()

    def put(self, socket: Any, text: str) -> None:
        self._queue.put(text)

    def reply(self) -> Any:
        """The next reply to an action, past all updates."""
        while True:
            message = self.next()
            if isinstance(message.get("result"), list | str) or message.get("error"):
                return message

    def status(self, wanted: str) -> Any:
        """The next order update with this status."""
        while True:
            payload = self.next().get("payload")
            if isinstance(payload, dict) and payload["orderStatus"] == wanted:
                return payload

    def next(self) -> Any:
        return loads(self._queue.get(timeout=DEADLINE_SECONDS))


def connect(url: str, messages: Messages) -> Any:
    """The vendor's client on the 2022 socket."""
    client = ac_websocket.ACSpotApi(venue="BINANCE")
    client.host = url.replace("http", "ws") + urlsplit(client.host).path
    client.onMessage = messages.put
    client.connect()
    return client


def trade(client: Any, messages: Messages, key_id: str, secret: str) -> None:
    client.login(key_id, secret)
    assert "success" == messages.reply()["result"]
    order = limit_order("BINANCE", "100")
    client.new_order(**order)
    assert [order["orderId"]] == ids(messages.reply())
    messages.status("SUBMITTED")
    client.cancel_order(orderId=order["orderId"], venue="BINANCE")
    assert [order["orderId"]] == ids(messages.reply())
    messages.status("CANCELLED")
    client.cancel_all_order(venue="BINANCE", symbol="BTCUSDT")
    assert [] == messages.reply()["result"]
    client.send_heart_beat()
    assert "pong" == messages.next()["data"]


@live()
async def test_the_vendors_websocket_client_works(bench: Bench) -> None:
    trader = bench.client(TRADER)
    messages = Messages()
    client = connect(bench.url, messages)

    await asyncio.to_thread(trade, client, messages, trader.key_id, trader.secret)

    # The sandbox ends it: the client's own close() calls Thread.isAlive, gone since Python 3.9.
    socket = client.ws.sock
    await bench.runner.close()
    await asyncio.to_thread(client.thread.join, DEADLINE_SECONDS)
    assert not client.thread.is_alive()
    # websocket-client leaves its socket open after a close from the other side.
    socket.shutdown()
