"""What happened to a venue as a whole. Journaled like an order's events.

The tag of an event is its name in the journal: renaming one is a schema change.
"""

from msgspec import Struct

from fixgw.model.ids import VenueName


class VenueEventBase(Struct, frozen=True, kw_only=True, gc=False, tag=True, omit_defaults=True):
    """The common part: which venue, and when the gateway decided it (Unix milliseconds)."""

    venue: VenueName
    at: int


class OrdersHeld(VenueEventBase, frozen=True, kw_only=True):
    """No new orders go there until an operator resumes."""

    text: str
    """Why, as clients are told."""


class OrdersResumed(VenueEventBase, frozen=True, kw_only=True):
    """An operator let new orders go there again."""

    who: str


VenueEvent = OrdersHeld | OrdersResumed
