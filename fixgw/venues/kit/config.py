"""The settings common to all venues, each documented once.

A venue's own table inherits `VenueConfig` and adds the settings its vendor's document calls for. A
different default is one more line in that table. It holds values only, and no rule of any venue.
"""

from typing import Literal

from msgspec import Struct

FRESH_SECONDS = 2.0
"""An answer "no such order" that took longer is of too old a moment to prove anything."""

ABSENCE_MARGIN_SECONDS = 3.0
"""The time that clocks, rounding and a slow hand-over inside the venue may add to a request's
life."""


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
    """The longest a submit may wait for the rate limit; then it is refused, having never left. At
    most 60."""

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


class SocketConfig(StreamConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of a venue whose orders may leave by REST or by a socket, signed either way."""

    order_entry: Literal["rest", "websocket"]
    """The way of orders and cancels."""

    requests_per_second: int
    """Requests of an account in any second, all ways together; 0 means no limit."""

    in_flight_limit: int = 10_000
    """Commands on one socket that may wait for their answers; one more is refused."""

    query_batch: int = 100
    """Orders that one question, or one look at the venue's lists, answers for."""

    login_seconds: float = 10.0
    """From the handshake to the moment that the socket may be used; then it is given up."""

    instruments_seconds: float = 900.0
    """The time between two readings of the instruments."""

    absence_proof_seconds: float | None = None
    """The time after which a submit whose outcome is unknown can no longer arrive.

    Default: the time for which a signature is good + 5 s.
    """

    http_4xx_refuses: bool = False
    """An answer of HTTP 4xx without a code of the vendor's is a refusal."""

    @property
    def signed_seconds(self) -> float:
        """The age up to which the venue takes a signed request."""
        raise NotImplementedError

    @property
    def least_proof(self) -> float:
        """The least `absence_proof_seconds`."""
        return self.signed_seconds + FRESH_SECONDS + ABSENCE_MARGIN_SECONDS

    @property
    def absence_proof(self) -> float:
        """`absence_proof_seconds`, or its default."""
        proof = self.absence_proof_seconds
        return self.least_proof if proof is None else proof

    @property
    def leaves_at_once(self) -> bool:
        """True if commands go to the socket without waiting for a rate limit."""
        return self.order_entry == "websocket" and not self.requests_per_second

    def check_proof(self, signed: str) -> None:
        """Raise ValueError if `absence_proof_seconds` is too short; *signed* is what expires."""
        proof = self.absence_proof_seconds
        if proof is not None and proof < self.least_proof:
            raise ValueError(
                f"absence_proof_seconds must be {self.least_proof:g} or more: "
                f"{signed} is good for {self.signed_seconds:g} s"
            )
