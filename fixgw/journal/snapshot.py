"""A snapshot: the events that still count, and the fold of a journal's ticks that makes it.

A pure function of the journal: snapshot n is snapshot n-1 and the ticks after it, wherever they are
cut. It keeps the events of each live order verbatim, and no second form of an order: the fold of
`core.orders` is the only truth. What is over leaves it as a FiledOrder, and comes back by its
events if a later one is about it. Reads and writes no file.
"""

from collections.abc import Callable, Sequence

import msgspec
from msgspec import Struct

from fixgw.core.orders.client_order import of
from fixgw.core.orders.index import Filed, Orders, is_over
from fixgw.core.orders.leg import Leg
from fixgw.journal.retention import NO_ORDER, KeptEvents, Moment, concerned, rule_of
from fixgw.journal.tick import DecidedTick, JournalEvent, SessionRow, Tick
from fixgw.model.errors import IllegalTransition, JournalError
from fixgw.model.events import OrderEvent, OrderEventBase
from fixgw.model.ids import ClOrdID, OrderID, SessionKey, VenueName
from fixgw.model.session_events import SessionAdded

VERSION = 1
"""Of a snapshot's form, and of the rules by which it is made."""

DAY_MS = 86_400_000


class Snapshot(Struct, array_like=True):
    """The journal up to a tick, without what counts no longer."""

    version: int
    tick: int
    """The number of the last tick that it covers."""
    at: int
    """The time of that tick, Unix milliseconds."""
    sessions: dict[SessionKey, SessionRow]
    last_order_id: int
    """The highest OrderID(37) given out, whose order may be on file."""
    events: list[JournalEvent]
    """Verbatim, in an order in which they replay."""


class FiledOrder(Struct):
    """A chain of orders that is over, as it is put on file."""

    root: OrderID
    session: SessionKey
    ended_at: int
    """The time of its last event, Unix milliseconds."""
    venues: list[VenueName]
    """Empty for an order that was refused before it left."""
    legs: list[OrderID]
    """Each OrderID(37) of it besides the root."""
    names: list[ClOrdID]
    """Each ClOrdID(11) by which a client may name it."""
    events: list[JournalEvent]
    """All events of the orders, verbatim; then what was noted about them."""

    @property
    def day(self) -> int:
        """The day of its last event, days since 1970 in UTC."""
        return self.ended_at // DAY_MS

    @property
    def filed(self) -> Filed:
        """What `Engine.drop` takes."""
        return Filed(self.root, len(orders_events(self.events)))


encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Snapshot).decode


def decode(data: bytes) -> Snapshot:
    """Return the snapshot in *data*; raise JournalError if it is none of this version."""
    try:
        snapshot = _decode(data)
    except msgspec.MsgspecError as error:
        raise JournalError(f"the snapshot cannot be read ({error})") from None
    if snapshot.version != VERSION:
        raise JournalError(f"the snapshot has version {snapshot.version}, this fixgw {VERSION}")
    return snapshot


def orders_events(events: Sequence[JournalEvent]) -> list[OrderEvent]:
    """Return those of *events* that are events of an order: what `Engine.revive` takes."""
    return [event for event in events if isinstance(event, OrderEventBase)]


