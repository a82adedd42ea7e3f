"""Who we are: the vendor's rules for a signature, step by step, and no secret to be seen."""

import base64
import hashlib
import hmac
import re

from fixgw.runtime.secrets import Secret
from fixgw.venues.integral import build, credentials
from fixgw.venues.integral.build import Call

URL = "https://uat.fxinside.net"
SECRET = "canary-hmac-secret-77aa"
# 2023-06-02 18:31:01 UTC was a Friday.
NOW_MS = 1_685_730_661_301


def signed(call: Call, covers=("date", "request-line", "digest"), parameter="userId"):
    return credentials.signed(
        call, URL, "id-1", user="user2@XCN1139", secret=Secret(SECRET), covers=covers,
        user_parameter=parameter, now_ms=NOW_MS,
    )


def test_what_is_signed_is_made_by_the_vendors_three_rules():
    request = signed(build.query_co_id("17", "coId"))
    empty = base64.b64encode(hashlib.sha256(b"").digest()).decode()

    assert (
        "date: Fri, 02 Jun 2023 18:31:01 GMT\n"
        "GET /v2/orders?coId=17 HTTP/1.1\n"
        f"digest: SHA-256={empty}"
    ) == credentials.signing_text(request, ("date", "request-line", "digest"), URL)


def test_the_headers_of_a_signed_request():
    call = Call("POST", "/v2/orders", b'{"coId":"17"}')
    request = signed(call, ("date", "content-type"))
    text = "date: Fri, 02 Jun 2023 18:31:01 GMT\ncontent-type: application/json"
    seal = base64.b64encode(hmac.digest(SECRET.encode(), text.encode(), "sha256")).decode()

    assert (URL + "/v2/orders", b'{"coId":"17"}') == (request.url, request.body)
    assert {
        "Content-Type": "application/json",
        "X-Request-ID": "id-1",
        "Date": "Fri, 02 Jun 2023 18:31:01 GMT",
        "Digest": "SHA-256=" + base64.b64encode(hashlib.sha256(call.body).digest()).decode(),
        "type": "hmac",
        "Authorization": 'hmac userId="user2@XCN1139", algorithm="hmac-sha256", '
        f'headers="date content-type", signature="{seal}"',
    } == request.headers


def test_it_has_the_form_of_the_vendors_sample():
    sample = (
        'hmac userId="user2@XCN1139", algorithm="hmac-sha256", '
        'headers="date content-type content-length", '
        'signature="XWL1oxJsbC4z3UvO6ZfvgjMvfj249WXSb7Gl/+t/Ql0="'
    )
    form = r'hmac userId="[^"]+", algorithm="hmac-sha256", headers="[a-z -]+", signature="[^"]{44}"'

    assert re.fullmatch(form, sample)
    assert re.fullmatch(form, signed(build.RENEW).headers["Authorization"])


def test_the_grammars_name_of_the_user_can_be_asked_for():
    request = signed(build.RENEW, parameter="username")
    assert request.headers["Authorization"].startswith('hmac username="user2@XCN1139", ')


def test_a_token_stands_in_a_header_and_a_password_in_a_body_and_neither_shows():
    request = credentials.with_token(build.active_orders(), URL, Secret("canary-token"), "id-2")
    login = credentials.login("u", Secret("canary-password"), "FI1", URL, "id-3")

    assert "canary-token" == request.headers["SSO_TOKEN"]
    assert b'"pass":"canary-password"' in login.body
    assert "canary" not in repr(request) + repr(login) + str(request) + str(login)
