"""All that a start makes of a journal's events, to be compared field by field."""

from collections.abc import Iterable, Sequence
from typing import Any

from fixgw.acceptor.auth.history import LogonHistories
from fixgw.app.containment import DisabledSessions
from fixgw.app.disconnect_cancels import OnRecord
from fixgw.core.engine import Engine
from fixgw.journal.index import SentIndex
from fixgw.journal.retention import concerned
from fixgw.journal.snapshot import FiledOrder, Snapshot, orders_events
from fixgw.journal.tick import JournalEvent, SessionRow, Tick
from fixgw.loop.refusals import Refusals
from fixgw.model.events import OrderEventBase
from fixgw.model.ids import OrderID, SessionKey
from fixgw.model.now import Now
from fixgw.model.refusals import InputRefused
from fixgw.model.session_events import (
    ReportsCarried,
    SessionAdded,
    SessionEventBase,
    TradeDisputed,
)
from fixgw.model.venue_events import VenueNoted
from tests.support.orders import engine, state


class Rows:
    """Closed orders on file, as a table of them would have them."""

    def __init__(self) -> None:
        self.by_root: dict[OrderID, FiledOrder] = {}
        self.roots: dict[OrderID, OrderID] = {}
        self.asked: list[OrderID] = []

    def put(self, filed: Iterable[FiledOrder]) -> None:
        for each in filed:
            assert [each.root, *each.legs] == list(dict.fromkeys(
                event.order_id for event in orders_events(each.events)
            ))
            self.by_root[each.root] = each
            for leg in (each.root, *each.legs):
                self.roots[leg] = each.root

    def get(self, order_id: OrderID) -> Sequence[JournalEvent] | None:
        root = self.roots.get(order_id)
        if root is None:
            return None
        self.asked.append(root)
        return self.by_root[root].events


class State:
    """What the parts of a gateway have when they were given the events."""

    def __init__(self, rows: Rows | None = None) -> None:
        self.rows = Rows() if rows is None else rows
        self.engine: Engine = engine()
        self.logons = LogonHistories()
        self.presence = OnRecord()
        self.disabled = DisabledSessions()
        self.refusals = Refusals()
        self.index = SentIndex()
        self.ids: dict[SessionKey, int] = {}
        self.sessions: dict[SessionKey, SessionRow] = {}
        self.notes: dict[tuple[str, str, str], bytes] = {}
        self.disputes: dict[str, TradeDisputed] = {}

    def begin_with(self, snapshot: Snapshot) -> None:
        self.engine.begin_after(snapshot.last_order_id)
        self.take(snapshot.events)
        self.sessions |= snapshot.sessions

    def take_tick(self, tick: Tick) -> None:
        self.take(tick.events)
        keys = {id_: key for key, id_ in self.ids.items()}
        for row in tick.numbers:
            self.sessions[keys[row.id]] = row

    def take(self, events: Iterable[JournalEvent]) -> None:
        for event in events:
            self._revive(concerned(event))
            if isinstance(event, OrderEventBase):
                self.engine.replay(event)
            elif isinstance(event, SessionEventBase):
                self._of_session(event)
            elif isinstance(event, InputRefused):
                self.refusals.replay(event)
            elif type(event) is VenueNoted:
                name = event.venue, event.order_id, event.key
                self.notes.pop(name, None)
                if event.body:
                    self.notes[name] = event.body
            else:
                self.engine.replay_venue(event)

    def _of_session(self, event: Any) -> None:
        self.presence.replay(event)
        self.engine.replay_mass(event)
        self.logons.apply(event)
        self.disabled.replay(event)
        if type(event) is SessionAdded:
            self.ids[event.session] = event.id
        elif type(event) is ReportsCarried:
            self.index.carry(self.ids[event.session], event.epoch, event.first, event.origins)
        elif type(event) is TradeDisputed:
            self.disputes[event.exec_id] = event

    def _revive(self, order_id: OrderID) -> None:
        if not order_id or self.engine.orders.has(order_id):
            return
        events = self.rows.get(order_id)
        if events is not None:
            self.engine.revive(orders_events(events), Now(0, 0))
            self.take(e for e in events if not isinstance(e, OrderEventBase))

    def revive_all(self) -> None:
        for root in self.rows.by_root:
            self._revive(root)

    def fields(self, now_ms: int) -> dict[str, Any]:
        """All of it, less what is over at *now_ms*."""
        orders = self.engine.orders
        return {
            "orders": {leg.order_id: state(leg) for leg in orders},
            "open": {leg.order_id for leg in orders.open()},
            "names": {
                (session, name): orders.of_client(session, name).order_id
                for session, names in orders._by_client.items() for name in names
            },
            "chains": orders._chains,
            "names of cancels": orders._cancel_names,
            "last OrderID(37)": orders.last_order_id,
            "held": dict(self.engine.held),
            "mass cancels": list(self.engine._mass._left.items()),
            "logons": {
                key: memory for key in sorted(self.logons._of)
                if (memory := self._logons(key, now_ms)) != (0, None, None, {}, [])
            },
            "presence": {
                key: (known.terms, known.gone, known.cancels)
                for key, known in self.presence.items()
            },
            "disabled": dict(self.disabled),
            "refused": (self.refusals.number, list(self.refusals.kept)),
            "ids": self.ids,
            "sessions": self.sessions,
            "carried": {
                key: self.index.carried(row.id, row.epoch) for key, row in self.sessions.items()
            },
            "notes": self.notes,
            "disputes": self.disputes,
        }

    def _logons(self, key: SessionKey, now_ms: int) -> tuple[Any, ...]:
        memory = self.logons.of(key)
        tokens = {mark: until for mark, until in memory._tokens.items() if until > now_ms}
        return (
            memory.reset_ms, memory._changed, memory._nonce, tokens, list(memory._good.items())
        )
