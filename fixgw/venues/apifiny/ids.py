"""The order's name at the venue: the account's digits, then OrderID(37). Pure, and reversible.

The manual wants "account number+random number+13 digit timestamp+3 digit
random number", up to 64 digits. OrderID(37) is those last 16; the random
number is left out, as in the manual's own samples.
"""

from functools import cache

from fixgw.model.ids import ORDER_ID_DIGITS, OrderID, VenueOrderID
from fixgw.venues.apifiny.config import ACCOUNT


@cache
def account_digits(account: str) -> str:
    """The account number inside an accountId: 00000001 of STA-00000001."""
    match = ACCOUNT.fullmatch(account)
    assert match, f"{account!r} passed the settings"
    return match[1]


def venue_order_id(order_id: OrderID, account: str) -> VenueOrderID:
    """orderId for *order_id* at *account*."""
    assert len(order_id) == ORDER_ID_DIGITS and order_id.isdecimal(), order_id
    return VenueOrderID(account_digits(account) + order_id)


def order_id(name: str, digits: str) -> OrderID | None:
    """OrderID(37) inside orderId *name* of the account with *digits*; None if it is not ours."""
    if len(name) != len(digits) + ORDER_ID_DIGITS or not name.startswith(digits):
        return None
    rest = name[-ORDER_ID_DIGITS:]
    return OrderID(rest) if rest.isascii() and rest.isdecimal() else None
