"""Signatures, by the vectors that the vendor publishes."""

import base64
import hashlib
import hmac

import msgspec
import pytest

from fixgw.runtime.secrets import Secret
from fixgw.venues.finery.build import POSITIONS, Call
from fixgw.venues.finery.credentials import Credentials, Nonces
from tests.venues.finery.payload import payload

# Samples of the vendor's own page; they open nothing.
KEY = "RlZ4sKsHSr5zmYKIzbtf772J9y9gx8nekd8COrawI5V"
SECRET = "cZpZ1vwzOaXuiONfIQVg8h6za97FoHhrwwgoSCNwDAR"
CREDENTIALS = Credentials(account="FUND", key=KEY, secret=Secret(SECRET))


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("signed_socket.txt", "KCn9rlqILiifROYfgpGmRtvgBzSCJa/2KJ31oPKbcyE6D+BaTVfFMXo8kDwQtBC/"),
        ("signed_rest.txt", "xvWE5m9bLUOx6TubJsXbnHPfdmYGvlbma2kuRPma0smOq47yRsG4LCak/hozAiQq"),
    ],
)
def test_the_published_vectors_are_signed_as_published(text, signature):
    assert CREDENTIALS.signature(payload(text)) == signature


def test_a_request_is_signed_as_it_is_sent():
    call = Call("add", b'{"instrument":"BTC-USD","size":1}')
    request = CREDENTIALS.sign(call, "https://venue/api", 1628489110490, 49856723467362345)

    assert (request.method, request.url) == ("POST", "https://venue/api/add")
    assert request.body == (
        b'{"nonce":49856723467362345,"timestamp":1628489110490,'
        b'"instrument":"BTC-USD","size":1}'
    )
    digest = hmac.new(SECRET.encode(), b"add" + request.body, hashlib.sha384).digest()
    assert request.headers["EFX-Sign"] == base64.b64encode(digest).decode()
    assert request.headers["EFX-Key"] == KEY


def test_a_request_without_parameters_has_its_stamp_alone():
    assert CREDENTIALS.sign(POSITIONS, "", 2, 1).body == b'{"nonce":1,"timestamp":2}'


def test_a_socket_is_opened_with_the_content_that_was_signed():
    headers = CREDENTIALS.socket_headers(1628489110490, 7)

    content = headers["EFX-Content"]
    assert msgspec.json.decode(content) == {"nonce": 7, "timestamp": 1628489110490}
    assert headers["EFX-Sign"] == CREDENTIALS.signature(content.encode())


def test_nonces_rise_even_if_the_clock_does_not():
    nonces = Nonces()
    taken = [nonces.next(now) for now in (5, 5, 5, 4, 6)]

    assert taken == [5000, 5001, 5002, 5003, 6000]


def test_nothing_shows_the_secret():
    request = CREDENTIALS.sign(POSITIONS, "https://venue/api", 2, 1)

    assert SECRET not in f"{CREDENTIALS!r}{request!r}{request.headers}"
