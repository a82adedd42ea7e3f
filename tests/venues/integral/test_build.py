"""The calls beside "Place order", as the vendor's pages have them."""

import json

import pytest

from fixgw.venues.integral import build
from tests.venues.integral.payload import payload


def test_the_login_of_the_tutorial():
    call = build.login("apiUserId", "This is a long password!", "apiOrganizationId")

    assert ("POST", "/v2/sso/login", "") == (call.method, call.path, call.about)
    assert json.loads(payload("login_request")) == json.loads(call.body)


@pytest.mark.parametrize(
    "call, method, path",
    [
        (build.cancel_order("4820276016"), "DELETE", "/v2/orders/4820276016"),
        (build.cancel_order("a/b?c"), "DELETE", "/v2/orders/a%2Fb%3Fc"),
        (build.cancel_all(), "DELETE", "/v2/orders"),
        (build.query_order("4820276016"), "GET", "/v2/orders/4820276016"),
        (build.query_co_id("17", "coId"), "GET", "/v2/orders?coId=17"),
        (build.active_orders(), "GET", "/v2/orders"),
        (build.trades("4820276016", "orderId"), "GET", "/v2/trades?orderId=4820276016"),
        (build.RENEW, "GET", "/v2/sso/token/renew"),
    ],
)
def test_the_other_calls(call, method, path):
    assert (method, path, b"") == (call.method, call.path, call.body)
