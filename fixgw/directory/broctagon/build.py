"""What we ask of the Broctagon CRM: reading accounts, and nothing else.

Pure. It has no order entry, and no endpoint is made up here; a call that would
change anything (deposits, accounts, wallets) is not made either.
"""

from typing import Literal
from urllib.parse import urlencode

from msgspec import Struct

Platform = Literal["mt4", "mt5"]

LIMIT_MAX = 500
"""Records of one answer."""

ACCOUNT_PATHS: dict[Platform, str] = {
    "mt4": "/public/v1/mt4/accounts",
    # ASSUMPTION: as MT4; its page was not seen.
    "mt5": "/public/v1/mt5/accounts",
}


class Call(Struct, frozen=True):
    """One call before it is signed."""

    method: str
    path: str
    """With the query, escaped."""
    body: bytes = b""


def accounts(
    platform: Platform, connection_id: str, *, skip: int = 0, limit: int = LIMIT_MAX,
    user_id: str = "",
) -> Call:
    """A page of the trading accounts of one connection."""
    assert skip >= 0 and 0 < limit <= LIMIT_MAX, (skip, limit)
    fields: dict[str, object] = {"connection_id": connection_id, "skip": skip, "limit": limit}
    if user_id:
        fields["user_id"] = user_id
    return Call("GET", f"{ACCOUNT_PATHS[platform]}?{urlencode(fields)}")
