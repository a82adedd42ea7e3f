"""What we say to Integral: a command of the core as a REST call.

Pure. A command that cannot be said raises OrderRefused: it never left.
Numbers are JSON numbers written from their digits, as in the vendor's samples.
"""

from typing import Literal
from urllib.parse import quote

import msgspec
from msgspec import Raw, Struct

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import OrdRejReason, OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.model.number import text
from fixgw.venues.integral.symbols import currencies

encode = msgspec.json.Encoder().encode

SIDE = {Side.BUY: "Buy", Side.SELL: "Sell"}

EXPIRY_SECONDS_MAX = 86_399
"""expiryTime: "In seconds. Max value is one day (86399 seconds)" (vendor, Query order)."""

Trigger = Literal["BidTrigger", "OfferTrigger", "MidTrigger"]


class Call(Struct, frozen=True):
    """One REST call before it is signed."""

    method: str
    path: str
    """With the query, escaped."""
    body: bytes = b""


class Terms(Struct, frozen=True, kw_only=True):
    """What the venue takes of an order beyond what `VenueOrder` carries today."""

    limit_fok: bool = False
    currency: str = ""
    """Currency(15): the dealt currency; "" is the base."""
    org: str = ""
    account: str = ""
    """On behalf of: OnBehalfOfCompID(115) and Account(1)."""
    expiry_seconds: int | None = None
    """Seconds until ExpireTime(126): timeInForce GTT."""
    stop_price: Raw | None = None
    """StopPx(99), as a JSON number."""
    trigger: Trigger | None = None
    target_strategy: str = ""
    """TargetStrategy(847), such as TWAP."""
    rate_id: str = ""
    """QuoteID(117) of a rate that the venue quoted: type PQ."""
    value_date: str = ""
    """SettlDate(64) as YYYY-MM-DD: type AtBest."""
    price_type: str = ""
    min_qty: Raw | None = None
    original_co_id: str = ""
    """The order to be replaced: coId of OrigClOrdID(41)."""


NO_TERMS = Terms()


def place_order(order: VenueOrder, terms: Terms = NO_TERMS) -> Call:
    """Place order."""
    body = {
        "coId": order.venue_order_id,
        **_kind(order, terms),
        "side": _side(order),
        "symbol": order.symbol,
        "currency": _currency(order, terms),
        "size": _size(order),
        **_optional(terms),
    }
    return Call("POST", "/v2/orders", encode(body))


def cancel_order(server_id: str) -> Call:
    """Cancel individual order; *server_id* is the venue's orderId."""
    return Call("DELETE", f"/v2/orders/{_escape(server_id)}")


def cancel_all() -> Call:
    """Cancel all orders: best effort, "multiple times until all … are cancelled"."""
    return Call("DELETE", "/v2/orders")


def query_order(server_id: str) -> Call:
    """Query order (server ID)."""
    return Call("GET", f"/v2/orders/{_escape(server_id)}")


def query_co_id(co_id: str, parameter: str) -> Call:
    """Query order (client ID)."""
    return Call("GET", f"/v2/orders?{parameter}={_escape(co_id)}")


def active_orders() -> Call:
    """Query all active orders."""
    return Call("GET", "/v2/orders")


def trades(server_id: str, parameter: str) -> Call:
    """Query all trades on an order by ID."""
    return Call("GET", f"/v2/trades?{parameter}={_escape(server_id)}")


def trade(trade_id: str) -> Call:
    """Query trade by trade ID."""
    return Call("GET", f"/v2/trades/{_escape(trade_id)}")


def positions(value_date: str = "") -> Call:
    """Positions, or those of one value date."""
    return Call("GET", f"/v2/positions/{_escape(value_date)}" if value_date else "/v2/positions")


def login(user: str, password: str, org: str) -> Call:
    """Login and get token. Its body holds the password: never to be logged."""
    return Call("POST", "/v2/sso/login", encode({"user": user, "pass": password, "org": org}))


RENEW = Call("GET", "/v2/sso/token/renew")


