"""Requests to asmlink: a command of the core as a REST call.

Pure. A command that the API cannot express raises OrderRefused: it never left. A number is written
with the digits it came with. Only /order/route and /webhook/register are documented; the paths for
cancel and status come from the settings.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec
from msgspec import Raw, Struct

from fixgw.model.effects import VenueOrder
from fixgw.model.enums import OrdType, Side, TimeInForce
from fixgw.model.number import text
from fixgw.venues.asmlink import ids
from fixgw.venues.asmlink.config import BEST_TIER, TIERS, Instrument, Tier
from fixgw.venues.kit.wording import Wording

ROUTE_PATH = "/order/route"
REGISTER_PATH = "/webhook/register"

_words = Wording("asmlink", {Side.BUY: "BUY", Side.SELL: "SELL"})
"""SELL is an ASSUMPTION: the document's only sample is a BUY."""

_unsupported = _words.unsupported

TIME_IN_FORCE = {
    TimeInForce.DAY: "DAY",
    TimeInForce.GOOD_TILL_CANCEL: "GTC",
    TimeInForce.IMMEDIATE_OR_CANCEL: "IOC",
    TimeInForce.FILL_OR_KILL: "FOK",
}
"""ASSUMPTION, with `extended_order_types`."""

PRICED = {OrdType.LIMIT: ("LIMIT", "limit_price"), OrdType.STOP: ("STOP", "stop_price")}
"""order_type and its field of a price; ASSUMPTION, with `extended_order_types`."""

TIER_FIELD = "RoutingTier(20100) or ExDestination(100)"

encode = msgspec.json.Encoder().encode


class Call(Struct, frozen=True):
    """One REST call before the key is added."""

    method: str
    path: str
    body: bytes = b""


def tier(order: VenueOrder, instrument: Instrument | None, default: Tier) -> Tier:
    """The routing_tier of *order*: where it falls back to, named by it, else by its size.

    "Tier 3 — Last-look providers, used for large block orders only."
    """
    if order.route:
        return _tier_called(order.route)
    block = instrument.block_qty if instrument is not None else None
    is_block = block is not None and order.order_qty is not None and order.order_qty >= block
    named = _named_tier(order)
    if named is None:
        return "TIER_3" if is_block else default
    if named == "TIER_3" and block is not None and not is_block:
        raise _unsupported(f"TIER_3 for less than {text(block)} of {order.symbol}")
    return named


def _named_tier(order: VenueOrder) -> Tier | None:
    """By ExDestination(100), which RoutingTier(20100) means too, or SecurityExchange(207)."""
    by_exchange = None if order.exchange == BEST_TIER else _tier_called(order.exchange)
    sent = order.terms.ex_destination
    if sent in ("", BEST_TIER, order.venue):
        return by_exchange
    by_terms = _tier_called(sent)
    if by_exchange not in (None, by_terms):
        raise _unsupported(f"{TIER_FIELD} {sent!r} with SecurityExchange(207) {order.exchange!r}")
    return by_terms


def _tier_called(name: str) -> Tier:
    for each in TIERS:
        if each == name:
            return each
    raise _unsupported(f"{TIER_FIELD} {name!r}; allowed: {', '.join(TIERS)}")


def route(order: VenueOrder, routing_tier: Tier, now_ms: int, *, extended: bool) -> Call:
    """POST /order/route."""
    side = _words.side(order)
    if order.order_qty is None:
        raise _unsupported("an order without OrderQty(38)")
    if order.post_only:
        raise _unsupported("post only")
    fields: dict[str, object] = {
        "order_id": ids.name_of(order),
        "symbol": order.symbol,
        "side": side,
        "quantity": Raw(text(order.order_qty).encode()),
        **_terms(order, extended),
        "routing_tier": routing_tier,
        "account_id": order.account,
        "timestamp_utc": timestamp(now_ms),
    }
    return Call("POST", ROUTE_PATH, encode(fields))


def _terms(order: VenueOrder, extended: bool) -> dict[str, object]:
    """order_type, and what goes with it."""
    if order.ord_type is OrdType.MARKET:
        if order.time_in_force is TimeInForce.DAY:
            # As documented: a market order is over at once, so it needs no time in force.
            return {"order_type": "MARKET"}
        if not extended:
            raise _unsupported(f"TimeInForce(59)={order.time_in_force}")
        return {"order_type": "MARKET", "time_in_force": _time_in_force(order)}
    kind = PRICED.get(order.ord_type)
    if kind is None or not extended:
        raise _unsupported(f"OrdType(40)={order.ord_type}")
    order_type, field = kind
    price = order.price if order.ord_type is OrdType.LIMIT else order.terms.stop_px
    if price is None:
        raise _unsupported(f"a {order_type} order without its price")
    return {
        "order_type": order_type,
        field: Raw(text(price).encode()),
        "time_in_force": _time_in_force(order),
    }


def _time_in_force(order: VenueOrder) -> str:
    name = TIME_IN_FORCE.get(order.time_in_force)
    if name is None:
        raise _unsupported(f"TimeInForce(59)={order.time_in_force}")
    return name


def cancel(order: VenueOrder, path: str) -> Call:
    """ASSUMPTION: *path* of the settings takes the two names of an order."""
    fields = {"order_id": ids.name_of(order), "account_id": order.account}
    return Call("POST", path, encode(fields))


def status(order: VenueOrder, path: str) -> Call:
    """ASSUMPTION: *path* of the settings, with the order's name in it, shows the order."""
    filled_in = path.replace("{order_id}", quote(ids.name_of(order), safe=""))
    return Call("GET", filled_in.replace("{account_id}", quote(order.account, safe="")))


def register(url: str, events: Sequence[str], secret: str, account: str) -> Call:
    """POST /webhook/register. Its body holds the secret: never logged, never recorded."""
    fields = {"url": url, "events": list(events), "secret": secret, "account_id": account}
    return Call("POST", REGISTER_PATH, encode(fields))


def timestamp(now_ms: int) -> str:
    """*now_ms* (Unix milliseconds) as `2024-08-15T09:31:04.882Z`."""
    moment = datetime.fromtimestamp(now_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{now_ms % 1000:03d}Z"
