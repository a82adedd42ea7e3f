"""An engine whose orders leave memory as soon as they may, beside one whose orders never do.

    exchange = FilingExchange()

is an Exchange like any other. Whatever it is given goes to both engines, and both must answer it
alike; before the one gets it, the orders that it names are brought back from the file.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from fixgw.core.engine import Engine
from fixgw.core.orders.client_order import of
from fixgw.core.orders.index import Filed, is_over
from fixgw.model.errors import BusinessRefused, VerdictRefused
from fixgw.model.events import OrderEvent, OrderEventBase, OrderPlaced
from fixgw.model.ids import ClOrdID, OrderID, SessionKey
from fixgw.model.now import Now
from fixgw.model.requests import (
    NewOrderSingle,
    OrderCancelReplaceRequest,
    OrderCancelRequest,
    OrderStatusRequest,
    Request,
)
from fixgw.model.venue import VenueInput
from tests.support.orders import Exchange, engine, state

ACTS = frozenset({
    "handle", "tick", "go_on", "cancel_session", "client_back", "record_verdict", "resume_venue",
})
"""What both engines are told."""


class File:
    """The chains of orders on file; and of all, what they are made of."""

    def __init__(self) -> None:
        self.rows: dict[OrderID, list[OrderEvent]] = {}
        """By root, those that are not in memory."""
        self.roots: dict[OrderID, OrderID] = {}
        """By leg, of all orders there ever were."""
        self.names: dict[tuple[SessionKey, ClOrdID], OrderID] = {}
        self.events: dict[OrderID, list[OrderEvent]] = {}
        """By root."""
        self.met: Counter[str] = Counter()

    def note(self, event: OrderEvent) -> None:
        """Keep an event that has happened."""
        if event.order_id not in self.roots:
            before = event.replaces if isinstance(event, OrderPlaced) else ""
            self.roots[event.order_id] = self.roots[before] if before else event.order_id
        self.events.setdefault(self.roots[event.order_id], []).append(event)

    def is_filed(self, order_id: OrderID) -> bool:
        return self.roots[order_id] in self.rows


class Twins:
    """Both engines, as one."""

    def __init__(self, keeps: Engine, drops: Engine, file: File) -> None:
        self.keeps, self.drops, self.file = keeps, drops, file

    def __getattr__(self, name: str) -> Any:
        return self._act(name) if name in ACTS else getattr(self.keeps, name)

    def _act(self, name: str) -> Callable[..., Any]:
        def act(*arguments: Any, **named: Any) -> Any:
            now = next(each for each in arguments if isinstance(each, Now))
            for root in self._named(name, arguments[0]):
                self._bring_back(root, now)
            told = [_told(getattr(each, name), arguments, named)
                    for each in (self.keeps, self.drops)]
            assert _plain(told[0]) == _plain(told[1]), f"{name}{arguments} is answered alike"
            if isinstance(told[0], AssertionError):
                self.file.met["bugs"] += 1  # it has changed nothing, and both go on
            elif isinstance(told[0], Exception):
                raise told[0]
            return told[0]

        return act

    def _named(self, name: str, what: Any) -> set[OrderID]:
        """The chains on file that *what* names."""
        order_ids: list[OrderID] = []
        found: set[OrderID | None] = set()
        if name == "record_verdict":
            order_ids = [what]
        elif name == "handle":
            order_ids = orders_in(what)
            if isinstance(what, Request):
                found = {self.file.names.get((what.session, each)) for each in names_in(what)}
        found |= {self.file.roots.get(each) for each in order_ids}
        return {root for root in found if root is not None and root in self.file.rows}

    def _bring_back(self, root: OrderID, now: Now) -> None:
        filed = self.drops.revive(self.file.rows.pop(root), now)
        assert Filed(root, len(self.file.events[root])) == filed
        self.file.met["revived"] += 1
        self.compare(root)

    def compare(self, root: OrderID) -> None:
        """Both have the same chain: field by field, and under the same names."""
        kept, dropped = self.keeps.orders, self.drops.orders
        assert [state(leg) for leg in kept.chain(root)] == [
            state(leg) for leg in dropped.chain(root)
        ]
        assert kept.names(root) == dropped.names(root)

    def take(self) -> Any:
        """What both have decided; then what may leave the one leaves."""
        step, same = self.keeps.take(), self.drops.take()
        assert step == same
        for event in step.events:
            if isinstance(event, OrderEventBase):
                self.file.note(event)
        for root in {self.file.roots[e.order_id] for e in step.events
                     if isinstance(e, OrderEventBase)}:
            self.compare(root)
        self._file()
        return step

    def _file(self) -> None:
        """Let all leave that may: one in doubt stays."""
        orders = self.drops.orders
        roots = {orders.root(leg.order_id) for leg in orders}
        over = [root for root in roots if all(map(is_over, orders.chain(root)))]
        filed = [orders.filed(root) for root in over]
        names = {each.root: orders.names(each.root) for each in filed}
        legs = {each.root: orders.chain(each.root) for each in filed}
        stay = {each.root for each in self.drops.drop(filed)}
        for each in filed:
            root = each.root
            if root in stay:
                self.file.met["over and not filed"] += 1
                continue
            assert each.events == len(self.file.events[root])
            self.file.rows[root] = list(self.file.events[root])
            self.file.met["filed"] += 1
            self.file.met["legs filed"] += len(legs[root])
            self.file.met["filed and not in the place it was to take"] += any(
                of(leg).instead_of is not None for leg in legs[root]
            )
            for leg in legs[root]:
                assert orders.get(leg.order_id) is None
                assert self.drops.proofs.get(leg.order_id) is None
            session = legs[root][0].request.session
            for name in names[root]:
                assert orders.of_client(session, name) is None
                self.file.names[session, name] = root

    # ------------------------------------------------------------------------- restart

    def replay(self, event: OrderEvent) -> None:
        """What is on file stays there."""
        self.keeps.replay(event)
        if not self.file.is_filed(event.order_id):
            self.drops.replay(event)

    def replay_venue(self, event: Any) -> None:
        self.keeps.replay_venue(event)
        self.drops.replay_venue(event)

    def replay_mass(self, event: Any) -> None:
        self.keeps.replay_mass(event)
        self.drops.replay_mass(event)

    def recover(self, now: Now) -> None:
        """The one goes on with what a snapshot would tell it."""
        self.drops.begin_after(self.keeps.orders.last_order_id)
        self.keeps.recover(now)
        self.drops.recover(now)


def names_in(request: Request) -> list[ClOrdID]:
    """Each ClOrdID(11) that *request* names, its own included: that may have been used before."""
    match request:
        case NewOrderSingle() | OrderStatusRequest():
            return [request.cl_ord_id]
        case OrderCancelReplaceRequest() | OrderCancelRequest():
            orig = request.orig_cl_ord_id
            return [request.cl_ord_id] if orig is None else [orig, request.cl_ord_id]
    return []  # one about many orders means the open ones


def orders_in(message: Request | VenueInput) -> list[OrderID]:
    """Each OrderID(37) that *message* names. What the outcome of a replace says of the other order
    is about the same chain."""
    order_id = getattr(message, "order_id", None)
    return [] if order_id is None else [order_id]


def _told(method: Callable[..., Any], arguments: Any, named: Any) -> Any:
    try:
        return method(*arguments, **named)
    except (BusinessRefused, VerdictRefused, AssertionError) as refused:
        return refused


def _plain(told: Any) -> Any:
    return (type(told), str(told)) if isinstance(told, Exception) else told


class FilingExchange(Exchange):
    """An Exchange with both engines."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self.file = File()
        super().__init__(*arguments, **named)

    def _made(self) -> Any:
        return Twins(engine(**self._settings), engine(**self._settings), self.file)
