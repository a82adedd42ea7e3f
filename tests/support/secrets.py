"""Every secret that a test gives to a gateway, in one place, and how to sign with them.

Each is a text that nothing else contains: found in a log, a journal or an
error, it was leaked. A test that needs another one adds it here.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import jwt

PASSWORD = "canary-correct-horse-7f3a"
WRONG_PASSWORD = "canary-battery-staple-19c4"
NEW_PASSWORD = "canary-new-horse-5be2"
SHORT_PASSWORD = "canary-5"
TOKEN_SECRET = "canary-token-secret-41d8-" + "0" * 40
WRONG_TOKEN_SECRET = "canary-token-secret-99ff-" + "0" * 40
SIGNATURE_SECRET = "canary-signature-secret-c6a7-0000000000000000"
WRONG_SIGNATURE_SECRET = "canary-signature-secret-88e1-0000000000000000"
INTEGRAL_PASSWORD = "canary-integral-password-5d1e"
CRM_KEY = "canary-crm-api-key-3b7c"
ASMLINK_KEY = "cm_test_canary-asmlink-key-8e21"
ASMLINK_HOOK_SECRET = "whs_canary-asmlink-hook-77d0"
FINERY_SECRETS = ("not-a-secret-finery-e2e-trader", "not-a-secret-finery-e2e-maker")
"""Of the trader and of the maker."""
TOKEN_START = "eyJhbGciOi"
"""Any JWT begins with it: `{"alg":`."""

CANARIES = (
    PASSWORD,
    WRONG_PASSWORD,
    NEW_PASSWORD,
    SHORT_PASSWORD,
    TOKEN_SECRET,
    WRONG_TOKEN_SECRET,
    SIGNATURE_SECRET,
    WRONG_SIGNATURE_SECRET,
    INTEGRAL_PASSWORD,
    CRM_KEY,
    ASMLINK_KEY,
    ASMLINK_HOOK_SECRET,
    *FINERY_SECRETS,
    TOKEN_START,
)

TOKEN_KEY_ID = "token-key-1"
SIGNATURE_KEY = "signature-key-1"


def claims(account: str = "A1", *, seconds: float = 30, **changes: Any) -> dict[str, Any]:
    """Of a token as Apifiny's FIX API asks for it; a change to None leaves a claim out."""
    full = {
        "accountId": account,
        "secretKeyId": TOKEN_KEY_ID,
        "digest": hashlib.sha256(account.encode()).hexdigest(),
        "method": "Fix",
        "exp": int(time.time() + seconds),
        **changes,
    }
    return {name: value for name, value in full.items() if value is not None}


def token(account: str = "A1", *, secret: str = TOKEN_SECRET, **given: Any) -> str:
    """A signed token; *given* as for `claims`."""
    return jwt.encode(claims(account, **given), secret, algorithm="HS256")


def raw_data(text: str) -> str:
    """RawDataLength(95) and RawData(96), as FIX text with `|`."""
    return f"95={len(text)}|96={text}"


def login_data(nonce: object, *, seconds: float = 0, **more: object) -> str:
    """What Finery Markets' FIX API has signed."""
    now_ms = int((time.time() + seconds) * 1000)
    return json.dumps({"nonce": nonce, "timestamp": now_ms, **more})


def signature(text: str, secret: str = SIGNATURE_SECRET) -> str:
    """What signs it: base64 of its HMAC-SHA384."""
    digest = hmac.digest(secret.encode(), text.encode(), hashlib.sha384)
    return base64.b64encode(digest).decode()


def signed(nonce: object, *, secret: str = SIGNATURE_SECRET, **given: Any) -> str:
    """The credentials of such a Logon, as FIX text with `|`; *given* as for `login_data`."""
    text = login_data(nonce, **given)
    return f"553={SIGNATURE_KEY}|554={signature(text, secret)}|{raw_data(text)}"
