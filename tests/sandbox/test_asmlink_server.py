"""The sandbox over real HTTP and WebSocket, as a client written from the document meets it."""

import asyncio
from decimal import Decimal as D

import aiohttp
import pytest

from tests.sandbox.asmlink_bench import KEYS, MAKER, Bench, loads, market, offer, play


def test_the_documents_order_is_answered_as_in_the_document():
    async def scene(venue: Bench) -> None:
        await venue.route(offer("M", 5_000_000, 1.08423))
        status, reply = await venue.route(market("ORD-20240815-00421"))

        assert 200 == status
        assert {
            "order_id": "ORD-20240815-00421", "status": "FILLED", "fill_price": D("1.08423"),
            "fill_quantity": 5_000_000, "liquidity_provider": "LP-TIER1-02",
            "routing_tier": "TIER_1", "execution_latency_ms": D("0.31"), "slippage_pips": 0,
            "timestamp_fill_utc": reply["timestamp_fill_utc"], "account_id": "CORP-ENT-0042",
        } == reply

    play(scene)


@pytest.mark.parametrize(
    "status, code, changes",
    [
        (401, "UNAUTHORIZED", {"key": "cm_test_nobody"}),
        (401, "UNAUTHORIZED", {"key": ""}),
        (403, "WRONG_ENVIRONMENT", {"key": "cm_live_somebody"}),
        (403, "FORBIDDEN", {"key": KEYS[MAKER]}),
        (400, "INVALID_REQUEST", {"symbol": "BTCUSD"}),
        (400, "INVALID_REQUEST", {"side": "HOLD"}),
        (400, "INVALID_REQUEST", {"routing_tier": "TIER_4"}),
        (400, "INVALID_REQUEST", {"quantity": 1500}),
        (400, "INVALID_REQUEST", {"quantity": -1000}),
        (400, "INVALID_REQUEST", {"quantity": "many"}),
        (400, "INVALID_REQUEST", {"order_type": "STOP"}),
        (400, "INVALID_REQUEST", {"order_type": "LIMIT"}),
        (400, "INVALID_REQUEST", {"limit_price": 1}),
        (400, "INVALID_REQUEST", {
            "order_type": "LIMIT", "limit_price": 1, "time_in_force": "SOON",
        }),
    ],
)
def test_what_is_refused_books_nothing(status, code, changes):
    async def scene(venue: Bench) -> None:
        key = changes.pop("key", None)
        answer = await venue.route(market("A", **changes), key=key)

        assert (status, code) == (answer[0], answer[1]["error"]["code"])
        record = (await venue.call("GET", "/sandbox/orders"))[1]
        assert ([], {"A": 1}) == (record["orders"], record["unbooked"])

    changes = dict(changes)
    play(scene)


def test_an_order_id_is_good_for_one_order():
    async def scene(venue: Bench) -> None:
        await venue.route(offer("M", 5_000_000, 1.08423))
        assert 200 == (await venue.route(market("A", 1000)))[0]
        assert 409 == (await venue.route(market("A", 1000)))[0]

    play(scene)


def test_only_the_document_where_the_settings_say_so():
    async def scene(venue: Bench) -> None:
        assert 400 == (await venue.route(offer("M", 5_000_000, 1.08423)))[0]
        assert 404 == (await venue.call("GET", "/v2/order/M"))[0]
        names = {"order_id": "M", "account_id": MAKER}
        assert 404 == (await venue.call("POST", "/v2/order/cancel", names))[0]

    play(scene, "undocumented_calls = false")


def test_cancel_and_status():
    async def scene(venue: Bench) -> None:
        await venue.route(offer("M", 5_000_000, 1.08423))
        key = KEYS[MAKER]
        names = {"order_id": "M", "account_id": MAKER}
        assert "ACCEPTED" == (await venue.call("GET", "/v2/order/M", key=key))[1]["status"]
        assert "CANCELLED" == (await venue.call("POST", "/v2/order/cancel", names))[1]["status"]
        assert 422 == (await venue.call("POST", "/v2/order/cancel", names))[0]
        # Of another entity, it is not there.
        assert 404 == (await venue.call("GET", "/v2/order/M"))[0]

    play(scene)


