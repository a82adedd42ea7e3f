"""The key in a request, and the signature on a webhook."""

import pytest

from fixgw.runtime.secrets import Secret
from fixgw.venues.asmlink.build import Call
from fixgw.venues.asmlink.credentials import Credentials, is_genuine
from tests.venues.asmlink.payload import payload

# RFC 4231, test case 2. The vendor publishes no vector.
KEY, DATA = "Jefe", b"what do ya want for nothing?"
SEAL = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_the_key_stands_in_a_header_and_not_in_a_text():
    credentials = Credentials(Secret("cm_test_key_of_no_value"))
    request = credentials.sign(Call("POST", "/order/route", b"{}"), "https://h/v2")

    assert ("POST", "https://h/v2/order/route", b"{}") == (
        request.method, request.url, request.body,
    )
    assert {
        "X-CM-API-Key": "cm_test_key_of_no_value", "Content-Type": "application/json",
    } == request.headers
    assert "no_value" not in repr(request) + repr(credentials)


@pytest.mark.parametrize("written", [SEAL, SEAL.upper(), f"sha256={SEAL}", f" {SEAL} "])
def test_a_good_signature(written):
    assert is_genuine(Secret(KEY), DATA, written)


@pytest.mark.parametrize("written", ["", SEAL[:-1], f"{SEAL}0", f"sha1={SEAL}", "é" * 64])
def test_a_bad_signature(written):
    assert not is_genuine(Secret(KEY), DATA, written)


def test_it_is_of_the_bytes_as_they_came():
    assert not is_genuine(Secret(KEY), DATA + b"\n", SEAL)
    assert not is_genuine(Secret(KEY), payload("webhook_order_filled"), SEAL)
