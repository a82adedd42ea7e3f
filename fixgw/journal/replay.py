"""The contents of a journal, in order: for the gateway at start, and for read-only commands."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from fixgw.journal.follow import Follower, readable
from fixgw.journal.index import SentIndex
from fixgw.journal.tick import JournalEvent, SessionRow, decode_decided
from fixgw.model.events import OrderEvent
from fixgw.model.ids import SessionKey
from fixgw.model.refusals import InputRefused
from fixgw.model.session_events import ReportsCarried, SessionAdded, SessionEvent
from fixgw.model.session_events import SessionEventBase as OfSession
from fixgw.model.venue_events import VenueEvent
from fixgw.model.venue_events import VenueEventBase as OfVenue


def replay(
    path: Path,
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
    ids: dict[SessionKey, int] = {}
    with closing(Follower(path)) as follower:
        for record in follower.records():
            tick = readable(path, record.number, decode_decided, record.tick)
            for row in tick.numbers:
                latest[row.id] = row
            if index is not None:
                _carry(tick.events, ids, index)
                index.add(record.position, tick.sent)
            for event in tick.events:
                if isinstance(event, OfSession):
                    if type(event) is SessionAdded:
                        ids[event.session] = event.id
                    elif on_session_event is not None:
                        on_session_event(event)
                elif isinstance(event, OfVenue):
                    if on_venue_event is not None:
                        on_venue_event(event)
                elif isinstance(event, InputRefused):
                    if on_refusal is not None:
                        on_refusal(event)
                else:
                    on_event(event)
    return {key: latest[id_] for key, id_ in ids.items() if id_ in latest}


def _carry(
    events: list[JournalEvent], ids: dict[SessionKey, int], index: SentIndex
) -> None:
    for event in events:
        if isinstance(event, ReportsCarried):
            index.carry(ids[event.session], event.epoch, event.first, event.origins)