def _kind(order: VenueOrder, terms: Terms) -> dict[str, object]:
    """type, timeInForce and the prices that go with them: the vendor's table of order types."""
    if order.post_only:
        raise _unsupported("post only")
    match order.ord_type:
        case OrdType.LIMIT if terms.target_strategy:
            return {
                "type": "Algo",
                "timeInForce": _one_of(order, {TimeInForce.GOOD_TILL_CANCEL: "GTC"}),
                "targetStrategy": terms.target_strategy,
                "price": _price(order),
            }
        case OrdType.LIMIT:
            return {**_limit_time(order, terms), "price": _price(order)}
        case OrdType.MARKET if terms.value_date:
            never = {TimeInForce.FILL_OR_KILL: "FOK"}
            more = {"priceType": terms.price_type} if terms.price_type else {}
            return {
                "type": "AtBest",
                "timeInForce": _one_of(order, never),
                **more,
                "valueDate": terms.value_date,
            }
        case OrdType.MARKET:
            # A market order for the day is over at once: IOC is what it means.
            at_once = {TimeInForce.IMMEDIATE_OR_CANCEL: "IOC", TimeInForce.DAY: "IOC"}
            return {
                "type": "Market",
                "timeInForce": _one_of(order, at_once),
                "price": _price(order),
            }
        case OrdType.STOP | OrdType.STOP_LIMIT:
            return _stop(order, terms)
        case OrdType.PREVIOUSLY_QUOTED if terms.rate_id:
            return {
                "type": "PQ",
                "timeInForce": _one_of(order, {TimeInForce.FILL_OR_KILL: "FOK"}),
                "price": _price(order),
                "rateId": terms.rate_id,
            }
    raise _unsupported(f"OrdType(40)={order.ord_type}")


def _limit_time(order: VenueOrder, terms: Terms) -> dict[str, object]:
    if order.time_in_force is TimeInForce.GOOD_TILL_DATE:
        seconds = terms.expiry_seconds
        if seconds is None or not 0 < seconds <= EXPIRY_SECONDS_MAX:
            raise _unsupported(
                f"TimeInForce(59)=6 that ends in {seconds} s; 1 to {EXPIRY_SECONDS_MAX} are"
            )
        return {"type": "Limit", "timeInForce": "GTT", "expiryTime": seconds}
    known = {
        TimeInForce.GOOD_TILL_CANCEL: "GTC",
        TimeInForce.IMMEDIATE_OR_CANCEL: "IOC",
    }
    if terms.limit_fok:
        known[TimeInForce.FILL_OR_KILL] = "FOK"
    return {"type": "Limit", "timeInForce": _one_of(order, known)}


def _stop(order: VenueOrder, terms: Terms) -> dict[str, object]:
    """Stop; the vendor's table asks for a price as well, and names no timeInForce."""
    if order.ord_type is not OrdType.STOP_LIMIT:
        # FIX's Stop becomes a market order; Integral's has a price.
        raise _unsupported("OrdType(40)=3 (stop without a price); send 4")
    if terms.stop_price is None or terms.trigger is None:
        raise _unsupported("a stop order without StopPx(99) or the side that triggers it")
    return {
        "type": "Stop",
        "price": _price(order),
        "stopPrice": terms.stop_price,
        "execFlags": [terms.trigger],
    }


def _optional(terms: Terms) -> dict[str, object]:
    named = {
        "org": terms.org,
        "account": terms.account,
        "minQty": terms.min_qty,
        "originalCoId": terms.original_co_id,
    }
    return {name: value for name, value in named.items() if value}


def _one_of(order: VenueOrder, known: dict[TimeInForce, str]) -> str:
    found = known.get(order.time_in_force)
    if found is None:
        raise _unsupported(
            f"TimeInForce(59)={order.time_in_force} with OrdType(40)={order.ord_type}"
        )
    return found


def _side(order: VenueOrder) -> str:
    side = SIDE.get(order.side)
    if side is None:
        raise _unsupported(f"Side(54)={order.side}")
    return side


def _currency(order: VenueOrder, terms: Terms) -> str:
    base, term = currencies(order.symbol)
    if terms.currency and terms.currency not in (base, term):
        raise _unsupported(f"Currency(15)={terms.currency} for {order.symbol}")
    return terms.currency or base


def _size(order: VenueOrder) -> Raw:
    if order.order_qty is None:
        raise _unsupported("an order without OrderQty(38)")
    return Raw(text(order.order_qty).encode())


def _price(order: VenueOrder) -> Raw:
    if order.price is None:
        raise _unsupported(
            f"OrdType(40)={order.ord_type} without Price(44), the worst price it may trade at"
        )
    return Raw(text(order.price).encode())


def _escape(name: str) -> str:
    return quote(name, safe="")


def _unsupported(what: str) -> OrderRefused:
    return OrderRefused(
        OrdRejReason.UNSUPPORTED_CHARACTERISTIC, f"Integral does not take {what}"
    )
