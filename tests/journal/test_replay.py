"""Reading a journal: in order, from its views too, and never past what cannot be understood."""

from pathlib import Path

import pytest

from fixgw.journal.journal import Journal
from fixgw.journal.replay import replay
from fixgw.model.errors import JournalError
from fixgw.model.ids import SessionKey
from tests.journal.test_journal import KEY, accepted


def test_the_latest_numbers_of_each_session_count(journal: Journal, path: Path) -> None:
    first = journal.add_session(KEY, 0)
    second = journal.add_session(SessionKey("FIX.4.2:GATEWAY->OTHER"), 0)
    for number in range(2, 5):
        journal.set_numbers(first._replace(next_sender=number))
        journal.commit()

    rows = replay(path, journal.database, lambda event: None)

    assert {KEY: first._replace(next_sender=4), "FIX.4.2:GATEWAY->OTHER": second} == rows


def test_an_event_that_cannot_be_read_stops_the_start(journal: Journal, path: Path) -> None:
    journal.add_events([accepted(1)])
    journal.commit()
    journal.database.execute("UPDATE ticks SET events = '[{\"type\": \"NoSuchEvent\"}]'")

    with pytest.raises(JournalError, match="tick 1 cannot be read"):
        replay(path, journal.database, lambda event: None)


def test_the_views_show_people_events_and_numbers(journal: Journal) -> None:
    row = journal.add_session(KEY, 0)
    journal.add_events([accepted(7)])
    journal.set_numbers(row._replace(next_sender=3))
    journal.commit()

    events = journal.database.execute("SELECT at, order_id, type FROM order_events").fetchall()
    numbers = journal.database.execute(
        "SELECT session, next_sender FROM sequence_numbers ORDER BY tick"
    ).fetchall()

    assert [("2023-11-14 22:13:20.007", "0000000000000007", "VenueAccepted")] == events
    assert [(KEY, 1), (KEY, 3)] == numbers
