"""The sandbox over real HTTP: who may ask, what the lists show, what a deposit changes."""

import json
from decimal import Decimal

import aiohttp
import pytest

from tests.sandbox.broctagon_bench import ACCOUNTS, KEY, Bench, play, seal


def test_an_account_is_shown_with_its_margin_to_the_last_digit() -> None:
    async def scene(bench: Bench) -> None:
        first, second = await bench.records()

        assert {
            "login": 1001, "group": "real", "currency": "USD", "balance": Decimal("1000.1"),
            "credit": Decimal("0.2"), "available_withdrawal": Decimal("600.05"),
            "leverage": 100, "equity": Decimal("1000.3"), "margin_free": Decimal("600.25"),
            "margin": Decimal("400.05"), "margin_level": Decimal("250.04"),
            "name": "Ann Example", "email": "ann@example.com", "enable": 1, "enable_readonly": 0,
        } == first
        assert ("EUR", 0, 1) == tuple(second[k] for k in ("currency", "enable", "enable_readonly"))

    play(scene)


def test_a_list_comes_in_parts_and_says_how_long_it_is() -> None:
    async def scene(bench: Bench) -> None:
        path = f"{ACCOUNTS}?connection_id=real-1"
        assert 2 == (await bench.call("GET", f"{path}&limit=1"))[1]["count"]
        first = await bench.records("connection_id=real-1&limit=1")
        assert [1001] == [row["login"] for row in first]
        later = await bench.records("connection_id=real-1&skip=1&limit=500")
        assert [1002] == [row["login"] for row in later]
        assert [] == await bench.records("connection_id=real-1&skip=2")
        of_user = await bench.records("connection_id=real-1&user_id=U1234567")
        assert [1001] == [row["login"] for row in of_user]

    play(scene)


def test_mt5_has_a_list_where_the_settings_say_so() -> None:
    async def there(bench: Bench) -> None:
        assert [2001] == [
            row["login"]
            for row in await bench.records("connection_id=five-1", "/elsewhere/mt5")
        ]

    async def nowhere(bench: Bench) -> None:
        path = "/public/v1/mt5/accounts?connection_id=five-1"
        assert 404 == (await bench.call("GET", path))[0]

    play(there, 'mt5_path = "/elsewhere/mt5"')
    play(nowhere, 'mt5_path = ""')


def test_users_are_listed_with_their_accounts() -> None:
    async def scene(bench: Bench) -> None:
        _, body = await bench.call("GET", "/public/v1/users?skip=0&limit=500")
        assert 2 == body["count"]
        assert [
            {"platform": "mt4", "connection_id": "real-1", "trading_id": "1001"}
        ] == body["records"][0]["trading_accounts"]
        query = "skip=0&limit=1&type=ib&suspended=true"
        _, body = await bench.call("GET", f"/public/v1/users?{query}")
        assert ["IB000001"] == [user["id"] for user in body["records"]]

    play(scene)


@pytest.mark.parametrize(
    "path",
    [
        "/public/v1/users",
        "/public/v1/users?skip=0&limit=501",
        ACCOUNTS,
        f"{ACCOUNTS}?connection_id=real-1&limit=501",
        f"{ACCOUNTS}?connection_id=real-1&skip=-1",
        f"{ACCOUNTS}?connection_id=real-1&skip=x",
    ],
)
def test_a_question_that_is_not_as_documented_is_refused(path: str) -> None:
    async def scene(bench: Bench) -> None:
        status, body = await bench.call("GET", path)
        assert (400, "invalid_request") == (status, body["type"])

    play(scene)


def test_a_connection_that_is_not_there_is_told_by_its_name() -> None:
    async def scene(bench: Bench) -> None:
        status, body = await bench.call("GET", f"{ACCOUNTS}?connection_id=odd")
        assert (400, "mt4_connection_not_found") == (status, body["type"])

    play(scene)


def test_who_has_not_the_key_learns_nothing() -> None:
    async def scene(bench: Bench) -> None:
        for key in ("", "another-key"):
            status, body = await bench.call("GET", f"{ACCOUNTS}?connection_id=real-1", key=key)
            assert (403, "invalid_api_key") == (status, body["type"])

    play(scene)


def test_the_name_of_an_errors_type_is_a_setting() -> None:
    async def scene(bench: Bench) -> None:
        _, body = await bench.call("GET", ACCOUNTS, key="another-key")
        assert "invalid_api_key" == body["code"] and "type" not in body

    play(scene, 'error_key = "code"')


