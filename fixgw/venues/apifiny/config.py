"""Settings of one Apifiny Connect venue: the table `[venues.NAME]` of gateway.toml.

Holds values and the rules between them, never a default that hides a guess: behavior the vendor
does not document is an assumption with its own switch, set to the safe side. docs/venues/apifiny.md
lists them with their reasons.
"""

import re
from functools import cache
from typing import Literal

from msgspec import Struct

from fixgw.runtime.secrets import Secret
from fixgw.venues.kit.config import SocketConfig

ACCOUNT = re.compile(r"[A-Z]+-(?:[A-Z0-9]+_)?([0-9]{1,48})")
"""accountId, such as STA-00000001; its digits open every orderId, which has at most 64."""

EXCHANGE = re.compile(r"[A-Z0-9]+")

CO_LOCATED = {
    "BINANCE": "apibn.apifiny.com",
    "BINANCEUS": "apibnu.apifiny.com",
    "COINBASEPRO": "apicb.apifiny.com",
    "HUOBI": "apihb.apifiny.com",
    "KUCOIN": "apikc.apifiny.com",
    "OKEX": "apiok.apifiny.com",
}
"""Exchanges with a host of their own (manual, "Base URLs"); only these take MARKET orders."""

SHARED_HOST = "api.apifiny.com"
"""The host of every other exchange; its paths name the exchange (manual, "Other Venues")."""

SOCKET_LIFE_SECONDS = 60.0
"""The time for which a frame, which carries no expiry, may still arrive after its socket was given
up."""

LIST_MULTIPLE_MAX = 500
"""orderIdList: "the total number of order ID cannot exceed 500" (manual); 100, the default of
`query_batch`, keeps the URL below 4 KiB."""


@cache
def account_digits(account: str) -> str:
    """Return the account number inside an accountId, which begins every orderId: 00000001 of
    STA-00000001.

    The manual requires "account number+random number+13 digit timestamp+3 digit random number", up
    to 64 digits. OrderID(37) is those last 16; the random number is left out, as in the manual's
    own samples.
    """
    match = ACCOUNT.fullmatch(account)
    assert match, f"{account!r} passed the settings"
    return match[1]


class Account(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credentials of one accountId; the table's name is the accountId and Account(1)."""

    key_id: str
    """API_Key_ID, from the vendor's "API Management" page."""

    secret: Secret
    """API_Secret_Key."""


class Exchange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One exchange that may be traded; an empty table means the vendor's production hosts."""

    rest_url: str = ""
    """Up to and without `/order/newOrder`. Default: the manual's "Base URLs"."""

    stream_url: str = ""
    """Order updates, signed in the handshake. Default: the manual's "User Data Stream"."""

    orders_url: str = ""
    """The socket with a log-in frame (2022). Default: `wss://HOST/ws/stream`."""

    market_orders: bool | None = None
    """It takes MARKET orders. Default: as the manual says (the co-located six do)."""


class ApifinyConfig(SocketConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole table."""

    accounts: dict[str, Account]
    """accountId -> credentials."""

    exchanges: dict[str, Exchange]
    """The vendor's "venue" -> where it is; SecurityExchange(207) names one."""

    order_entry: Literal["rest", "websocket"] = "rest"
    """The way of orders and cancels. "websocket" is the vendor's 2022 addition."""

    authentication: Literal["jwt", "hmac"] = "jwt"
    """REST signatures: the manual's JWT, or the apiKey and HMAC headers of 2022."""

    signature_ttl_seconds: int = 5
    """For how long a signature is good once its request leaves: `exp`, or `recvWindow`."""

    requests_per_second: int = 20
    """Requests an account may make in any second (manual, "Rate Limits"); 0 means no limit."""

    rest_workers: int = 8
    """Requests of one account that may wait for their answers at a time; connections as well."""

    idle_seconds: float = 75.0
    """A stream this silent is dead: two of the server's 30 s heartbeats and some patience."""

    clock_seconds: float = 60.0
    """The time between two comparisons of the venue's clock with ours."""

    clock_warning_seconds: float = 1.0
    """A difference of clocks that is logged as a warning."""

    websocket_errors_in_order: bool = False
    """ASSUMPTION. A socket's replies come in the order of its commands.

    An error reply names no order. Unless this is true it ends the one command
    that is left by elimination, or stays unexplained and then ends the socket.
    """

    commission_rates: bool = False
    """getCommissionRate is read once for each account, exchange and symbol traded.

    For information only. Not where orders leave by socket without a rate limit.
    """

    def __post_init__(self) -> None:
        for account in self.accounts:
            if not ACCOUNT.fullmatch(account):
                raise ValueError(f"account {account!r} is not of the form STA-00000001")
        for exchange in self.exchanges:
            if not EXCHANGE.fullmatch(exchange):
                raise ValueError(f"exchange {exchange!r}: write it as Apifiny does, e.g. BINANCE")
        if not self.accounts or not self.exchanges:
            raise ValueError("at least one account and one exchange are needed")
        if not 0 < self.query_batch <= LIST_MULTIPLE_MAX:
            raise ValueError(f"query_batch must be 1 to {LIST_MULTIPLE_MAX}")
        if self.signature_ttl_seconds < 2:
            # `exp` has whole seconds, rounded down: 1 would leave some requests no time at all.
            raise ValueError("signature_ttl_seconds must be 2 or more")
        self.check_proof("a signature")

    @property
    def signed_seconds(self) -> float:
        """`exp`, or `recvWindow`."""
        return self.signature_ttl_seconds

    @property
    def absence_proof(self) -> float:
        """`absence_proof_seconds`, or its default."""
        if self.absence_proof_seconds is None and self.order_entry == "websocket":
            return SOCKET_LIFE_SECONDS
        return super().absence_proof

    @property
    def uses_login_socket(self) -> bool:
        """True if updates come by the socket of 2022 rather than by the signed stream.

        That socket takes orders, and only it accepts the newer signatures.
        """
        return self.order_entry == "websocket" or self.authentication == "hmac"


def endpoints(exchange: str, given: Exchange) -> Exchange:
    """The addresses of *exchange*: what was *given*, else the manual's."""
    host = CO_LOCATED.get(exchange)
    rest = f"https://{host}/ac/v2" if host else f"https://{SHARED_HOST}/ac/v2/{exchange}"
    path = "/ac/ws/v2/order" if host else f"/ac/ws/v2/{exchange}/order"
    market_orders = host is not None if given.market_orders is None else given.market_orders
    return Exchange(
        rest_url=(given.rest_url or rest).rstrip("/"),
        stream_url=given.stream_url or f"wss://{host or SHARED_HOST}{path}",
        orders_url=given.orders_url or f"wss://{host or SHARED_HOST}/ws/stream",
        market_orders=market_orders,
    )
