"""Requests to Apifiny: a command of the core as a REST call, or as a frame of its socket.

Pure. A command that the API cannot express raises OrderRefused: it never left. Frames are put
together as text, which is several times faster than encoding a tree, so every part of one has a
known alphabet: numbers by `model.number`, ids by `ids`, names by `safe`.
"""

from collections.abc import Sequence

from msgspec import Raw, Struct

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import OrdType, Side, TimeInForce
from fixgw.model.number import text
from fixgw.venues.kit.wording import Wording

TIME_IN_FORCE = {
    TimeInForce.GOOD_TILL_CANCEL: 1,
    TimeInForce.IMMEDIATE_OR_CANCEL: 3,
}
"""Manual, "Time In Force". 2, GTD, is "temporarily not supported"."""

POST_ONLY = 7
"""A timeInForce as well; such an order stays until it is cancelled."""

_words = Wording("Apifiny", {Side.BUY: "BUY", Side.SELL: "SELL"})
safe = _words.safe
_unsupported = _words.unsupported

FILLS_SINCE_MS = 3_600_000
"""The time before its OrderID(37) from which an order's fills are looked for: clocks differ."""

FILLS_LIMIT = 1000
"""Rows of listFilledOrder: "Default 500; max 1000"."""


class Call(Struct, frozen=True):
    """One REST call before it is signed; parameters in sending order."""

    method: str
    path: str
    params: dict[str, object]


def check(order: VenueOrder, *, market_orders: bool) -> None:
    """Raise OrderRefused if the API cannot express *order*, or its exchange does not take it."""
    if order.ord_type is OrdType.MARKET and not market_orders:
        raise _unsupported(f"MARKET orders at {order.exchange}")
    order_info(order)


def new_order(order: VenueOrder) -> Call:
    """order/newOrder."""
    params = {**_one_order(order), "orderInfo": Raw(order_info(order).encode())}
    return Call("POST", "/order/newOrder", params)


def cancel_order(order: VenueOrder) -> Call:
    """order/cancelOrder."""
    return Call("POST", "/order/cancelOrder", _one_order(order))


def query_order(order: VenueOrder) -> Call:
    """order/queryOrderInfo."""
    return Call("GET", "/order/queryOrderInfo", _one_order(order))


def query_orders(orders: Sequence[VenueOrder]) -> Call:
    """order/listMultipleOrderInfo; *orders* are of one account and one exchange."""
    ids = ",".join(order.venue_order_id for order in orders)
    params: dict[str, object] = {"accountId": safe(orders[0].account), "orderIdList": ids}
    return Call("GET", "/order/listMultipleOrderInfo", params)


def list_fills(order: VenueOrder) -> Call:
    """order/listFilledOrder for one order.

    Without startTime it would "start from the last day"; with it, it reaches
    three months further, longer than any order of ours is looked after.
    """
    params = {
        **_one_order(order),
        "limit": FILLS_LIMIT,
        "startTime": order.placed_at - FILLS_SINCE_MS,
    }
    return Call("GET", "/order/listFilledOrder", params)


def list_open(account: str, exchange: str) -> Call:
    """order/listOpenOrder."""
    return Call("GET", "/order/listOpenOrder", {"accountId": account, "venue": exchange})


def commission_rate(account: str, exchange: str, symbol: str) -> Call:
    """getCommissionRate, where the manual has it (the vendor's SDK has it under /asset)."""
    params: dict[str, object] = {"accountId": account, "venue": exchange, "symbol": symbol}
    return Call("GET", "/order/getCommissionRate", params)


LIST_VENUES = Call("GET", "/utils/listVenueInfo", {})
LIST_SYMBOLS = Call("GET", "/utils/listSymbolInfo", {})
SERVER_TIME = Call("GET", "/utils/currentTimeMillis", {})


def new_order_frame(order: VenueOrder) -> bytes:
    """Return the frame `newOrder` of the 2022 socket, with the same content as `new_order`."""
    return (
        f'{{"action":"newOrder","data":{{"accountId":"{safe(order.account)}",'
        f'"venue":"{safe(order.exchange)}","orderId":"{order.venue_order_id}",'
        f'"orderInfo":{order_info(order)}}}}}'
    ).encode()


def cancel_order_frame(order: VenueOrder) -> bytes:
    """The frame `cancelOrder` of the 2022 socket."""
    return (
        f'{{"action":"cancelOrder","data":{{"accountId":"{safe(order.account)}",'
        f'"venue":"{safe(order.exchange)}","orderId":"{order.venue_order_id}"}}}}'
    ).encode()


def _one_order(order: VenueOrder) -> dict[str, object]:
    return {
        "accountId": safe(order.account),
        "venue": safe(order.exchange),
        "orderId": order.venue_order_id,
    }


def order_info(order: VenueOrder) -> str:
    """The `orderInfo` of newOrder, as JSON. Numbers are strings in it, by the manual."""
    time_in_force = _time_in_force(order)
    head = f'{{"symbol":"{safe(order.symbol)}","orderType":"'
    tail = f'","timeInForce":{time_in_force},"orderSide":"{_words.side(order)}",'
    if order.ord_type is OrdType.LIMIT:
        if order.price is None or order.order_qty is None:
            raise _unsupported("a LIMIT order without Price(44) or OrderQty(38)")
        price, quantity = text(order.price), text(order.order_qty)
        return f'{head}LIMIT{tail}"limitPrice":"{price}","quantity":"{quantity}"}}'
    if order.ord_type is not OrdType.MARKET:
        raise _unsupported(f"OrdType(40)={order.ord_type}")
    return f"{head}MARKET{tail}{_market_size(order)}}}"


def _time_in_force(order: VenueOrder) -> int:
    time_in_force = TIME_IN_FORCE.get(order.time_in_force)
    if order.ord_type is OrdType.MARKET and order.time_in_force is TimeInForce.DAY:
        # What a client means that leaves TimeInForce(59) out: it never rests.
        return TIME_IN_FORCE[TimeInForce.IMMEDIATE_OR_CANCEL]
    if time_in_force is None:
        raise _unsupported(f"TimeInForce(59)={order.time_in_force}")
    if not order.post_only:
        return time_in_force
    if order.time_in_force is not TimeInForce.GOOD_TILL_CANCEL:
        raise _unsupported(f"post only with TimeInForce(59)={order.time_in_force}")
    return POST_ONLY


def _market_size(order: VenueOrder) -> str:
    """Return the size of a MARKET order: the amount a BUY spends, or the quantity a SELL sells."""
    if order.side is Side.BUY:
        if order.cash_order_qty is None:
            raise _unsupported("a MARKET BUY without CashOrderQty(152)")
        return f'"total":"{text(order.cash_order_qty)}"'
    if order.order_qty is None:
        raise _unsupported("a MARKET SELL without OrderQty(38)")
    return f'"quantity":"{text(order.order_qty)}"'
