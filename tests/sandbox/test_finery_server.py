"""The Finery sandbox over real HTTP and WebSocket: what the vendor's documents say it does."""

import asyncio
import json

import aiohttp
import pytest

from tests.sandbox.finery_bench import (
    MAKER,
    READER,
    TAKER,
    TRADER,
    Bench,
    live,
    now_ms,
    sign,
)

UNIT = 100_000_000
PRICE = 9999 * UNIT

# ------------------------------------------------------------ authentication


@live()
async def test_a_signature_over_other_bytes_is_refused(bench: Bench) -> None:
    body = json.dumps({"nonce": 1, "timestamp": now_ms()})
    assert (400, {"error": 14}) == await bench.post(TRADER, "limits", body, "AAAA")
    # Of another method, of another key, of none.
    assert (400, {"error": 14}) == await bench.post(
        TRADER, "limits", body, sign(TRADER, "positions" + body)
    )
    assert (400, {"error": 14}) == await bench.post(
        TRADER, "limits", body, sign(MAKER, "limits" + body)
    )
    assert (200, []) != await bench.post(TRADER, "limits", body)


@live()
async def test_a_nonce_is_used_once_and_a_timestamp_is_of_now(bench: Bench) -> None:
    body = json.dumps({"nonce": 5, "timestamp": now_ms()})
    assert 200 == (await bench.post(TRADER, "limits", body))[0]
    assert (400, {"error": 6}) == await bench.post(TRADER, "limits", body)
    # Another key has nonces of its own, and a smaller one is as good.
    assert 200 == (await bench.post(MAKER, "limits", body))[0]
    body = json.dumps({"nonce": 4, "timestamp": now_ms()})
    assert 200 == (await bench.post(TRADER, "limits", body))[0]
    for wrong in (-61_000, 61_000):
        body = json.dumps({"nonce": 9, "timestamp": now_ms() + wrong})
        assert (400, {"error": 7}) == await bench.post(TRADER, "limits", body)
    for body in ("{}", "[]", "?", '{"nonce":"x","timestamp":1}'):
        assert (400, {"error": 9}) == await bench.post(TRADER, "limits", body)


@live("rising_nonces = true")
async def test_nonces_must_rise_where_the_older_rule_holds(bench: Bench) -> None:
    for nonce, status in ((5, 200), (4, 400), (6, 200)):
        body = json.dumps({"nonce": nonce, "timestamp": now_ms()})
        assert status == (await bench.post(TRADER, "limits", body))[0]


@live()
async def test_a_handshake_that_is_refused_says_why_in_its_body(bench: Bench) -> None:
    content = json.dumps({"nonce": 1, "timestamp": now_ms()})
    headers = {"EFX-Key": TRADER, "EFX-Sign": sign(MAKER, content), "EFX-Content": content}
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", **headers}
    async with bench.http.get(f"{bench.url}/ws", headers=upgrade) as reply:
        assert (400, {"error": 14}) == (reply.status, await reply.json())


@live()
async def test_a_key_without_permission_may_ask_and_not_trade(bench: Bench) -> None:
    assert {"error": 3} == await bench.add(READER, "bid", UNIT, PRICE)
    assert 4 == len(await bench.call(READER, "positions"))


# ------------------------------------------------------------------- methods


@live()
async def test_the_arithmetic_is_that_of_the_vendor_s_sample(bench: Bench) -> None:
    await bench.add(MAKER, "ask", 2_000_000, 999_900_000_000)
    reply = await bench.add(
        TAKER, "bid", 10_000_000, 999_900_000_000, type="limitIOC", clientOrderId=123456789
    )
    (deal,) = reply.pop("deals")

    assert {"remainingSize": 8_000_000, "clientOrderId": 123456789, "cancelReason": 2} == {
        name: value for name, value in reply.items() if name != "id"
    }
    assert (999_900_000_000, 2_000_000, 19_998_000_000, 2) == (
        deal["price"], deal["size"], deal["volume"], deal["counterpartyId"],
    )


