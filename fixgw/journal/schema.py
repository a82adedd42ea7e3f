"""The journal's tables, and their version.

A tick of the gateway is one row of `ticks`: what a reader needs at start
comes first in it, the messages, read only when they are resent, last. The
views are for people with a SQL prompt. A change of any table, or of the name
or meaning of an event in `model.events`, `model.session_events` or `model.refusals`, is a new
VERSION with a step in MIGRATIONS.
"""

VERSION = 4

TABLES = """
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
    numbers   TEXT NOT NULL,  -- JSON: journal.SessionRow, one each session that moved
    sent      TEXT NOT NULL,  -- JSON: [[session, epoch, MsgSeqNum(34)], ...], one each message
    events    TEXT NOT NULL,  -- JSON: model.events and model.session_events, in order
    messages  BLOB NOT NULL   -- MessagePack: the messages of `sent`, as they were written
);
CREATE VIEW order_events AS
SELECT ticks.number AS tick,
       strftime('%Y-%m-%d %H:%M:%f', (value ->> 'at') / 1000.0, 'unixepoch') AS at,
       value ->> 'order_id' AS order_id,
       value ->> 'type' AS type,
       value AS event
FROM ticks, json_each(ticks.events)
WHERE value ->> 'order_id' IS NOT NULL;
CREATE VIEW sequence_numbers AS
SELECT ticks.number AS tick,
       sessions.key AS session,
       value ->> 1 AS next_sender,
       value ->> 2 AS next_target,
       value ->> 3 AS epoch
FROM ticks, json_each(ticks.numbers) JOIN sessions ON sessions.id = value ->> 0;
"""

MIGRATIONS: dict[int, str] = {
    # Events of sessions, which version 1 cannot read, came in beside those of orders.
    1: """
    DROP VIEW order_events;
    CREATE VIEW order_events AS
    SELECT ticks.number AS tick,
           strftime('%Y-%m-%d %H:%M:%f', (value ->> 'at') / 1000.0, 'unixepoch') AS at,
           value ->> 'order_id' AS order_id,
           value ->> 'type' AS type,
           value AS event
    FROM ticks, json_each(ticks.events)
    WHERE value ->> 'order_id' IS NOT NULL;
    """,
    # Mass cancels under way, which version 2 cannot read, came in among the events of sessions.
    2: "",
    # Corrections and busts of executions, trades that clients dispute, refused inputs and disabled
    # sessions, which version 3 cannot read, came in among the events.
    3: "",
}
"""From version N to N + 1: SQL run in one transaction at start."""
