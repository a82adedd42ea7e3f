"""Signatures against vectors that were made with hmac and hashlib alone."""

import base64
import hashlib
import hmac
import json

import msgspec

from fixgw.runtime.secrets import Secret
from fixgw.venues.apifiny.build import Call
from fixgw.venues.apifiny.credentials import Credentials, public

KEY = "a-secret-key-that-is-long-enough-for-HS256"
NOW_MS = 1_584_603_012_999
URL = "https://host/ac/v2"
LIST = {"accountId": "STA-1", "venue": "V", "orderIdList": "1,2", "s": "a b"}
GET = Call("GET", "/order/x", LIST)
POST = Call("POST", "/order/y", {"accountId": "STA-1", "orderId": "7"})


def credentials(scheme: str) -> Credentials:
    return Credentials(
        account="STA-00000001", key_id="key-1", secret=Secret(KEY), scheme=scheme, ttl_seconds=5
    )


def opened(token: str) -> dict[str, object]:
    """The claims of a JWT whose signature holds (RFC 7515 appendix A.1)."""
    head, body, signature = token.split(".")
    expected = hmac.new(KEY.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    assert signature == base64.urlsafe_b64encode(expected).rstrip(b"=").decode()
    assert json.loads(base64.urlsafe_b64decode(head + "==")) == {"alg": "HS256", "typ": "JWT"}
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(body + "=="))
    return claims


def hexdigest(text: bytes) -> str:
    return hmac.new(KEY.encode(), text, hashlib.sha256).hexdigest()


def test_jwt_signs_the_unescaped_query_in_sending_order():
    request = credentials("jwt").sign(GET, URL, NOW_MS)

    assert request.url == f"{URL}/order/x?accountId=STA-1&venue=V&orderIdList=1,2&s=a%20b"
    assert request.body == b""
    assert opened(request.headers["signature"]) == {
        "accountId": "STA-00000001",
        "secretKeyId": "key-1",
        "digest": hashlib.sha256(b"accountId=STA-1&venue=V&orderIdList=1,2&s=a b").hexdigest(),
        "exp": 1_584_603_017,  # whole seconds, down
    }


def test_jwt_signs_the_bytes_of_the_body():
    request = credentials("jwt").sign(POST, URL, NOW_MS)

    assert (request.url, request.body) == (
        f"{URL}/order/y",
        b'{"accountId":"STA-1","orderId":"7"}',
    )
    digest = opened(request.headers["signature"])["digest"]
    assert digest == hashlib.sha256(request.body).hexdigest()


def test_hmac_signs_the_query_with_its_time():
    request = credentials("hmac").sign(GET, URL, NOW_MS)

    query = request.url.partition("?")[2].replace("%20", " ")
    assert query.endswith("&s=a b&timestamp=1584603012999&recvWindow=5000")
    assert request.headers["apiKey"] == "key-1"
    assert request.headers["signature"] == hexdigest(query.encode())


def test_hmac_signs_the_body_with_its_time():
    request = credentials("hmac").sign(POST, URL, NOW_MS)

    assert request.body == (
        b'{"accountId":"STA-1","orderId":"7","timestamp":1584603012999,"recvWindow":5000}'
    )
    assert request.headers["signature"] == hexdigest(request.body)


def test_a_stream_is_opened_by_a_token_without_a_digest():
    assert opened(credentials("jwt").stream_headers(NOW_MS)["signature"]) == {
        "accountId": "STA-00000001",
        "secretKeyId": "key-1",
        "exp": 1_584_603_017,
    }


def test_the_socket_of_2022_is_logged_in_to_by_hmac_whatever_the_scheme():
    frame = json.loads(credentials("jwt").login_frame(NOW_MS))

    assert frame == {
        "action": "auth",
        "data": {
            "timestamp": NOW_MS,
            "apiKey": "key-1",
            "signature": hexdigest(b"timestamp=1584603012999"),
        },
    }


def test_a_public_call_is_not_signed():
    request = public(Call("GET", "/utils/listVenueInfo", {}), URL)
    assert (request.url, request.headers) == (f"{URL}/utils/listVenueInfo", {})


def test_the_secret_does_not_print():
    assert KEY not in repr(credentials("jwt"))


def test_a_short_secret_is_the_vendors_business():
    # A warning would be an error here, and a line without a time in an operator's log.
    short = msgspec.structs.replace(credentials("jwt"), secret=Secret("short"))
    token = short.stream_headers(NOW_MS)["signature"]
    head, claims, _ = token.split(".")

    assert hmac.new(b"short", f"{head}.{claims}".encode(), hashlib.sha256).digest() == (
        base64.urlsafe_b64decode(token.rpartition(".")[2] + "=")
    )
