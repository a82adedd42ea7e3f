"""Reading a journal: in order, and never past what cannot be understood."""

from pathlib import Path

import pytest

from fixgw.journal.index import SentIndex
from fixgw.journal.journal import Journal
from fixgw.journal.replay import replay
from fixgw.journal.segments import record, segment_path
from fixgw.journal.tick import encode
from fixgw.model.errors import JournalError
from fixgw.model.ids import SessionKey
from fixgw.model.session_events import ReportsCarried, SessionEvent
from tests.journal.test_journal import KEY, accepted


def test_the_latest_numbers_of_each_session_count(journal: Journal, path: Path) -> None:
    first = journal.add_session(KEY, 0)
    second = journal.add_session(SessionKey("FIX.4.2:GATEWAY->OTHER"), 0)
    for number in range(2, 5):
        journal.set_numbers(first._replace(next_sender=number))
        journal.commit(0)

    rows = replay(path, lambda event: None)

    assert {KEY: first._replace(next_sender=4), "FIX.4.2:GATEWAY->OTHER": second} == rows


def test_an_event_that_cannot_be_read_stops_the_start(journal: Journal, path: Path) -> None:
    journal.add_events([accepted(1)])
    journal.commit(0)
    of_a_newer_one = [2, 0, 0, [], [], [{"type": "NoSuchEvent"}], [], []]
    with open(segment_path(path, 1), "ab") as file:
        file.write(record(2, 0, encode(of_a_newer_one)))

    with pytest.raises(JournalError, match="tick 2 cannot be read"):
        replay(path, lambda event: None)


def test_carried_messages_are_found_again_after_a_restart(journal: Journal, path: Path) -> None:
    row = journal.add_session(KEY, 0)
    journal.add_messages(row.id, [(0, 2, b"two"), (0, 3, b"three")])
    journal.commit(0)
    # The tick of the reset has messages of both runs, and is one row.
    journal.add_messages(row.id, [(0, 4, b"four"), (1, 3, b"new")])
    event = ReportsCarried(session=KEY, at=7, epoch=1, first=1, origins=[(0, 3, 4)])
    journal.carry(row.id, event)
    journal.set_numbers(row._replace(epoch=1, next_sender=4, unsent_from=1))
    journal.commit(0)

    events: list[SessionEvent] = []
    index = SentIndex()
    after = replay(path, lambda event: None, index, events.append)[KEY]
    journal.index = index

    assert [event] == events
    assert [(1, 3)] == list(index.numbers_from(row.id, 1, after.unsent_since))
    assert [(3, b"three"), (4, b"four")] == journal.stored(row.id, 0, 3, 4, 9)
    assert [(3, b"new")] == journal.stored(row.id, 1, 1, 9, 9)
    assert [] == journal.stored(row.id, 0, 2, 2, 9)
