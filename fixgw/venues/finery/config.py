"""Settings of one Finery Markets venue: the table `[venues.NAME]` of gateway.toml.

Holds values and the rules between them, never a default that hides a guess: behavior the vendor
does not document is an assumption with its own switch, set to the safe side. docs/venues/finery.md
lists them with their reasons.
"""

import re
from typing import Literal

from msgspec import Struct

from fixgw.runtime.secrets import Secret
from fixgw.venues.kit.config import SocketConfig

EXCHANGE = re.compile(r"[A-Z0-9]+")

PRODUCTION_REST = "https://trade.finerymarkets.com/api"
PRODUCTION_SOCKET = "wss://trade.finerymarkets.com/ws"

IDLE_LIMIT_SECONDS = 80.0
""""Connection idle timeout is 80 sec." (vendor, "Websocket API")."""

DEALS_PAGE_MAX = 250
"""dealHistory: "limit", at most and by default."""


class Account(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One API key; the table's name is Account(1)."""

    key: str
    """The public key, EFX-Key."""

    secret: Secret
    """The private key; its characters are the key of HMAC-SHA384 as they stand."""


class FineryConfig(SocketConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole table."""

    accounts: dict[str, Account]
    """Account(1) -> its API key."""

    rest_url: str = PRODUCTION_REST
    """Up to and without `/add`."""

    socket_url: str = PRODUCTION_SOCKET
    """The one WebSocket: orders out, replies and feed O in."""

    exchange: str = "FINERY"
    """SecurityExchange(207) of everything that is traded here."""

    order_entry: Literal["websocket", "rest"] = "websocket"
    """The way of orders and cancels. While the socket is down "websocket" falls back to REST."""

    cancel_on_disconnect: bool = False
    """`cod` of each order: the venue cancels it when the socket that it came by is lost.

    Without it `cod` is for the orders of sessions with VenueCancelOnDisconnect=Y. Such an order
    does not fall back to REST, nor does what replaces it: sent so it would not be protected. The
    gateway's own reconnects and restarts count as disconnects.
    """

    check_price_step: bool = True
    """Price(44) must lie on the quote currency's balance step (vendor, "Data types")."""

    requests_per_second: int = 50
    """ASSUMPTION. Requests of an account in any second, all ways together; 0 means no limit.

    The vendor documents no limit but 100 connections from one address.
    """

    too_often_seconds: float = 1.0
    """The time for which nothing leaves after HTTP 429 without Retry-After."""

    nonces_in_order: bool = False
    """ASSUMPTION. A nonce must be above all before it (the vendor's older rule).

    Then one REST request of an account waits for the answer to the one before. The newer rule
    wants it unique within two minutes only.
    """

    deal_pages: int = 40
    """Pages of dealHistory, 250 deals each, that one look may read; more fails the look."""

    heartbeat_seconds: float = 25.0
    """Every so often something is asked over the socket; without an answer it is given up."""

    poll_seconds: float = 5.0
    """The same while the feed is down, by REST: what happens is then heard of so much later."""

    follow_venue_clock: bool = True
    """ASSUMPTION. Timestamps follow the Date of the venue's answers, where that proves our
    clock to be off. The vendor has no call that tells its time."""

    timestamp_tolerance_seconds: float = 60.0
    """ASSUMPTION. The age up to which the venue takes a `timestamp`, and books a late request."""

    absence_proof_minutes: int = 5
    """ASSUMPTION. The time by which the venue's lists may lag behind its replies and feed: an order
    that it had and lists no more has ended only if every answer for so long says so. 0: no lag.
    """

    def __post_init__(self) -> None:
        if not self.accounts:
            raise ValueError("at least one account is needed")
        if not EXCHANGE.fullmatch(self.exchange):
            raise ValueError(f"exchange {self.exchange!r}: capital letters and digits only")
        if self.query_batch < 1 or self.deal_pages < 1:
            raise ValueError("query_batch and deal_pages must be 1 or more")
        if self.timestamp_tolerance_seconds < 0 or self.absence_proof_minutes < 0:
            raise ValueError(
                "timestamp_tolerance_seconds and absence_proof_minutes must be 0 or more"
            )
        if not 0 < self.heartbeat_seconds < IDLE_LIMIT_SECONDS:
            raise ValueError(
                f"heartbeat_seconds must be below {IDLE_LIMIT_SECONDS:g}: "
                "the venue closes a socket that is idle for so long"
            )
        if self.cancel_on_disconnect and self.order_entry == "rest":
            raise ValueError(
                'cancel_on_disconnect needs order_entry = "websocket": REST has no connection'
            )
        self.check_proof("a timestamp")

    @property
    def orders_waiting_max(self) -> int:
        """The maximum number of orders in progress; the core refuses one more."""
        return self.in_flight_limit if self.leaves_at_once else self.queue_limit

    @property
    def signed_seconds(self) -> float:
        """The same for a frame, which carries no timestamp, but whose socket is given up."""
        return self.timestamp_tolerance_seconds
