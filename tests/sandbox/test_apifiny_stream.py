"""The user data streams: who may open them, what they tell, and how they die."""

import aiohttp
import pytest

from tests.sandbox.apifiny_bench import MAKER, TRADER, Bench, live, now_ms


@live()
async def test_each_stream_tells_of_its_account_and_venue_only(bench: Bench) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)
    async with (
        trader.stream("/ac/ws/v2/VENUE1/order") as mine,
        trader.stream("/ac/ws/v2/VENUE2/order") as elsewhere,
        trader.stream("/ac/ws/v2/APIFINY/order") as everywhere,
        maker.stream("/ac/ws/v2/VENUE1/order") as others,
    ):
        first = await trader.placed("BUY", "1", "100")
        assert first == (await mine.payload())["orderId"]
        second = await trader.placed("BUY", "1", "100", venue="VENUE2")
        assert second == (await elsewhere.payload())["orderId"]
        third = await maker.placed("BUY", "1", "100")
        assert third == (await others.payload())["orderId"]
        assert [first, second] == [(await everywhere.payload())["orderId"] for _ in range(2)]


@live(colocated_venue="BINANCE")
async def test_a_colocation_stream_has_no_venue_in_its_path(bench: Bench) -> None:
    trader = bench.client(TRADER)
    async with trader.stream("/ac/ws/v2/order") as updates:
        await trader.placed("BUY", "1", "100", venue="VENUE1")
        name = await trader.placed("BUY", "1", "100", venue="BINANCE")
        assert name == (await updates.payload())["orderId"]


@live()
async def test_an_order_update_is_bare_and_an_asset_update_in_an_envelope(
    bench: Bench,
) -> None:
    trader = bench.client(TRADER)
    async with trader.stream() as orders, trader.stream("/ac/ws/v2/VENUE1/asset") as assets:
        await trader.placed("BUY", "1", "100")
        order, asset = await orders.next(), await assets.next()

    assert {"logTimestamp", "payload"} == order.keys()
    assert {"result", "error"} == asset.keys()
    (row,) = asset["result"]["payload"]
    assert ("STA-VENUE1_00000001", "USDT", "VENUE1") == (
        row["accountId"],
        row["currency"],
        row["venue"],
    )
    assert row["amount"] == row["available"] + row["frozen"]


@live(heartbeat_seconds=0.5, missed_heartbeats=3)
async def test_heartbeats_come_and_must_be_answered(bench: Bench) -> None:
    trader = bench.client(TRADER)
    async with trader.stream() as answered, trader.stream() as unanswered:
        for _ in range(6):
            beat = await answered.next()
            assert abs(beat["ping"] - now_ms()) < 60_000
            await answered.send({"pong": beat["ping"]})
        assert aiohttp.WSMsgType.TEXT is not await unanswered.ended()


@live()
async def test_a_handshake_that_is_not_signed_right_is_refused(bench: Bench) -> None:
    trader = bench.client(TRADER)
    good = "/ac/ws/v2/VENUE1/order"
    for path, claims in (
        (good, {"exp": 1}),
        (good, {"exp": now_ms() - 1}),
        (good, {"secretKeyId": "nobody"}),
        (good, {"accountId": MAKER}),
        (good, {"digest": "0" * 64}),
        ("/ac/ws/v2/VENUE9/order", {}),
    ):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with trader.stream(path, **claims):
                pass
        assert 401 == refused.value.status


@live()
async def test_exp_may_be_milliseconds_and_digest_null(bench: Bench) -> None:
    trader = bench.client(TRADER)
    async with trader.stream(exp=now_ms() + 30_000, digest=None) as updates:
        await trader.placed("BUY", "1", "100")
        assert "SUBMITTED" == (await updates.payload())["orderStatus"]


@live()
async def test_a_duplicated_update_comes_twice(bench: Bench) -> None:
    trader = bench.client(TRADER)
    await bench.arm("order", "duplicate_updates")
    async with trader.stream() as updates:
        name = await trader.placed("BUY", "1", "100", timeInForce=3)
        told = [await updates.payload() for _ in range(3)]

    assert [(name, "SUBMITTED"), (name, "SUBMITTED"), (name, "CANCELLED")] == [
        (one["orderId"], one["orderStatus"]) for one in told
    ]


@live()
async def test_a_silent_stream_loses_updates_and_stays(bench: Bench) -> None:
    trader = bench.client(TRADER)
    await bench.arm("order", "silent_stream")
    async with trader.stream() as updates:
        await trader.placed("BUY", "1", "100", timeInForce=3)
        assert "CANCELLED" == (await updates.payload())["orderStatus"]

    sent = [row for row in await _sent(bench) if row["call"] == "order"]
    assert ["silent_stream", None] == [row["fault"] for row in sent]


@live()
async def test_a_dropped_stream_ends_without_a_closing_handshake(bench: Bench) -> None:
    trader = bench.client(TRADER)
    await bench.arm("order", "drop_stream")
    async with trader.stream() as updates:
        await trader.placed("BUY", "1", "100")
        assert await updates.ended() in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        assert 1006 == updates.socket.close_code
    async with trader.stream() as updates:
        await trader.placed("BUY", "1", "100")
        assert "SUBMITTED" == (await updates.payload())["orderStatus"]


@live()
async def test_a_late_update_keeps_its_place(bench: Bench) -> None:
    trader = bench.client(TRADER)
    await bench.arm("order", "late_updates", delay_ms=50)
    async with trader.stream() as updates:
        await trader.placed("BUY", "1", "100", timeInForce=3)
        told = [(await updates.payload())["orderStatus"] for _ in range(2)]

    assert ["SUBMITTED", "CANCELLED"] == told


async def _sent(bench: Bench) -> list[dict[str, object]]:
    requests = (await bench.operator("requests"))["requests"]
    return [row for row in requests if row["method"] == "SEND"]
