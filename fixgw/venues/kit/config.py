"""The settings common to all venues, each documented once.

A venue's own table inherits `VenueConfig` and adds the settings its vendor's document calls for. A
different default is one more line in that table. It holds values only, and no rule of any venue.
"""

from msgspec import Struct


class VenueConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of `[venues.NAME]` that are the same for all."""

    request_timeout_seconds: float = 10.0
    """From the first byte sent to the whole answer; then the outcome is unknown."""

    connect_timeout_seconds: float = 3.0
    """For a connection, TLS included; then nothing was sent, which is known."""

    rest_workers: int = 4
    """Requests that may wait for their answers at a time; connections as well."""

    queue_limit: int = 1_000
    """Commands that may wait for the rate limit; one more is refused."""

    queue_seconds: float = 30.0
    """The longest a submit may wait for the rate limit; then it is refused, having never left."""

    rate_margin_seconds: float = 0.05
    """The time by which the network may push requests together: added to the limiter's second."""

    resync_seconds: float = 300.0
    """Every so often the core asks about every open order, although all looks well; 0: never."""


class StreamConfig(VenueConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those of a venue that is connected by sockets, too."""

    backoff_min_seconds: float = 0.25
    """Wait before the first reconnect or reload; doubles with each failure, jittered."""

    backoff_max_seconds: float = 30.0
    """The longest wait between two attempts."""
