"""Settings of one asmlink venue: the table `[venues.NAME]` of gateway.toml.

Holds values and the rules between them. The vendor's document is short: anything it leaves open is
an assumption with a switch of its own, off or set to the safe side. docs/venues/asmlink.md lists
them with their reasons.
"""

import re
from decimal import Decimal
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from msgspec import Struct

from fixgw.runtime.secrets import Secret
from fixgw.venues.kit.config import StreamConfig

Environment = Literal["sandbox", "production"]
Tier = Literal["TIER_1", "TIER_2", "TIER_3"]
FillQuantity = Literal["unproven", "fill", "order"]
EventType = Literal[
    "order.filled",
    "order.rejected",
    "order.cancelled",
    "margin.call",
    "margin.liquidation",
    "system.alert",
]

REST_URLS: dict[Environment, str] = {
    "sandbox": "https://api-sandbox.asmlink.com/v2",
    "production": "https://api.asmlink.com/v2",
}
"""Document, "Environments"."""

PRODUCTION_STREAM = "wss://stream.asmlink.com/v2/executions"
"""Document, "WebSocket Stream". It names none for the sandbox."""

KEY_PREFIXES: dict[Environment, str] = {"sandbox": "cm_test_", "production": "cm_live_"}
"""Document, "Authentication"."""

BEST_TIER: Literal["ASMLINK"] = "ASMLINK"
"""The SecurityExchange(207) that leaves the tier to the settings."""

TIERS: tuple[Tier, ...] = ("TIER_1", "TIER_2", "TIER_3")

EVENTS: tuple[EventType, ...] = (
    "order.filled",
    "order.rejected",
    "order.cancelled",
    "margin.call",
    "margin.liquidation",
    "system.alert",
)
"""Document, "Event Types"."""

OF_ORDERS: frozenset[EventType] = frozenset(
    {"order.filled", "order.rejected", "order.cancelled"}
)

NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)
PREFIX = re.compile(r"[A-Za-z0-9._-]{1,32}", re.ASCII)


class Instrument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One symbol. The vendor documents no list of them, so it stands here."""

    symbol: str
    """As asmlink writes it: EURUSD."""
    base: str
    quote: str
    tick: Decimal | None = None
    step: Decimal | None = None
    min_qty: Decimal | None = None
    max_qty: Decimal | None = None
    block_qty: Decimal | None = None
    """From this quantity on an order that leaves the tier to us goes to TIER_3."""

    def __post_init__(self) -> None:
        for name in ("symbol", "base", "quote"):
            if not NAME.fullmatch(getattr(self, name)):
                raise ValueError(f"{name}: letters, digits and ._:- only, such as EURUSD")
        for name in ("tick", "step", "min_qty", "max_qty", "block_qty"):
            value = getattr(self, name)
            if value is not None and not (value.is_finite() and value > 0):
                raise ValueError(f"{name} must be above 0, or left out")


class Webhooks(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The events that the vendor sends by webhook, and the listener that receives them."""

    url: str
    """As the vendor sees it: what is registered."""
    secret: Secret
    """Signs each delivery; ours to choose, and told to the vendor when registering."""
    port: int
    host: str = "127.0.0.1"
    """The address to listen on; "::" is every address of this machine."""
    path: str = "/hooks/cm"
    """The one path that is answered."""
    certificate: Path | None = None
    """PEM; with `key`, the listener speaks TLS itself. Else something before it must."""
    key: Path | None = None
    events: tuple[EventType, ...] = EVENTS
    register: Literal["once", "always", "never"] = "once"
    """ASSUMPTION. "always" registers anew at each start what was registered before.

    What the vendor makes of a URL that it has already is not documented; it
    might deliver everything twice.
    """

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        if not self.path.startswith("/"):
            raise ValueError("path must begin with /")
        if not self.events:
            raise ValueError("events must name at least one")

    @property
    def tell_of_orders(self) -> bool:
        """True if they cover every event that an order can have."""
        return OF_ORDERS <= frozenset(self.events)


