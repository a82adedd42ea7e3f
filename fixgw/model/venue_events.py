"""The events of a venue as a whole. Journaled like an order's events.

The tag of an event is its name in the journal: renaming one is a schema change.
"""

from msgspec import Struct

from fixgw.model.ids import OrderID, VenueName


class VenueEventBase(Struct, frozen=True, kw_only=True, gc=False, tag=True, omit_defaults=True):
    """The common part: the venue, and the time of the gateway's decision (Unix milliseconds)."""

    venue: VenueName
    at: int


class OrdersHeld(VenueEventBase, frozen=True, kw_only=True):
    """No new orders are sent there until an operator resumes."""

    text: str
    """The reason, as reported to clients."""


class OrdersResumed(VenueEventBase, frozen=True, kw_only=True):
    """An operator allowed new orders there again."""

    who: str


class VenueNoted(VenueEventBase, frozen=True, kw_only=True):
    """The venue's adapter notes something for itself. The latest note counts of those with the same
    venue, order and key."""

    key: str
    order_id: OrderID = OrderID("")
    """The order that it is about, and with which it is forgotten; "" if about none."""
    body: bytes = b""
    """The note, in a form of the adapter's own; b"" deletes it."""


VenueEvent = OrdersHeld | OrdersResumed | VenueNoted
