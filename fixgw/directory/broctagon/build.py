"""Requests to the Broctagon CRM: reading accounts, and nothing else.

Pure. The CRM has no order entry, and no endpoint is invented here; no call is made that would
change anything (deposits, accounts, wallets).
"""

from urllib.parse import urlencode

from msgspec import Struct

from fixgw.directory.broctagon.config import LIMIT_MAX, Listing


class Call(Struct, frozen=True):
    """One call before it is signed."""

    method: str
    path: str
    """Including the query, escaped."""
    body: bytes = b""


def accounts(path: str, listing: Listing, *, skip: int = 0, limit: int = LIMIT_MAX) -> Call:
    """Return the call for a page of the trading accounts in *listing*, which is at *path*."""
    assert skip >= 0 and 0 < limit <= LIMIT_MAX, (skip, limit)
    fields: dict[str, object] = {
        "connection_id": listing.connection_id, "skip": skip, "limit": limit,
    }
    if listing.user_id:
        fields["user_id"] = listing.user_id
    return Call("GET", f"{path}?{urlencode(fields)}")
