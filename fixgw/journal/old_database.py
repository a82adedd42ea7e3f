"""A journal of versions 1 to 4, one SQLite database: brought over into segments, once, at a start.

The database is read and renamed, never changed otherwise. An interruption at any moment leaves
either the database in its place, or the finished segments.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import msgspec
import structlog

from fixgw.journal import segments
from fixgw.journal.files import lock, make_directory, reporting
from fixgw.journal.tick import JournalEvent, Sent, SessionRow, Tick, encode
from fixgw.model.errors import JournalError
from fixgw.model.ids import SessionKey
from fixgw.model.session_events import SessionAdded
from fixgw.runtime.files import PRIVATE, read_only

NEWEST = 4
"""The last version that was a database."""

BEFORE_DEFAULT = "fixgw.sqlite"
"""Name of the database where `[journal] path` was not set."""

KEPT = ".before-segments"
"""Suffix of the database once it is brought over."""

PARTIAL = ".partial"
"""Suffix of the segments until they are whole."""

FINISHED = "finished"
"""File in there that says that they are."""

BESIDE = ("-wal", "-shm")

SEGMENT_BYTES = 64 * 1024 * 1024

_numbers = msgspec.json.Decoder(list[SessionRow]).decode
_sent = msgspec.json.Decoder(list[Sent]).decode
_events = msgspec.json.Decoder(list[JournalEvent]).decode
_messages = msgspec.msgpack.Decoder(list[bytes]).decode


def bring_over(path: Path) -> None:
    """Make segments at *path* of the database that is there, or was by default, if one is.

    For the holder of the lock of *path*. Raises JournalError, with everything as it was.
    """
    partial = path.with_name(path.name + PARTIAL)
    with ExitStack() as undo:
        if path.is_dir():
            return
        if (partial / FINISHED).exists() and not path.exists():
            _put_in_place(partial, path)
            return
        old = path
        if not path.exists():
            old = path.with_name(BEFORE_DEFAULT)
            if not old.is_file():
                return
            undo.enter_context(lock(old))
        with reporting(old):
            if partial.exists():
                shutil.rmtree(partial)
            make_directory(partial)
            ticks = _copy(old, partial)
            (partial / FINISHED).touch(PRIVATE)
            segments.sync(partial)
            kept = old.with_name(old.name + KEPT)
            for end in ("", *BESIDE):
                each = old.with_name(old.name + end)
                if each.exists():
                    each.rename(kept.with_name(kept.name + end))
            segments.sync(old.parent)
        _put_in_place(partial, path)
    structlog.get_logger().info(
        "journal_brought_over", journal=str(path), ticks=ticks, kept=str(kept)
    )


def _put_in_place(partial: Path, path: Path) -> None:
    with reporting(path):
        partial.rename(path)
        segments.sync(path.parent)
        (path / FINISHED).unlink()


def _copy(old: Path, directory: Path) -> int:
    """Write the ticks of the database *old* as segments; return their number."""
    count = position = 0
    fd, size = -1, 0
    with closing(sqlite3.connect(old, isolation_level=None)) as database, ExitStack() as files:
        _check(old, database)
        for tick in _ticks(old, database):
            if fd < 0 or size >= SEGMENT_BYTES:
                position += size
                fd = os.open(
                    segments.segment_path(directory, tick.number),
                    os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE,
                )
                files.callback(os.close, fd)
                files.callback(os.fsync, fd)
                size = _write(fd, segments.head(tick.number, position, tick.at))
            size += _write(fd, segments.record(tick.number, tick.durable, encode(tick)))
            count = tick.number
    return count


def _write(fd: int, data: bytes) -> int:
    done = 0
    while done < len(data):
        done += os.write(fd, data[done:])
    return done


def check(old: Path) -> None:
    """Raise JournalError unless *old* is a database that can be brought over."""
    with reporting(old), closing(
        sqlite3.connect(read_only(old), uri=True, isolation_level=None)
    ) as database:
        _check(old, database)


def _check(old: Path, database: sqlite3.Connection) -> None:
    try:
        [version] = database.execute("SELECT version FROM journal").fetchone()
    except (sqlite3.OperationalError, TypeError):
        raise JournalError(
            f"journal {old}: this is no journal of fixgw; name another place "
            "([journal] path in gateway.toml)"
        ) from None
    if version > NEWEST:
        raise JournalError(
            f"journal {old}: version {version}, and this fixgw knows {segments.VERSION} at most, "
            "which is no database; run the fixgw that wrote it, or a newer one"
        )


def _ticks(old: Path, database: sqlite3.Connection) -> Iterator[Tick]:
    keys = database.execute("SELECT id, key FROM sessions ORDER BY id").fetchall()
    number, at = 0, 0
    if keys:
        number = 1
        added: list[JournalEvent] = [
            SessionAdded(session=SessionKey(key), at=0, id=id_) for id_, key in keys
        ]
        yield Tick(1, 0, 0, events=added)
    rows = database.execute(
        "SELECT number, numbers, sent, events, messages FROM ticks ORDER BY number"
    )
    for name, numbers, sent, events, messages in rows:
        try:
            decoded = _events(events)
            at = max([at, *(event.at for event in decoded)])
            number += 1
            yield Tick(number, at, number - 1, _numbers(numbers), _sent(sent), decoded,
                       _messages(messages))
        except msgspec.MsgspecError as error:
            raise JournalError(
                f"journal {old}: tick {name} cannot be read ({error}); restore the journal "
                "from a copy, or start with the version of fixgw that wrote it"
            ) from None
