"""Authentication at the Broctagon CRM: "Authentication V2". Pure.

The vendor's text has a SECRET_TOKEN, and all of its samples sign with the API key. Its samples also
differ in the signed data; the two that agree, Ruby and Python, take the body's bytes as they are
sent, and so do we.
"""

import hashlib
import hmac

from msgspec import Struct

from fixgw.directory.broctagon.build import Call
from fixgw.runtime.secrets import Secret


class Credentials(Struct, frozen=True):
    """One API key."""

    api_key: Secret

    def headers(self, call: Call) -> dict[str, str]:
        """Return the headers that authenticate *call*: the key, and a signature if there is a
        body."""
        key = self.api_key.reveal()
        headers = {"key": key}
        if call.body:
            digest = hmac.new(key.encode(), call.body, hashlib.sha256).hexdigest()
            headers["signature"] = f"sha256={digest}"
            headers["Content-Type"] = "application/json"
        return headers
