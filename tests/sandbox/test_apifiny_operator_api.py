"""The operator's surface: the record, and every fault as a client meets it."""

import asyncio
import json

import aiohttp
import pytest

from tests.sandbox.apifiny_bench import (
    DEADLINE_SECONDS,
    MAKER,
    TRADER,
    Bench,
    code,
    live,
    order_id,
)

A_MINUTE_MS = 60_000


@live()
async def test_the_record_has_every_call_and_every_message_in_order(bench: Bench) -> None:
    trader = bench.client(TRADER)
    async with trader.stream() as updates:
        name = await trader.placed("BUY", "1.10", "100.00")
        await updates.until("SUBMITTED")
        await trader.query(name)
    body = await bench.operator("requests?since=0")

    assert [
        ("OPEN", "order"),
        ("POST", "newOrder"),
        ("SEND", "order"),
        ("GET", "queryOrderInfo"),
    ] == [(row["method"], row["call"]) for row in body["requests"]]
    assert [1, 2, 3, 4] == [row["number"] for row in body["requests"]]
    _, placed, sent, queried = body["requests"]
    assert (TRADER, name, "1.10") == (
        placed["account"],
        placed["request"]["orderId"],
        placed["request"]["orderInfo"]["quantity"],
    )
    assert "PENDING_SUBMIT" == placed["reply"]["result"][0]["orderStatus"]
    assert "SUBMITTED" == sent["reply"]["payload"]["orderStatus"]
    assert name == queried["request"]["orderId"]
    assert [] == (await bench.operator(f"requests?since={body['last']}"))["requests"]


@live(record_limit=2)
async def test_the_record_is_bounded(bench: Bench) -> None:
    trader = bench.client(TRADER)
    for _ in range(3):
        await trader.get("order/listOpenOrder")

    assert [2, 3] == [row["number"] for row in (await bench.operator("requests"))["requests"]]


@live()
async def test_no_secret_is_in_the_record(bench: Bench) -> None:
    trader = bench.client(TRADER)
    async with bench.http.ws_connect(f"{bench.url}/ws/stream") as socket:
        data = {"timestamp": 1, "apiKey": trader.key_id, "signature": "c0ffee"}
        await socket.send_str(json.dumps({"action": "auth", "data": data}))
        await socket.receive_str()
    await trader.get("order/listOpenOrder")

    async with bench.http.get(f"{bench.url}/sandbox/requests") as reply:
        text = await reply.text()
    assert "c0ffee" not in text and trader.secret not in text and "eyJ" not in text


@live()
async def test_orders_show_their_fills_and_how_often_they_were_sent(bench: Bench) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)
    async with trader.stream() as updates:
        name = await trader.placed("BUY", "1", "100")
        await updates.until("SUBMITTED")
        await trader.place("BUY", "1", "100", order_id=name)
        await maker.placed("SELL", "1", "100")
        await updates.until("FILLED")
    refused = order_id()
    await trader.place("BUY", "1", "0", order_id=refused)
    body = await bench.operator("orders")

    first, second = body["orders"]
    assert (name, 2, TRADER) == (
        first["order"]["orderId"],
        first["newOrderCalls"],
        first["account"],
    )
    assert first["fills"][0]["tradeId"] == second["fills"][0]["tradeId"]
    assert [False, True] == [row["fills"][0]["isTaker"] for row in (first, second)]
    assert {refused: 1} == body["unbooked"]


async def fail(bench: Bench, fault: str, **more: int) -> str:
    """Place an order under a fault; how that went for the client."""
    trader = bench.client(TRADER)
    await bench.arm("newOrder", fault, **more)
    # Only what would be answered in a minute is not waited for.
    seconds = 3.0 if more.get("delay_ms") == A_MINUTE_MS else DEADLINE_SECONDS
    try:
        async with asyncio.timeout(seconds):
            reply = await trader.place("BUY", "1", "100")
    except TimeoutError:
        return "timeout"
    except aiohttp.ServerDisconnectedError:
        return "disconnected"
    except (AssertionError, json.JSONDecodeError) as error:
        return type(error).__name__
    return f"code {code(reply)}"


@pytest.mark.parametrize(
    ("fault", "delay_ms", "seen", "booked"),
    [
        ("timeout_after_accept", A_MINUTE_MS, "timeout", True),
        ("timeout_after_accept", 1, "code None", True),
        ("timeout_before_accept", A_MINUTE_MS, "timeout", False),
        ("timeout_before_accept", 1, "disconnected", False),
        ("http_500_after_accept", 0, "AssertionError", True),
        ("http_502", 0, "AssertionError", False),
        ("drop_connection", 0, "disconnected", False),
        ("drop_connection_after_accept", 0, "disconnected", True),
        ("unreadable_body", 0, "JSONDecodeError", True),
    ],
)
def test_a_fault_decides_what_the_client_sees(
    fault: str, delay_ms: int, seen: str, booked: bool
) -> None:
    @live()
    async def scenario(bench: Bench) -> None:
        assert seen == await fail(bench, fault, delay_ms=delay_ms)
        body = await bench.operator("orders")
        assert booked == bool(body["orders"])
        assert booked != bool(body["unbooked"])
        (entry,) = (await bench.operator("requests"))["requests"]
        assert fault == entry["fault"]
        # It was armed for one call.
        assert "code None" == f"code {code(await bench.client(TRADER).place('BUY', '1', '100'))}"

    scenario()


@live()
async def test_faults_are_listed_and_cleared(bench: Bench) -> None:
    await bench.arm("cancelOrder", "http_502", times=3)
    armed = (await bench.operator("faults"))["armed"]
    async with bench.http.delete(f"{bench.url}/sandbox/faults") as reply:
        cleared = await reply.json()

    assert [{"call": "cancelOrder", "fault": "http_502", "times": 3, "delay_ms": 0}] == armed
    assert {"armed": []} == cleared


@live()
async def test_what_the_operator_gets_wrong_is_explained(bench: Bench) -> None:
    for body, text in (
        (b'{"call":"newOrder","fault":"explode"}', "http_502"),
        (b'{"call":"newOrdr","fault":"http_502"}', "newOrder"),
        (b"{", "truncated"),
    ):
        async with bench.http.post(f"{bench.url}/sandbox/faults", data=body) as reply:
            assert 400 == reply.status
            assert text in await reply.text()
    async with bench.http.get(f"{bench.url}/sandbox/requests?since=x") as reply:
        assert 400 == reply.status
