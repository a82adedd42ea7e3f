"""Clients' parameters, by the manual's field names; decoding one is its whole syntax check.

Fields that are not named here are ignored, as `timestamp` and `recvWindow` must be by most calls.
Whether a value makes sense is not decided here but in checks.py.
"""

from decimal import Decimal
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

T = TypeVar("T")

Small = Annotated[int, Meta(ge=0, le=99)]
SmallText = Annotated[str, Meta(max_length=2)]


class Unreadable(ValueError):
    """The text is not JSON, or not what was asked for; says where."""


def read(text: bytes | str, kind: type[T], strict: bool = False) -> T:
    """*text* as a *kind*. Lax by default, because a query has its numbers as text."""
    try:
        return msgspec.json.decode(text, type=kind, strict=strict)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from None


class Params(Struct, rename="camel", frozen=True, kw_only=True):
    """The parameters of nearly every call. Absence is refused later, with the manual's codes."""

    account_id: str | None = None
    venue: str | None = None


class OrderInfo(Struct, rename="camel", frozen=True, kw_only=True):
    """`orderInfo` of newOrder. Numbers are strings by the manual; JSON numbers do as well."""

    symbol: str
    order_type: str
    order_side: str
    # The vendor's C++ sample sends "1", the manual 1. Market samples leave it out.
    time_in_force: Small | SmallText | None = None
    limit_price: Decimal | None = None
    quantity: Decimal | None = None
    total: Decimal | None = None


class NewOrder(Params, frozen=True, kw_only=True):
    """order/newOrder."""

    order_id: str | None = None
    order_info: OrderInfo


class OrderRef(Params, frozen=True, kw_only=True):
    """order/cancelOrder and order/queryOrderInfo."""

    order_id: str


class CancelAll(Params, frozen=True, kw_only=True):
    """order/cancelAccountVenueAllOrder."""

    symbol: str | None = None


class OrderIds(Params, frozen=True, kw_only=True):
    """order/listMultipleOrderInfo: ids joined by commas."""

    order_id_list: str


class Window(Params, frozen=True, kw_only=True):
    """order/listCompletedOrder and order/listFilledOrder."""

    start_time: int | None = None
    end_time: int | None = None
    limit: int = 500
    order_status: str | None = None
    symbol: str | None = None
    order_id: str | None = None


class SymbolRef(Params, frozen=True, kw_only=True):
    """getCommissionRate."""

    symbol: str


class OrderIdOnly(Struct, rename="camel", frozen=True):
    """Just enough of a newOrder to count it."""

    order_id: str | None = None


class Stamp(Struct, rename="camel", frozen=True):
    """The parameters that the 2022 signature scheme adds."""

    timestamp: int | None = None
    recv_window: int | None = None
