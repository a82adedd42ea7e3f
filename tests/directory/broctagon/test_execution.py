"""The adapter against the real sandbox: pages, attempts, and what it never says."""

from decimal import Decimal as D
from typing import Any

import aiohttp
import pytest

from fixgw.directory.broctagon.build import Call
from fixgw.directory.broctagon.config import AccountAt
from fixgw.directory.broctagon.credentials import Credentials
from fixgw.model.accounts import AccountState
from fixgw.runtime.secrets import Secret
from fixgw.sandbox.broctagon.wire import Refusal
from tests.directory.broctagon.crm import FREE, KEY, MT5, Crm, Lists, account, play

GOOD = AccountState(enabled=True, currency="USD", free_margin=FREE)
MANY = "".join(account(login) for login in range(1, 8))


def test_each_account_is_told_as_the_crm_has_it() -> None:
    accounts = (
        account(1001) + account(1002, enable=False) + account(1003, enable_readonly=True)
        + account(1004, currency="EUR", margin=99.5)
    )

    async def scene(crm: Crm) -> None:
        directory = crm.directory()
        answers = await directory.look_up(["1001", "1002", "1003", "1004", "1005"])

        assert () == answers.problems
        assert {
            "1001": GOOD,
            "1002": AccountState(enabled=False, currency="USD", free_margin=FREE),
            "1003": AccountState(enabled=True, read_only=True, currency="USD", free_margin=FREE),
            "1004": AccountState(enabled=True, currency="EUR", free_margin=D("0.5")),
            "1005": None,
        } == answers.accounts

    play(scene, accounts)


def test_a_long_list_is_read_page_by_page_and_no_further_than_needed() -> None:
    async def scene(crm: Crm) -> None:
        answers = await crm.directory(page_size=2).look_up(["3", "7", "8"])
        assert {"3": GOOD, "7": GOOD, "8": None} == answers.accounts
        assert [f"skip={skip}&limit=2" for skip in (0, 2, 4, 6)] == [
            path.partition("&")[2] for path in crm.requests
        ]
        await crm.directory(page_size=2).look_up(["3"])
        assert 6 == len(crm.requests)

    play(scene, MANY)


def test_the_most_records_of_a_page_are_five_hundred() -> None:
    async def scene(crm: Crm) -> None:
        answers = await crm.directory().look_up(["1", "501", "601"])
        assert {"1": GOOD, "501": GOOD, "601": None} == answers.accounts
        assert 2 == len(crm.requests)

    play(scene, "".join(account(login) for login in range(1, 601)))


def test_lists_of_several_platforms_users_and_connections_are_asked_for_once_each() -> None:
    accounts = account(1) + account(2) + account(3, platform="mt5", connection_id=MT5, balance=7)

    async def scene(crm: Crm) -> None:
        table = {
            "A": AccountAt(login=1), "B": AccountAt(login=2),
            "C": AccountAt(login=3, platform="mt5", connection_id=MT5),
        }
        directory = crm.directory(table, mt5_path="/public/v1/mt5/accounts")
        answers = await directory.look_up(["A", "B", "C", "of nobody"])

        assert {
            "A": GOOD, "B": GOOD,
            "C": AccountState(enabled=True, currency="USD", free_margin=D(7)),
        } == answers.accounts
        assert 2 == len(crm.requests)

    play(scene, accounts)


@pytest.mark.parametrize(
    "fault",
    ["http_500_after_accept", "http_502", "http_429", "unreadable_body", "timeout_after_accept",
     "torn_answer_after_accept"],
)
def test_a_page_without_an_answer_is_asked_for_again(fault: str) -> None:
    async def scene(crm: Crm) -> None:
        await crm.arm(fault, times=2)
        answers = await crm.directory().look_up(["1001"])
        assert ({"1001": GOOD}, ()) == (answers.accounts, answers.problems)
        assert 3 == len(crm.requests)

    play(scene)


def test_a_directory_that_is_down_says_nothing_of_anybody() -> None:
    async def scene(crm: Crm) -> None:
        await crm.arm("http_502", times=100)
        answers = await crm.directory(attempts=2).look_up(["1001"])
        assert ({}, ("mt4 real-1: HTTP 502",)) == (answers.accounts, answers.problems)
        assert 2 == len(crm.requests)

        directory = crm.directory()
        await crm.sandbox.close()
        answers = await directory.look_up(["1001"])
        assert {} == answers.accounts
        assert "no connection" in answers.problems[0]

    play(scene)


