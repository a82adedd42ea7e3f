"""Requests to Integral, as REST calls: orders, cancels, queries, logins. Pure.

An order is the body of "Place order", by the vendor's table of order types, row by row. One without
a row in the table raises OrderRefused: it never left. No part of an order is left out, and nothing
is added to make it fit.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Literal
from urllib.parse import quote

import msgspec
from msgspec import Raw, Struct

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import OrdRejReason, OrdType, Side, TimeInForce
from fixgw.model.errors import OrderRefused
from fixgw.model.number import text
from fixgw.model.terms import FIELDS, PLAIN
from fixgw.venues.integral.config import Customer, IntegralConfig
from fixgw.venues.integral.symbols import currencies
from fixgw.venues.kit.wording import Wording

encode = msgspec.json.Encoder().encode

SIDE = {Side.BUY: "Buy", Side.SELL: "Sell"}
_words = Wording("Integral", SIDE)
_unsupported = _words.unsupported

EXPIRY_SECONDS_MAX = 86_399
"""expiryTime: "In seconds. Max value is one day (86399 seconds)" (vendor, Query order)."""

STRATEGIES = {"1000": "TWAP"}
"""TargetStrategy(847) -> targetStrategy. The dictionary names 1000; the vendor's other five are
not known."""

TRIGGERS = {"9": "BidTrigger", "0": "OfferTrigger", "M": "MidTrigger"}
"""ExecInst(18) -> execFlags. FIX calls the three the bid side, the offer side and the mid price;
that they trigger a stop is what this gateway makes of them."""

Trigger = Literal["", "BidTrigger", "OfferTrigger", "MidTrigger"]

_ANYWHERE = frozenset({"currency", "on_behalf_of", "ex_destination"})
"""Terms of any order. Its destination is this venue, or the core had not sent it here."""

Fields = dict[str, object]


class Call(Struct, frozen=True):
    """One REST call before it is signed."""

    method: str
    path: str
    """With the query, escaped."""
    body: bytes = b""
    about: str = ""
    """The order's name in the log: the coId or the venue's orderId."""


def cancel_order(server_id: str) -> Call:
    """Cancel individual order; *server_id* is the venue's orderId."""
    return Call("DELETE", f"/v2/orders/{_escape(server_id)}", about=server_id)


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


def login(user: str, password: str, org: str) -> Call:
    """Login and get token. Its body holds the password: never to be logged."""
    return Call("POST", "/v2/sso/login", encode({"user": user, "pass": password, "org": org}))


RENEW = Call("GET", "/v2/sso/token/renew")


# ----------------------------------------------------------------------------------- orders


class Rules(Struct, frozen=True, kw_only=True):
    """One account's settings for its orders."""

    limit_fok: bool = False
    stop_limit: bool = False
    stop_trigger: Trigger = ""
    algo_price: bool = False
    customer: Customer | None = None
    """The customer of all its orders."""
    on_behalf_of: Mapping[str, Customer] = {}
    """OnBehalfOfCompID(115) -> whom an order is for; without any 115 means nothing."""
    price_types: Mapping[str, str] = {}
    """Symbol -> priceType of its at-best orders."""


def rules(config: IntegralConfig, account: str) -> Rules:
    """The rules of *account*."""
    given = config.accounts[account]
    return Rules(
        limit_fok=config.limit_fok,
        stop_limit=config.stop_limit,
        stop_trigger=config.stop_trigger,
        algo_price=config.algo_price,
        customer=given.customer,
        on_behalf_of=given.on_behalf_of,
        price_types={
            name: pair.price_type for name, pair in config.instruments.items() if pair.price_type
        },
    )


def place_order(order: VenueOrder, rules: Rules, now_ms: int, original_co_id: str = "") -> Call:
    """Place order. *now_ms*: Unix milliseconds at which it leaves. *original_co_id*: coId of "the
    order to be cancelled or replaced by this request"."""
    if order.post_only:
        raise _unsupported("post only")
    kind = _KINDS.get(order.ord_type)
    if kind is None:
        raise _unsupported(f"OrdType(40)={order.ord_type}")
    body = {
        "coId": order.venue_order_id,
        **kind(order, rules, now_ms),
        "side": _words.side(order),
        "symbol": order.symbol,
        "currency": dealt_currency(order),
        "size": _size(order),
        **_customer(order, rules),
    }
    if original_co_id:
        body["originalCoId"] = original_co_id
    return Call("POST", "/v2/orders", encode(body), about=order.venue_order_id)


