"""The 2022 socket: log in, place, cancel, and hear of both on the same connection."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from tests.sandbox.apifiny_bench import (
    MAKER,
    TRADER,
    Bench,
    Stream,
    code,
    live,
    now_ms,
    order_id,
)

INFO = {
    "symbol": "BTCUSDT",
    "orderType": "LIMIT",
    "timeInForce": "1",
    "orderSide": "BUY",
    "limitPrice": "100",
    "quantity": "1",
    "total": "0",
}


def login(bench: Bench, timestamp: int) -> dict[str, Any]:
    trader = bench.client(TRADER)
    return {
        "action": "auth",
        "data": {
            "timestamp": timestamp,
            "apiKey": trader.key_id,
            "signature": trader.hexdigest(f"timestamp={timestamp}"),
        },
    }


class Socket(Stream):
    """Replies and updates come in any order: what is not looked for now is kept."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        super().__init__(socket)
        self._kept: list[Any] = []

    async def find(self, wanted: Callable[[Any], object]) -> Any:
        """The first message that is *wanted*, of those kept or still to come."""
        for message in self._kept:
            if wanted(message):
                self._kept.remove(message)
                return message
        while not wanted(message := await self.next()):
            self._kept.append(message)
        return message


@asynccontextmanager
async def connected(bench: Bench) -> AsyncIterator[Socket]:
    async with bench.http.ws_connect(f"{bench.url}/ws/stream") as socket:
        yield Socket(socket)


@asynccontextmanager
async def logged_in(bench: Bench) -> AsyncIterator[Socket]:
    async with connected(bench) as stream:
        await stream.send(login(bench, now_ms()))
        assert {"result": "success", "error": None} == await stream.next()
        yield stream


def place(name: str) -> dict[str, Any]:
    data = {"venue": "VENUE1", "orderId": name, "orderInfo": INFO}
    return {"action": "newOrder", "data": data}


def is_reply(message: Any) -> bool:
    """Whether it answers an action, and tells of nothing else."""
    return isinstance(message.get("result"), list) or bool(message.get("error"))


async def reply_to(stream: Socket, frame: dict[str, Any]) -> Any:
    """Send an action; its reply."""
    await stream.send(frame)
    return await stream.find(is_reply)


async def update_of(stream: Socket, status: str) -> Any:
    message = await stream.find(lambda m: m.get("payload", {}).get("orderStatus") == status)
    return message["payload"]


@live(colocated_venue="")
async def test_orders_are_placed_and_cancelled_on_one_socket(bench: Bench) -> None:
    name = order_id()
    async with logged_in(bench) as stream:
        placed = await reply_to(stream, place(name))
        assert "PENDING_SUBMIT" == placed["result"][0]["orderStatus"]
        await update_of(stream, "SUBMITTED")
        cancel = {"action": "cancelOrder", "data": {"orderId": name, "venue": "VENUE1"}}
        assert "SUBMITTED" == (await reply_to(stream, cancel))["result"][0]["orderStatus"]
        assert name == (await update_of(stream, "CANCELLED"))["orderId"]


@live(colocated_venue="")
async def test_cancel_all_and_refusals_are_those_of_rest(bench: Bench) -> None:
    name = order_id()
    async with logged_in(bench) as stream:
        await reply_to(stream, place(name))
        await update_of(stream, "SUBMITTED")
        assert 327802 == code(await reply_to(stream, place(name)))
        everything = {"action": "cancelAllOrder", "data": {"venue": "VENUE1"}}
        assert [name] == (await reply_to(stream, everything))["result"]
        await update_of(stream, "CANCELLED")
        foreign = place(order_id())
        foreign["data"]["accountId"] = MAKER
        assert 2097163 == code(await reply_to(stream, foreign))


@live()
async def test_asset_updates_come_on_the_same_socket(bench: Bench) -> None:
    trader = bench.client(TRADER)
    async with logged_in(bench) as stream:
        await trader.placed("BUY", "1", "100", venue="BINANCE")
        update = await stream.next()

    assert "USDT" == update["result"]["payload"][0]["currency"]


@live()
async def test_without_a_login_nothing_is_done(bench: Bench) -> None:
    async with connected(bench) as stream:
        assert 2097162 == code(await reply_to(stream, place(order_id())))
        for timestamp in (now_ms() - 60_000, now_ms() + 60_000):
            reply = await reply_to(stream, login(bench, timestamp))
            assert 2097162 == code(reply)
            assert "recvWindow" in reply["error"]["message"]
        wrong = login(bench, now_ms())
        wrong["data"]["signature"] = "0" * 64
        assert 2097162 == code(await reply_to(stream, wrong))
        wrong["data"]["apiKey"] = "nobody"
        assert 2097163 == code(await reply_to(stream, wrong))
    assert [] == (await bench.operator("orders"))["orders"]


@live()
async def test_heartbeats_are_answered_and_nonsense_is_refused(bench: Bench) -> None:
    async with connected(bench) as stream:
        await stream.send({"action": "heartbeat", "data": "ping"})
        assert {"action": "heartbeat", "data": "pong"} == await stream.next()
        nonsense: list[object] = [{"action": "dance"}, {}, [], {"action": "auth", "data": {}}]
        for frame in nonsense:
            await stream.send(frame)
            assert 65562 == code(await stream.next())
        await stream.send({"pong": 1})
        await stream.send({"action": "heartbeat", "data": "ping"})
        assert {"action": "heartbeat", "data": "pong"} == await stream.next()


@live(colocated_venue="")
async def test_faults_meet_actions_as_well(bench: Bench) -> None:
    lost, late = order_id(), order_id()
    async with logged_in(bench) as stream:
        await bench.arm("newOrder", "timeout_after_accept", delay_ms=20)
        await stream.send(place(late))
        await update_of(stream, "SUBMITTED")
        assert "PENDING_SUBMIT" == (await stream.find(is_reply))["result"][0]["orderStatus"]
        await bench.arm("newOrder", "http_500_after_accept")
        await stream.send(place(lost))
        assert aiohttp.WSMsgType.TEXT is not await stream.ended()

    booked = [row["order"]["orderId"] for row in (await bench.operator("orders"))["orders"]]
    assert [late, lost] == booked
