"""Apifiny Connect over real HTTP: the calls, the order states and the codes of the manual."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.apifiny_bench import (
    MAKER,
    POOR,
    TRADER,
    Bench,
    code,
    live,
    loads,
    now_ms,
    order_id,
)


# -- base information ----------------------------------------------------------------------


@live()
async def test_the_public_calls_need_no_signature(bench: Bench) -> None:
    venues = loads(await bench.get("VENUE1/utils/listVenueInfo"))
    symbols = loads(await bench.get("APIFINY/utils/listSymbolInfo"))
    currencies = loads(await bench.get("VENUE1/utils/listCurrency"))
    time = loads(await bench.get("utils/currentTimeMillis"))

    assert {"exchange": "VENUE1", "status": "enabled"} == venues["result"][0]
    assert ["BTCUSDT", "ETHUSDT", "BTCUSD"] == [row["symbol"] for row in symbols["result"]]
    assert Decimal("0.00001") == symbols["result"][0]["stepSize"]
    assert "USDT.ETH" == currencies["result"][2]["coin"]
    assert abs(time["result"] - now_ms()) < 60_000


@live()
async def test_numbers_are_json_numbers_without_exponent(bench: Bench) -> None:
    text = await bench.get("VENUE1/utils/listSymbolInfo")

    assert '"stepSize":0.00001,' in text
    assert '"maxPrice":1000000,' in text


@live()
async def test_an_unknown_path_is_http_404_and_a_wrong_method_405(bench: Bench) -> None:
    for method, path, status in (
        ("GET", "VENUE1/order/amendOrder", 404),
        ("GET", "VENUE1/deep/order/newOrder", 404),
        ("GET", "VENUE1/order/newOrder", 405),
        ("POST", "VENUE1/order/listOpenOrder", 405),
    ):
        async with bench.http.request(method, f"{bench.url}/ac/v2/{path}") as reply:
            assert (path, status) == (path, reply.status)


# -- life of an order ----------------------------------------------------------------------


@live()
async def test_a_new_order_is_pending_and_then_submitted(bench: Bench) -> None:
    trader = bench.client(TRADER)
    name = order_id()
    async with trader.stream() as updates:
        reply = await trader.place("BUY", "1.12", "100", order_id=name)
        submitted = await updates.payload()

    assert None is reply["error"]
    (order,) = reply["result"]
    assert {
        "accountId": "STA-VENUE1_00000001",
        "venue": "VENUE1",
        "orderId": name,
        "symbol": "BTCUSDT",
        "orderType": "LIMIT",
        "orderSide": "BUY",
        "limitPrice": 100,
        "quantity": Decimal("1.12"),
        "filledAveragePrice": 0,
        "filledCumulativeQuantity": 0,
        "timeInForce": 1,
        "openQuantity": Decimal("1.12"),
        "orderStatus": "PENDING_SUBMIT",
    }.items() <= order.items()
    assert ("SUBMITTED", None) == (submitted["orderStatus"], submitted["lastFilledQuantity"])


@live()
async def test_one_update_per_fill_and_the_order_stays_submitted_until_filled(
    bench: Bench,
) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)
    async with trader.stream() as updates:
        name = await trader.placed("BUY", "3", "100")
        await updates.until("SUBMITTED")
        await maker.placed("SELL", "1", "100")
        first = await updates.payload()
        await maker.placed("SELL", "2", "99")
        second = await updates.payload()

    assert ("SUBMITTED", 1, 2) == (
        first["orderStatus"],
        first["filledCumulativeQuantity"],
        first["openQuantity"],
    )
    assert ("FILLED", 3, 0) == (
        second["orderStatus"],
        second["filledCumulativeQuantity"],
        second["openQuantity"],
    )
    # The maker's price, the make fee of 0.0005, in the quote currency.
    assert {
        "orderId": name,
        "lastFilledQuantity": 2,
        "lastFilledPrice": 100,
        "lastCommission": Decimal("0.1"),
        "lastCommissionCurrency": "USDT",
        "isTaker": False,
        "filledAveragePrice": 100,
    }.items() <= second.items()
    assert second["lastFilledCreatedAt"] == second["filledUpdatedAt"]


@live()
async def test_an_ioc_remainder_ends_as_part_filled(bench: Bench) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)
    async with trader.stream() as updates, maker.stream() as makers:
        await maker.placed("SELL", "1", "100")
        await makers.until("SUBMITTED")
        name = await trader.placed("BUY", "3", "100", timeInForce=3)
        last = await updates.until("PART_FILLED")

    assert (1, 2, None) == (
        last["filledCumulativeQuantity"],
        last["openQuantity"],
        last["lastFilledQuantity"],
    )
    assert last["cancelledUpdatedAt"]
    assert "PART_FILLED" == (await trader.query(name))["orderStatus"]


@live()
async def test_an_ioc_order_without_a_fill_is_cancelled(bench: Bench) -> None:
    trader = bench.client(TRADER)
    async with trader.stream() as updates:
        await trader.placed("BUY", "3", "100", timeInForce="3")
        last = await updates.until("CANCELLED")

    assert 0 == last["filledCumulativeQuantity"]


@live()
async def test_a_post_only_order_that_would_take_is_rejected(bench: Bench) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)
    async with trader.stream() as updates, maker.stream() as makers:
        await maker.placed("SELL", "1", "100")
        await makers.until("SUBMITTED")
        await trader.placed("BUY", "3", "100", timeInForce=7)
        assert "REJECTED" == (await updates.payload())["orderStatus"]


@live()
async def test_a_market_buy_spends_a_total(bench: Bench) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)
    async with trader.stream() as updates, maker.stream() as makers:
        await maker.placed("SELL", "1", "100")
        await makers.until("SUBMITTED")
        await trader.placed(
            "BUY", None, None, orderType="MARKET", timeInForce=None, total="50"
        )
        last = await updates.until("FILLED")

    assert (None, None, 50, Decimal("0.5")) == (
        last["limitPrice"],
        last["quantity"],
        last["total"],
        last["filledCumulativeQuantity"],
    )
    assert last["isTaker"]


@live()
async def test_a_market_sell_names_a_quantity(bench: Bench) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)
    async with trader.stream() as updates, maker.stream() as makers:
        await maker.placed("BUY", "1", "100")
        await makers.until("SUBMITTED")
        await trader.placed("SELL", "2", None, orderType="MARKET", timeInForce=None)
        last = await updates.until("PART_FILLED")

    assert (1, 1) == (last["filledCumulativeQuantity"], last["openQuantity"])


@live()
async def test_a_cancel_is_under_way_and_then_done(bench: Bench) -> None:
    trader = bench.client(TRADER)
    async with trader.stream() as updates:
        name = await trader.placed("BUY", "1", "100")
        await updates.until("SUBMITTED")
        reply = await trader.post("order/cancelOrder", orderId=name)
        last = await updates.until("CANCELLED")

    assert "SUBMITTED" == reply["result"][0]["orderStatus"]
    assert last["cancelledUpdatedAt"] and 1 == last["openQuantity"]


@live()
async def test_a_cancelled_order_with_fills_ends_as_part_filled(bench: Bench) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)
    async with trader.stream() as updates:
        name = await trader.placed("BUY", "3", "100")
        await updates.until("SUBMITTED")
        await maker.placed("SELL", "1", "100")
        await updates.payload()
        await trader.post("order/cancelOrder", orderId=name)
        last = await updates.until("PART_FILLED")

    assert 1 == last["filledCumulativeQuantity"]


@live(cancel_delay_ms=60_000)
async def test_a_fill_may_cross_a_cancel_that_is_under_way(bench: Bench) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)
    async with trader.stream() as updates:
        name = await trader.placed("BUY", "1", "100")
        await updates.until("SUBMITTED")
        await trader.post("order/cancelOrder", orderId=name)
        again = await trader.post("order/cancelOrder", orderId=name)
        await maker.placed("SELL", "1", "100")
        await updates.until("FILLED")

    assert 328010 == code(again)


@live()
async def test_cancel_all_names_the_orders_it_cancels(bench: Bench) -> None:
    trader = bench.client(TRADER)
    async with trader.stream() as updates:
        names = [await trader.placed("BUY", "1", price) for price in ("100", "101")]
        other = await trader.placed("BUY", "1", "100", symbol="ETHUSDT")
        for _ in range(3):
            await updates.until("SUBMITTED")
        reply = await trader.post("order/cancelAccountVenueAllOrder", symbol="BTCUSDT")
        for _ in names:
            await updates.until("CANCELLED")

    assert names == reply["result"]
    assert "SUBMITTED" == (await trader.query(other))["orderStatus"]


# -- queries -------------------------------------------------------------------------------


@live()
async def test_the_lists_tell_open_completed_and_filled_orders(bench: Bench) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)
    async with trader.stream() as updates:
        resting = await trader.placed("BUY", "1", "90")
        filled = await trader.placed("BUY", "2", "100")
        for _ in range(2):
            await updates.until("SUBMITTED")
        for _ in range(2):
            await maker.placed("SELL", "1", "100")
        await updates.until("FILLED")

    opened = await trader.get("order/listOpenOrder")
    done = await trader.get("order/listCompletedOrder", base="APIFINY", venue="GBBO")
    part = await trader.get("order/listCompletedOrder", orderStatus="PART_FILLED")
    fills = await trader.get("order/listFilledOrder", orderId=filled, limit=500)
    both = await trader.get(
        "order/listMultipleOrderInfo",
        base="APIFINY",
        venue=None,
        orderIdList=f"{resting},{filled},unknown",
    )
    rate = await trader.get("asset/getCommissionRate", symbol="BTCUSDT")

    assert [resting] == [row["orderId"] for row in opened["result"]]
    assert [filled] == [row["orderId"] for row in done["result"]]
    assert [] == part["result"]
    assert [(1, "SUBMITTED"), (1, "FILLED")] == [
        (row["lastFilledQuantity"], row["orderStatus"]) for row in fills["result"]
    ]
    assert "lastFilledCreatedAt" not in fills["result"][0]
    assert [resting, filled] == [row["orderId"] for row in both["result"]]
    assert {
        "accountId": "STA-VENUE1_00000001",
        "tradingVolume": 200,
        "takeFee": Decimal("0.001"),
        "makeFee": Decimal("0.0005"),
        "specialRate": 0,
    } == rate["result"][0]
    assert rate == await trader.get("order/getCommissionRate", symbol="BTCUSDT")


@live(bare_lists=True)
async def test_two_lists_can_come_without_the_envelope(bench: Bench) -> None:
    trader = bench.client(TRADER)
    name = await trader.placed("BUY", "1", "100")

    many = await trader.get("order/listMultipleOrderInfo", venue=None, orderIdList=name)
    done = await trader.get("order/listCompletedOrder")

    assert [name] == [row["orderId"] for row in many]
    assert [] == done


@live()
async def test_lists_keep_their_limits(bench: Bench) -> None:
    trader = bench.client(TRADER)
    many = ",".join(str(number) for number in range(501))

    assert 65562 == code(
        await trader.get("order/listMultipleOrderInfo", venue=None, orderIdList=many)
    )
    assert 65562 == code(await trader.get("order/listFilledOrder", limit=1001))
    assert 65562 == code(await trader.get("order/listCompletedOrder", orderStatus="SUBMITTED"))


@live()
async def test_fills_have_a_time_range(bench: Bench) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)
    async with trader.stream() as updates:
        await trader.placed("BUY", "1", "100")
        await updates.until("SUBMITTED")
        await maker.placed("SELL", "1", "100")
        await updates.until("FILLED")
    day, month = 86_400_000, 30 * 86_400_000

    async def found(**times: Any) -> int:
        return len((await trader.get("order/listFilledOrder", **times))["result"])

    assert 1 == await found()
    assert 1 == await found(startTime=now_ms() - month)
    assert 0 == await found(startTime=now_ms() - 4 * month)
    assert 1 == await found(endTime=now_ms() + day)
    assert 0 == await found(endTime=now_ms() - day)


@live()
async def test_balances_follow_the_orders(bench: Bench) -> None:
    poor, maker = bench.client(POOR), bench.client(MAKER)
    async with poor.stream() as updates:
        await poor.placed("BUY", "0.1", "90")
        frozen = (await poor.get("asset/listBalance"))["result"]
        await updates.until("SUBMITTED")
        await maker.placed("SELL", "0.1", "90")
        await updates.until("FILLED")
    after = (await poor.get("asset/listBalance"))["result"]

    # 9 and the take fee of 0.009 are set aside; the make fee of 0.0045 is what it costs.
    assert [("USDT", 10, Decimal("0.991"), Decimal("9.009"))] == [
        (row["currency"], row["amount"], row["available"], row["frozen"]) for row in frozen
    ]
    assert [("USDT", Decimal("0.9955"), 0), ("BTC", Decimal("0.1"), 0)] == [
        (row["currency"], row["available"], row["frozen"]) for row in after
    ]


@live()
async def test_account_info_names_the_sub_accounts(bench: Bench) -> None:
    trader = bench.client(TRADER)

    one = (await trader.get("account/queryAccountInfo"))["result"][0]
    every = (await trader.get("account/queryAccountInfo", "APIFINY", venue=None))["result"][0]

    assert ("STA-00000001", "OPENED") == (one["accountId"], one["accountStatus"])
    assert ["STA-VENUE1_00000001"] == [row["accountId"] for row in one["subAccountInfo"]]
    assert ["VENUE1", "VENUE2", "BINANCE"] == [row["venue"] for row in every["subAccountInfo"]]


# -- refusals ------------------------------------------------------------------------------

INFO = {
    "symbol": "BTCUSDT",
    "orderType": "LIMIT",
    "timeInForce": 1,
    "orderSide": "BUY",
    "limitPrice": "100",
    "quantity": "1",
}


@live()
async def test_orders_are_refused_with_the_codes_of_the_manual(bench: Bench) -> None:
    trader = bench.client(TRADER)
    stale = f"00000001{now_ms() - 3_600_000}123"
    market = {"orderType": "MARKET", "total": "50"}
    cases: list[tuple[int, str, dict[str, Any], dict[str, Any]]] = [
        (262202, "Util_Unknown_Symbol", {"symbol": "XRPUSDT"}, {}),
        (327786, "orderSide parameter error", {"orderSide": "SHORT"}, {}),
        (65562, "orderType", {"orderType": "STOP"}, {}),
        (65562, "timeInForce", {"timeInForce": 2}, {}),
        (65562, "timeInForce", {"timeInForce": None}, {}),
        (65562, "tickSize", {"limitPrice": "100.001"}, {}),
        (65562, "limitPrice", {"limitPrice": None}, {}),
        (65562, "limitPrice", {"limitPrice": "0"}, {}),
        (65562, "limitPrice", {"limitPrice": "one"}, {}),
        (65562, "limitPrice", {"limitPrice": "NaN"}, {}),
        (65562, "limitPrice", {"limitPrice": "1e999999"}, {}),
        (65562, "stepSize", {"quantity": "1.000001"}, {}),
        (65562, "quantity", {"quantity": "0.000001"}, {}),
        (65562, "quantity", {"quantity": "-1"}, {}),
        (65562, "minNotional", {"quantity": "0.04"}, {}),
        (65562, "maxNotional", {"quantity": "9000", "limitPrice": "1000.01"}, {}),
        (65562, "total", market | {"total": None}, {}),
        (65562, "minNotional", market | {"total": "4"}, {}),
        (65562, "quotePrecision", market | {"total": "5.000000001"}, {}),
        (65562, "MARKET", market, {"venue": "VENUE2", "base": "APIFINY"}),
        (131130, "base url", {}, {"venue": "VENUE2"}),
        (131130, "base url", {}, {"base": "VENUE9"}),
        (131130, "base url", {}, {"venue": "VENUE9", "base": "APIFINY"}),
        (65562, "venue is missing", {}, {"venue": None}),
        (327741, "not supported yet", {}, {"venue": "GBBO", "base": "APIFINY"}),
        (65562, "accountId is missing", {}, {"accountId": None}),
        (131115, "Account doesn't exist", {}, {"accountId": "STA-99999999"}),
        (2097163, "Permission denied", {}, {"accountId": MAKER}),
        (327978, "order id rule error", {}, {"orderId": "1234567890123456"}),
        (327978, "order id rule error", {}, {"orderId": "1" * 65}),
        (327978, "order id rule error", {}, {"orderId": "not an id" + "1" * 16}),
        (327818, "incorrect timestamp format", {}, {"orderId": "A" * 17}),
        (327834, "timestamp error", {}, {"orderId": stale}),
    ]
    for number, text, changed_info, changed in cases:
        params = {"orderId": order_id()} | changed
        info = {name: value for name, value in (INFO | changed_info).items() if value}
        base = params.pop("base", "VENUE1")
        reply = await trader.post("order/newOrder", base, **params, orderInfo=info)
        assert number == code(reply), (changed_info, changed, reply)
        assert text in reply["error"]["message"]
        assert None is reply["result"]
    assert [] == (await bench.operator("orders"))["orders"]


@live()
async def test_an_order_id_can_be_used_once(bench: Bench) -> None:
    trader = bench.client(TRADER)
    name = await trader.placed("BUY", "1", "100")

    again = await trader.place("BUY", "1", "100", order_id=name)

    assert {"code": 327802, "message": "order id repeat"} == again["error"]
    (row,) = (await bench.operator("orders"))["orders"]
    assert (name, 2) == (row["order"]["orderId"], row["newOrderCalls"])


@live()
async def test_an_order_without_an_id_gets_one_by_the_same_rule(bench: Bench) -> None:
    trader = bench.client(TRADER)

    first = await trader.post("order/newOrder", orderInfo=INFO)
    second = await trader.post("order/newOrder", orderId="", orderInfo=INFO)

    names = [reply["result"][0]["orderId"] for reply in (first, second)]
    assert len(set(names)) == 2
    for name in names:
        assert name.startswith("00000001")
        assert abs(int(name[-16:-3]) - now_ms()) < 60_000


@live()
async def test_an_order_needs_the_money_for_it(bench: Bench) -> None:
    poor = bench.client(POOR)

    assert 393258 == code(await poor.place("BUY", "0.1", "100"))
    assert 393258 == code(await poor.place("SELL", "0.1", "100"))
    # 10 at 0.1 % would cost 10.01: the fee counts.
    assert 393258 == code(await poor.place("BUY", "0.1", "100"))


@live(submit_delay_ms=60_000)
async def test_a_pending_order_cannot_be_cancelled(bench: Bench) -> None:
    trader = bench.client(TRADER)
    name = await trader.placed("BUY", "1", "100")

    assert 328026 == code(await trader.post("order/cancelOrder", orderId=name))
    assert [] == (await trader.post("order/cancelAccountVenueAllOrder"))["result"]


@live()
async def test_what_is_over_or_not_there_cannot_be_cancelled(bench: Bench) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)
    async with trader.stream() as updates:
        name = await trader.placed("BUY", "1", "100", timeInForce=3)
        await updates.until("CANCELLED")

    over = await trader.post("order/cancelOrder", orderId=name)
    assert 327802 == code(over)
    assert over["error"]["message"].startswith("cannot cancel order under current order status")
    assert 327738 == code(await trader.post("order/cancelOrder", orderId=order_id()))
    assert 327738 == code(await maker.post("order/cancelOrder", orderId=name))
    assert 327738 == code(await trader.get("order/queryOrderInfo", orderId=order_id()))
    assert 262202 == code(
        await trader.post("order/cancelAccountVenueAllOrder", symbol="XRPUSDT")
    )


@live(max_open_orders=1)
async def test_open_orders_have_a_limit(bench: Bench) -> None:
    trader = bench.client(TRADER)
    await trader.placed("BUY", "1", "100")

    reply = await trader.place("BUY", "1", "100")

    assert 327786 == code(reply)
    assert reply["error"]["message"].startswith("too many open orders")


@live(requests_per_second=3)
async def test_requests_have_a_rate_limit_by_account(bench: Bench) -> None:
    trader, maker = bench.client(TRADER), bench.client(MAKER)

    replies = [await trader.get("order/listOpenOrder") for _ in range(4)]

    assert [None, None, None, 131114] == [code(reply) for reply in replies]
    assert "rate limit is exceeded" == replies[3]["error"]["message"]
    assert None is code(await maker.get("order/listOpenOrder"))


@live(colocated_venue="BINANCE")
async def test_a_path_without_a_venue_is_that_of_the_colocated_one(bench: Bench) -> None:
    trader = bench.client(TRADER)
    body = {"accountId": TRADER, "venue": "BINANCE", "orderInfo": INFO}

    async def place(params: dict[str, Any]) -> Any:
        text = json.dumps(params)
        return loads(await bench.post("order/newOrder", text, trader.headers(text)))

    assert None is code(await place(body))
    assert 131130 == code(await place(body | {"venue": "VENUE1"}))


@live()
async def test_a_body_that_is_no_json_is_a_bad_request(bench: Bench) -> None:
    trader = bench.client(TRADER)
    for text in ("{", "[]", '{"accountId":1}', '{"orderInfo":{}}', ""):
        reply = loads(await bench.post("VENUE1/order/newOrder", text, trader.headers(text)))
        assert 65562 == code(reply), text


@pytest.mark.parametrize("scheme", ["jwt", "hmac"])
def test_both_signature_schemes_sign_posts_and_gets(scheme: str) -> None:
    @live()
    async def scenario(bench: Bench) -> None:
        trader = bench.client(TRADER, scheme)
        name = await trader.placed("BUY", "1", "100")
        many = await trader.get(
            "order/listMultipleOrderInfo", venue=None, orderIdList=f"{name},{name}"
        )
        assert [name] == [row["orderId"] for row in many["result"]]

    scenario()
