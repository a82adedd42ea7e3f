"""Identifiers. All are text; distinct types keep them apart for the type checker."""

from typing import NewType

ClOrdID = NewType("ClOrdID", str)
"""ClOrdID(11), chosen by the client; unique per session."""

OrderID = NewType("OrderID", str)
"""OrderID(37), chosen by the gateway: 13 digits of Unix milliseconds and 3 more, ever rising.

The format is not free: Apifiny Connect requires its own orderId to end in it ("account
number+random number+13 digit timestamp+3 digit random number"), and one rule for all venues is
simpler than one each.
"""

ExecID = NewType("ExecID", str)
"""ExecID(17): a function of the order and of its event. See `core.reporting`."""

VenueOrderID = NewType("VenueOrderID", str)
"""The order's ID at the venue, derived from OrderID(37) by the adapter before it is sent."""

SessionKey = NewType("SessionKey", str)
"""One FIX session, written as QuickFIX writes a SessionID: `FIX.4.4:GATEWAY->CLIENT`."""

VenueName = NewType("VenueName", str)
"""A `[venues.NAME]` table of gateway.toml."""

ORDER_ID_DIGITS = 16


def next_order_id(last: int, now_ms: int) -> int:
    """Return the OrderID(37), as a number, that follows *last* at *now_ms* (Unix milliseconds).

    It never falls behind *last*, so neither a clock that is set back nor a thousandth order within
    one millisecond can produce the same identifier twice.
    """
    return max(last + 1, now_ms * 1000)


def execution_of(exec_id: str) -> tuple[OrderID, str]:
    """Return the order whose execution *exec_id* names, and the venue's ID of that execution.

    The ID is "" unless *exec_id* belongs to an execution, a correction (G) or a bust (H).
    """
    order_id, _, named = exec_id.partition("-")
    kind, name = named[:1], named[1:]
    if kind in ("G", "H"):
        # The number after the last point counts the changes of the execution.
        name = name.rpartition(".")[0]
    elif kind != "F":
        name = ""
    return OrderID(order_id), name
