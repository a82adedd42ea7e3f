"""The Integral sandbox over real HTTP, asked as the vendor's pages describe it."""

import time
from decimal import Decimal as D

import aiohttp
import pytest

from tests.sandbox.integral_bench import BANK, TRADER, Client, play, sign

CODE = "RequestValidationError."


# -------------------------------------------------------------------- who


def test_a_login_gives_a_token_in_a_header_and_in_a_cookie_and_either_lets_in():
    async def scene(trader: Client, bank: Client) -> None:
        answer = await trader.log_in(*TRADER)
        life = answer.body.pop("expiryTime") - answer.body.pop("serverUTCTime")
        assert (200, 60_000) == (answer.status, life)
        assert {"status": "OK", "errorCode": None, "responseTuples": None} == answer.body
        cookie = answer.headers["Set-Cookie"]
        assert f"SSO_TOKEN={trader.token}; Path=/" == cookie
        for headers in ({"SSO_TOKEN": trader.token}, {"Cookie": f"SSO_TOKEN={trader.token}"}):
            assert 200 == (await trader.call("GET", "/v2/orders", None, headers)).status
        renewed = await trader.call("GET", "/v2/sso/token/renew")
        assert renewed.headers["SSO_TOKEN"] not in ("", trader.token)

    play(scene)


@pytest.mark.parametrize(
    "user, password, org, status",
    [
        (TRADER[0], "wrong", TRADER[2], 401),
        (TRADER[0], TRADER[1], BANK[2], 401),
        ("nobody", TRADER[1], TRADER[2], 401),
    ],
)
def test_nobody_else_gets_one(user, password, org, status):
    async def scene(trader: Client, bank: Client) -> None:
        answer = await trader.log_in(user, password, org)
        assert (status, False) == (answer.status, "SSO_TOKEN" in answer.headers)
        assert answer.body["message"]
        assert 400 == (await trader.call("POST", "/v2/sso/login", {"user": user}, {})).status
        for headers in ({}, {"SSO_TOKEN": "made-up"}):
            for path in ("/v2/orders", "/v2/sso/token/renew"):
                assert 401 == (await trader.call("GET", path, None, headers)).status

    play(scene)


def test_a_token_ends_and_can_still_be_renewed():
    async def scene(trader: Client, bank: Client) -> None:
        while (await trader.call("GET", "/v2/orders")).status == 200:
            pass
        renewed = await trader.call("GET", "/v2/sso/token/renew")
        trader.token = renewed.headers["SSO_TOKEN"]
        assert 200 == (await trader.call("GET", "/v2/orders")).status

    play(scene, "token_ttl_ms = 150")


@pytest.mark.parametrize("parameter", ["userId", "username"])
@pytest.mark.parametrize("covers", ["date request-line digest", "date", "date content-type"])
def test_a_signature_lets_in(covers, parameter):
    async def scene(trader: Client, bank: Client) -> None:
        path = "/v2/orders?coId=a%20b"
        headers = sign("GET", path, covers=covers, parameter=parameter)
        assert 404 == (await trader.call("GET", path, None, headers)).status  # asked, not found
        body = b'{"coId":"1"}'
        headers = sign("POST", "/v2/orders", body, covers=covers, parameter=parameter)
        answer = await trader.call("POST", "/v2/orders", body, headers)
        assert (400, CODE + "TypeNotSpecified") == (answer.status, answer.body["reason"])

    play(scene)


