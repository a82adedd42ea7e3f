"""What is asked."""

import pytest

from fixgw.directory.broctagon.build import Call, accounts
from fixgw.directory.broctagon.config import MT4_ACCOUNTS, Listing


def test_accounts_are_asked_for_page_by_page():
    assert Call(
        "GET", "/public/v1/mt4/accounts?connection_id=a%26b&skip=0&limit=500"
    ) == accounts(MT4_ACCOUNTS, Listing("mt4", "a&b"))
    assert Call("GET", "/odd?connection_id=c&skip=500&limit=10&user_id=U1234567") == accounts(
        "/odd", Listing("mt5", "c", "U1234567"), skip=500, limit=10
    )


def test_no_page_is_longer_than_the_vendor_allows():
    with pytest.raises(AssertionError):
        accounts(MT4_ACCOUNTS, Listing("mt4", "c"), limit=501)
