"""Integral's payloads as types. Only the keys we read are named; others are ignored.

Numbers are Decimal, decoded from their digits. Forms that the vendor's pages leave open (an object
or a list of one, an id as a number) are accepted both ways. Rows are read one by one: a fault in
one does not affect another.
"""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from msgspec import Raw, Struct

from fixgw.venues.kit import border
from fixgw.venues.kit.payloads import (
    RowReader, Rows, Unreadable, payload_reader, read_list, read_object,
)


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
        """The venue's own name for the order; "" where it sent none, or an unusable one."""
        name = str(self.order_id)
        return name if border.is_name(name) else ""


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
    """The body that a 4xx or a 5xx may have."""

    message: str | None = None


class Listed(Rows[OrderRow]):
    """The orders of an answer: those that can be read, and those that cannot."""

    def of(self, co_id: str) -> Sequence[OrderRow]:
        """The rows of the order with our name *co_id*; Unreadable if that is damaged."""
        rows = [row for row in self.rows if row.co_id == co_id]
        for each in self.damaged if not rows else ():
            if each.name == co_id:
                raise Unreadable(each.text)
        return rows


Trades = Rows[TradeRow]

ORDER = RowReader(OrderRow, decides=("co_id", "status"), name="co_id")
TRADE = RowReader(
    TradeRow,
    decides=(
        "trade_id", "co_id", "status", "side", "symbol", "currency", "dealt_amount",
        "rate", "price", "spot_rate",
    ),
    name="co_id",
)
LOGIN = RowReader(LoginBody, decides=("status", "expiry_time", "server_utc_time"))

read_error = payload_reader(ErrorBody)


def rows_of(body: bytes) -> list[Raw]:
    """The rows of a list, unread; or the one object that stands for a list of it."""
    if body.lstrip().startswith(b"["):
        return read_list(body)
    read_object(body)
    return [Raw(body)]