def test_what_is_not_signed_as_it_is_sent_is_turned_away():
    async def scene(trader: Client, bank: Client) -> None:
        path, body = "/v2/orders", b'{"coId":"1"}'
        good = sign("POST", path, body)
        for headers, sent in (
            (sign("POST", path, body, secret="wrong"), body),
            (sign("GET", path, body), body),
            (sign("POST", path + "/1", body), body),
            (good, b'{"coId":"2"}'),
            (sign("POST", path, body, at=time.time() - 3600), body),
            (sign("POST", path, body, covers="digest"), body),
            (sign("POST", path, body, type="other"), body),
            ({**good, "authorization": good["authorization"].replace("sha256", "sha1")}, body),
            ({**good, "authorization": good["authorization"].replace("hmac ", "Basic ")}, body),
            ({**good, "digest": ""}, body),
            ({**good, "date": "yesterday"}, body),
        ):
            assert 401 == (await trader.call("POST", path, sent, headers)).status
        # A user without an HMAC secret cannot be signed for with an empty one.
        bank_headers = sign("GET", path, secret="")
        bank_headers["authorization"] = bank_headers["authorization"].replace(TRADER[0], BANK[0])
        assert 401 == (await trader.call("GET", path, None, bank_headers)).status

    play(scene)


def test_the_request_id_is_echoed():
    async def scene(trader: Client, bank: Client) -> None:
        answer = await trader.call(
            "GET", "/v2/orders", None, {"SSO_TOKEN": trader.token, "X-Request-ID": "trace-1"}
        )
        assert "trace-1" == answer.headers["X-Request-ID"]
        assert "X-Request-ID" not in (await trader.call("GET", "/v2/orders")).headers

    play(scene)


# ----------------------------------------------------------------- orders


def test_an_order_is_received_then_new_then_filled_and_its_trades_are_listed():
    async def scene(trader: Client, bank: Client) -> None:
        reply = await trader.place(size="1000000.50", coId="8932452311944")
        order_id = reply.body["orderId"]
        assert (202, {
            "coId": "8932452311944", "type": "Limit", "timeInForce": "GTC", "side": "Buy",
            "currency": "EUR", "symbol": "EUR/USD", "size": D("1000000.5"), "org": "XCN1139",
            "price": D("1.0971678"), "orderId": order_id,
            "userFullName": "user2@XCN1139@XCN1139", "action": "place", "status": "RECEIVED",
        }) == (reply.status, reply.body)
        await trader.until(order_id, "NEW")
        assert [] == (await trader.call("GET", f"/v2/trades?orderId={order_id}")).body

        await bank.place("Sell", "400000", price=D("1.09"))
        await trader.until(order_id, "PARTIALLY_FILLED")
        await bank.place("Sell", "600000.5", price=D("1.09"))
        await trader.until(order_id, "FILLED")
        trades = (await trader.call("GET", f"/v2/trades?orderId={order_id}")).body
        assert [(D(400000), D("1.0971678")), (D("600000.5"), D("1.0971678"))] == [
            (trade["dealtAmount"], trade["rate"]) for trade in trades
        ]
        assert {
            "orderId": order_id, "tradeType": "Spot", "maker": True, "side": "Buy",
            "status": "Verified", "symbol": "EUR/USD", "currency": "EUR",
            "coId": "8932452311944", "customerOrg": "XCN1139", "channel": "API/REST/ESP",
        }.items() <= trades[0].items()
        one = await trader.call("GET", f"/v2/trades/{trades[0]['tradeId']}")
        assert trades[0] == one.body
        assert 404 == (await bank.call("GET", f"/v2/trades/{trades[0]['tradeId']}")).status
        assert [] == (await trader.call("GET", "/v2/orders")).body

    play(scene)


def test_orders_are_found_by_both_ids_and_only_by_their_owner():
    async def scene(trader: Client, bank: Client) -> None:
        placed = (await trader.place(coId="mine")).body
        await trader.until(placed["orderId"], "NEW")
        assert ["mine"] == [one["coId"] for one in (await trader.call("GET", "/v2/orders")).body]
        assert "mine" == (await trader.call("GET", "/v2/orders?coId=mine")).body["coId"]
        for path in ("/v2/orders?coId=mine", f"/v2/orders/{placed['orderId']}", "/v2/orders/17",
                     f"/v2/trades?orderId={placed['orderId']}"):
            answer = await bank.call("GET", path)
            assert (404, True) == (answer.status, "message" in answer.body)
        assert 404 == (await bank.call("DELETE", f"/v2/orders/{placed['orderId']}")).status

    play(scene)