def test_too_many_orders_are_turned_away_with_a_time():
    async def scene(venue: Bench) -> None:
        answers = [(await venue.route(market(f"A{n}", 1000)))[0] for n in range(3)]

        assert [200, 200, 429] == answers
        assert "1" == venue.headers["Retry-After"]

    play(scene, "routes_per_second = 2")


def test_the_stream_tells_each_side_its_own_and_nobody_else():
    async def scene(venue: Bench) -> None:
        async with venue.stream() as mine, venue.stream(KEYS[MAKER]) as makers:
            await venue.route(offer("M", 1_000_000, 1.08423))
            await venue.route(market("A", 3_000_000))
            told = [loads(await mine.receive_str(timeout=30)) for _ in range(2)]
            others = loads(await makers.receive_str(timeout=30))

        assert [
            ("A", "order.filled", "PARTIALLY_FILLED"), ("A", "order.cancelled", "CANCELLED"),
        ] == [
            (one["order_id"], one["event_type"], one["execution_status"]) for one in told
        ]
        assert (D("1.08423"), 1_000_000) == (told[0]["fill_price"], told[0]["fill_quantity"])
        assert ("M", "FILLED") == (others["order_id"], others["execution_status"])

    play(scene)


def test_a_stream_without_a_good_key_is_not_opened():
    async def scene(venue: Bench) -> None:
        for key, status in (("cm_test_nobody", 401), ("cm_live_x", 403)):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await venue.stream(key)
            assert status == refused.value.status

    play(scene)


@pytest.mark.parametrize(
    "fault, status, booked",
    [
        ("http_500_after_accept", 500, 1), ("http_502", 502, 0), ("unreadable_body", 200, 1),
        ("timeout_after_accept", 200, 1),
    ],
)
def test_a_fault_decides_how_the_answer_travels(fault, status, booked):
    async def scene(venue: Bench) -> None:
        await venue.arm("route", fault, delay_ms=10)
        assert status == (await venue.route(market("A")))[0]
        assert booked == len((await venue.call("GET", "/sandbox/orders"))[1]["orders"])
        assert [] == (await venue.call("GET", "/sandbox/faults"))[1]["armed"]

    play(scene)


@pytest.mark.parametrize("fault, booked", [
    ("drop_connection", 0), ("drop_connection_after_accept", 1), ("timeout_before_accept", 0),
])
def test_a_dropped_connection(fault, booked):
    async def scene(venue: Bench) -> None:
        await venue.arm("route", fault, delay_ms=10)
        with pytest.raises(aiohttp.ClientError):
            await venue.route(market("A"))
        assert booked == len((await venue.call("GET", "/sandbox/orders"))[1]["orders"])

    play(scene)


def test_a_stream_misbehaves_as_it_is_told():
    async def scene(venue: Bench) -> None:
        async with venue.stream() as stream:
            for fault in ("silent_stream", "duplicate_updates", "late_updates", "drop_stream"):
                await venue.arm("executions", fault, delay_ms=10)
            for name in "ABCD":
                await venue.route(market(name))
            told = [loads(await stream.receive_str(timeout=30))["order_id"] for _ in range(3)]
            assert ["B", "B", "C"] == told
            end = await stream.receive(timeout=30)
            assert end.type is not aiohttp.WSMsgType.TEXT
        await asyncio.sleep(0)

    play(scene)


def test_an_order_may_be_kept_back():
    async def scene(venue: Bench) -> None:
        await venue.route(market("A"))
        await venue.arm("status", "empty_list")
        assert [404, 200] == [
            (await venue.call("GET", "/v2/order/A"))[0] for _ in range(2)
        ]

    play(scene, "undocumented_calls = true")


def test_an_unknown_fault_is_told():
    async def scene(venue: Bench) -> None:
        for call, fault in (("route", "magic"), ("nothing", "http_502"), ("route", "drop_stream")):
            status, text = await venue.call("POST", "/sandbox/faults", {
                "call": call, "fault": fault,
            })
            assert 400 == status, text

    play(scene)
