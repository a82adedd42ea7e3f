"""The journal's tables, and their version.

`events` is the truth about orders, `messages` what clients can ask to have
resent, `sessions` where each one's numbers stand. The view `order_events` is
for people with a SQL prompt. A change of any table, or of the name or meaning
of an event in `model.events`, is a new VERSION with a step in MIGRATIONS.
"""

VERSION = 1

TABLES = """
CREATE TABLE journal (
    version   INTEGER NOT NULL,
    made_at   TEXT NOT NULL
);
CREATE TABLE sessions (
    id          INTEGER PRIMARY KEY,
    key         TEXT NOT NULL UNIQUE,
    next_sender INTEGER NOT NULL,
    next_target INTEGER NOT NULL,
    epoch       INTEGER NOT NULL,
    since_ms    INTEGER NOT NULL
);
CREATE TABLE messages (
    session  INTEGER NOT NULL,
    epoch    INTEGER NOT NULL,
    seq_num  INTEGER NOT NULL,
    message  BLOB NOT NULL,
    PRIMARY KEY (session, epoch, seq_num)
) WITHOUT ROWID;
CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    event  TEXT NOT NULL
);
CREATE VIEW order_events AS
SELECT number,
       strftime('%Y-%m-%d %H:%M:%f', (event ->> 'at') / 1000.0, 'unixepoch') AS at,
       event ->> 'order_id' AS order_id,
       event ->> 'type' AS type,
       event
FROM events;
"""

MIGRATIONS: dict[int, str] = {}
"""From version N to N + 1: SQL run in one transaction at start."""