def test_cancels_are_taken_on_and_done_later():
    async def scene(trader: Client, bank: Client) -> None:
        one, two = (await trader.place()).body, (await trader.place()).body
        await trader.until(two["orderId"], "NEW")
        reply = await trader.call("DELETE", f"/v2/orders/{one['orderId']}")
        assert (202, "cancel", "RECEIVED") == (
            reply.status, reply.body["action"], reply.body["status"],
        )
        await trader.until(one["orderId"], "CANCELLED")
        assert 404 == (await trader.call("DELETE", f"/v2/orders/{one['orderId']}")).status
        reply = await trader.call("DELETE", "/v2/orders")
        assert [two["coId"]] == [order["coId"] for order in reply.body]
        await trader.until(two["orderId"], "CANCELLED")

    play(scene)


@pytest.mark.parametrize(
    "changes, filled",
    [
        ({"timeInForce": "IOC"}, "400"),
        ({"timeInForce": "FOK"}, "0"),
        ({"type": "Market", "timeInForce": "IOC"}, "400"),
        (
            {"type": "AtBest", "timeInForce": "FOK", "valueDate": "2023-06-15", "price": None},
            "0",
        ),
        ({"timeInForce": "GTT", "expiryTime": 1}, "400"),
    ],
)
def test_what_does_not_rest_expires(changes, filled):
    async def scene(trader: Client, bank: Client) -> None:
        rests = (await bank.place("Sell", "400")).body
        await bank.until(rests["orderId"], "NEW")
        order = (await trader.place(size="1000", **changes)).body
        await trader.until(order["orderId"], "EXPIRED")
        trades = (await trader.call("GET", f"/v2/trades?orderId={order['orderId']}")).body
        assert D(filled) == sum(trade["dealtAmount"] for trade in trades)

    play(scene)


def test_at_best_takes_the_whole_where_there_is_enough():
    async def scene(trader: Client, bank: Client) -> None:
        rests = (await bank.place("Sell", "400")).body
        await bank.until(rests["orderId"], "NEW")
        order = await trader.place(
            size="400", type="AtBest", timeInForce="FOK", valueDate="2023-06-15", price=None
        )
        await trader.until(order.body["orderId"], "FILLED")

    play(scene)


@pytest.mark.parametrize(
    "changes, code",
    [
        ({"coId": None}, "CoIdNotSpecified"),
        ({"type": None}, "TypeNotSpecified"),
        ({"side": None}, "SideNotSpecified"),
        ({"side": "BUY"}, "SideNotSpecified"),
        ({"symbol": None}, "SymbolNotSpecified"),
        ({"currency": None}, "CurrencyNotSpecified"),
        ({"timeInForce": None}, "TIFNotSpecified"),
        ({"size": None}, "SizeNotSpecified"),
        ({"size": D("0.001")}, "InvalidOrderQty"),
        ({"size": D(-1)}, "InvalidOrderQty"),
        ({"price": D(0)}, "InvalidPrice"),
        ({"price": None}, "InvalidPrice"),
        ({"symbol": "EURUSD"}, "InvalidCurrencyPair"),
        ({"symbol": "USD/JPY", "currency": "USD"}, "tradingDisabled"),
        ({"currency": "GBP"}, "InvalidDealtCcy"),
        ({"type": "PQ", "timeInForce": "FOK", "rateId": "R1"}, "InvalidQuoteID"),
        ({"type": "Pegged"}, "OrderTypeNotSupported"),
        ({"timeInForce": "GTT"}, "TIFNotSpecified"),
        ({"timeInForce": "GTT", "expiryTime": 86_400}, "TIFNotSpecified"),
        ({"org": "Stranger"}, "LegalEntitySetIncorrectly"),
    ],
)
def test_each_reason_code(changes, code):
    async def scene(trader: Client, bank: Client) -> None:
        answer = await trader.place(**changes)
        assert (400, CODE + code) == (answer.status, answer.body["reason"])
        assert [] == (await trader.call("GET", "/v2/orders")).body

    play(scene)


