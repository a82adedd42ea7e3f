"""All orders: found by OrderID(37), or by session and ClOrdID(11), including that of a request
about the order.

Holds the orders that are open or were lately. One that is over leaves as a whole chain, with all
its names (`drop`), and comes back by its events (`revive`) before anything that names it is
handled: a late fill or a resent request may. An order that was refused before it left the gateway
has no further events: it is kept as its only event, packed, as a client can have us refuse any
number of them.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from fixgw.core.orders.client_order import ClientOrder, begin, of, root_of
from fixgw.core.orders.leg import Leg
from fixgw.model.enums import CLOSED
from fixgw.model.events import CancelRequested, OrderEvent, OrderNotPlaced, OrderPlaced
from fixgw.model.ids import ClOrdID, OrderID, SessionKey, VenueName

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder(OrderNotPlaced).decode

Kept = Leg | bytes
"""A leg, or the event of an order that was never placed."""


class Filed(NamedTuple):
    """A chain of orders as it is on file, outside memory."""

    root: OrderID
    """The OrderID(37) of its first leg."""
    events: int
    """The number of its events there. Memory has more of them if it has changed since."""


def _leg(kept: Kept) -> Leg:
    return begin(_unpack(kept)) if isinstance(kept, bytes) else kept


def is_over(leg: Leg) -> bool:
    """Return True if nothing more is expected of *leg*: it is closed, nothing of it is in doubt,
    and all that it executed is known."""
    return (
        leg.status in CLOSED and not leg.open and not leg.unsettled and leg.in_doubt is None
        and of(leg).unsure == 0
    )


class Orders:
    """The legs of all orders, and the IDs by which they are found."""

    def __init__(self) -> None:
        self._by_id: dict[OrderID, Kept] = {}
        self._by_client: dict[SessionKey, dict[ClOrdID, Kept]] = {}
        self._open: dict[OrderID, Leg] = {}
        self._open_of: dict[SessionKey, dict[OrderID, Leg]] = {}
        """Open legs by session: one session's look-up takes no longer because others have many."""
        self._chains: dict[OrderID, list[OrderID]] = {}
        """The legs of each chain that has more than one, by its root, in order."""
        self._cancel_names: dict[OrderID, list[ClOrdID]] = {}
        """ClOrdID(11) of the cancel requests for a leg, where they had one of their own."""
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
            names = self._by_client[leg.request.session]
            if event.cl_ord_id not in names:
                names[event.cl_ord_id] = leg
                self._cancel_names.setdefault(leg.order_id, []).append(event.cl_ord_id)
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
        number = int(order_id)
        known = names.setdefault(request.cl_ord_id, kept)
        if known is not kept and int(_leg(known).order_id) < number:
            names[request.cl_ord_id] = kept  # the name of one that was forgotten was used again
        if type(event) is OrderPlaced and event.replaces:
            before = self.placed(event.replaces)
            of(before).join(leg, before, native=event.native)
            root = root_of(leg)
            self._chains.setdefault(root, [root]).append(order_id)
        if leg.open:
            self._add_open(leg)
        if number > self.last_order_id:
            self.last_order_id = number
        return leg

    def forget(self, leg: Leg, last_order_id: int) -> None:
        """Undo `add`: the tick that made *leg* did not happen."""
        names = self._by_client[leg.request.session]
        del self._by_id[leg.order_id], names[leg.request.cl_ord_id]
        if leg.replaces is not None:
            root = root_of(leg.replaces)
            self._chains[root].remove(leg.order_id)
            if len(self._chains[root]) == 1:
                del self._chains[root]
        self._close(leg)
        self.last_order_id = last_order_id

    def forget_name(self, leg: Leg, cl_ord_id: ClOrdID) -> None:
        """Undo the acceptance of a request for *leg* that named *cl_ord_id*."""
        if self._by_client[leg.request.session].pop(cl_ord_id, None) is None:
            return  # the event was refused
        names = self._cancel_names[leg.order_id]
        names.remove(cl_ord_id)
        if not names:
            del self._cancel_names[leg.order_id]

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

    # ------------------------------------------------------------- how it leaves and comes back

    def revive(self, events: Iterable[OrderEvent]) -> Filed:
        """Make the legs of one chain from all its *events*, in order, unless they are here. If an
        event is refused nothing has changed, and the error of it is raised."""
        events = list(events)
        filed = Filed(events[0].order_id, len(events))
        if filed.root not in self._by_id:
            try:
                for event in events:
                    self.apply(event)
            except BaseException:
                self.drop(filed.root)
                raise
        return filed

    def drop(self, root: OrderID) -> None:
        """Let a whole chain leave: its legs, their names, those of requests for them."""
        for order_id in self._chains.pop(root, (root,)):
            kept = self._by_id.pop(order_id, None)
            if kept is None:
                continue
            leg = _leg(kept)
            session = leg.request.session
            names = self._by_client[session]
            for name in self._names(leg):
                if names.get(name) is kept:
                    del names[name]
            if not names:
                del self._by_client[session]
            self._cancel_names.pop(order_id, None)
            self._close(leg)

    def _names(self, leg: Leg) -> list[ClOrdID]:
        own = [leg.request.cl_ord_id]
        cancels = self._cancel_names.get(leg.order_id)
        return own if cancels is None else own + cancels

    def has(self, order_id: OrderID) -> bool:
        """Return True if *order_id* is in memory."""
        return order_id in self._by_id

    def root(self, order_id: OrderID) -> OrderID:
        """Return the root of the chain that *order_id*, which is in memory, belongs to."""
        kept = self._by_id[order_id]
        return order_id if isinstance(kept, bytes) else root_of(kept)

    def chain(self, root: OrderID) -> list[Leg]:
        """Return all legs that have ever had to do with *root*, in the order they were placed."""
        chain = self._chains.get(root)
        if chain is None:
            return [_leg(self._by_id[root])]
        return [self.placed(order_id) for order_id in chain]

    def names(self, root: OrderID) -> list[ClOrdID]:
        """Return each ClOrdID(11) by which a client may name a leg of the chain."""
        return [name for leg in self.chain(root) for name in self._names(leg)]

    def filed(self, root: OrderID) -> Filed:
        """Return the chain as it is to be on file now."""
        if root not in self._chains:
            kept = self._by_id[root]
            return Filed(root, 1 if isinstance(kept, bytes) else 1 + of(kept).changes)
        legs = self.chain(root)
        orders = {id(of(leg)): of(leg) for leg in legs}
        return Filed(root, len(legs) + sum(order.changes for order in orders.values()))

    def begin_after(self, last_order_id: int) -> None:
        """Give out no OrderID(37) up to *last_order_id*: its order may have left."""
        self.last_order_id = max(self.last_order_id, last_order_id)

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
