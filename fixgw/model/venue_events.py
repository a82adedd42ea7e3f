"""The events of a venue as a whole. Journaled like an order's events.

The tag of an event is its name in the journal: renaming one is a schema change.
"""

from msgspec import Struct

from fixgw.model.ids import VenueName


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


VenueEvent = OrdersHeld | OrdersResumed
