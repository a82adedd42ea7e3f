"""The contents of a journal, in order: for the gateway at start, and for read-only commands."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from fixgw.journal.files import check_version, reporting
from fixgw.journal.index import SentIndex
from fixgw.journal.tick import JournalEvent, SessionRow
from fixgw.model.errors import JournalError
from fixgw.model.events import OrderEvent
from fixgw.model.ids import SessionKey
from fixgw.model.refusals import InputRefused
from fixgw.model.session_events import ReportsCarried, SessionEvent
from fixgw.model.session_events import SessionEventBase as OfSession
from fixgw.model.venue_events import VenueEvent
from fixgw.model.venue_events import VenueEventBase as OfVenue
from fixgw.runtime.files import read_only

_numbers = msgspec.json.Decoder(list[SessionRow])
_sent = msgspec.json.Decoder(list[tuple[int, int, int]])
_events = msgspec.json.Decoder(list[JournalEvent])


def replay(
    path: Path,
    database: sqlite3.Connection,
    on_event: Callable[[OrderEvent], object],
    index: SentIndex | None = None,
    on_session_event: Callable[[SessionEvent], object] | None = None,
    on_venue_event: Callable[[VenueEvent], object] | None = None,
    on_refusal: Callable[[InputRefused], object] | None = None,
) -> dict[SessionKey, SessionRow]:
    """Give every order event to *on_event*, in order; return each session's sequence numbers.

    *index*, if given, learns where the messages are; *on_session_event* gets the sessions' events
    and *on_venue_event* the venues'. A refused input goes to *on_refusal*: it is not handled again.
    """
    latest: dict[int, SessionRow] = {}
    with reporting(path):
        rows = database.execute("SELECT number, numbers, sent, events FROM ticks ORDER BY number")
        for number, numbers, sent, events in rows:
            with _readable(path, number):
                for row in _numbers.decode(numbers):
                    latest[row.id] = row
                of_tick = _events.decode(events)
                if index is not None:
                    _carry(database, of_tick, index)
                    index.add(number, _sent.decode(sent))
            for event in of_tick:
                if isinstance(event, OfSession):
                    if on_session_event is not None:
                        on_session_event(event)
                elif isinstance(event, OfVenue):
                    if on_venue_event is not None:
                        on_venue_event(event)
                elif isinstance(event, InputRefused):
                    if on_refusal is not None:
                        on_refusal(event)
                else:
                    on_event(event)
        keys = database.execute("SELECT id, key FROM sessions ORDER BY id").fetchall()
    return {SessionKey(key): latest[id_] for id_, key in keys if id_ in latest}


def _carry(
    database: sqlite3.Connection, events: list[JournalEvent], index: SentIndex
) -> None:
    for event in events:
        if isinstance(event, ReportsCarried):
            [session] = database.execute(
                "SELECT id FROM sessions WHERE key = ?", (event.session,)
            ).fetchone()
            index.carry(session, event.epoch, event.first, event.origins)


@contextmanager
def _readable(path: Path, number: int) -> Iterator[None]:
    try:
        yield
    except msgspec.MsgspecError as error:
        raise JournalError(
            f"journal {path}: tick {number} cannot be read ({error}); restore the journal "
            "from a copy, or start with the version of fixgw that wrote it"
        ) from None


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """Return a read-only view of the journal of a gateway that may be running."""
    if not path.exists():
        raise JournalError(f"journal {path}: there is none yet; `fixgw run` makes it")
    with reporting(path):
        database = sqlite3.connect(read_only(path), uri=True, isolation_level=None)
        try:
            check_version(path, database)
            yield database
        finally:
            database.close()
