"""All orders: found by OrderID(37), or by session and ClOrdID(11), including that of a request
about the order.

Holds every order of the journal: a late fill or a resent request may name any of them. An order
that was refused before it left the gateway has no further events: it is kept as its only event,
packed, as a client can have us refuse any number of them.
"""

from collections.abc import Iterator

import msgspec

from fixgw.core.orders.client_order import ClientOrder, begin, of
from fixgw.core.orders.leg import Leg
from fixgw.model.enums import CLOSED
from fixgw.model.events import CancelRequested, OrderEvent, OrderNotPlaced, OrderPlaced
from fixgw.model.ids import ClOrdID, OrderID, SessionKey, VenueName

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(OrderNotPlaced).decode

Kept = Leg | bytes
"""A leg, or the event of an order that was never placed."""


def _leg(kept: Kept) -> Leg:
    return begin(_unpack(kept)) if isinstance(kept, bytes) else kept


class Orders:
    """The legs of all orders, and the IDs by which they are found."""

    def __init__(self) -> None:
        self._by_id: dict[OrderID, Kept] = {}
        self._by_client: dict[SessionKey, dict[ClOrdID, Kept]] = {}
        self._open: dict[OrderID, Leg] = {}
        self._open_of: dict[SessionKey, dict[OrderID, Leg]] = {}
        """Open legs by session: one session's look-up takes no longer because others have many."""
        self.last_order_id = 0
        """The highest OrderID(37) given out, as a number."""

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Leg]:
        return map(_leg, self._by_id.values())

    # ----------------------------------------------------------------------- how it changes

    def apply(self, event: OrderEvent) -> Leg:
        """Make or change the leg that *event* is about, and return it."""
        if isinstance(event, OrderPlaced | OrderNotPlaced):
            return self.add(event)
        leg = self.placed(event.order_id)
        self.change(leg, event)
        return leg

    def change(self, leg: Leg, event: OrderEvent) -> None:
        """Change *leg* as *event* says."""
        order: ClientOrder = leg.belongs_to
        order.apply(leg, event)
        if type(event) is CancelRequested:
            self._by_client[leg.request.session].setdefault(event.cl_ord_id, leg)
        self.keep(leg)
        if order.current is not leg:
            self.keep(order.current)

    def add(self, event: OrderPlaced | OrderNotPlaced) -> Leg:
        """Make the leg that *event* is the beginning of, and return it."""
        leg = begin(event)
        order_id, request = event.order_id, event.request
        kept: Kept = leg if type(event) is OrderPlaced else _pack(event)
        self._by_id[order_id] = kept
        names = self._by_client.get(request.session)
        if names is None:
            names = self._by_client[request.session] = {}
        names[request.cl_ord_id] = kept
        if type(event) is OrderPlaced and event.replaces:
            before = self.placed(event.replaces)
            of(before).join(leg, before, native=event.native)
        if leg.open:
            self._add_open(leg)
        number = int(order_id)
        if number > self.last_order_id:
            self.last_order_id = number
        return leg

    def forget(self, leg: Leg, last_order_id: int) -> None:
        """Undo `add`: the tick that made *leg* did not happen."""
        names = self._by_client[leg.request.session]
        del self._by_id[leg.order_id], names[leg.request.cl_ord_id]
        self._close(leg)
        self.last_order_id = last_order_id

    def forget_name(self, session: SessionKey, cl_ord_id: ClOrdID) -> None:
        """Undo the acceptance of a request that named *cl_ord_id*."""
        self._by_client[session].pop(cl_ord_id, None)  # it was not, if the event was refused

    def keep(self, leg: Leg) -> None:
        """Hold *leg* among the open ones, or not."""
        if leg.status in CLOSED and not leg.open:
            self._close(leg)
        elif leg.order_id not in self._open:
            self._add_open(leg)

    def _close(self, leg: Leg) -> None:
        if self._open.pop(leg.order_id, None) is not None:
            del self._open_of[leg.request.session][leg.order_id]

    def _add_open(self, leg: Leg) -> None:
        self._open[leg.order_id] = leg
        session = leg.request.session
        of_session = self._open_of.get(session)
        if of_session is None:
            of_session = self._open_of[session] = {}
        of_session[leg.order_id] = leg

    # -------------------------------------------------------------------------- how it is found

    def placed(self, order_id: OrderID) -> Leg:
        """Return the leg *order_id*, which was placed."""
        kept = self._by_id[order_id]
        assert isinstance(kept, Leg), "of an order that was never placed there is nothing more"
        return kept

    def get(self, order_id: OrderID) -> Leg | None:
        kept = self._by_id.get(order_id)
        return _leg(kept) if isinstance(kept, bytes) else kept

    def of_client(self, session: SessionKey, cl_ord_id: ClOrdID) -> Leg | None:
        """Return the leg that *cl_ord_id* names: its own, or that of a request for it."""
        names = self._by_client.get(session)
        kept = None if names is None else names.get(cl_ord_id)
        return _leg(kept) if isinstance(kept, bytes) else kept

    def open_at(self, venue: VenueName, account: str) -> list[Leg]:
        """Return the open legs of one account at one venue, which may be there."""
        return [
            leg for leg in self._open.values()
            if leg.venue == venue and leg.account == account and not leg.waits
        ]

    def of_session(self, session: SessionKey) -> list[Leg]:
        """Return the open legs of *session*."""
        return list(self._open_of.get(session, {}).values())

    def open(self) -> list[Leg]:
        return list(self._open.values())
