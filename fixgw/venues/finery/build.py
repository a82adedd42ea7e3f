"""Requests to Finery: a command of the core as a method with its content.

Pure. A command that the API cannot express raises OrderRefused: it never left. The content is put
together as text, which is several times faster than encoding a tree, so every part of it has a
known alphabet: whole numbers, and names by `safe`. A call is the same over REST and over the
socket.
"""

from decimal import Decimal

from msgspec import Struct

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import OrdRejReason, OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.model.number import text
from fixgw.venues.finery.config import DEALS_PAGE_MAX
from fixgw.venues.finery.units import to_units
from fixgw.venues.kit.wording import Wording

_words = Wording("Finery", {Side.BUY: "bid", Side.SELL: "ask"})
safe = _words.safe
_unsupported = _words.unsupported

LIMIT_TYPE = {
    TimeInForce.GOOD_TILL_CANCEL: "limit",
    TimeInForce.IMMEDIATE_OR_CANCEL: "limitIOC",
    TimeInForce.FILL_OR_KILL: "limitFOK",
}
MARKET_TYPE = {
    # Absent means DAY; an order that takes what is there is over at once either way.
    TimeInForce.DAY: "marketIOC",
    TimeInForce.IMMEDIATE_OR_CANCEL: "marketIOC",
    TimeInForce.FILL_OR_KILL: "marketFOK",
}
TYPES = {OrdType.LIMIT: LIMIT_TYPE, OrdType.MARKET: MARKET_TYPE}
POST_ONLY = "postOnly"


class Call(Struct, frozen=True):
    """One method and its content, a JSON object; not signed yet."""

    method: str
    content: bytes


def add(order: VenueOrder, *, cod: bool = False) -> Call:
    """`add`. *cod*: the venue cancels it when the socket it came by is lost."""
    side = _words.side(order)
    kind = _type(order)
    size = _size(order)
    price = f'"price":{_price(order)},' if order.ord_type is OrdType.LIMIT else ""
    return Call(
        "add",
        (
            f'{{"instrument":"{safe(order.symbol)}","clientOrderId":{order.venue_order_id},'
            f'{price}{size},"side":"{side}","type":"{kind}",'
            f'"cod":{"true" if cod else "false"}}}'
        ).encode(),
    )


def delete(order: VenueOrder) -> Call:
    """`del`, by our own name for the order."""
    return Call("del", b'{"clientOrderId":%d}' % int(order.venue_order_id))


def delete_all(instrument: str = "") -> Call:
    """`delAll`: every open order, or those of one instrument."""
    content = f'{{"instrument":"{safe(instrument)}"}}' if instrument else "{}"
    return Call("delAll", content.encode())


def modify(order: VenueOrder, replacement: VenueOrder) -> Call:
    """`mod`: *replacement* takes the place of the open *order*, with its own price, size and name.

    The size counts from the beginning of *order*: the venue takes off what was executed of it.
    "It is not possible to replace an order by clientOrderId": the venue's own number is needed.
    """
    if replacement.order_qty is None or replacement.ord_type is not OrdType.LIMIT:
        raise _unsupported("a replacement without Price(44) or OrderQty(38)")
    if not (order.native_id.isascii() and order.native_id.isdecimal()):
        raise OrderRefused(OrdRejReason.OTHER, "the venue's own number for the order is not known")
    return Call(
        "mod",
        (
            f'{{"orderId":{order.native_id},"clientOrderId":{replacement.venue_order_id},'
            f'"price":{_price(replacement)},{_size(replacement)}}}'
        ).encode(),
    )


def deal_history(
    since_ms: int, instrument: str = "", till: int | None = None, limit: int = DEALS_PAGE_MAX
) -> Call:
    """`dealHistory`: the newest *limit* deals since then; of a later page, those up to *till*."""
    parts = [f'"from":{since_ms}', f'"limit":{limit}']
    if instrument:
        parts.insert(0, f'"instrument":"{safe(instrument)}"')
    if till is not None:
        parts.append(f'"till":{till}')
    return Call("dealHistory", f"{{{','.join(parts)}}}".encode())


POSITIONS = Call("positions", b"{}")
INSTRUMENTS = Call("instruments", b"{}")
LIMITS = Call("limits", b"{}")

BIND_ORDERS = b'{"event":"bind","feed":"O"}'
UNBIND_ORDERS = b'{"event":"unbind","feed":"O"}'
"""Without a feedId: all instruments."""


def frame(call: Call, req_id: int) -> bytes:
    """*call* on the socket, which is signed as a whole: no nonce, no timestamp."""
    return b'{"event":"request","reqId":%d,"method":"%s","content":%s}' % (
        req_id,
        call.method.encode(),
        call.content,
    )


def _type(order: VenueOrder) -> str:
    table = TYPES.get(order.ord_type)
    if table is None:
        raise _unsupported(f"OrdType(40)={order.ord_type}")
    kind = _words.time_in_force(order, table)
    if not order.post_only:
        return kind
    if kind != "limit":
        raise _unsupported(f"post only with TimeInForce(59)={order.time_in_force}")
    return POST_ONLY


def _size(order: VenueOrder) -> str:
    """Return the size of the order: a quantity, or a volume, which only taker orders may have."""
    if (order.order_qty is None) == (order.cash_order_qty is None):
        raise _unsupported("an order that has not one of OrderQty(38) and CashOrderQty(152)")
    if order.order_qty is not None:
        return f'"size":{_units(order.order_qty, "OrderQty(38)")}'
    assert order.cash_order_qty is not None
    if order.time_in_force is TimeInForce.GOOD_TILL_CANCEL:
        # "Orders by volume not supported for makers" (82).
        raise _unsupported("CashOrderQty(152) of an order that rests")
    return f'"volume":{_units(order.cash_order_qty, "CashOrderQty(152)")}'


def _price(order: VenueOrder) -> int:
    if order.price is None:
        raise _unsupported("a LIMIT order without Price(44)")
    return _units(order.price, "Price(44)")


def _units(number: Decimal, field: str) -> int:
    units = to_units(number)
    if units is None:
        raise OrderRefused(
            OrdRejReason.INCORRECT_QUANTITY if "Qty" in field else OrdRejReason.OTHER,
            f"{field} {text(number)} is no whole number of 0.00000001 from 1 to 2^63-1",
        )
    return units