def dealt_currency(order: VenueOrder) -> str:
    """Currency(15), in which the order's quantities count; the base currency if it names none."""
    base, term = currencies(order.symbol)
    if order.terms.currency and order.terms.currency not in (base, term):
        raise _unsupported(f"Currency(15)={order.terms.currency} for {order.symbol}")
    return order.terms.currency or base


# ---------------------------------------------------------------- the table of order types


def _limit(order: VenueOrder, rules: Rules, now_ms: int) -> Fields:
    if order.terms.target_strategy:
        return _algo(order, rules, now_ms)
    price = {"price": _price(order)}
    if order.time_in_force is TimeInForce.GOOD_TILL_DATE:
        _says_only(order, "expire_time")
        seconds = _seconds_left(order, now_ms)
        return {"type": "Limit", "timeInForce": "GTT", "expiryTime": seconds, **price}
    _says_only(order)
    known = {TimeInForce.GOOD_TILL_CANCEL: "GTC", TimeInForce.IMMEDIATE_OR_CANCEL: "IOC"}
    if rules.limit_fok:
        known[TimeInForce.FILL_OR_KILL] = "FOK"
    return {"type": "Limit", "timeInForce": _words.time_in_force(order, known), **price}


def _market(order: VenueOrder, rules: Rules, now_ms: int) -> Fields:
    """Return a market order's fields: three of the vendor's types, chosen by TimeInForce(59)."""
    if order.time_in_force is TimeInForce.FILL_OR_KILL:
        return _at_best(order, rules)
    if order.time_in_force is TimeInForce.GOOD_TILL_CANCEL:
        return _algo(order, rules, now_ms)
    _says_only(order)
    # A market order for the day is over at once: IOC is what it means.
    at_once = {TimeInForce.IMMEDIATE_OR_CANCEL: "IOC", TimeInForce.DAY: "IOC"}
    time_in_force = _words.time_in_force(order, at_once)
    return {"type": "Market", "timeInForce": time_in_force, "price": _price(order)}


def _at_best(order: VenueOrder, rules: Rules) -> Fields:
    """At best: FOK and valueDate, and no price."""
    _says_only(order, "settl_date")
    date = order.terms.settl_date
    if not date:
        raise _unsupported("OrdType(40)=1 with TimeInForce(59)=4 (at best) without SettlDate(64)")
    if order.price is not None:
        raise _unsupported("Price(44) with OrdType(40)=1 and TimeInForce(59)=4 (at best)")
    price_type = rules.price_types.get(order.symbol)
    return {
        "type": "AtBest",
        "timeInForce": "FOK",
        **({"priceType": price_type} if price_type else {}),
        "valueDate": f"{date[:4]}-{date[4:6]}-{date[6:]}",
    }


def _algo(order: VenueOrder, rules: Rules, now_ms: int) -> Fields:
    """Algo (TWAP): GTC and targetStrategy; the table has no price and no parameters."""
    _says_only(order, "target_strategy")
    sent = order.terms.target_strategy
    strategy = STRATEGIES.get(sent)
    if strategy is None:
        wanted = ", ".join(f"{value} ({name})" for value, name in STRATEGIES.items())
        what = f"TargetStrategy(847)={sent}" if sent else (
            f"OrdType(40)={order.ord_type} with TimeInForce(59)=1 without TargetStrategy(847)"
        )
        raise _unsupported(f"{what}; {wanted} is")
    if order.price is not None and not rules.algo_price:
        raise _unsupported("Price(44) with TargetStrategy(847); send OrdType(40)=1")
    return {
        "type": "Algo",
        "timeInForce": _words.time_in_force(order, {TimeInForce.GOOD_TILL_CANCEL: "GTC"}),
        "targetStrategy": strategy,
        **({"price": _price(order)} if order.price is not None else {}),
    }


