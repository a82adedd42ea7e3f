"""All orders: found by OrderID(37), or by session and ClOrdID(11), of a request for it as well.

Holds every order of the journal: a late fill or a resent request may name any of them. Of one that
was refused before it left the gateway nothing more can come: it is kept as its only event, packed,
as a client can have us refuse as many as it likes.
"""

from collections.abc import Iterator

import msgspec

from fixgw.core.order import Order
from fixgw.model.events import (
    CancelRequested,
    OrderEvent,
    OrderNotPlaced,
    OrderPlaced,
    VenueFill,
)
from fixgw.model.ids import ClOrdID, OrderID, SessionKey, VenueName

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(OrderNotPlaced).decode

Kept = Order | bytes
"""An order, or the event of one that was never placed."""


def _order(kept: Kept) -> Order:
    return Order(_unpack(kept)) if isinstance(kept, bytes) else kept


class Orders:
    """The orders and the names they go by."""

    def __init__(self) -> None:
        self._by_id: dict[OrderID, Kept] = {}
        self._by_client: dict[SessionKey, dict[ClOrdID, Kept]] = {}
        self._open: dict[OrderID, Order] = {}
        self._open_of: dict[SessionKey, dict[OrderID, Order]] = {}
        """The same by session: to look at one's own takes no longer for what others have."""
        self.last_order_id = 0
        """The highest OrderID(37) given out, as a number."""

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Order]:
        return map(_order, self._by_id.values())

    def apply(self, event: OrderEvent) -> Order:
        """Make or change the order that *event* is about, and return it."""
        kind = type(event)
        if kind is OrderPlaced or kind is OrderNotPlaced:
            return self.add(event)  # type: ignore[arg-type]
        order = self._by_id[event.order_id]
        assert type(order) is Order, "of an order that was never placed there is nothing more"
        order.apply(event)
        if kind is CancelRequested:
            names = self._by_client[order.request.session]
            names.setdefault(event.cl_ord_id, order)  # type: ignore[union-attr]
        elif kind is VenueFill and order.chain is not None:
            self._count_anew(order.chain.current)
        self._keep(order)
        return order

    def _keep(self, order: Order) -> None:
        order_id = order.order_id
        if not order.open:
            if self._open.pop(order_id, None) is not None:
                del self._open_of[order.request.session][order_id]
        elif order_id not in self._open:
            self._add_open(order)

    def _add_open(self, order: Order) -> None:
        self._open[order.order_id] = order
        session = order.request.session
        of_session = self._open_of.get(session)
        if of_session is None:
            of_session = self._open_of[session] = {}
        of_session[order.order_id] = order

    def _count_anew(self, current: Order) -> None:
        """More was executed: less may be left for those that came, or are to come, later."""
        current.count_anew()
        self._keep(current)
        if current.replacing and current.replacement is not None:
            current.replacement.count_anew()

    def add(self, event: OrderPlaced | OrderNotPlaced) -> Order:
        """Make the order that *event* is the beginning of, and return it."""
        order = Order(event)
        order_id, request = event.order_id, event.request
        kept: Kept = order if type(event) is OrderPlaced else _pack(event)
        self._by_id[order_id] = kept
        names = self._by_client.get(request.session)
        if names is None:
            names = self._by_client[request.session] = {}
        names[request.cl_ord_id] = kept
        if type(event) is OrderPlaced and event.replaces:
            order.take_place_of(_order(self._by_id[event.replaces]), native=event.native)
        if order.open:
            self._add_open(order)
        number = int(order_id)
        if number > self.last_order_id:
            self.last_order_id = number
        return order

    def get(self, order_id: OrderID) -> Order | None:
        kept = self._by_id.get(order_id)
        return None if kept is None else _order(kept)

    def of_client(self, session: SessionKey, cl_ord_id: ClOrdID) -> Order | None:
        """The order that *cl_ord_id* names: its own, or that of a request for it."""
        names = self._by_client.get(session)
        kept = None if names is None else names.get(cl_ord_id)
        return None if kept is None else _order(kept)

    def open_at(self, venue: VenueName, account: str) -> list[Order]:
        """The open orders of one account at one venue, which may be there."""
        return [
            o for o in self._open.values()
            if o.venue == venue and o.account == account and not o.waits
        ]

    def of_session(self, session: SessionKey) -> list[Order]:
        """The open orders of *session*."""
        return list(self._open_of.get(session, {}).values())

    def open(self) -> list[Order]:
        return list(self._open.values())
