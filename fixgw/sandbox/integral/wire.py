"""The venue's data on the wire: payload types by the vendor's field names, and refusals.

Numbers leave as JSON numbers written from Decimal in plain notation; they never pass through a
float and never carry an exponent. That is why number fields are Raw: the text is made here.
"""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from fixgw.sandbox.exact import plain

encode = msgspec.json.Encoder().encode


class Refusal(Exception):
    """A request that is turned away: HTTP status, reason code if there is one, text."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


def invalid(code: str, message: str) -> Refusal:
    """Return a `RequestValidationError` of the vendor's table."""
    return Refusal(400, message, f"RequestValidationError.{code}")


def number(value: Decimal) -> Raw:
    """Return a JSON number with all digits of *value* and no exponent."""
    return Raw(plain(value).encode())


def optional_number(value: Decimal | None) -> Raw | UnsetType:
    """Return a JSON number, or nothing."""
    return UNSET if value is None else number(value)


def stamp(at: int) -> str:
    """`2023-06-02 18:31:01,301 +0000`, from Unix milliseconds."""
    moment = datetime.fromtimestamp(at // 1000, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S},{at % 1000:03d} +0000"


class OrderView(Struct, rename="camel", frozen=True, kw_only=True):
    """The order object: the vendor's sample of the reply to "Place order"."""

    co_id: str
    type: str
    time_in_force: str | UnsetType = UNSET
    side: str
    currency: str
    symbol: str
    size: Raw
    org: str
    price: Raw | UnsetType = UNSET
    account: str | UnsetType = UNSET
    expiry_time: int | UnsetType = UNSET
    stop_price: Raw | UnsetType = UNSET
    exec_flags: tuple[str, ...] | UnsetType = UNSET
    target_strategy: str | UnsetType = UNSET
    rate_id: str | UnsetType = UNSET
    value_date: str | UnsetType = UNSET
    price_type: str | UnsetType = UNSET
    original_co_id: str | UnsetType = UNSET
    order_id: str
    user_full_name: str
    action: str | UnsetType = UNSET
    status: str
    # ASSUMPTION: where a rejected order says why.
    reason: str | UnsetType = UNSET


class TradeView(Struct, rename="camel", frozen=True, kw_only=True):
    """One trade: the vendor's sample of a done trade; from settledAmount on ASSUMPTION."""

    order_id: str
    trade_id: str
    trade_type: str = "Spot"
    trade_date: str
    value_date: str
    maker: bool
    side: str
    status: str
    symbol: str
    currency: str
    customer_account: str
    customer_org: str
    user: str
    counterparty: str = "SandboxBank"
    counterparty_long_name: str = "The Sandbox Bank"
    counterparty_account: str = "SandboxBankLE"
    co_id: str
    channel: str = "API/REST/ESP"
    execution_time: str
    dealt_amount: Raw
    settled_amount: Raw
    rate: Raw
    spot_rate: Raw


class RateView(Struct, rename="camel", frozen=True, kw_only=True):
    """A spot rate: the vendor's sample. ASSUMPTION: a side that has nobody is left out."""

    symbol: str
    bid: Raw | UnsetType = UNSET
    offer: Raw | UnsetType = UNSET
    bid_limit: Raw | UnsetType = UNSET
    offer_limit: Raw | UnsetType = UNSET
    time: int
    rate_id: str


class LoginView(Struct, rename="camel", frozen=True, kw_only=True):
    """The reply to a login and to a renewal."""

    status: str = "OK"
    error_code: str | None = None
    response_tuples: str | None = None
    expiry_time: int
    server_utc_time: int = msgspec.field(name="serverUTCTime")


class ErrorView(Struct, rename="camel", frozen=True, kw_only=True, omit_defaults=True):
    """ "4xx and 5xx status codes may return a JSON response body with the `message` parameter".

    ASSUMPTION: a reason code stands beside it, as `reason`.
    """

    message: str
    reason: str = ""


def failure(refusal: Refusal) -> bytes:
    """Return the body of a refusal."""
    return encode(ErrorView(message=refusal.message, reason=refusal.code))