def _stop(order: VenueOrder, rules: Rules, now_ms: int) -> Fields:
    """Stop: price, stopPrice and execFlags. The table names no timeInForce."""
    _says_only(order, "stop_px", "exec_inst")
    _words.time_in_force(order, {TimeInForce.GOOD_TILL_CANCEL: ""})
    if order.terms.stop_px is None:
        raise _unsupported("a stop order without StopPx(99)")
    return {
        "type": "Stop",
        "price": _price(order),
        "stopPrice": _number(order.terms.stop_px),
        "execFlags": [_trigger(order, rules)],
    }


def _stop_limit(order: VenueOrder, rules: Rules, now_ms: int) -> Fields:
    """The vendor names the type, and no row of the table is about it."""
    if not rules.stop_limit:
        raise _unsupported("OrdType(40)=4")
    return {**_stop(order, rules, now_ms), "type": "StopLimit"}


def _quoted(order: VenueOrder, rules: Rules, now_ms: int) -> Fields:
    """Previously quoted: FOK, price, rateId."""
    _says_only(order, "quote_id")
    if not order.terms.quote_id:
        raise _unsupported("OrdType(40)=D without QuoteID(117)")
    return {
        "type": "PQ",
        "timeInForce": _words.time_in_force(order, {TimeInForce.FILL_OR_KILL: "FOK"}),
        "price": _price(order),
        "rateId": order.terms.quote_id,
    }


_KINDS: dict[OrdType, Callable[[VenueOrder, Rules, int], Fields]] = {
    OrdType.LIMIT: _limit,
    OrdType.MARKET: _market,
    OrdType.STOP: _stop,
    OrdType.STOP_LIMIT: _stop_limit,
    OrdType.PREVIOUSLY_QUOTED: _quoted,
}


# --------------------------------------------------------------------------------- pieces


def _says_only(order: VenueOrder, *names: str) -> None:
    """Refuse an order with any other instruction: leaving it out would change the order's meaning.
    """
    if order.terms is PLAIN:
        return
    for name, field in FIELDS.items():
        if name not in names and name not in _ANYWHERE:
            if getattr(order.terms, name) not in (None, ""):
                raise _unsupported(
                    f"{field} with OrdType(40)={order.ord_type} and "
                    f"TimeInForce(59)={order.time_in_force}"
                )


def _seconds_left(order: VenueOrder, now_ms: int) -> int:
    """expiryTime. Whole seconds, rounded down: the venue counts from when it has the order."""
    if order.terms.expire_time is None:
        raise _unsupported("TimeInForce(59)=6 without ExpireTime(126)")
    seconds = (order.terms.expire_time - now_ms) // 1000
    if not 0 < seconds <= EXPIRY_SECONDS_MAX:
        raise _unsupported(
            f"an order that ends {seconds} s from now; 1 to {EXPIRY_SECONDS_MAX} s are"
        )
    return seconds


def _trigger(order: VenueOrder, rules: Rules) -> str:
    sent = order.terms.exec_inst
    found = TRIGGERS.get(sent) if sent else rules.stop_trigger
    if not found:
        wanted = ", ".join(f"{value} ({name})" for value, name in TRIGGERS.items())
        raise _unsupported(f"a stop order with ExecInst(18)={sent or 'nothing'}; {wanted} are")
    return found


def _customer(order: VenueOrder, rules: Rules) -> Fields:
    """Return the fields of the customer of *order*: org and account."""
    customer, named = rules.customer, order.terms.on_behalf_of
    if rules.on_behalf_of and named:
        customer = rules.on_behalf_of.get(named)
        if customer is None:
            raise OrderRefused(
                OrdRejReason.UNKNOWN_ACCOUNT,
                f"OnBehalfOfCompID(115) {named!r} is not allowed for Account(1) {order.account}",
            )
    if customer is None:
        return {}
    return {"org": customer.org, **({"account": customer.account} if customer.account else {})}


def _size(order: VenueOrder) -> Raw:
    if order.order_qty is None:
        raise _unsupported("an order without OrderQty(38)")
    return _number(order.order_qty)


def _price(order: VenueOrder) -> Raw:
    if order.price is None:
        raise _unsupported(
            f"OrdType(40)={order.ord_type} without Price(44), the worst price it may trade at"
        )
    return _number(order.price)


def _number(value: Decimal) -> Raw:
    """A JSON number with all digits of *value*."""
    return Raw(text(value).encode())


def _escape(name: str) -> str:
    return quote(name, safe="")
