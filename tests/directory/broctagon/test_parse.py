"""What the directory says."""

from decimal import Decimal as D

import pytest
from msgspec import structs

from fixgw.directory.broctagon.parse import (
    ERROR_CHARACTERS_MAX,
    Account,
    NothingLearned,
    Page,
    accounts,
    state,
)
from fixgw.model.accounts import AccountState

ROW = (
    b'{"login": 1001, "group": "real", "currency": "USD", "balance": 10.5, "margin_free": '
    b'1234.56789012345678901, "enable": 1, "enable_readonly": 0, "odd": [1]}'
)
GOOD = Account(
    login=1001, currency="USD", margin_free=D("1234.56789012345678901"), enable=True,
    enable_readonly=False,
)


def page(row: bytes) -> bytes:
    """An answer with one record."""
    return b'{"count":7,"records":[' + row + b"]}"


def test_a_page_is_read_exactly():
    assert Page(count=7, records=[GOOD]) == accounts(200, page(ROW))


def test_what_is_null_in_one_record_spoils_no_page():
    row = (
        b'{"login":"1002","currency":null,"margin_free":null,"enable":null,"enable_readonly":null}'
    )

    assert Page(count=7, records=[Account(login=1002)]) == accounts(200, page(row))


@pytest.mark.parametrize(
    "row", [b'{"login":1002,"enable":1,"enable_readonly":[]}', b'{"login":1002,"enable":"maybe"}']
)
def test_an_account_whose_record_is_damaged_is_not_enabled_and_hides_no_other(row):
    read = accounts(200, page(row + b"," + ROW))

    assert Page(count=7, records=[Account(login=1002), GOOD]) == read
    assert not state(read.records[0], silent_is_read_only=False).enabled


@pytest.mark.parametrize("written", [b"7", b"[]", b'"\xff"', b"{}"])
def test_what_only_decorates_disables_nobody(written):
    read = accounts(200, page(ROW.replace(b'"USD"', written)))

    assert [structs.replace(GOOD, currency=None)] == read.records


@pytest.mark.parametrize("row", [b"null", b"7", b"[]", b"{}", b'{"login":"somebody"}'])
def test_a_record_of_nobody_hides_no_other_and_leaves_the_list_unsure(row):
    assert Page(count=7, records=[GOOD], unread=1) == accounts(200, page(row + b"," + ROW))


@pytest.mark.parametrize("name", [b"type", b"error", b"code"])
def test_an_error_is_told_wherever_it_stands(name):
    body = b'{"' + name + b'":"invalid_signature"}'

    assert NothingLearned("HTTP 403 invalid_signature", final=True) == accounts(403, body)


def test_an_error_says_no_more_than_a_line_of_the_log_holds():
    answer = accounts(400, b'{"type":"' + b"x" * 1_000 + b'"}')

    assert "HTTP 400 " + "x" * ERROR_CHARACTERS_MAX == answer.text


@pytest.mark.parametrize(
    "status, body",
    [
        (500, b""), (502, b"<html>"), (429, b""), (408, b""), (302, b""), (200, b"{}"), (200, b""),
        (200, page(b'{"login":1,"odd":' + b"[" * 100_000)), (502, b'{"odd":' + b"[" * 100_000),
        (200, b'{"count":1,"records":7}'),
    ],
)
def test_what_may_be_better_later_is_no_empty_list(status, body):
    answer = accounts(status, body)

    assert isinstance(answer, NothingLearned)
    assert not answer.final


@pytest.mark.parametrize("number", [b"1E+41", b"-1E+999999999", b"1E-999999999", b'"NaN"'])
def test_an_amount_that_nobody_could_write_down_is_none(number):
    row = b'{"login":1,"enable":1,"enable_readonly":0,"margin_free":' + number + b"}"
    (account,) = accounts(200, page(row)).records

    assert AccountState(enabled=True) == state(account, silent_is_read_only=True)


@pytest.mark.parametrize("status", [400, 401, 403, 404])
def test_what_is_wrong_with_the_question_is_not_better_later(status):
    assert accounts(status, b"").final


@pytest.mark.parametrize(
    "account, said",
    [
        (
            GOOD,
            AccountState(enabled=True, currency="USD", free_margin=D("1234.56789012345678901")),
        ),
        (Account(login=1, enable_readonly=False), AccountState(enabled=False)),
        (Account(login=1, enable=True), AccountState(enabled=True, read_only=True)),
        (
            Account(login=1, enable=True, enable_readonly=True, margin_free=D("NaN")),
            AccountState(enabled=True, read_only=True),
        ),
    ],
    ids=["good", "not said to be enabled", "not said whether read-only", "read-only"],
)
def test_what_is_not_said_is_taken_at_the_safe_side(account, said):
    assert said == state(account, silent_is_read_only=True)


def test_the_settings_may_take_silence_for_leave_to_trade():
    account = Account(login=1, enable=True)

    assert AccountState(enabled=True) == state(account, silent_is_read_only=False)