class AsmlinkConfig(StreamConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole table."""

    environment: Environment
    """One of the vendor's two environments; the key's prefix and the address must belong to it."""

    api_key: Secret
    """X-CM-API-Key: cm_test_… or cm_live_…"""

    accounts: tuple[str, ...]
    """account_id of each account the key may trade for; Account(1) names one."""

    instruments: tuple[Instrument, ...]

    record: Path
    """A file of the adapter's own: what the venue told of each order. From the sessions directory.

    The venue cannot be asked, so what it told once must outlive the process.
    """

    rest_url: str = ""
    """Up to and without `/order/route`. Default: the document's, by environment."""

    stream_url: str = ""
    """The execution stream. Default: the document's in production, none in the sandbox."""

    exchanges: tuple[Literal["ASMLINK", "TIER_1", "TIER_2", "TIER_3"], ...] = (BEST_TIER,)
    """SecurityExchange(207): ASMLINK leaves the tier to us, TIER_1 to TIER_3 name it."""

    default_tier: Tier = "TIER_1"
    """The routing_tier of an order for ASMLINK below block size."""

    fallback_tier: Literal["", "TIER_2"] = ""
    """The tier for an order that TIER_1 has rejected with nothing executed; "": none.

    "Tier 2 — Secondary aggregated pool, fallback on Tier 1 reject". It is another order there.
    """

    fallback_seconds: float = 5.0
    """An order that is older than this does not fall back: its client has done without it."""

    order_id_prefix: str = "FIXGW-"
    """The beginning of our order_id. Two gateways on one key must not share it."""

    order_record_days: int = 30
    """The time for which the record keeps an order after the last news of it."""

    routes_per_second: int = 1_000
    """Orders in any second (document, "Rate Limits"), for all accounts; 0 means no limit."""

    registrations_per_hour: int = 100
    """/v2/webhook/register (document, "Rate Limits")."""

    rest_workers: int = 16

    retry_after_max_seconds: float = 60.0
    """The longest that a 429 with Retry-After holds everything back."""

    idle_seconds: float = 0.0
    """ASSUMPTION. A stream this silent is dead; 0 means never: no heartbeat is documented."""

    ping_seconds: float = 15.0
    """ASSUMPTION. A stream this silent is asked for a sign of life by a WebSocket ping, which RFC
    6455 has every server answer; after as long again without a byte it is dead. 0: never."""

    extended_order_types: bool = False
    """ASSUMPTION. LIMIT with `limit_price`, STOP with `stop_price`, and `time_in_force` GTC, IOC,
    FOK, DAY.

    Only MARKET is documented.
    """

    cancel_path: str = ""
    """ASSUMPTION. The path of a cancel, a POST of `order_id` and `account_id`; "": none."""

    status_path: str = ""
    """ASSUMPTION. The path of a GET of an order, as `/order/{order_id}`; "": there is none.

    The answer is taken to be that of `/order/route`, its fill_quantity all that was executed.
    """

    status_404_is_absent: bool = False
    """ASSUMPTION. 404 of `status_path` says that the venue never had the order."""

    absence_proof_seconds: float = 60.0
    """The time after which a submit whose outcome is unknown can no longer arrive."""

    client_errors_refuse: bool = False
    """ASSUMPTION. 400, 403, 404, 405, 413, 415, 422 prove that nothing was routed.

    The document knows no errors but 429; 401 is proof by RFC 9110.
    """

    fill_quantity_counts: FillQuantity = "unproven"
    """ASSUMPTION. The meaning of an event's `fill_quantity`: "fill", that fill; "order", all fills
    of the order up to it.

    The document's only sample fits both. "unproven": each order has to prove it, and what
    could be either is held until it does, with an alert.
    """

    same_fill_seconds: float = 5.0
    """ASSUMPTION. The most an event's time differs from that of the reply about the same fill."""

    webhooks: Webhooks | None = None
    """Without the table there are none."""

    def __post_init__(self) -> None:
        self._check_environment()
        if not self.accounts or not self.instruments or not self.exchanges:
            raise ValueError("at least one account, one instrument and one exchange are needed")
        for account in self.accounts:
            if not NAME.fullmatch(account):
                raise ValueError("accounts: letters, digits and ._:- only, such as CORP-ENT-0042")
        if not PREFIX.fullmatch(self.order_id_prefix):
            raise ValueError("order_id_prefix: 1 to 32 letters, digits and ._-")
        if len({one.symbol for one in self.instruments}) != len(self.instruments):
            raise ValueError("instruments: a symbol stands there twice")
        if self.status_path and "{order_id}" not in self.status_path:
            raise ValueError("status_path needs {order_id} in it")
        hooks = self.webhooks
        if not self.executions_url and (hooks is None or not hooks.tell_of_orders):
            raise ValueError(
                "fills could not be heard of: the document names no stream of the sandbox, "
                "so set stream_url, or webhooks with order.filled, order.rejected, order.cancelled"
            )

    def _check_environment(self) -> None:
        """A key of one environment never goes to the other."""
        if not self.api_key.reveal().startswith(KEY_PREFIXES[self.environment]):
            raise ValueError(
                f"api_key is not of the {self.environment} environment: "
                f"its keys begin with {KEY_PREFIXES[self.environment]}"
            )
        other: Environment = "production" if self.environment == "sandbox" else "sandbox"
        hosts = {urlsplit(url).hostname for url in (REST_URLS[other],)}
        if other == "production":
            hosts.add(urlsplit(PRODUCTION_STREAM).hostname)
        for name in ("rest_url", "stream_url"):
            parts = urlsplit(getattr(self, name))
            if parts.hostname is not None and parts.hostname in hosts:
                raise ValueError(f"{name} is of the {other} environment")
            if self.environment == "production" and parts.scheme in ("http", "ws"):
                raise ValueError(f"{name} must be encrypted in production")

    @property
    def base_url(self) -> str:
        """`rest_url`, or its default."""
        return (self.rest_url or REST_URLS[self.environment]).rstrip("/")

    @property
    def executions_url(self) -> str:
        """`stream_url`, or its default; "" where there is none."""
        return self.stream_url or (PRODUCTION_STREAM if self.environment == "production" else "")
