"""The journal: one record per tick, and no action before it is durable.

Gathers what a tick decided and was given, and has the engine write it as one. `commit` returns the
tick's number; it may act once `durable` has reached that. Any failure is a JournalError, and the
gateway stops: it never trades without a record.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from fixgw.journal import old_database
from fixgw.journal.embedded import Durability, EmbeddedEngine
from fixgw.journal.engine import JournalEngine
from fixgw.journal.files import RESTORING, lock, make_directory
from fixgw.journal.index import SentIndex
from fixgw.journal.replay import Replayed, replay
from fixgw.journal.segments import find_end
from fixgw.journal.tick import JournalEvent, Received, Sent, SessionRow, Tick
from fixgw.model.errors import JournalError
from fixgw.model.events import OrderEvent
from fixgw.model.ids import SessionKey
from fixgw.model.refusals import InputRefused
from fixgw.model.session_events import ReportsCarried, SessionAdded, SessionEvent
from fixgw.model.venue_events import VenueEvent


class Journal:
    """The one writer of a journal. Use `open`, then `replay.replay`, then write."""

    def __init__(self, path: Path, engine: JournalEngine, lock_file: IO[bytes]) -> None:
        self.path = path
        self.index = SentIndex()
        self._sessions = 0 if engine.last == 0 else None
        """The highest id given to a session; None: the journal has not been replayed."""
        self._engine = engine
        self._lock = lock_file
        self._numbers: dict[int, SessionRow] = {}
        self._sent: list[Sent] = []
        self._events: list[JournalEvent] = []
        self._messages: list[bytes] = []
        self._received: list[Received] = []

    @classmethod
    def open(cls, path: Path, durability: Durability = "process") -> "Journal":
        """Open, or make, the journal at *path*; refuse while another gateway has it open.

        The database of an older fixgw is brought over, and kept beside.
        """
        with ExitStack() as undo:
            lock_file = undo.enter_context(lock(path))
            old_database.bring_over(path)
            make_directory(path)
            end = find_end(path)
            engine = EmbeddedEngine(path, durability, end)
            undo.pop_all()
        journal = cls(path, engine, lock_file)
        journal.cut = end.cut
        return journal

    cut = 0
    """Bytes of torn ticks that were cut off when it was opened: nobody was told of them."""

    @property
    def last(self) -> int:
        """Number of the last tick."""
        return self._engine.last

    @property
    def durable(self) -> int:
        """Number of the last tick that may act."""
        return self._engine.durable

    @property
    def failure(self) -> JournalError | None:
        """The reason why no more ticks will be durable."""
        return self._engine.failure

    @property
    def on_durable(self) -> Callable[[], None] | None:
        """Called in the loop's thread when `durable` has risen, or `failure` was set."""
        return self._engine.on_durable

    @on_durable.setter
    def on_durable(self, call: Callable[[], None] | None) -> None:
        self._engine.on_durable = call

    def sync(self) -> None:
        """Return when every tick is durable. Raises JournalError."""
        self._engine.sync()

    def sync_soon(self) -> None:
        """Have what is written on the disk soon, without waiting for it."""
        self._engine.sync_soon()

    def check_in_place(self) -> None:
        """Raise JournalError if a restart would not find what we write."""
        self._engine.check_in_place()

    def close(self) -> None:
        """Give the journal up. Anything uncommitted never happened."""
        self._engine.close()
        self._lock.close()

    # --------------------------------------------------------------------- writing

    def add_session(self, key: SessionKey, since_ms: int) -> SessionRow:
        """Give *key* an id of its own, with both numbers at 1; recorded at once."""
        return self.add_sessions([key], since_ms)[key]

    def add_sessions(
        self, keys: Iterable[SessionKey], since_ms: int
    ) -> dict[SessionKey, SessionRow]:
        """Do the same as `add_session` for many: between ticks only."""
        assert not (self._numbers or self._events or self._sent), "a tick is half done"
        rows: dict[SessionKey, SessionRow] = {}
        assert self._sessions is not None, "replay comes first"
        for key in keys:
            self._sessions += 1
            row = rows[key] = SessionRow(self._sessions, 1, 1, 0, since_ms, 1)
            self._events.append(SessionAdded(session=key, at=since_ms, id=row.id))
            self.set_numbers(row)
        self.commit(since_ms)
        return rows

    def add_events(self, events: Sequence[JournalEvent]) -> None:
        """Add events of this tick, in order."""
        self._events += events

    def add_received(self, entries: Iterable[Received]) -> None:
        """Add what this tick was given, and what was said besides `add_messages`, in order."""
        self._received += entries

    def carry(self, session: int, event: ReportsCarried) -> None:
        """Note that the numbers of *session* started again in this tick, and these messages outlive
        it."""
        self._events.append(event)
        self.index.carry(session, event.epoch, event.first, event.origins)

    def add_messages(self, session: int, messages: list[tuple[int, int, bytes]]) -> None:
        """Add outgoing messages of this tick: (epoch, MsgSeqNum(34), message)."""
        for epoch, seq_num, message in messages:
            self._sent.append((session, epoch, seq_num))
            self._messages.append(message)

    def set_numbers(self, row: SessionRow) -> None:
        """Set a session's sequence numbers at the end of this tick."""
        self._numbers[row.id] = row

    def commit(self, at_ms: int) -> int:
        """Record this tick, of Unix millisecond *at_ms*, all of it or nothing; return its number, 0
        if there is nothing to record. Raises JournalError: then stop."""
        if not (self._numbers or self._events or self._sent or self._received):
            return 0
        engine = self._engine
        number, sent = engine.last + 1, self._sent
        position = engine.put(Tick(
            number, at_ms, 0, list(self._numbers.values()), sent, self._events, self._messages,
            self._received,
        ))
        if sent:
            self.index.add(position, sent)
            sent.clear()
            self._messages.clear()
        self._numbers.clear()
        self._events.clear()
        self._received.clear()
        return number

    # --------------------------------------------------------------------- reading

    def replay(
        self,
        on_event: Callable[[OrderEvent], object],
        on_session_event: Callable[[SessionEvent], object] | None = None,
        on_venue_event: Callable[[VenueEvent], object] | None = None,
        on_refusal: Callable[[InputRefused], object] | None = None,
    ) -> Replayed:
        """Give its content to these, as `replay.replay` does, and go on where it ends."""
        rows = replay(
            self.path, on_event, self.index, on_session_event, on_venue_event, on_refusal
        )
        if rows.filed_through > self.last:
            raise JournalError(
                f"journal {self.path}: it ends with tick {self.last}, and orders are on file as of "
                f"tick {rows.filed_through}: they are of another journal, or of a later state of "
                "it. Put the whole directory of the last backup in its place "
                f"({RESTORING})"
            )
        self._sessions = max((row.id for row in rows.values()), default=0)
        return rows

    def stored(
        self, session: int, epoch: int, begin: int, end: int, limit: int
    ) -> list[tuple[int, bytes]]:
        """Return messages of *session* from *begin* to *end*, at most *limit*, including this
        tick's and those that are not durable yet."""
        found: list[tuple[int, bytes]] = []
        for position in self.index.ticks(session, epoch, begin, end, limit):
            tick = self._engine.read(position)
            if tick is not None:
                found += _chosen(tick.sent, tick.messages, session, epoch, begin, end)
        found += _chosen(self._sent, self._messages, session, epoch, begin, end)
        return found[:limit]


def _chosen(
    sent: list[Sent], messages: list[bytes], session: int, epoch: int, begin: int, end: int
) -> list[tuple[int, bytes]]:
    return [
        (seq_num, message)
        for (of_session, of_epoch, seq_num), message in zip(sent, messages)
        if of_session == session and of_epoch == epoch and begin <= seq_num <= end
    ]
