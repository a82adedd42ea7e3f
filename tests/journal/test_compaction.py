"""What compaction makes is never ahead of the journal, and is made again from segments."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from fixgw.journal.archive import read_archived
from fixgw.journal.closed import ClosedOrders
from fixgw.journal.compaction import Keeping, compact
from fixgw.journal.embedded import EmbeddedEngine
from fixgw.journal.journal import Journal
from fixgw.journal.names import Names
from fixgw.journal.places import ARCHIVE, CLOSED
from fixgw.journal.segments import find_end, segments
from fixgw.journal.tick import JournalEvent, Tick
from fixgw.model.errors import JournalError
from tests.support.filed import DAY_MS, rows

AT_ONCE = Keeping(keep_days=0, closed_minutes=0)
ORDERS = 40


@pytest.fixture
def path(tmp_path: Path) -> Path:
    directory = tmp_path / "journal"
    directory.mkdir()
    return directory


def write(path: Path, first: int, count: int, segment_bytes: int = 1 << 20) -> None:
    """Write ticks with an order each, which is over."""
    with closing(EmbeddedEngine(path, "process", find_end(path), segment_bytes)) as engine:
        for row in rows(count, first=first):
            engine.put(Tick(number=engine.last + 1, at=row.ended_at, durable=0, events=row.events))


def on_file(path: Path) -> list[list[JournalEvent]]:
    with closing(ClosedOrders(path / CLOSED, read_only=True)) as closed:
        return list(closed.newest(10_000))


def started(path: Path) -> list[JournalEvent]:
    """The events that a gateway is given at its start."""
    given: list[JournalEvent] = []
    with closing(Journal.open(path)) as journal:
        journal.replay(given.append)
    return given


def losing_power(path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on, note what is synced; the result takes away from the segments what is not."""
    synced: dict[int, int] = {}
    names: set[str] = set()
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        synced[found.st_ino] = found.st_size
        if found.st_ino == path.stat().st_ino:
            names.update(os.listdir(path))
        sync(descriptor)

    def lose() -> None:
        for each in path.glob("*.ticks"):
            if each.name in names:
                os.truncate(each, synced.get(each.stat().st_ino, 0))
            else:
                each.unlink()

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "fdatasync", fsync)
    return lose


@pytest.mark.parametrize("segment_bytes", [2_000, 1 << 20], ids=["many segments", "one"])
def test_no_loss_of_power_makes_the_journal_older_than_what_is_made_of_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, segment_bytes: int
) -> None:
    """With durability "process" the kernel may still hold ticks that compaction has read."""
    lose = losing_power(path, monkeypatch)
    for first in range(0, ORDERS, 10):
        write(path, first, 10, segment_bytes)
        compact(path, Keeping(closed_minutes=0))
    lose()

    assert [] == started(path), "all are on file, and no tick is missing"
    with closing(ClosedOrders(path / CLOSED, read_only=True)) as closed:
        assert (ORDERS, ORDERS) == (closed.filed_through, len(closed))
    assert ORDERS == find_end(path).last


def test_a_journal_that_is_older_than_what_is_on_file_is_refused(path: Path) -> None:
    """As when segments of a backup are put beside a later file: ticks would be passed over."""
    write(path, 0, 5)
    [segment] = segments(path)
    older = segment.path.read_bytes()
    write(path, 5, 5)
    compact(path, Keeping(closed_minutes=0))
    segment.path.write_bytes(older)

    with pytest.raises(JournalError, match="it ends with tick 5, and orders are on file as of tick "
                                           "10: they are of another journal, or of a later state"):
        started(path)


def test_lost_closed_orders_are_filed_again_from_the_segments(path: Path) -> None:
    write(path, 0, ORDERS)
    compact(path, Keeping(closed_minutes=0))
    was = on_file(path)
    lose_closed(path)
    given = started(path)
    compact(path, Keeping(closed_minutes=0))

    assert ORDERS == len(was)
    assert given == [event for events in reversed(was) for event in events]
    assert was == on_file(path)
    assert [] == started(path)


def test_lost_closed_orders_are_filed_again_from_the_archive(path: Path) -> None:
    """Unpacked into the directory, it is the journal that there was."""
    for first in range(0, ORDERS, 10):
        write(path, first, 10, 2_000)
        compact(path, AT_ONCE)
    was, archived = on_file(path), sorted((path / ARCHIVE).glob("*.zst"))
    left = segments(path)
    assert 5 < len(archived)
    lose_closed(path)
    with pytest.raises(JournalError, match="and no snapshot covers what was before"):
        started(path)
    with pytest.raises(JournalError, match="and no snapshot covers what was before"):
        compact(path, AT_ONCE)

    lose_closed(path)  # what that made is of no use
    for each in archived:
        name = each.name.partition("-")[2].removesuffix(".zst")
        (path / name).write_bytes(b"".join(read_archived(each)))
    assert [event for events in reversed(was) for event in events] == started(path)
    compact(path, AT_ONCE)

    assert was == on_file(path)
    assert archived == sorted((path / ARCHIVE).glob("*.zst"))
    assert left == segments(path), "the others are in the archive, and have been compared"
    names = Names(path)
    assert all(
        names.may_have(row.session, name) for row in rows(ORDERS) for name in row.names
    )
    assert [] == names.missing(ORDERS)


def lose_closed(path: Path) -> None:
    for each in path.glob(f"{CLOSED}*"):
        each.unlink()


def test_old_orders_stay_on_file_when_their_segments_are_gone(path: Path) -> None:
    write(path, 0, ORDERS, 2_000)
    compact(path, AT_ONCE)
    later = rows(1, first=ORDERS, apart_ms=1_000)[0]
    with closing(EmbeddedEngine(path, "process", find_end(path), 2_000)) as engine:
        engine.put(Tick(
            number=engine.last + 1, at=later.ended_at + 400 * DAY_MS, durable=0, events=[]
        ))
    compact(path, Keeping(keep_days=7, closed_minutes=10, keep_received_days=30))

    assert ORDERS == len(on_file(path))
    assert [] == started(path)
    assert [] == list((path / ARCHIVE).iterdir())