def test_a_body_is_believed_by_the_signature_of_its_bytes() -> None:
    async def scene(bench: Bench) -> None:
        assert (204, b"") == await bench.pay("deposit", "0.9")
        (row, _) = await bench.records()
        assert Decimal("1001") == row["balance"]

        sent = json.dumps({"amount": "1"}).encode()
        for signature in ("", seal(sent, "another-key"), seal(sent + b" "), seal(sent)[7:]):
            status, body = await bench.pay("deposit", "1", "d", signature=signature)
            assert (403, "invalid_signature") == (status, body["type"])
        # Without a body there is nothing to sign.
        assert 200 == (await bench.call("GET", f"{ACCOUNTS}?connection_id=real-1"))[0]
        (row, _) = await bench.records()
        assert Decimal("1001") == row["balance"]

    play(scene)


def test_the_same_comment_within_two_minutes_is_a_repetition() -> None:
    now = [0]

    async def scene(bench: Bench) -> None:
        assert 204 == (await bench.pay("deposit", "1"))[0]
        now[0] = 119_999
        assert (200, {"repeat": True}) == await bench.pay("deposit", "1")
        now[0] = 120_000
        assert 204 == (await bench.pay("deposit", "1"))[0]
        (row, _) = await bench.records()
        assert Decimal("1002.1") == row["balance"]

    play(scene, clock=lambda: now[0])


def test_a_withdrawal_takes_what_is_free_and_no_more() -> None:
    async def scene(bench: Bench) -> None:
        status, body = await bench.pay("withdrawal", "600.06")
        assert (400, "insufficient_funds") == (status, body["type"])
        assert 204 == (await bench.pay("withdrawal", "600.05"))[0]
        (row, _) = await bench.records()
        assert (Decimal("0.2"), 0) == (row["margin_free"], row["available_withdrawal"])

    play(scene)


@pytest.mark.parametrize(
    "given, type",
    [
        ({"login": 7}, "mt4_account_not_found"),
        ({"login": "x"}, "mt4_account_not_found"),
        ({"body": {"connection_id": "odd"}}, "mt4_connection_not_found"),
        ({"body": {"currency": "EUR"}}, "invalid_request"),
        ({"body": {"amount": "-1"}}, "invalid_request"),
        ({"body": {"amount": 1}}, None),
        ({"body": {"amount": "NaN"}}, "invalid_request"),
        ({"body": {"comment": 7}}, "invalid_request"),
    ],
)
def test_a_deposit_that_cannot_be_done(given: dict, type: str | None) -> None:
    async def scene(bench: Bench) -> None:
        status, body = await bench.pay("deposit", "1", **given)
        if type is None:
            assert 204 == status
        else:
            assert (400, type) == (status, body["type"])

    play(scene)


def test_the_operator_changes_and_removes_accounts_and_reads_what_was_asked() -> None:
    async def scene(bench: Bench) -> None:
        row = {"login": 1001, "connection_id": "real-1", "enable": False, "balance": "7.50"}
        status, body = await bench.call("PUT", "/sandbox/accounts", json.dumps(row).encode())
        assert 200 == status and 3 == len(body["accounts"])
        (first, _) = await bench.records()
        assert (0, Decimal("7.5")) == (first["enable"], first["margin_free"])

        gone = json.dumps({"login": 1002, "connection_id": "real-1"}).encode()
        await bench.call("DELETE", "/sandbox/accounts", gone)
        assert [1001] == [row["login"] for row in await bench.records()]

        odd = json.dumps({"login": 1, "connection_id": "odd"}).encode()
        assert 400 == (await bench.call("PUT", "/sandbox/accounts", odd))[0]
        assert 400 == (await bench.call("PUT", "/sandbox/accounts", b"{}"))[0]

        _, asked = await bench.call("GET", "/sandbox/requests")
        assert ["mt4_accounts"] * 2 == [each["call"] for each in asked["requests"]]
        assert f"{ACCOUNTS}?connection_id=real-1" == asked["requests"][0]["path"]
        assert KEY not in str(asked)

    play(scene)


def test_faults_fail_the_answer_and_not_the_booking() -> None:
    async def scene(bench: Bench) -> None:
        await bench.arm("deposit", "http_500_after_accept")
        assert 500 == (await bench.pay("deposit", "1"))[0]
        await bench.arm("mt4_accounts", "unreadable_body")
        assert b"<html>" in (await bench.call("GET", f"{ACCOUNTS}?connection_id=real-1"))[1]
        # aiohttp asks a second time where a kept-alive connection turns out to be closed.
        await bench.arm("mt4_accounts", "drop_connection", times=2)
        with pytest.raises(aiohttp.ClientError):
            await bench.records()
        (row, _) = await bench.records()
        assert Decimal("1001.1") == row["balance"]

    play(scene)