class Fold:
    """The state of a journal, tick by tick."""

    def __init__(
        self,
        filed: Callable[[OrderID], Sequence[JournalEvent] | None],
        snapshot: Snapshot | None = None,
    ) -> None:
        """Begin with *snapshot*, or with an empty journal. *filed* returns the events on file of
        the chain that an order belongs to, or None."""
        self._filed = filed
        self._orders = Orders()
        self._chains: dict[OrderID, list[OrderEvent]] = {}
        """All events of each chain in memory, by its root."""
        self._about: dict[OrderID, KeptEvents] = {}
        """What was noted about a chain, by its root."""
        self._kept = KeptEvents()
        self._keys: dict[int, SessionKey] = {}
        self._sessions: dict[SessionKey, SessionRow] = {}
        self._tick = self._at = 0
        if snapshot is not None:
            for event in snapshot.events:
                self._take(event)
            self._sessions |= snapshot.sessions
            self._orders.begin_after(snapshot.last_order_id)
            self._tick, self._at = snapshot.tick, snapshot.at

    def take(self, tick: Tick | DecidedTick) -> None:
        """Apply the next tick. Raises JournalError if it is not the next one, or if its events
        contradict those before; then this fold is of no use any more."""
        if tick.number != self._tick + 1:
            raise JournalError(f"tick {tick.number} follows tick {self._tick}")
        try:
            for event in tick.events:
                self._take(event)
            for row in tick.numbers:
                self._sessions[self._keys[row.id]] = row
        except (IllegalTransition, KeyError, AssertionError) as error:
            raise JournalError(f"tick {tick.number}: {type(error).__name__} {error}") from error
        self._tick, self._at = tick.number, tick.at

    def _take(self, event: JournalEvent) -> None:
        named = concerned(event)
        known = named == NO_ORDER or self._orders.has(named) or self._revive(named)
        if isinstance(event, OrderEventBase):
            if not known:
                raise JournalError(f"order {named} is not in the journal, and its {event} is")
            self._orders.apply(event)
            self._chains.setdefault(self._orders.root(event.order_id), []).append(event)
            return
        if isinstance(event, SessionAdded):
            self._keys[event.id] = event.session
        of_order = rule_of(event).order(event)
        if known and of_order != NO_ORDER:
            self._about.setdefault(self._orders.root(of_order), KeptEvents()).take(event)
        else:
            self._kept.take(event)

    def _revive(self, order_id: OrderID) -> bool:
        """Bring back the chain of *order_id*; return False if it is not on file."""
        events = self._filed(order_id)
        if events is None:
            return False
        of_orders = orders_events(events)
        root = self._orders.revive(of_orders).root
        self._chains[root] = of_orders
        for event in events:
            if not isinstance(event, OrderEventBase):
                self._about.setdefault(root, KeptEvents()).take(event)
        return True

    # ---------------------------------------------------------------------- what comes of it

    def result(self, now_ms: int, closed_ms: int) -> tuple[Snapshot, list[FiledOrder]]:
        """Return the snapshot, and the chains that leave it: over since *closed_ms* by *now_ms*,
        the time of the last tick. They have left this fold; put them on file before it goes on, or
        begin again with the snapshot before."""
        before_ms = now_ms - closed_ms
        leaving = [root for root in sorted(self._chains, key=int) if self._leaves(root, before_ms)]
        filed = [self._file(root) for root in leaving]
        for root in leaving:
            self._orders.drop(root)
            self._about.pop(root, None)
            del self._chains[root]
        moment = Moment(now_ms, self._sessions)
        events = self._kept.events(moment)
        for root in sorted(self._chains, key=int):
            events += self._events(root, moment)
        sessions = dict(sorted(self._sessions.items(), key=lambda each: each[1].id))
        return Snapshot(
            VERSION, self._tick, self._at, sessions, self._orders.last_order_id, events
        ), filed

    def _leaves(self, root: OrderID, before_ms: int) -> bool:
        legs = self._orders.chain(root)
        return _ended_at(legs) <= before_ms and all(map(is_over, legs))

    def _file(self, root: OrderID) -> FiledOrder:
        legs = self._orders.chain(root)
        return FiledOrder(
            root=root,
            session=legs[0].request.session,
            ended_at=_ended_at(legs),
            venues=list(dict.fromkeys(leg.venue for leg in legs if leg.venue)),
            legs=[leg.order_id for leg in legs[1:]],
            names=self._orders.names(root),
            events=self._events(root, Moment(self._at, self._sessions)),
        )

    def _events(self, root: OrderID, moment: Moment) -> list[JournalEvent]:
        about = self._about.get(root)
        return [*self._chains[root], *(about.events(moment) if about is not None else ())]


def _ended_at(legs: Sequence[Leg]) -> int:
    return max(of(leg).changed_at for leg in legs)
