"""What the directory says, and which order it lets through."""

from decimal import Decimal as D

import pytest

from fixgw.directory.broctagon.parse import Account, Failed, Page, Refusal, accounts, refusal
from fixgw.model.enums import OrdRejReason

ROW = (
    b'{"login": 1001, "group": "real", "currency": "USD", "balance": 10.5, "margin_free": '
    b'1234.56789012345678901, "enable": 1, "enable_readonly": 0, "odd": [1]}'
)
GOOD = Account(
    login=1001, group="real", currency="USD", margin_free=D("1234.56789012345678901"), enable=True
)


def test_a_page_is_read_exactly():
    assert Page(count=7, records=[GOOD]) == accounts(200, b'{"count":7,"records":[' + ROW + b"]}")


@pytest.mark.parametrize("name", [b"type", b"error", b"code"])
def test_an_error_is_told_wherever_it_stands(name):
    body = b'{"' + name + b'":"invalid_signature"}'

    assert Failed("HTTP 403 invalid_signature", forbidden=True) == accounts(403, body)


@pytest.mark.parametrize("status, body", [(500, b""), (502, b"<html>"), (200, b"{}"), (200, b"")])
def test_what_cannot_be_read_is_no_empty_list(status, body):
    answer = accounts(status, body)

    assert isinstance(answer, Failed)
    assert not answer.forbidden


@pytest.mark.parametrize(
    "account, needed, said",
    [
        (GOOD, None, None),
        (GOOD, D("1234.56789012345678901"), None),
        (None, None, Refusal(OrdRejReason.UNKNOWN_ACCOUNT, "the directory has no such account")),
        (Account(login=1), None, Refusal(OrdRejReason.UNKNOWN_ACCOUNT, "account 1 is disabled")),
        (
            Account(login=1, enable=True, enable_readonly=True), None,
            Refusal(OrdRejReason.UNKNOWN_ACCOUNT, "account 1 is read-only"),
        ),
        (
            GOOD, D("1234.56789012345678902"),
            Refusal(
                OrdRejReason.EXCEEDS_LIMIT,
                "account 1001: 1234.56789012345678902 USD of margin needed, "
                "1234.56789012345678901 free",
            ),
        ),
        (
            Account(login=1, enable=True, currency="EUR"), D(1),
            Refusal(
                OrdRejReason.EXCEEDS_LIMIT,
                "account 1: 1 EUR of margin needed, nothing is known of its free margin",
            ),
        ),
    ],
)
def test_who_may_trade(account, needed, said):
    assert said == refusal(account, needed)
