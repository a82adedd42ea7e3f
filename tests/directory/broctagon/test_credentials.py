"""The key, and the signature over the bytes that are sent."""

from fixgw.directory.broctagon.build import Call, accounts
from fixgw.directory.broctagon.config import MT4_ACCOUNTS, Listing
from fixgw.directory.broctagon.credentials import Credentials
from fixgw.runtime.secrets import Secret

# RFC 4231, test case 2. The vendor publishes no vector.
SEAL = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_a_body_is_signed_as_it_stands():
    call = Call("POST", "/x", b"what do ya want for nothing?")

    assert {
        "key": "Jefe", "signature": f"sha256={SEAL}", "Content-Type": "application/json",
    } == Credentials(Secret("Jefe")).headers(call)


def test_a_question_has_the_key_alone():
    credentials = Credentials(Secret("Jefe"))
    question = accounts(MT4_ACCOUNTS, Listing("mt4", "c1"))

    assert {"key": "Jefe"} == credentials.headers(question)
    assert "Jefe" not in repr(credentials)
