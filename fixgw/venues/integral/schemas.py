"""Integral's payloads as types. Only what we read is named; other keys are ignored.

Numbers are Decimal, decoded from their digits. What the vendor's pages leave
open (an object or a list of one, an id as a number) is taken both ways.
"""

from decimal import Decimal

import msgspec
from msgspec import Struct


class OrderRow(Struct, rename="camel", frozen=True, kw_only=True):
    """The order object: "Query order", and the reply to "Place order"."""

    co_id: str = ""
    order_id: str | int = ""
    status: str = ""
    symbol: str = ""
    side: str = ""
    size: Decimal | None = None

    @property
    def server_id(self) -> str:
        """The venue's own name for the order."""
        return str(self.order_id)


class TradeRow(Struct, rename="camel", frozen=True, kw_only=True):
    """A trade, as the vendor's sample of a done trade has it."""

    trade_id: str
    order_id: str | int = ""
    co_id: str = ""
    trade_type: str = ""
    status: str = ""
    side: str = ""
    symbol: str = ""
    currency: str = ""
    counterparty: str = ""
    value_date: str = ""
    trade_date: str = ""
    maker: bool | None = None
    execution_time: str = ""
    dealt_amount: Decimal | None = None
    rate: Decimal | None = None
    price: Decimal | None = None
    spot_rate: Decimal | None = None


class LoginBody(Struct, rename="camel", frozen=True, kw_only=True):
    """The reply to "Login and get token" and "Renew token"; times are Unix milliseconds."""

    status: str = ""
    error_code: str | int | None = None
    expiry_time: int | None = None
    server_utc_time: int | None = msgspec.field(default=None, name="serverUTCTime")


class ErrorBody(Struct, frozen=True):
    """What a 4xx or a 5xx may hold."""

    message: str | None = None


decode_orders = msgspec.json.Decoder(list[OrderRow] | OrderRow, strict=False).decode
decode_trades = msgspec.json.Decoder(list[TradeRow] | TradeRow, strict=False).decode
decode_login = msgspec.json.Decoder(LoginBody, strict=False).decode
decode_error = msgspec.json.Decoder(ErrorBody, strict=False).decode
