"""Databases that an earlier fixgw wrote are brought over, and nothing in them is lost."""

import fcntl
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fixgw.journal import old_database
from fixgw.journal.files import lock_path
from fixgw.journal.index import SentIndex
from fixgw.journal.journal import Journal
from fixgw.journal.replay import replay
from fixgw.journal.tick import SessionRow
from fixgw.model.errors import JournalError
from fixgw.model.events import OrderEvent
from tests.journal.test_journal import KEY, accepted

VERSION_1 = """
CREATE TABLE journal (
    version   INTEGER NOT NULL,
    made_at   TEXT NOT NULL
);
CREATE TABLE sessions (
    id        INTEGER PRIMARY KEY,
    key       TEXT NOT NULL UNIQUE
);
CREATE TABLE ticks (
    number    INTEGER PRIMARY KEY,
    numbers   TEXT NOT NULL,
    sent      TEXT NOT NULL,
    events    TEXT NOT NULL,
    messages  BLOB NOT NULL
);
CREATE VIEW order_events AS
SELECT ticks.number AS tick,
       strftime('%Y-%m-%d %H:%M:%f', (value ->> 'at') / 1000.0, 'unixepoch') AS at,
       value ->> 'order_id' AS order_id,
       value ->> 'type' AS type,
       value AS event
FROM ticks, json_each(ticks.events);
CREATE VIEW sequence_numbers AS
SELECT ticks.number AS tick,
       sessions.key AS session,
       value ->> 1 AS next_sender,
       value ->> 2 AS next_target,
       value ->> 3 AS epoch
FROM ticks, json_each(ticks.numbers) JOIN sessions ON sessions.id = value ->> 0;
INSERT INTO journal VALUES (1, '2026-01-05T10:00:00+00:00');
"""
"""As version 1 made it."""

EVENT = '[{"type":"VenueAccepted","order_id":"0000000000000001","at":1700000000001}]'


def of_version_1(path: Path) -> None:
    """A journal in which one session has sent two messages, 2 and 3."""
    path.parent.mkdir()
    with sqlite3.connect(path) as database:
        database.executescript(VERSION_1)
        database.execute("INSERT INTO sessions (key) VALUES (?)", (KEY,))
        database.execute(
            "INSERT INTO ticks (numbers, sent, events, messages) VALUES (?, ?, ?, ?)",
            ("[[1,4,7,0,5]]", "[[1,0,2],[1,0,3]]", EVENT, b"\x92\xc4\x03two\xc4\x05three"),
        )
    database.close()


def test_a_journal_of_version_1_is_read_and_goes_on(path: Path) -> None:
    of_version_1(path)

    journal = Journal.open(path)
    events: list[OrderEvent] = []
    rows = journal.replay(events.append)

    assert [accepted(1)] == events
    assert {KEY: SessionRow(1, 4, 7, 0, 5)} == rows
    assert [(2, b"two"), (3, b"three")] == journal.stored(1, 0, 1, 9, 10)
    journal.add_messages(1, [(0, 4, b"four")])
    journal.commit(0)
    assert [(4, b"four")] == journal.stored(1, 0, 4, 9, 10)
    journal.close()


def test_what_version_1_does_not_know_to_be_unsent_is_not_sent_again(path: Path) -> None:
    of_version_1(path)
    journal = Journal.open(path)
    index = SentIndex()

    row = replay(path, lambda event: None, index)[KEY]

    assert row.unsent_since == row.next_sender == 4
    assert [] == list(index.numbers_from(row.id, row.epoch, row.unsent_since))
    journal.close()


def test_the_database_is_kept_beside_as_it_was(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    of_version_1(path)
    before = path.read_bytes()

    Journal.open(path).close()

    assert before == path.with_name("journal.before-segments").read_bytes()
    said = capsys.readouterr().out
    assert "journal_brought_over" in said and "journal.before-segments" in said
    Journal.open(path).close()
    assert "" == capsys.readouterr().out, "once"


def test_a_database_at_the_place_of_the_old_default_is_found(path: Path) -> None:
    old = path.with_name("fixgw.sqlite")
    of_version_1(old)

    journal = Journal.open(path)

    assert {KEY: SessionRow(1, 4, 7, 0, 5)} == journal.replay(lambda event: None)
    assert not old.exists() and path.is_dir()
    journal.close()


def test_a_database_that_a_gateway_has_open_is_left_to_it(path: Path) -> None:
    old = path.with_name("fixgw.sqlite")
    of_version_1(old)
    with open(lock_path(old), "wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        with pytest.raises(JournalError, match="another gateway is running on it"):
            Journal.open(path)

    assert old.is_file()


@pytest.mark.parametrize("step", range(5))
def test_an_interruption_at_any_step_costs_nothing(
    path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies at one sync or rename after the other, and is started again."""
    of_version_1(path)
    steps = iter(range(100))

    def dying(do: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            if next(steps) == step:
                raise Died
            return do(*arguments)

        return call

    monkeypatch.setattr(old_database.segments, "sync", dying(old_database.segments.sync))
    monkeypatch.setattr(Path, "rename", dying(Path.rename))
    with pytest.raises(Died):
        Journal.open(path)
    monkeypatch.undo()

    journal = Journal.open(path)

    assert {KEY: SessionRow(1, 4, 7, 0, 5)} == journal.replay(lambda event: None)
    assert [(2, b"two"), (3, b"three")] == journal.stored(1, 0, 1, 9, 10)
    journal.close()


class Died(BaseException):
    """As by kill -9: nothing behind it is done."""