@live()
async def test_both_sides_of_a_deal_see_it_under_one_number(bench: Bench) -> None:
    await bench.add(MAKER, "ask", UNIT, PRICE, clientOrderId=7)
    reply = await bench.add(TAKER, "bid", UNIT // 2, PRICE, type="limitIOC", clientOrderId=8)
    ((maker,), (taker,)) = [await bench.call(key, "dealHistory") for key in (MAKER, TAKER)]

    assert (24, 24) == (len(maker), len(taker))
    assert reply["deals"][0]["id"] == maker[11] == taker[11]
    assert ["BTC-USD", 0, 1, 0] == maker[:4]
    assert (7, PRICE, UNIT, UNIT // 2) == (maker[5], maker[6], maker[7], maker[8])
    # The aggressor bought.
    assert (0, 0) == (maker[12], taker[12])
    assert (3, 2) == (maker[17], taker[17])


@live()
async def test_positions_list_what_is_open_and_what_was_traded(bench: Bench) -> None:
    await bench.add(MAKER, "ask", UNIT, PRICE, clientOrderId=7)
    await bench.add(TAKER, "bid", UNIT // 4, PRICE, type="limitIOC")
    _, positions, orders, settlements = await bench.call(MAKER, "positions")

    ((*head, created, by_volume),) = orders
    assert (11, 0, True) == (len(orders[0]), by_volume, abs(now_ms() - created) < 60_000)
    assert ["BTC-USD", 0, 1, 0] == head[:4]
    assert [7, PRICE, UNIT, UNIT * 3 // 4] == head[5:]
    assert [["BTC", -UNIT // 4], ["USD", PRICE // 4]] == [row[:2] for row in positions]
    assert [] == settlements


@live()
async def test_deals_come_newest_first_and_page_by_page(bench: Bench) -> None:
    await bench.add(MAKER, "ask", UNIT, PRICE)
    for _ in range(5):
        await bench.add(TAKER, "bid", UNIT // 10, PRICE, type="limitIOC")
    page = await bench.call(TAKER, "dealHistory", limit=2)
    rest = await bench.call(TAKER, "dealHistory", till=page[-1][11])

    ids = [row[11] for row in page + rest]
    assert ([2, 3], sorted(ids, reverse=True)) == ([len(page), len(rest)], ids)
    assert [] == await bench.call(TAKER, "dealHistory", **{"from": now_ms() + 1000})
    assert [] == await bench.call(TAKER, "dealHistory", instrument="ETH-USD")


@live()
async def test_orders_are_deleted_by_either_name_or_all_at_once(bench: Bench) -> None:
    first = await bench.add(MAKER, "ask", UNIT, PRICE, clientOrderId=1)
    await bench.add(MAKER, "ask", UNIT, PRICE, clientOrderId=2)
    for _ in range(2):
        await bench.add(MAKER, "ask", UNIT, PRICE)

    assert {"id": first["id"], "remainingSize": UNIT} == await bench.call(
        MAKER, "del", orderId=first["id"]
    )
    assert UNIT == (await bench.call(MAKER, "del", clientOrderId=2))["remainingSize"]
    assert {"error": 80} == await bench.call(MAKER, "del", clientOrderId=2)
    assert {"error": 80} == await bench.call(TRADER, "del", orderId=first["id"] + 2)
    assert {"error": 9} == await bench.call(MAKER, "del")
    assert {"removed": 0} == await bench.call(MAKER, "delAll", instrument="ETH-USD")
    assert {"removed": 2} == await bench.call(MAKER, "delAll")


@live()
async def test_a_modified_order_keeps_what_was_executed_out_of_its_new_size(
    bench: Bench,
) -> None:
    old = await bench.add(MAKER, "ask", UNIT, PRICE, clientOrderId=5)
    await bench.add(TAKER, "bid", UNIT // 5, PRICE, type="limitIOC")
    new = await bench.call(MAKER, "mod", orderId=old["id"], price=PRICE, size=2 * UNIT)

    assert (UNIT * 9 // 5, UNIT * 9 // 5, old["id"], UNIT * 4 // 5) == (
        new["initialSize"], new["remainingSize"], new["origId"], new["origRemainingSize"],
    )
    assert new["id"] != old["id"]
    assert {"error": 80} == await bench.call(
        MAKER, "mod", orderId=old["id"], price=PRICE, size=UNIT
    )
    assert {"error": 71} == await bench.call(
        MAKER, "mod", orderId=new["id"], price=1, size=UNIT
    )
    half = await bench.add(MAKER, "ask", UNIT, PRICE // 2)
    await bench.add(TAKER, "bid", UNIT // 2, PRICE // 2, type="limitIOC")
    assert {"error": 90} == await bench.call(
        MAKER, "mod", orderId=half["id"], price=PRICE, size=UNIT // 2
    )


@live()
async def test_an_order_that_was_removed_and_cannot_be_replaced_is_told_with_the_error(
    bench: Bench,
) -> None:
    await bench.add(MAKER, "bid", UNIT, PRICE // 2, clientOrderId=4)
    old = await bench.add(MAKER, "ask", UNIT, PRICE, clientOrderId=5)
    await bench.add(TAKER, "bid", UNIT // 5, PRICE, type="limitIOC")
    # It would meet an order of its own.
    body = json.dumps({"nonce": 1, "timestamp": now_ms(), "orderId": old["id"],
                       "price": PRICE // 2, "size": UNIT})
    assert (400, {"reply": {
        "error": 78, "origId": old["id"], "origRemainingSize": UNIT * 4 // 5,
    }}) == await bench.post(MAKER, "mod", body)
    assert {"error": 80} == await bench.call(MAKER, "del", orderId=old["id"])

    async with bench.socket(MAKER) as socket:
        old = await bench.add(MAKER, "ask", UNIT, PRICE, clientOrderId=6)
        reply = await socket.request(
            "mod", orderId=old["id"], price=PRICE, size=UNIT, clientOrderId=4
        )
        assert {"error": 74, "origId": old["id"], "origRemainingSize": UNIT} == reply["reply"]
        # Where the old order cannot be removed, the error is the usual one.
        reply = await socket.request("mod", orderId=old["id"], price=PRICE, size=UNIT)
        assert (80, None) == (reply["error"], reply.get("reply"))


@live()
async def test_the_operator_sees_who_listens(bench: Bench) -> None:
    async with bench.socket(TRADER) as socket:
        one = {"clientId": 1, "tellsAll": False, "owed": 0}
        assert [one] == (await bench.operator("sockets"))["sockets"]
        await socket.send({"event": "bind", "feed": "O"})
        await socket.next()
        await bench.arm("limits", "unreadable_body")
        await socket.send({"event": "request", "reqId": 1, "method": "limits"})
        await socket.socket.receive_str()
        one = {"clientId": 1, "tellsAll": True, "owed": 1}
        assert [one] == (await bench.operator("sockets"))["sockets"]
    while (await bench.operator("sockets"))["sockets"]:
        await asyncio.sleep(0.01)


@live()
async def test_the_book_has_the_best_first_and_instruments_have_their_steps(
    bench: Bench,
) -> None:
    for price in (101, 100, 102):
        await bench.add(MAKER, "ask", UNIT, price * UNIT)
    assert [[], [[price * UNIT, UNIT] for price in (100, 101, 102)]] == await bench.call(
        MAKER, "book", instrument="BTC-USD"
    )
    currencies, instruments = await bench.call(MAKER, "instruments")
    assert ["USD", 2, 1_000_000, UNIT, "fiat"] in currencies
    assert ["BTC-USD", 4955410050, "BTC", "USD"] in instruments


REFUSED = [
    ({"instrument": "DOGE-USD"}, 34),
    ({"instrument": "ETH-USD", "size": 150}, 70),
    ({"size": 0}, 70),
    ({"size": -1}, 70),
    ({"price": 1}, 71),
    ({"price": None}, 71),
    ({"type": "marketIOC"}, 71),
    ({"type": "pendingLimit"}, 111),
    ({"side": "buy"}, 111),
    ({"side": None}, 110),
    ({"size": None}, 81),
    ({"volume": 1}, 81),
    ({"size": None, "volume": UNIT}, 82),
    ({"size": None, "volume": 7, "type": "limitIOC"}, 83),
    ({"size": "1"}, 111),
    ({"size": 2**63}, 111),
    ({"clientOrderId": 3}, 74),
    ({"type": "limitIOC", "price": UNIT}, 76),
    ({"type": "limitFOK", "size": 3 * UNIT, "price": 2 * PRICE}, 77),
    ({"type": "postOnly", "price": 2 * PRICE}, 75),
    ({"side": "ask", "price": PRICE - 2 * UNIT}, 78),
    ({"price": PRICE - UNIT, "size": 2 * UNIT}, 79),
    ({"side": "ask", "size": 4 * UNIT, "price": 2 * PRICE}, 79),
]


@pytest.mark.parametrize(("changes", "code"), REFUSED, ids=str)
def test_each_refusal_has_its_code(changes: dict[str, object], code: int) -> None:
    @live()
    async def scene(bench: Bench) -> None:
        await bench.add(MAKER, "ask", UNIT, PRICE)
        await bench.add(TRADER, "bid", UNIT // 10, PRICE - 2 * UNIT, clientOrderId=3)
        reply = await bench.add(
            TRADER, **({"side": "bid", "size": UNIT // 10, "price": UNIT} | changes)
        )
        assert {"error": code} == reply

    scene()


@live()
async def test_makers_and_takers_have_types_of_their_own(bench: Bench) -> None:
    assert {"error": 73} == await bench.add(TAKER, "bid", UNIT, PRICE)
    assert {"error": 73} == await bench.add(MAKER, "bid", UNIT, PRICE, type="limitIOC")
    assert {"error": 8} == await bench.call(MAKER, "withdraw")


@live()
async def test_orders_by_volume_trade_what_it_buys(bench: Bench) -> None:
    await bench.add(MAKER, "ask", UNIT, 100 * UNIT)
    await bench.add(MAKER, "bid", UNIT, 50 * UNIT)
    for side, type_, volume, size in (
        ("bid", "marketIOC", 30 * UNIT, UNIT * 3 // 10),
        ("ask", "marketFOK", 25 * UNIT, UNIT // 2),
        # It buys no step more for the rest of it.
        ("bid", "limitIOC", 70 * UNIT, UNIT * 7 // 10),
    ):
        price = 100 * UNIT if type_ == "limitIOC" else None
        reply = await bench.add(TAKER, side, None, price, type=type_, volume=volume)
        assert (0, [size]) == (
            reply["remainingVolume"], [deal["size"] for deal in reply["deals"]],
        )
    assert {"error": 77} == await bench.add(
        TAKER, "ask", None, None, type="marketFOK", volume=26 * UNIT
    )
    reply = await bench.add(TAKER, "ask", None, None, type="marketIOC", volume=40 * UNIT)
    assert (15 * UNIT, 2) == (reply["remainingVolume"], reply["cancelReason"])


# -------------------------------------------------------------------- sockets


@live()
async def test_the_feed_tells_both_sides_what_happens(bench: Bench) -> None:
    async with bench.socket(MAKER) as maker, bench.socket(TAKER) as taker:
        for socket in (maker, taker):
            await socket.send({"event": "bind", "feed": "O"})
            assert ["O", 0, "S", []] == await socket.next()
        await bench.add(MAKER, "ask", UNIT, PRICE, clientOrderId=7)
        feed, feed_id, action, row = await maker.next()
        assert ("O", 0, "+", 7, UNIT, UNIT) == (feed, feed_id, action, row[5], row[7], row[8])

        await bench.add(TAKER, "bid", 2 * UNIT, PRICE, type="limitIOC")
        _, _, action, deal = await maker.next()
        assert ("D", UNIT, 0) == (action, deal[14], deal[8])
        _, _, action, row = await maker.next()
        assert ("-", 0, 0) == (action, row[3], row[8])
        _, _, action, deal = await taker.next()
        assert ("D", UNIT, UNIT) == (action, deal[14], deal[8])
        _, _, action, row = await taker.next()
        assert ("-", 2, UNIT) == (action, row[3], row[8])


@live()
async def test_bindings_are_for_all_or_for_one_and_their_errors_are_z(bench: Bench) -> None:
    await bench.add(MAKER, "ask", UNIT, PRICE)
    async with bench.socket(MAKER) as socket:
        said = [
            ({"event": "bind", "feed": "O", "feedId": "ETH-USD"}, ["O", "ETH-USD", "S", []]),
            ({"event": "bind", "feed": "O", "feedId": "ETH-USD"}, ["O", "ETH-USD", "Z", 100]),
            ({"event": "unbind", "feed": "O"}, ["O", 0, "Z", 101]),
            ({"event": "unbind", "feed": "O", "feedId": 4955410051}, ["O", 4955410051, "U", 0]),
            ({"event": "bind", "feed": "O", "feedId": "DOGE"}, ["O", "DOGE", "Z", 103]),
            ({"event": "bind", "feed": "?"}, ["?", 0, "Z", 102]),
            ({"event": "ping"}, {"event": "ping"}),
            ({"event": "dance"}, {"error": 111}),
        ]
        for message, answer in said:
            await socket.send(message)
            assert answer == await socket.next()
        await socket.send({"event": "bind", "feed": "O", "feedId": 4955410050})
        _, _, action, rows = await socket.next()
        assert ("S", 1) == (action, len(rows))


@live()
async def test_a_request_is_the_rest_method_with_a_number(bench: Bench) -> None:
    async with bench.socket(TRADER) as socket:
        added = await socket.request(
            "add", instrument="BTC-USD", side="bid", type="LIMIT", size=UNIT // 10, price=UNIT,
            clientOrderId=9,
        )
        assert (UNIT // 10, []) == (added["reply"]["remainingSize"], added["reply"]["deals"])
        assert {"event": "request", "reqId": 2, "error": 110, "param": "instrument"} == (
            await socket.request("add", side="bid", type="limit")
        )
        assert 80 == (await socket.request("del", clientOrderId=1))["error"]
        assert UNIT // 10 == (await socket.request("del", clientOrderId=9))["reply"][
            "remainingSize"
        ]
        assert 8 == (await socket.request("fly"))["error"]


@live()
async def test_orders_with_cod_go_with_their_socket_and_no_others(bench: Bench) -> None:
    async with bench.socket(TRADER) as staying:
        async with bench.socket(TRADER) as going:
            order = {"instrument": "BTC-USD", "side": "bid", "type": "limit", "size": UNIT // 10}
            await going.request("add", **order, price=UNIT, cod=True, clientOrderId=1)
            await going.request("add", **order, price=UNIT, clientOrderId=2)
            await staying.request("add", **order, price=UNIT, cod=True, clientOrderId=3)
        # By REST it has no meaning.
        await bench.call(TRADER, "add", **order, price=UNIT, cod=True, clientOrderId=4)
        rows = {}
        while rows.get(1) is not False:
            listed = (await bench.operator("orders"))["orders"]
            rows = {row["clientOrderId"]: row["isOpen"] for row in listed}
        assert {1: False, 2: True, 3: True, 4: True} == rows
        reasons = {row["clientOrderId"]: row["cancelReason"] for row in listed}
        assert 4 == reasons[1]


@live("idle_seconds = 3")
async def test_a_socket_on_which_nothing_comes_is_closed(bench: Bench) -> None:
    async with bench.socket(TRADER) as socket:
        for _ in range(5):
            await asyncio.sleep(0.7)
            await socket.request("limits")
        await socket.ended()


@live()
async def test_the_operator_disconnects_the_market(bench: Bench) -> None:
    async with bench.socket(TRADER) as socket:
        await bench.operator("connected", {"connected": False})
        assert ["X", 0, "Z", 2] == await socket.next()
        await bench.operator("connected", {"connected": True})
        assert ["X", 0, "Z", 0] == await socket.next()


# --------------------------------------------------------------------- faults


@pytest.mark.parametrize(
    ("fault", "status", "booked"),
    [
        ("http_500_after_accept", 500, True),
        ("http_502", 502, False),
        ("unreadable_body", 200, True),
        ("timeout_after_accept", 200, True),
        ("drop_connection", 0, False),
        ("drop_connection_after_accept", 0, True),
        ("timeout_before_accept", 0, False),
    ],
)
@pytest.mark.parametrize("way", ["REST", "socket"])
def test_a_fault_changes_how_the_answer_travels_and_nothing_else(
    way: str, fault: str, status: int, booked: bool
) -> None:
    order = {"instrument": "BTC-USD", "side": "bid", "type": "limit", "size": 1, "price": UNIT,
             "clientOrderId": 5}

    @live()
    async def scene(bench: Bench) -> None:
        await bench.arm("add", fault, delay_ms=20)
        if way == "REST":
            body = json.dumps({"nonce": 1, "timestamp": now_ms(), **order})
            try:
                answer = await bench.post(TRADER, "add", body)
            except aiohttp.ClientError:
                answer = (0, None)
            assert status == answer[0]
        else:
            async with bench.socket(TRADER) as socket:
                await socket.send({"event": "request", "reqId": 1, "method": "add",
                                   "content": order})
                message = await socket.socket.receive(timeout=30)
                assert (message.type is aiohttp.WSMsgType.TEXT) == (status == 200)
        told = await bench.operator("orders")
        assert booked == bool(told["orders"])
        assert {} == told["unbooked"] if booked else {"5": 1} == told["unbooked"]
        assert [] == (await bench.operator("faults"))["armed"]
        asked = (await bench.operator("requests"))["requests"]
        (entry,) = [entry for entry in asked if entry["call"] == "add"]
        assert (fault, 5) == (entry["fault"], entry["request"]["clientOrderId"])

    scene()


@live()
async def test_a_fault_of_the_feed_loses_or_doubles_a_message(bench: Bench) -> None:
    async with bench.socket(TRADER) as socket:
        await socket.send({"event": "bind", "feed": "O"})
        await socket.next()
        for number, (fault, expected) in enumerate(
            (("silent_stream", []), ("duplicate_updates", [2, 2]), ("late_updates", [3])), 1
        ):
            await bench.arm("O", fault, delay_ms=10)
            await bench.add(TRADER, "bid", 1, UNIT, clientOrderId=number)
            for name in expected:
                assert name == (await socket.next())[3][5]
        await bench.arm("O", "drop_stream")
        await bench.add(TRADER, "bid", 1, UNIT)
        await socket.ended()


@live("requests_per_second = 3")
async def test_too_many_requests_are_turned_away(bench: Bench) -> None:
    answers = []
    for nonce in range(1, 6):
        body = json.dumps({"nonce": nonce, "timestamp": now_ms()})
        answers.append((await bench.post(TRADER, "limits", body))[0])

    assert [200, 200, 200] == answers[:3] and 429 in answers


@live()
async def test_the_operator_s_mistakes_are_told(bench: Bench) -> None:
    for what, body in (
        ("faults", {"call": "add", "fault": "explode"}),
        ("faults", {"call": "fly", "fault": "http_502"}),
        ("connected", {"connected": 7}),
    ):
        async with bench.http.post(f"{bench.url}/sandbox/{what}", json=body) as reply:
            assert 400 == reply.status
    async with bench.http.get(f"{bench.url}/sandbox/requests?since=x") as reply:
        assert 400 == reply.status
    await bench.arm("add", "http_502")
    async with bench.http.delete(f"{bench.url}/sandbox/faults") as reply:
        assert {"armed": []} == await reply.json()


@live()
async def test_the_record_shows_no_secret(bench: Bench) -> None:
    await bench.call(TRADER, "limits")
    async with bench.socket(TRADER):
        text = json.dumps(await bench.operator("requests"))

    assert "not-a-secret" not in text
