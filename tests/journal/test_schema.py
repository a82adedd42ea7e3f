"""Journals that an earlier fixgw wrote are brought up to date, and nothing in them is lost."""

import sqlite3
from pathlib import Path

from fixgw.journal import schema
from fixgw.journal.index import SentIndex
from fixgw.journal.journal import Journal
from fixgw.journal.tick import SessionRow
from fixgw.journal.replay import replay
from fixgw.model.events import OrderEvent
from fixgw.model.refusals import InputRefused, RefusedKind
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
    rows = replay(path, journal.database, events.append, journal.index)

    [version] = journal.database.execute("SELECT version FROM journal").fetchone()
    assert version == schema.VERSION
    assert [accepted(1)] == events
    assert {KEY: SessionRow(1, 4, 7, 0, 5)} == rows
    assert [(2, b"two"), (3, b"three")] == journal.stored(1, 0, 1, 9, 10)
    journal.add_messages(1, [(0, 4, b"four")])
    journal.commit()
    assert [(4, b"four")] == journal.stored(1, 0, 4, 9, 10)
    journal.close()


def test_what_version_1_does_not_know_to_be_unsent_is_not_sent_again(path: Path) -> None:
    of_version_1(path)
    journal = Journal.open(path)
    index = SentIndex()

    row = replay(path, journal.database, lambda event: None, index)[KEY]

    assert row.unsent_since == row.next_sender == 4
    assert [] == list(index.numbers_from(row.id, row.epoch, row.unsent_since))
    journal.close()


def test_the_views_of_a_migrated_journal_are_those_of_a_new_one(path: Path) -> None:
    of_version_1(path)
    migrated = Journal.open(path)
    new = Journal.open(path.with_name("new.sqlite"))
    found = [
        journal.database.execute(
            "SELECT name, replace(replace(sql, ' ', ''), char(10), '') FROM sqlite_master "
            "WHERE type = 'view' ORDER BY name"
        ).fetchall()
        for journal in (migrated, new)
    ]
    migrated.close()
    new.close()

    assert found[0] == found[1]


def test_a_journal_of_version_3_goes_on_with_what_it_could_not_hold(path: Path) -> None:
    """Nothing of it changes but its version, which keeps an older fixgw from reading it."""
    Journal.open(path).close()
    with sqlite3.connect(path) as database:
        database.execute("UPDATE journal SET version = 3")
    database.close()
    refusal = InputRefused(
        at=1_796_040_000_000, number=12, kind=RefusedKind.MESSAGE, source=KEY,
        content=b"8=FIX.4.4\x0135=D\x01\xff", error="KeyError: 'x'",
    )

    journal = Journal.open(path)
    journal.add_events([refusal])
    journal.commit()

    found: list[InputRefused] = []
    replay(path, journal.database, lambda event: None, on_refusal=found.append)
    assert [refusal] == found
    assert "R-20261130-000012" == found[0].reference
    replay(path, journal.database, lambda event: None)  # for those who do not ask for them
    [version] = journal.database.execute("SELECT version FROM journal").fetchone()
    assert version == schema.VERSION
    journal.close()
