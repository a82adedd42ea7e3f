"""Settings of one Integral venue: the table `[venues.NAME]` of gateway.toml.

Holds values and the rules between them, never a default that hides a guess: behavior the vendor
does not document is an assumption with its own switch, set to the safe side.
docs/venues/integral.md lists them with their reasons.
"""

import re
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from fixgw.runtime.secrets import Secret
from fixgw.venues.kit.config import VenueConfig

SYMBOL = re.compile(r"[A-Z0-9]{2,10}/[A-Z0-9]{2,10}", re.ASCII)
"""`EUR/USD`: "Base and term currency separated by a slash" (vendor, Query order)."""

NAME = re.compile(r"[A-Za-z0-9@._-]{1,64}", re.ASCII)
"""Accounts, users, organisations: what needs no escape anywhere it is written."""

CO_ID_PREFIX = re.compile(r"[A-Za-z0-9]{0,16}", re.ASCII)

HMAC_HEADERS = frozenset({"date", "digest", "request-line", "content-type", "type"})
"""Of what a signature can be made here; all of it is known before the request leaves."""


class Customer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The customer on whose behalf an order is placed."""

    org: str
    """The organisation: `org` of an order."""

    account: str = ""
    """Its account (legal entity): `account` of an order."""


class Account(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One API user of Integral; the table's name is Account(1)."""

    user: str
    """The user id: `user` of the login, or the userId of a signature (`user2@XCN1139`)."""

    org: str
    """The organisation: `org` of the login. Not sent with signatures."""

    secret: Secret
    """The password of the login; with authentication = "hmac" the secret of the signatures."""

    customer_org: str = ""
    """Orders are placed on behalf of this organisation: `org` of an order."""

    customer_account: str = ""
    """… and of its account (legal entity): `account` of an order."""

    on_behalf_of: dict[str, Customer] = {}
    """OnBehalfOfCompID(115) of an order -> whom it is on behalf of, in the place of the two above.

    Without a single one nobody's 115 means anything. With one or more, an
    order whose 115 is not among them is refused.
    """

    @property
    def customer(self) -> Customer | None:
        """The customer of its orders, unless an order names another."""
        if not self.customer_org:
            return None
        return Customer(org=self.customer_org, account=self.customer_account)