def test_a_client_order_id_is_used_once():
    async def scene(trader: Client, bank: Client) -> None:
        assert 202 == (await trader.place(coId="one", org="CustomerOrg")).status
        answer = await trader.place(coId="one")
        assert (400, CODE + "DuplicateOrder") == (answer.status, answer.body["reason"])
        assert 202 == (await bank.place(coId="one")).status
        assert 400 == (await trader.call("POST", "/v2/orders", b"<html>")).status

    play(scene)


# ------------------------------------------------------------ the operator


def test_faults_change_how_answers_travel_and_not_what_is_booked():
    async def scene(trader: Client, bank: Client) -> None:
        async def arm(fault: str) -> None:
            asked = {"call": "placeOrder", "fault": fault}
            assert 200 == (await trader.call("POST", "/sandbox/faults", asked, {})).status

        await arm("http_500_after_accept")
        answer = await trader.place(coId="kept")
        assert (500, "Internal server error") == (answer.status, answer.body["message"])
        await arm("drop_connection")
        with pytest.raises(aiohttp.ClientError):
            await trader.place(coId="lost")
        body = (await trader.call("GET", "/sandbox/orders", None, {})).body
        assert [("kept", 1)] == [
            (row["order"]["coId"], row["placeCalls"]) for row in body["orders"]
        ]
        assert {"lost": 1} == body["unbooked"]
        asked = {"call": "placeOrder", "fault": "nothing"}
        async with trader._http.post(f"{trader.url}/sandbox/faults", json=asked) as reply:
            assert 400 == reply.status

    play(scene)


def test_a_list_may_be_behind_and_the_order_works():
    async def scene(trader: Client, bank: Client) -> None:
        placed = await trader.place(coId="kept")
        order_id = placed.body["orderId"]
        await trader.until(order_id, "NEW")
        for path in (f"/v2/orders/{order_id}", "/v2/orders?coId=kept"):
            asked = {"call": "queryOrders", "fault": "empty_list"}
            assert 200 == (await trader.call("POST", "/sandbox/faults", asked, {})).status
            assert [404, 200] == [(await trader.call("GET", path)).status for _ in range(2)]

    play(scene)


def test_the_record_has_every_request_and_no_password_and_no_token():
    async def scene(trader: Client, bank: Client) -> None:
        await trader.place(coId="one")
        body = (await trader.call("GET", "/sandbox/requests", None, {})).body
        calls = [entry["call"] for entry in body["requests"]]
        assert (["login", "login", "placeOrder"], 3) == (calls, body["last"])
        assert "one" == body["requests"][-1]["request"]["coId"]
        text = str(body)
        assert TRADER[1] not in text and trader.token not in text
        later = await trader.call("GET", "/sandbox/requests?since=2", None, {})
        assert ["placeOrder"] == [entry["call"] for entry in later.body["requests"]]

    play(scene)


def test_a_rate_limit_answers_429_and_says_when_to_come_back():
    async def scene(trader: Client, bank: Client) -> None:
        answers = [await trader.call("GET", "/v2/orders") for _ in range(4)]
        assert 429 in [answer.status for answer in answers]
        refused = next(answer for answer in answers if answer.status == 429)
        assert "1" == refused.headers["Retry-After"]

    play(scene, "requests_per_second = 2")


def test_trades_may_be_late_and_the_status_silent_about_parts():
    async def scene(trader: Client, bank: Client) -> None:
        order = (await trader.place(size="1000")).body
        await trader.until(order["orderId"], "NEW")
        sold = (await bank.place("Sell", "400")).body
        await bank.until(sold["orderId"], "FILLED")
        assert "NEW" == (await trader.call("GET", f"/v2/orders/{order['orderId']}")).body["status"]
        path = f"/v2/trades?orderId={order['orderId']}"
        assert [] == (await trader.call("GET", path)).body
        while not (await trader.call("GET", path)).body:
            pass

    play(scene, "trade_delay_ms = 300\npartially_filled_status = false")
