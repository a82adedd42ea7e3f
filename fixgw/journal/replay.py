"""The contents of a journal, in order: for the gateway at start, and for read-only commands.

Begins with the newest snapshot whose closed orders are on file, else with the first tick. A closed
order is given only if a tick after the snapshot is about it: its events come first then.
"""

from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from fixgw.journal import snapshot_files
from fixgw.journal.closed import ClosedOrders
from fixgw.journal.follow import Follower, check, readable
from fixgw.journal.index import SentIndex
from fixgw.journal.places import CLOSED
from fixgw.journal.retention import NO_ORDER, concerned
from fixgw.journal.sealed_index import SUFFIX, SealedIndex
from fixgw.journal.segments import segments
from fixgw.journal.snapshot import Snapshot
from fixgw.journal.tick import JournalEvent, SessionRow, decode_decided, decode_sent
from fixgw.model.errors import JournalError
from fixgw.model.events import OrderEvent, OrderEventBase, OrderNotPlaced, OrderPlaced
from fixgw.model.ids import OrderID, SessionKey
from fixgw.model.refusals import InputRefused
from fixgw.model.session_events import ReportsCarried, SessionAdded, SessionEvent
from fixgw.model.session_events import SessionEventBase as OfSession
from fixgw.model.venue_events import VenueEvent
from fixgw.model.venue_events import VenueEventBase as OfVenue

Filed = Callable[[OrderID], list[JournalEvent] | None]
"""Returns all events of a closed order that is on file."""


class Replayed(dict[SessionKey, SessionRow]):
    """Each session's sequence numbers, and what else a start continues with."""

    last_order_id = 0
    """The highest OrderID(37) given out up to the snapshot."""
    tick = 0
    """The tick of the snapshot; 0: there is none."""
    filed_through = 0
    """The tick as of which orders are on file; 0: none is."""


def replay(
    path: Path,
    on_event: Callable[[OrderEvent], object],
    index: SentIndex | None = None,
    on_session_event: Callable[[SessionEvent], object] | None = None,
    on_venue_event: Callable[[VenueEvent], object] | None = None,
    on_refusal: Callable[[InputRefused], object] | None = None,
) -> Replayed:
    """Give every order event that still counts to *on_event*, in order; return each session's
    sequence numbers.

    *index*, if given, learns where the messages are; *on_session_event* gets the sessions' events
    and *on_venue_event* the venues'. A refused input goes to *on_refusal*: it is not handled again.
    Raises JournalError.
    """
    check(path)
    giving = _Giving(on_event, on_session_event, on_venue_event, on_refusal)
    with ExitStack() as files:
        snapshot = _begin(path, giving, files)
        after = snapshot.tick if snapshot is not None else 0
        if index is not None:
            giving.carry(snapshot, index)
            after = _seal(path, index, after)
        follower = files.enter_context(closing(Follower(path, after)))
        begin = snapshot.tick if snapshot is not None else 0
        for record in follower.records():
            if record.number <= begin:
                assert index is not None
                sent = readable(path, record.number, decode_sent, record.tick).sent
                index.add(record.position, sent)
                continue
            tick = readable(path, record.number, decode_decided, record.tick)
            for row in tick.numbers:
                giving.rows[row.id] = row
            if index is not None:
                giving.carry_events(tick.events, index)
                index.add(record.position, tick.sent)
            for event in tick.events:
                giving.give(event)
    return giving.replayed(snapshot)


class _Giving:
    """What is given to whom."""

    def __init__(
        self,
        on_event: Callable[[OrderEvent], object],
        on_session_event: Callable[[SessionEvent], object] | None,
        on_venue_event: Callable[[VenueEvent], object] | None,
        on_refusal: Callable[[InputRefused], object] | None,
    ) -> None:
        self._on_event = on_event
        self._on_session_event = on_session_event
        self._on_venue_event = on_venue_event
        self._on_refusal = on_refusal
        self.rows: dict[int, SessionRow] = {}
        self.ids: dict[SessionKey, int] = {}
        self.filed: Filed | None = None
        self.filed_through = 0
        self._known: set[OrderID] = set()
        """The orders that were given; kept where others may be on file."""

    def give(self, event: JournalEvent) -> None:
        if self.filed is not None:
            self._revive(event, self.filed)
        if isinstance(event, OfSession):
            if type(event) is SessionAdded:
                self.ids[event.session] = event.id
            elif self._on_session_event is not None:
                self._on_session_event(event)
        elif isinstance(event, OfVenue):
            if self._on_venue_event is not None:
                self._on_venue_event(event)
        elif isinstance(event, InputRefused):
            if self._on_refusal is not None:
                self._on_refusal(event)
        else:
            self._on_event(event)

    def _revive(self, event: JournalEvent, filed: Filed) -> None:
        """Give the events on file of the order that *event* is about, unless they were given."""
        named = concerned(event)
        if named != NO_ORDER and named not in self._known:
            self._known.add(named)
            for each in filed(named) or ():
                if isinstance(each, OrderEventBase):
                    self._known.add(each.order_id)
                self.give(each)
        if isinstance(event, OrderPlaced | OrderNotPlaced):
            self._known.add(event.order_id)

    def carry(self, snapshot: Snapshot | None, index: SentIndex) -> None:
        if snapshot is not None:
            self.carry_events(snapshot.events, index)

    def carry_events(self, events: list[JournalEvent], index: SentIndex) -> None:
        for event in events:
            if isinstance(event, ReportsCarried):
                index.carry(self.ids[event.session], event.epoch, event.first, event.origins)

    def replayed(self, snapshot: Snapshot | None) -> Replayed:
        found = Replayed(
            (key, self.rows[id_]) for key, id_ in self.ids.items() if id_ in self.rows
        )
        if snapshot is not None:
            found.last_order_id, found.tick = snapshot.last_order_id, snapshot.tick
        found.filed_through = self.filed_through
        return found


def _begin(path: Path, giving: _Giving, files: ExitStack) -> Snapshot | None:
    """Give what the newest snapshot that counts holds; return it, None if there is none."""
    snapshot = None
    if (path / CLOSED).exists():
        closed = files.enter_context(closing(ClosedOrders(path / CLOSED, read_only=True)))
        giving.filed_through = closed.filed_through
        snapshot = snapshot_files.newest(path, giving.filed_through)
    check_complete(path, snapshot)
    if snapshot is not None:
        as_of = snapshot.tick
        giving.filed = lambda order_id: closed.events(order_id, as_of)
        for row in snapshot.sessions.values():
            giving.rows[row.id] = row
        for event in snapshot.events:
            giving.give(event)
    return snapshot


def check_complete(path: Path, snapshot: Snapshot | None) -> None:
    """Raise JournalError if neither a snapshot nor the segments begin where they have to."""
    found = segments(path)
    if found and found[0].first > (snapshot.tick if snapshot else 0) + 1:
        raise JournalError(
            f"journal {path}: it begins with tick {found[0].first}, and no snapshot covers what "
            "was before. Put the whole directory of the last backup in its place "
            '(docs/operating.md, "From a backup")'
        )


def _seal(path: Path, index: SentIndex, after: int) -> int:
    """Have *index* use the indexes of sealed segments; return the tick after which each tick has to
    be looked at for messages: *after*, or earlier."""
    for segment in segments(path):
        if segment.first > after:
            break
        if not segment.path.with_suffix(SUFFIX).exists():
            return segment.first - 1
        index.seal(SealedIndex(segment))
    return after
