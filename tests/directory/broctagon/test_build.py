"""What is asked."""

import pytest

from fixgw.directory.broctagon.build import Call, accounts


def test_accounts_are_asked_for_page_by_page():
    assert Call(
        "GET", "/public/v1/mt4/accounts?connection_id=a%26b&skip=0&limit=500"
    ) == accounts("mt4", "a&b")
    assert Call(
        "GET", "/public/v1/mt5/accounts?connection_id=c&skip=500&limit=10&user_id=U1234567"
    ) == accounts("mt5", "c", skip=500, limit=10, user_id="U1234567")


def test_no_page_is_longer_than_the_vendor_allows():
    with pytest.raises(AssertionError):
        accounts("mt4", "c", limit=501)
