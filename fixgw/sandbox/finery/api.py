"""The vendor's methods: a signed request in, the bytes of its result out. Sans-IO.

The same table serves REST and the socket. A refusal is raised; how it travels is the caller's.
"""

from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from fixgw.sandbox.faults import ListFault
from fixgw.sandbox.finery.auth import Keys
from fixgw.sandbox.finery.codes import Code, Refusal
from fixgw.sandbox.finery.config import KeySettings
from fixgw.sandbox.finery.exchange import Exchange
from fixgw.sandbox.finery.orders import Order
from fixgw.sandbox.finery.params import (
    Add,
    Book,
    DealHistory,
    Del,
    DelAll,
    Mod,
    Nothing,
    read,
)
from fixgw.sandbox.matching import Side

WINDOW_MS = 1_000

encode = msgspec.json.Encoder().encode


class Caller(Struct, frozen=True):
    """The caller, the time, and the socket (0: by REST)."""

    key: KeySettings
    now: int
    socket: int = 0

    @property
    def client_id(self) -> int:
        """The customer."""
        return self.key.client_id


class Method(Struct, frozen=True):
    """One method of the API."""

    params: type[Any]
    answer: Callable[[Exchange, Caller, Any], object]
    trades: bool = False


def _add(exchange: Exchange, caller: Caller, request: Add) -> object:
    socket = caller.socket if request.cod else 0
    order = exchange.add(caller.client_id, request, caller.now, socket)
    reply: dict[str, object] = {"id": order.order_id}
    reply["remainingVolume" if order.by_volume else "remainingSize"] = order.left
    if order.client_order_id:
        reply["clientOrderId"] = order.client_order_id
    if order.reason:
        reply["cancelReason"] = int(order.reason)
    return {**reply, "deals": _deals(order)}


def _deals(order: Order) -> list[dict[str, int]]:
    return [
        {
            "id": deal.deal_id,
            "price": deal.price,
            "size": deal.size,
            "volume": deal.volume,
            "delta": 0,
            "counterpartyId": deal.counterparty,
        }
        for deal in order.deals
    ]


def _del(exchange: Exchange, caller: Caller, request: Del) -> object:
    order = exchange.delete(
        caller.client_id, request.order_id, request.client_order_id, caller.now
    )
    return {"id": order.order_id, "remainingSize": order.left}


def _del_all(exchange: Exchange, caller: Caller, request: DelAll) -> object:
    return {"removed": exchange.delete_all(caller.client_id, request.instrument, caller.now)}


def _mod(exchange: Exchange, caller: Caller, request: Mod) -> object:
    old, new = exchange.modify(caller.client_id, request, caller.now)
    return {
        "id": new.order_id,
        "initialSize": new.initial,
        "remainingSize": new.left,
        "deals": _deals(new),
        "origId": old.order_id,
        "origRemainingSize": old.left,
    }


def _instruments(exchange: Exchange, caller: Caller, request: Nothing) -> object:
    settings = exchange.settings
    return [
        [[c.name, c.id, c.balance_step, c.usd_price, c.type] for c in settings.currencies],
        [[i.name, i.id, i.asset, i.balance] for i in settings.instruments],
    ]


def _positions(exchange: Exchange, caller: Caller, request: Nothing) -> object:
    client = caller.client_id
    rows = [
        [currency, value, other, max(value, 0), min(value, 0)]
        for currency, value, other in exchange.positions(client)
    ]
    deals = exchange.deals(client)
    following = deals[-1][1].deal_id + 1 if deals else 1
    return [following, rows, [order.row() for order in exchange.open_orders(client)], []]


def _limits(exchange: Exchange, caller: Caller, request: Nothing) -> object:
    client = caller.client_id
    return [
        [currency, limit, limit, max(-exchange.net(client, currency), 0), 0, 0]
        for currency, limit in exchange.limits(client).items()
    ]


def _deal_history(exchange: Exchange, caller: Caller, request: DealHistory) -> object:
    """Newest first. ASSUMPTION: a page begins behind the deal *till*, and times are inclusive."""
    found = [
        order.deal_row(deal)
        for order, deal in reversed(exchange.deals(caller.client_id))
        if request.instrument in (None, order.instrument)
        and (request.till is None or deal.deal_id < request.till)
        and (request.from_ is None or deal.moment >= request.from_)
        and (request.to is None or deal.moment <= request.to)
    ]
    return found[: request.limit]


def _book(exchange: Exchange, caller: Caller, request: Book) -> object:
    return [exchange.depth(request.instrument, side)[:25] for side in (Side.BUY, Side.SELL)]


METHODS = {
    "add": Method(Add, _add, trades=True),
    "del": Method(Del, _del, trades=True),
    "delAll": Method(DelAll, _del_all, trades=True),
    "mod": Method(Mod, _mod, trades=True),
    "instruments": Method(Nothing, _instruments),
    "positions": Method(Nothing, _positions),
    "limits": Method(Nothing, _limits),
    "dealHistory": Method(DealHistory, _deal_history),
    "book": Method(Book, _book),
}


LISTS = frozenset({"positions", "dealHistory"})


def _shown(result: Any, lists: ListFault, method: str) -> object:
    if method == "dealHistory":
        return lists.rows(result, newest_first=True)
    following, positions, orders, settlements = result
    return [following, positions, lists.rows(orders), settlements]


class TooOften(Exception):
    """More requests in a second than the settings allow."""


class Api:
    """The methods, with no wire on them."""

    def __init__(self, exchange: Exchange) -> None:
        behaviour = exchange.settings.behaviour
        self.exchange = exchange
        self.keys = Keys(exchange.settings.keys, behaviour)
        self._per_second = behaviour.requests_per_second
        self._seen: defaultdict[int, deque[int]] = defaultdict(deque)

    def note_add(self, content: bytes) -> None:
        """Count an `add` that has arrived, whatever becomes of it."""
        try:
            name = read(content, Add).client_order_id
        except Refusal:
            return
        self.exchange.add_calls[name] += 1

    def perform(
        self, method: str, caller: Caller, content: bytes, lists: ListFault | None = None
    ) -> bytes:
        """Do what is asked; the result as JSON, a list in it as *lists* says."""
        self._count(caller)
        known = METHODS.get(method)
        if known is None:
            raise Refusal(Code.METHOD_NOT_AVAILABLE)
        if known.trades and not caller.key.can_trade:
            raise Refusal(Code.NOT_AUTHORISED)
        result = known.answer(self.exchange, caller, read(content, known.params))
        return encode(result if lists is None else _shown(result, lists, method))

    def _count(self, caller: Caller) -> None:
        if not self._per_second:
            return
        seen = self._seen[caller.client_id]
        while seen and seen[0] <= caller.now - WINDOW_MS:
            seen.popleft()
        if len(seen) >= self._per_second:
            raise TooOften
        seen.append(caller.now)