class Pair(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One currency pair; the table's name is its symbol. Integral's API lists none."""

    tick: Decimal | None = None
    """Prices are multiples of it."""

    step: Decimal | None = None
    """Quantities, in the base currency, are multiples of it."""

    min_qty: Decimal | None = None
    max_qty: Decimal | None = None
    min_px: Decimal | None = None
    max_px: Decimal | None = None
    min_notional: Decimal | None = None
    """The least amount of the term currency: of orders in that, and of price times quantity."""
    max_notional: Decimal | None = None
    price_type: str = ""
    """`priceType` of at-best orders, such as NDF; "" sends none."""
    enabled: bool = True


class IntegralConfig(VenueConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole table, beside what every venue has."""

    url: str
    """The host that Integral's account team named, such as https://uat.fxinside.net."""

    accounts: dict[str, Account]
    """Account(1) -> credentials."""

    instruments: dict[str, Pair]
    """Symbol, such as EUR/USD -> its limits."""

    exchange: str = "INTEGRAL"
    """The name of this venue in SecurityExchange(207)."""

    authentication: Literal["token", "hmac"] = "token"
    """Log in for a token, or sign each request."""

    hmac_headers: tuple[str, ...] = ("date", "request-line", "digest")
    """The parts that a signature covers, in this order; the digest stands for the body."""

    hmac_user_parameter: Literal["userId", "username"] = "userId"
    """ASSUMPTION. The name in Authorization: the vendor's sample against its grammar."""

    co_id_prefix: str = ""
    """Opens every coId; different for gateways that trade as one user."""

    co_id_parameter: str = "coId"
    """ASSUMPTION. The name of the query parameter that asks for one coId."""

    trades_parameter: str = "orderId"
    """ASSUMPTION. The name of the query parameter that asks for one order's trades."""

    absence: Literal["proven", "always", "never"] = "proven"
    """The condition under which "no such order" is believed.

    "proven": once this process has seen that a query by coId finds an order
    that has ended, so that `co_id_parameter` is known not to be ignored.
    """

    absence_proof_seconds: float = 60.0
    """ASSUMPTION. The time after which a submit whose outcome is unknown can no longer arrive."""

    http_400_refuses: bool = False
    """ASSUMPTION. A 400 with neither reason code nor `message` proves a refusal."""

    limit_fok: bool = False
    """ASSUMPTION. A Limit order takes timeInForce=FOK, which the vendor's table lacks."""

    stop_limit: bool = False
    """ASSUMPTION. Type StopLimit takes what type Stop does; the vendor's table lacks it."""

    stop_trigger: Literal["", "BidTrigger", "OfferTrigger", "MidTrigger"] = ""
    """The trigger of a stop order without ExecInst(18); "" refuses it."""

    algo_price: bool = False
    """ASSUMPTION. An Algo order takes price, its worst; the vendor's table lacks it."""

    replace_by_original_co_id: bool = False
    """ASSUMPTION. An order with `originalCoId` takes the place of that order in one step.

    And whether its `size` counts what that one has executed by then, so that
    both together never execute more. Ask the vendor before this is set.
    """

    cancel_all_from: Annotated[int, Meta(ge=0)] = 0
    """ASSUMPTION. So many cancels that wait at once leave as one "Cancel all orders".

    Only where nothing else is active. It assumes that nobody places orders as
    the same user elsewhere, as those would be cancelled too. 0: never.
    """

    new_means_unfilled: bool = False
    """ASSUMPTION. An order filled in parts has another status than NEW.

    Then the trades of an order that is NEW are not asked for, which halves
    the requests of resting orders.
    """

    trade_statuses: tuple[str, ...] = ("Verified",)
    """Trades with one of these count as executions; the vendor documents no others."""

    trade_cancelled_statuses: tuple[str, ...] = ("Cancelled", "Canceled")
    """ASSUMPTION. Trades with one of these were taken back ("Cancel trades"); no page names one."""

    hold_on_500: bool = True
    """HTTP 500 holds all new orders: "Stop trading immediately" (vendor).

    Until `fixgw venues resume`.
    """

    requests_per_second: int = 10
    """ASSUMPTION. Requests a user may make in any second; 0 means no limit."""

    poll_min_seconds: float = 0.25
    """After a command, or when something has happened, an order is asked about this soon."""

    poll_max_seconds: float = 5.0
    """The longest pause between two looks at a working order; each quiet look doubles it."""

    settle_seconds: float = 60.0
    """For how long an order that has ended is asked for trades that were booked late.

    Each quiet look doubles the pause before the next one.
    """

    corrections_hours: Annotated[float, Meta(ge=0)] = 24.0
    """For how long after its end an order with executions is asked for trades that were amended
    or cancelled. 0: not at all."""

    corrections_per_minute: Annotated[int, Meta(ge=1)] = 60
    """Questions about orders that have ended, of each account. A look takes two, goes behind all
    other work, and comes to each of these orders by turns."""

    corrections_seconds: Annotated[float, Meta(gt=0)] = 60.0
    """The shortest pause between two looks at an order that has ended."""

    resync_seconds: float = 60.0
    """Every so often the active orders are listed, also while nothing of ours works."""

    renew_fraction: float = 0.5
    """A token is renewed when this much of its life is over."""

    login_backoff_min_seconds: float = 0.5
    """Wait before the first repeated login or list; doubles with each failure, jittered."""

    login_backoff_max_seconds: float = 30.0
    """The longest wait between two attempts."""

    def __post_init__(self) -> None:
        self._check_names()
        if not self.accounts or not self.instruments:
            raise ValueError("at least one account and one instrument are needed")
        unsigned = set(self.hmac_headers) - HMAC_HEADERS
        if unsigned or "date" not in self.hmac_headers:
            allowed = ", ".join(sorted(HMAC_HEADERS))
            raise ValueError(f"hmac_headers must name date, and may name only {allowed}")
        if not 0 < self.renew_fraction < 1:
            raise ValueError("renew_fraction must be between 0 and 1")
        if not 0 < self.poll_min_seconds <= self.poll_max_seconds:
            raise ValueError("needs 0 < poll_min_seconds <= poll_max_seconds")
        if not 0 < self.login_backoff_min_seconds <= self.login_backoff_max_seconds:
            raise ValueError("needs 0 < login_backoff_min_seconds <= login_backoff_max_seconds")
        if self.absence_proof_seconds < self.request_timeout_seconds:
            raise ValueError("absence_proof_seconds must be request_timeout_seconds or more")
        both = {each.casefold() for each in self.trade_statuses} & {
            each.casefold() for each in self.trade_cancelled_statuses
        }
        if both:
            raise ValueError(f"{min(both)!r} is in trade_statuses and in trade_cancelled_statuses")

    def _check_names(self) -> None:
        if not self.url.startswith(("https://", "http://")):
            raise ValueError(f"url {self.url!r}: begin it with https://")
        for name, account in self.accounts.items():
            for text in (name, account.user, account.org):
                if not NAME.fullmatch(text):
                    raise ValueError(f"account {name}: {text!r} has characters that no name has")
            customers = [account.customer_org, account.customer_account]
            for company, customer in account.on_behalf_of.items():
                if not customer.org:
                    raise ValueError(f"account {name}: on_behalf_of {company!r} names no org")
                customers += [customer.org, customer.account]
            for text in customers:
                if text and not NAME.fullmatch(text):
                    raise ValueError(f"account {name}: {text!r} has characters that no name has")
        for symbol, pair in self.instruments.items():
            if not SYMBOL.fullmatch(symbol):
                raise ValueError(f"instrument {symbol!r}: write it as Integral does, e.g. EUR/USD")
            if pair.price_type and not NAME.fullmatch(pair.price_type):
                raise ValueError(
                    f"instrument {symbol}: {pair.price_type!r} has characters that no name has"
                )
        if not CO_ID_PREFIX.fullmatch(self.co_id_prefix):
            raise ValueError("co_id_prefix: at most 16 letters and digits")
        for key in ("exchange", "co_id_parameter", "trades_parameter"):
            if not NAME.fullmatch(getattr(self, key)):
                raise ValueError(f"{key} {getattr(self, key)!r} has characters that no name has")