def test_a_list_that_breaks_off_tells_of_those_it_had() -> None:
    async def scene(crm: Crm) -> None:
        crm.instead(second_page_fails)
        answers = await crm.directory(page_size=2).look_up(["1", "9"])
        assert {"1": GOOD} == answers.accounts
        assert ("mt4 real-1: HTTP 400 later",) == answers.problems
        assert 2 == len(crm.requests)

    def second_page_fails(lists: Lists) -> Lists:
        def part(platform: str, connection: str, user: str, skip: int, limit: int) -> Any:
            if skip:
                raise Refusal(400, "later")
            return lists(platform, connection, user, skip, limit)

        return part

    play(scene, MANY)


def test_a_key_that_is_refused_is_not_tried_again_and_not_told() -> None:
    async def scene(crm: Crm) -> None:
        answers = await crm.directory(key=Secret("canary-crm-key-wrong")).look_up(["1001"])
        assert ({}, ("mt4 real-1: HTTP 403 invalid_api_key",)) == (
            answers.accounts, answers.problems,
        )
        assert 1 == len(crm.requests)
        assert "canary" not in repr(answers)

    play(scene)


def test_one_list_that_fails_does_not_hide_another() -> None:
    async def scene(crm: Crm) -> None:
        table = {"A": AccountAt(login=1001), "B": AccountAt(login=1, connection_id="odd")}
        answers = await crm.directory(table).look_up(["B", "A"])
        assert {"A": GOOD} == answers.accounts
        assert ("mt4 odd: HTTP 400 mt4_connection_not_found",) == answers.problems

    play(scene)


def test_a_list_that_changes_while_it_is_read_proves_no_absence() -> None:
    async def scene(crm: Crm) -> None:
        directory = crm.directory(page_size=2)
        record = crm.sandbox.server.crm
        first = record.every_account()[0]

        def first_goes(lists: Lists) -> Lists:
            def part(*asked: Any) -> Any:
                told = lists(*asked)
                record.remove(first)
                return told

            return part

        crm.instead(first_goes)
        answers = await directory.look_up(["3", "7", "8"])
        # 3 moved to the page that was read already.
        assert {"7": GOOD} == answers.accounts
        assert ("mt4 real-1: the list changed while it was read",) == answers.problems
        answers = await directory.look_up(["3", "7", "8"])
        assert {"3": GOOD, "7": GOOD, "8": None} == answers.accounts

    play(scene, MANY)


def test_a_list_longer_than_the_settings_allow_is_not_read() -> None:
    async def scene(crm: Crm) -> None:
        answers = await crm.directory(accounts_max=6).look_up(["1", "7"])
        assert {} == answers.accounts
        assert "more than accounts_max" in answers.problems[0]
        assert 1 == len(crm.requests)

    play(scene, MANY)


def test_requests_keep_to_their_limit() -> None:
    async def scene(crm: Crm) -> None:
        await crm.directory(page_size=1, requests_per_second=4).look_up(["7"])
        stamps = [entry.at for entry in crm.sandbox.server.recorder.since(0)]
        assert 7 == len(stamps)
        assert all(later - first >= 1_000 for first, later in zip(stamps, stamps[4:]))

    play(scene, MANY)


def test_what_we_sign_the_crm_believes() -> None:
    body = b'{ "connection_id":"real-1","currency":"USD","amount":"1","comment":"\xc3\xa9" }'

    async def scene(crm: Crm) -> None:
        call = Call("POST", "/public/v1/mt4/accounts/1001/deposit", body)
        for key, status in ((KEY, 204), ("another-key-of-no-value", 403)):
            headers = Credentials(Secret(key)).headers(call)
            url = crm.sandbox.url + call.path
            async with aiohttp.ClientSession() as http:
                async with http.post(url, data=call.body, headers=headers) as reply:
                    assert status == reply.status, await reply.text()

    play(scene)


def test_the_key_goes_in_its_header_and_nowhere_else() -> None:
    async def scene(crm: Crm) -> None:
        answers = await crm.directory().look_up(["1001"])
        assert {"1001": GOOD} == answers.accounts
        assert [] == [path for path in crm.requests if KEY in path]

    play(scene)
